//! What settings cannot take.

use super::World;
use crate::settings::ConflictPartKind;

#[test]
fn what_a_setting_cannot_take() {
    for (text, message) in [
        (
            "offline = 1",
            "`offline` in /castle/app/naja.toml:1: expected true or false, found an integer",
        ),
        (
            "\nlink-mode = 'link'",
            "`link-mode` in /castle/app/naja.toml:2: expected clone, copy, hardlink or symlink, found `link`",
        ),
        (
            "http-timeout = 0",
            "`http-timeout` in /castle/app/naja.toml:1: expected a number of seconds, found `0`",
        ),
        (
            "concurrent-downloads = 0",
            "`concurrent-downloads` in /castle/app/naja.toml:1: expected a whole number from 1, found `0`",
        ),
        (
            "find-links = 1",
            "`find-links` in /castle/app/naja.toml:1: expected a list, each of it an http(s) address, a file address or a path, found an integer",
        ),
        (
            "exclude-newer = '1 month'",
            "`exclude-newer` in /castle/app/naja.toml:1: expected an age in weeks",
        ),
        (
            "constraint-dependencies = ['>=1']",
            "`constraint-dependencies` in /castle/app/naja.toml:1: expected a requirement",
        ),
        (
            "[[index]]\nname = 'a b'\nurl = 'https://a.example'",
            "`index` in /castle/app/naja.toml:1: expected letters",
        ),
        (
            "[[index]]\nname = 'a'",
            "`index` in /castle/app/naja.toml:1: expected a table with `url`",
        ),
        (
            "[[index]]\nurl = 'https://a.example'\nexplicit = true",
            "`index` in /castle/app/naja.toml:1: expected a `name`",
        ),
        (
            "[[index]]\nurl = 'ftp://u:secret@a.example'",
            "`index` in /castle/app/naja.toml:1: expected an http(s) address",
        ),
        (
            "[[index]]\nname='a'\nurl='https://a.example'\n[[index]]\nname='a'\nurl='https://b.example'",
            "`index` in /castle/app/naja.toml:1: the index name `a` is used twice",
        ),
        (
            "index-url = [1]",
            "`index-url` in /castle/app/naja.toml:1: expected an http(s) address, a file address or a path, found an array",
        ),
    ] {
        let error = World::new([("/castle/app/naja.toml", text)]).error();
        assert!(error.starts_with(message), "{text}: {error}");
        assert!(!error.contains("secret"));
    }
}

#[test]
fn what_a_universal_resolution_is_for() {
    let text = "[tool.uv]
environments = ['os_name == \"nt\"', 'python_version < \"3.9\"']
required-environments = 'sys_platform == \"linux\"'
conflicts = [[{ extra = 'CPU' }, { package = 'ron', group = 'gpu' }, { package = 'ron' }]]
";
    let world = World::new([("/castle/app/pyproject.toml", text)]);
    let settings = world.load();
    assert_eq!(settings.environments.value.0.len(), 2);
    assert_eq!(settings.required_environments.value.0.len(), 1);
    let parts = &settings.conflicts.value.0[0];
    assert_eq!(parts[0].package, None);
    assert!(matches!(&parts[0].kind, ConflictPartKind::Extra(name) if name.as_str() == "cpu"));
    assert!(matches!(&parts[1].kind, ConflictPartKind::Group(name) if name.as_str() == "gpu"));
    assert_eq!(parts[2].kind, ConflictPartKind::Project);
    assert_eq!(world.warnings(), Vec::<String>::new());
    for wrong in [
        "environments = 'linux'",
        "required-environments = [3]",
        "conflicts = [[{ extra = 'cpu' }]]",
        "conflicts = [{ extra = 'cpu' }]",
        "conflicts = [[{ extra = 'a', group = 'b' }, { extra = 'b' }]]",
        "conflicts = [[{}, { extra = 'b' }]]",
        "conflicts = [[{ extra = '!' }, { extra = 'b' }]]",
        "conflicts = true",
    ] {
        let error = World::new([("/castle/app/naja.toml", wrong)]).error();
        let key = wrong.split(' ').next().unwrap();
        assert!(
            error.starts_with(&format!("`{key}` in")),
            "{wrong}: {error}"
        );
    }
}
