use std::path::Path;

use naja_python::VenvConfig;

use super::environment::{maker, site_dirs};

#[test]
fn makers_are_told_by_what_they_write() {
    for (text, tool, version) in [
        (
            "home = /a\nnaja = 0.1.0\nversion_info = 3.12.1\n",
            "naja",
            Some("0.1.0"),
        ),
        ("home = /a\nuv = 0.13.9\n", "uv", Some("0.13.9")),
        ("home = /a\nvirtualenv = 20.1\n", "virtualenv", Some("20.1")),
        (
            "home = /a\nversion = 3.12.1\ncommand = x -m venv y\n",
            "venv",
            None,
        ),
    ] {
        let made = maker(&VenvConfig::parse(text), false);
        assert_eq!((made.tool, made.version.as_deref()), (tool, version));
    }
    assert_eq!(maker(&VenvConfig::default(), true).tool, "conda");
}

#[test]
fn packages_lie_where_the_version_says() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["python3.1", "python3.12", "python3.13t"] {
        let path = dir.path().join("lib").join(name).join("site-packages");
        std::fs::create_dir_all(path).unwrap();
    }
    let found = |version: Option<&str>| {
        let dirs = site_dirs(dir.path(), version);
        let names = dirs
            .iter()
            .filter_map(|dir| dir.parent().and_then(Path::file_name));
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    if cfg!(unix) {
        assert_eq!(found(Some("3.12.1")), ["python3.12"]);
        assert_eq!(found(Some("3.13.0")), ["python3.13t"]);
        assert_eq!(found(None).len(), 3);
    }
}
