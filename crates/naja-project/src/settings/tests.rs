//! Layers, precedence and origins over files in memory.

use std::path::Path;

use super::SettingsError as Error;
use super::*;
use crate::files::memory::{MemoryFiles, Plain};
use crate::{Variables, settings};

mod each;
mod found;
mod refused;

const NOW: i64 = 1_800_000_000_000;

struct World {
    files: MemoryFiles,
    variables: Variables,
    config: ConfigFiles,
    interface: Interface,
}

impl World {
    fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            files: MemoryFiles::new(files),
            variables: Variables::default(),
            config: ConfigFiles::Discover,
            interface: Interface::Project,
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.set(name, value);
        self
    }

    fn try_load(&self, arguments: Partial) -> Result<Loaded, Error> {
        let places = ConfigPlaces {
            platform: ConfigPlatform::Unix,
            home: Some(Path::new("/home/h")),
            variables: &self.variables,
            environment: None,
        };
        let input = SettingsInput {
            files: &self.files,
            places,
            cwd: Path::new("/castle/app/src"),
            project: Path::new("/castle/app/src"),
            config: &self.config,
            interface: self.interface,
            now_ms: NOW,
        };
        load(&input, arguments)
    }

    fn load(&self) -> Settings {
        self.try_load(Partial::default()).unwrap().settings
    }

    fn warnings(&self) -> Vec<String> {
        let loaded = self.try_load(Partial::default()).unwrap();
        loaded.warnings.iter().map(Plain::plain).collect()
    }

    fn error(&self) -> String {
        self.try_load(Partial::default()).unwrap_err().plain()
    }
}

fn arguments(flags: &[(&str, &str)]) -> Partial {
    let mut layer = ArgumentLayer::new(Path::new("/castle/app/src"), NOW);
    for (key, value) in flags {
        layer.value(key, "--flag", Some(value)).unwrap();
    }
    layer.finish()
}

/// Every place `link-mode` can be written in, lowest first, and the value written there.
const LADDER: &[(&str, &str)] = &[
    ("/etc/uv/uv.toml", "clone"),
    ("/etc/naja/naja.toml", "copy"),
    ("/home/h/.config/uv/uv.toml", "hardlink"),
    ("/home/h/.config/naja/naja.toml", "symlink"),
    ("/castle/app/uv.toml", "clone"),
    ("/castle/app/naja.toml", "copy"),
    ("UV_LINK_MODE", "hardlink"),
    ("NAJA_LINK_MODE", "symlink"),
];

#[test]
fn each_place_hides_those_below() {
    for top in 0..LADDER.len() {
        let text = |value: &str| format!("link-mode = \"{value}\"\n");
        let texts: Vec<(&str, String)> = LADDER[..=top]
            .iter()
            .map(|(place, value)| (*place, text(value)))
            .collect();
        let files = texts.iter().filter(|(place, _)| place.starts_with('/'));
        let mut world = World::new(files.map(|(place, text)| (*place, text.as_str())));
        for (place, value) in LADDER[..=top]
            .iter()
            .filter(|(place, _)| !place.starts_with('/'))
        {
            world = world.with(place, value);
        }
        let settings = world.load();
        let (place, value) = LADDER[top];
        assert_eq!(
            settings.link_mode.value.map(LinkMode::as_str),
            Some(value),
            "{place}"
        );
        assert!(settings.link_mode.origin.plain().contains(place), "{place}");
        let given = world
            .try_load(arguments(&[("link-mode", "clone")]))
            .unwrap()
            .settings;
        assert_eq!(given.link_mode.value, Some(LinkMode::Clone));
        assert_eq!(given.link_mode.origin, Origin::flag("--flag"));
    }
    let settings = World::new([]).load();
    assert!(!settings.link_mode.is_set());
    assert_eq!(settings.link_mode.origin.plain(), "the default");
}

#[test]
fn origins_have_lines() {
    let world = World::new([(
        "/castle/app/naja.toml",
        "# a note\noffline = true\n\n[pip]\nstrict = true\n",
    )]);
    let offline = world.load().offline;
    assert_eq!(
        offline.origin.path(),
        Some(Path::new("/castle/app/naja.toml"))
    );
    assert_eq!(offline.origin.line(), Some(2));
    assert_eq!(
        offline.origin.plain(),
        "`offline` in /castle/app/naja.toml:2"
    );
}

#[test]
fn indexes_in_order() {
    let world = World::new([
        ("/castle/app/naja.toml", "[[index]]\nname = 'corp'\nurl = 'https://corp.example/simple'\nauthenticate = 'always'\nignore-error-codes = [403]\n[[index]]\nname = 'cuda'\nurl = './wheels'\nexplicit = true\nformat = 'flat'\n[[index]]\nurl = 'https://project-default.example'\ndefault = true\n"),
        ("/home/h/.config/uv/uv.toml", "[[index]]\nname = 'corp'\nurl = 'https://hidden.example/'\n[[index]]\nname = 'mine'\nurl = 'https://mine.example/'\n"),
    ])
    .with("UV_EXTRA_INDEX_URL", "https://extra.example/ https://mine.example/")
    .with("NAJA_INDEX_CORP_USERNAME", "harry")
    .with("NAJA_INDEX_CORP_PASSWORD", "secret")
    .with("UV_INDEX_CORP_PASSWORD", "other");
    let cwd = Path::new("/castle/app/src");
    let settings = world.load();
    let order = settings.index_order(cwd);
    let shown: Vec<String> = order
        .indexes
        .iter()
        .map(|entry| entry.location.plain())
        .collect();
    assert_eq!(
        shown,
        [
            "https://extra.example/",
            "https://mine.example/",
            "https://corp.example/simple",
            "/castle/app/wheels"
        ]
    );
    let corp = &order.indexes[2];
    assert_eq!(corp.authenticate, Authenticate::Always);
    assert_eq!(corp.ignore_error_codes, [403]);
    let with_secret = corp.url().unwrap();
    assert_eq!(
        with_secret.with_secrets(),
        "https://harry:secret@corp.example/simple"
    );
    assert!(!format!("{settings:?}").contains("secret"));
    assert!(order.indexes[3].explicit && order.indexes[3].format == IndexFormat::Flat);
    assert_eq!(
        order.default.unwrap().location.plain(),
        "https://project-default.example/"
    );

    let flags = arguments(&[
        ("index", "cuda"),
        ("index", "x=https://x.example/"),
        ("index-url", "https://d.example/"),
    ]);
    let order = world.try_load(flags).unwrap().settings.index_order(cwd);
    let shown: Vec<String> = order
        .indexes
        .iter()
        .map(|entry| entry.location.plain())
        .collect();
    assert_eq!(shown[..2], ["/castle/app/wheels", "https://x.example/"]);
    assert!(!order.indexes[0].explicit, "named on the command line");
    assert_eq!(
        order.default.unwrap().location.plain(),
        "https://d.example/"
    );

    let flags = arguments(&[("no-index", "true"), ("find-links", "w")]);
    let order = world.try_load(flags).unwrap().settings.index_order(cwd);
    assert!(order.no_index && order.indexes.is_empty() && order.default.is_none());
    assert_eq!(
        order.find_links,
        [Location::parse("w", Path::new("/castle/app/src")).unwrap()]
    );

    let flags = arguments(&[("index", "nowhere")]);
    let order = world.try_load(flags).unwrap().settings.index_order(cwd);
    assert_eq!(order.indexes[0].location.plain(), "/castle/app/src/nowhere");
}

#[test]
fn lists_of_files_are_appended_and_of_flags_replace() {
    let world = World::new([
        (
            "/castle/app/naja.toml",
            "find-links = ['a']\nno-build-package = ['x']",
        ),
        (
            "/home/h/.config/naja/naja.toml",
            "find-links = ['/b', '/castle/app/a']",
        ),
    ]);
    let shown = |settings: &Settings| -> Vec<String> {
        settings.find_links.value.iter().map(Plain::plain).collect()
    };
    assert_eq!(shown(&world.load()), ["/castle/app/a", "/b"]);
    let world = world.with("UV_FIND_LINKS", "/c,/d e");
    assert_eq!(shown(&world.load()), ["/c", "/d e", "/castle/app/a", "/b"]);
    let given = world
        .try_load(arguments(&[("find-links", "/f")]))
        .unwrap()
        .settings;
    assert_eq!(shown(&given), ["/f", "/castle/app/a", "/b"]);
}

#[test]
fn values_of_every_kind() {
    let text = "
exclude-newer = 2026-01-31
http-timeout = 1.5
http-retries = 0
concurrent-downloads = 4
no-binary = ['harry', ':all:']
only-binary = true
prerelease-package = { harry = 'allow' }
exclude-newer-package = { Sirius = false, remus = '1 day' }
constraint-dependencies = ['harry<2', 'sirius>=1; python_version > \"3.8\"']
config-settings = { a = 'b', c = ['d', 'e'], f = true }
managed-python = false
cache-dir = 'cache'
env-file = ['.env', 'b']
https-proxy = 'https://u:secret@proxy.example'
color = 'never'
";
    let world = World::new([("/castle/app/naja.toml", text)])
        .with(
            "SSL_CERT_DIR",
            if cfg!(windows) { "C:/a;C:/b" } else { "/a:/b" },
        )
        .with("UV_EXCLUDE_NEWER_PACKAGE", "harry=2026-01-01 sirius=false");
    let settings = world.load();
    let entries = settings.entries();
    let shown = |key: &str| {
        entries
            .iter()
            .find(|(name, ..)| *name == key)
            .map(|(_, value, _)| value.clone())
            .unwrap()
    };
    for (key, value) in [
        ("exclude-newer", "2026-01-31"),
        ("http-timeout", "1.5"),
        ("http-retries", "0"),
        ("concurrent-downloads", "4"),
        ("no-binary", ":all:"),
        ("only-binary", ":all:"),
        ("prerelease-package", "harry=allow"),
        (
            "exclude-newer-package",
            "harry=2026-01-01 sirius=false remus=1 day",
        ),
        ("config-settings", "a=b c=d c=e f=true"),
        ("managed-python", "false"),
        ("cache-dir", "/castle/app/cache"),
        ("env-file", "/castle/app/.env /castle/app/b"),
        ("https-proxy", "https://****@proxy.example/"),
        ("cert-dir", if cfg!(windows) { "/a;/b" } else { "/a:/b" }),
        ("color", "never"),
    ] {
        assert_eq!(shown(key).plain(), value, "{key}");
    }
    assert_eq!(settings.constraint_dependencies.value.len(), 2);
    assert!(!format!("{settings:?}").contains("secret"));
}

#[test]
fn variables_that_cannot_be_read() {
    for (name, value, message) in [
        (
            "UV_OFFLINE",
            "perhaps",
            "the variable UV_OFFLINE: expected true or false, found `perhaps`",
        ),
        (
            "PIP_TIMEOUT",
            "soon",
            "the variable PIP_TIMEOUT: expected a number of seconds, found `soon`",
        ),
        (
            "NAJA_INDEX_URL",
            "ftp://u:secret@x",
            "the variable NAJA_INDEX_URL: expected an http(s) address, a file address or a path, found something else",
        ),
    ] {
        let error = World::new([]).with(name, value).error();
        assert_eq!(error, message);
    }
    assert!(
        !World::new([]).with("UV_OFFLINE", "").load().offline.value,
        "empty is unset"
    );
}

#[test]
fn unknown_keys() {
    let world = World::new([
        (
            "/castle/app/naja.toml",
            "ofline = true\nworkspace = { members = [] }\nzzz = 1\n[pip]\nstrikt = true",
        ),
        ("/castle/app/uv.toml", "whatever = 1"),
    ]);
    assert_eq!(
        world.warnings(),
        [
            "`ofline` in /castle/app/naja.toml:1 is no setting; is `offline` meant?",
            "`zzz` in /castle/app/naja.toml:3 is no setting",
            "`pip.strikt` in /castle/app/naja.toml:5 is no setting; is `strict` meant?",
        ]
    );
    let world = World::new([
        ("/castle/app/naja.toml", ""),
        ("/castle/app/pyproject.toml", "[tool.naja]\noffline = true"),
    ]);
    assert_eq!(
        world.warnings(),
        [
            "[tool.naja] in /castle/app/pyproject.toml is not used, because /castle/app/naja.toml is there"
        ]
    );
    assert!(!world.load().offline.value);
}

#[test]
fn certificates_and_colours() {
    let world = World::new([])
        .with("PIP_CERT", "/pip.pem")
        .with("NO_COLOR", "1");
    assert_eq!(
        world.load().cert.value.as_deref(),
        Some(Path::new("/pip.pem"))
    );
    assert_eq!(world.load().color.value, Color::Never);
    let world = world
        .with("SSL_CERT_FILE", "/ssl.pem")
        .with("NAJA_COLOR", "always");
    assert_eq!(
        world.load().cert.value.as_deref(),
        Some(Path::new("/ssl.pem"))
    );
    assert_eq!(world.load().color.value, Color::Always);
    let off = World::new([])
        .with("UV_NO_INSTALLER_METADATA", "1")
        .with("UV_NO_VERIFY_HASHES", "0");
    assert!(!off.load().installer_metadata.value && off.load().verify_hashes.value);
}

#[test]
fn the_table_is_consistent() {
    let rows = options();
    let mut keys: Vec<&str> = rows.iter().map(|row| row.key).collect();
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count, "no key twice");
    for row in &rows {
        assert!(row.doc.ends_with('.') && row.doc.len() > 5, "{}", row.key);
        // What only pip has keeps pip's name.
        let all_pip = row
            .variables
            .iter()
            .all(|variable| variable.name.starts_with("PIP_"));
        if let Some(first) = row.variables.first().filter(|_| !all_pip) {
            assert!(
                first.name.starts_with("NAJA_"),
                "{}: naja's variable first",
                row.key
            );
        }
    }
    let defaults = Partial::default().settings();
    for ((key, value, origin), row) in defaults.entries().into_iter().zip(&rows) {
        assert_eq!((key, &value), (row.key, &row.default));
        assert_eq!(origin, &Origin::DEFAULT);
    }
}

#[test]
fn what_is_shown_can_be_read_again() {
    let shown = |settings: &Settings| -> Vec<(&'static str, String)> {
        settings
            .entries()
            .into_iter()
            .map(|(key, value, _)| (key, value))
            .collect()
    };
    let world = World::new([(
        "/castle/app/naja.toml",
        "offline = true\nresolution = 'lowest'\nfind-links = ['/a']\ncolor = 'never'\nno-binary = ['a']\nhttp-timeout = 7\nquiet = 2",
    )]);
    let settings = world.load();
    let flags: Vec<(&str, String)> = shown(&settings)
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let flags: Vec<(&str, &str)> = flags
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let again = arguments(&flags).settings();
    assert_eq!(shown(&settings), shown(&again));
}

#[test]
fn format_control_joins_the_keys() {
    use crate::AllowedFormats::{Both, Sdists, Wheels};
    let text = "no-build-package = ['a']\nno-binary-package = ['b']\nonly-binary = ['c']\nno-binary = ['d']";
    let control = World::new([("/castle/app/uv.toml", text)])
        .load()
        .format_control();
    let name = |text| naja_spec::PackageName::parse(text).unwrap();
    for (package, allowed) in [
        ("a", Wheels),
        ("b", Sdists),
        ("c", Wheels),
        ("d", Sdists),
        ("e", Both),
    ] {
        assert_eq!(control.allowed(&name(package)), allowed, "{package}");
    }
    let control = World::new([])
        .with("UV_NO_BUILD", "1")
        .load()
        .format_control();
    assert_eq!(control.allowed(&name("e")), Wheels);
}
