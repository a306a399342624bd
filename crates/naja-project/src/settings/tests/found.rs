//! Which files are found and read, and which hide others.

use super::*;

#[test]
fn manifests_and_pip_tables() {
    let manifest = "[project]\nname = 'app'\n[tool.uv]\nresolution = 'lowest'\nindex-url = 'https://a.example/'\n[tool.uv.pip]\nindex-url = 'https://b.example/'\n[tool.naja]\noffline = true\n";
    let mut world = World::new([
        ("/castle/app/pyproject.toml", manifest),
        ("/castle/pyproject.toml", "[tool.uv]\nno-cache = true"),
    ]);
    let settings = world.load();
    assert_eq!(settings.resolution.value, Resolution::Lowest);
    assert!(settings.offline.value);
    assert!(
        !settings.no_cache.value,
        "only the nearest directory counts"
    );
    assert_eq!(settings.index_url.to_string_or_none(), "https://a.example/");
    world.interface = Interface::Pip("install");
    let settings = world.load();
    assert_eq!(settings.index_url.to_string_or_none(), "https://b.example/");
    assert_eq!(settings.resolution.value, Resolution::Lowest);
    assert_eq!(settings.index_url.origin.line(), Some(7));
}

trait OrNone {
    fn to_string_or_none(&self) -> String;
}

impl OrNone for Setting<Option<Location>> {
    fn to_string_or_none(&self) -> String {
        self.value
            .as_ref()
            .map_or_else(|| "none".to_owned(), Plain::plain)
    }
}

#[test]
fn a_manifest_without_our_tables_is_passed_by() {
    let world = World::new([
        ("/castle/app/src/pyproject.toml", "[tool.uvicorn]\na = 1"),
        ("/castle/app/naja.toml", "offline = true"),
    ]);
    assert!(world.load().offline.value);
}

#[test]
fn pip_configuration() {
    let world = World::new([
        ("/etc/pip.conf", "[global]\nindex-url = https://system.example/\ncert = /etc/ca.pem\nproxy = proxy.example:3128\n"),
        ("/home/h/.pip/pip.conf", "[global]\ntimeout = 5\nindex-url = https://old.example/\n"),
        ("/home/h/.config/pip/pip.conf", "[global]\nindex-url = https://user.example/\nextra_index_url =\n  https://a.example/\n  https://b.example/\n[install]\nretries = 7\nno-index = no\n[freeze]\ntimeout = 60\n"),
        ("/venv/pip.conf", "[install]\nfind-links = w /abs\ntrusted-host = h1 h2:8080\nunknown = 1\n"),
    ])
    .with("VIRTUAL_ENV", "/venv");
    let settings = world.load();
    assert_eq!(
        settings.index_url.to_string_or_none(),
        "https://user.example/"
    );
    assert_eq!(
        settings.index_url.origin.plain(),
        "`global.index-url` in /home/h/.config/pip/pip.conf:2"
    );
    assert_eq!(settings.index_url.origin.layer, Layer::User);
    assert_eq!(
        settings.cert.value.as_deref(),
        Some(Path::new("/etc/ca.pem"))
    );
    assert_eq!(settings.http_timeout.value, Milliseconds(5000));
    assert_eq!(settings.http_retries.value, 7);
    let shown = |key: &str| {
        let entries = settings.entries();
        entries
            .into_iter()
            .find(|(name, ..)| *name == key)
            .map(|(_, value, _)| value)
            .unwrap()
    };
    assert_eq!(
        shown("extra-index-url"),
        "https://a.example/ https://b.example/"
    );
    assert_eq!(shown("find-links").plain(), "/castle/app/src/w /abs");
    assert_eq!(shown("allow-insecure-host"), "h1 h2:8080");
    assert_eq!(shown("http-proxy"), "http://proxy.example:3128/");
    assert_eq!(shown("https-proxy"), "http://proxy.example:3128/");

    let named = world.with("PIP_CONFIG_FILE", "/named.conf");
    assert_eq!(
        named.load().index_url.to_string_or_none(),
        "https://system.example/"
    );
    let named = named.with("PIP_INDEX_URL", "https://variable.example/");
    assert_eq!(
        named.load().index_url.to_string_or_none(),
        "https://variable.example/"
    );
    let named = named.with("UV_INDEX_URL", "https://uv.example/");
    assert_eq!(
        named.load().index_url.to_string_or_none(),
        "https://uv.example/"
    );
    let none = named.with("PIP_CONFIG_FILE", "/dev/null");
    assert_eq!(none.load().cert.value, None);
}

#[test]
fn pip_can_be_ignored() {
    let files = [
        (
            "/etc/pip.conf",
            "[global]\nindex-url = https://system.example/\n",
        ),
        ("/castle/app/naja.toml", "pip-config = false"),
    ];
    let world = World::new(files).with("PIP_NO_INDEX", "1");
    let settings = world.load();
    assert_eq!(
        (settings.index_url.value.clone(), settings.no_index.value),
        (None, false)
    );
    let world = world.with("NAJA_PIP_CONFIG", "1");
    assert!(world.load().no_index.value);
    assert!(world.load().index_url.value.is_some());
}

#[test]
fn project_files_hide_pip_files_of_users() {
    let world = World::new([
        (
            "/home/h/.config/pip/pip.conf",
            "[global]\nindex-url = https://user.example/\n",
        ),
        (
            "/castle/app/uv.toml",
            "index-url = 'https://project.example/'",
        ),
        (
            "/etc/naja/naja.toml",
            "index-url = 'https://system.example/'",
        ),
    ]);
    assert_eq!(
        world.load().index_url.to_string_or_none(),
        "https://project.example/"
    );
    let world = World::new([
        (
            "/home/h/.config/pip/pip.conf",
            "[global]\nindex-url = https://user.example/\n",
        ),
        (
            "/etc/naja/naja.toml",
            "index-url = 'https://system.example/'",
        ),
    ]);
    assert_eq!(
        world.load().index_url.to_string_or_none(),
        "https://user.example/"
    );
}

#[test]
fn which_files_are_read() {
    let files = [
        ("/castle/app/naja.toml", "offline = true"),
        ("/etc/pip.conf", "[global]\nno-index = true"),
        ("/special.toml", "no-cache = true"),
    ];
    let mut world = World::new(files);
    world.config = ConfigFiles::None;
    let settings = world.load();
    assert!(!settings.offline.value && !settings.no_index.value);
    world.config = ConfigFiles::Only("/special.toml".into());
    let settings = world.load();
    assert!(!settings.offline.value && !settings.no_index.value && settings.no_cache.value);
    world.config = ConfigFiles::Only("/absent.toml".into());
    assert_eq!(world.error(), "/absent.toml does not exist");
}

#[test]
fn broken_files_have_line_and_column() {
    for (path, text, start) in [
        (
            "/castle/app/naja.toml",
            "offline = true\nlink-mode = é",
            "/castle/app/naja.toml:2:13: ",
        ),
        ("/castle/app/uv.toml", "a = [", "/castle/app/uv.toml:1:"),
        (
            "/castle/app/pyproject.toml",
            "[tool.uv]\n= 1",
            "/castle/app/pyproject.toml:2:1: ",
        ),
        (
            "/etc/pip.conf",
            "[global]\nnonsense",
            "/etc/pip.conf:2:1: expected `KEY = VALUE`",
        ),
    ] {
        let error = World::new([(path, text)]).error();
        assert!(error.starts_with(start), "{path}: {error}");
    }
    let files = MemoryFiles::default().with("/castle/app/naja.toml", b"\xff");
    let world = World {
        files,
        ..World::new([])
    };
    assert_eq!(world.error(), "/castle/app/naja.toml is not UTF-8 text");
}

#[test]
fn files_that_may_not_be_read() {
    let world = World::new([("/castle/app/naja.toml", "offline = true")]);
    let files = world
        .files
        .forbid("/home/h")
        .forbid("/castle/app/src/naja.toml");
    let world = World {
        files,
        ..World::new([])
    };
    let error = world.error();
    assert!(
        error.starts_with("could not read /castle/app/src/naja.toml"),
        "{error}"
    );

    let files = MemoryFiles::new([("/etc/naja/naja.toml", "offline = true")]);
    let files = files.forbid("/home/h").forbid("/castle/app/uv.toml");
    let world = World {
        files,
        ..World::new([])
    };
    assert!(world.load().offline.value);
    let warnings = world.warnings();
    assert!(
        warnings[0].starts_with("/home/h/.config/naja/naja.toml may not be read"),
        "{warnings:?}"
    );
}

#[test]
fn hostile_files() {
    let deep = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(
        World::new([("/castle/app/naja.toml", deep.as_str())])
            .try_load(Partial::default())
            .is_err()
    );
    let long = format!("{} = 1", "k".repeat(1_000_000));
    assert_eq!(
        World::new([("/castle/app/naja.toml", long.as_str())])
            .warnings()
            .len(),
        1
    );
    let _ = settings::options();
}

#[test]
fn files_of_other_users_above_the_project_are_passed_over() {
    const FILE: &str = "/castle/uv.toml";
    let text = "link-mode = \"copy\"\n";
    let world = |files: &[(&str, u32)]| {
        let mut world = World::new([(FILE, text), ("/castle/pyproject.toml", "[project]\n")]);
        for (path, user) in files {
            world.files = world.files.owned(path, *user);
        }
        world
    };
    let link_mode = |world: &World| world.load().link_mode.value;
    assert_eq!(link_mode(&world(&[])), Some(LinkMode::Copy));

    let planted = world(&[(FILE, 1000), ("/castle/pyproject.toml", 1000)]);
    assert_eq!(link_mode(&planted), None);
    let warnings = planted.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("/castle/uv.toml belongs to another user"));

    // As root in a container, on a project that is mounted.
    let project = "/castle/app/src";
    let theirs = world(&[(FILE, 1000), (project, 1000)]);
    assert_eq!(link_mode(&theirs), Some(LinkMode::Copy));
    assert_eq!(link_mode(&world(&[(FILE, 1000), (project, 1001)])), None);

    let here = World::new([("/castle/app/src/uv.toml", text)]);
    let files = here.files.owned("/castle/app/src/uv.toml", 1000);
    assert_eq!(
        link_mode(&World {
            files,
            ..World::new([])
        }),
        Some(LinkMode::Copy)
    );
}
