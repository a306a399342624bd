//! Inputs that are made to cost much: every one is read to its end, and nothing overflows the
//! stack.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_project::requirements::RequirementsReader;
use naja_project::settings::{
    ConfigFiles, ConfigPlaces, ConfigPlatform, Interface, Partial, SettingsInput, load,
};
use naja_project::{FileError, Files, Variables, dotenv};
use naja_testkit::large_inputs;

/// One file.
struct One(PathBuf, Arc<[u8]>);

impl Files for One {
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
        Ok((path == self.0).then(|| Arc::clone(&self.1)))
    }

    fn list(&self, _: &Path) -> Result<Vec<PathBuf>, FileError> {
        Ok(Vec::new())
    }
}

fn read_requirements(name: &str, text: &str) {
    let path = Path::new("/castle").join(name);
    let files = One(path, text.as_bytes().into());
    let variables = Variables::from_iter([("A", "alpha")]);
    let mut reader = RequirementsReader::new(&files, &variables, Path::new("/castle"));
    if let Err(error) = reader.read_requirements(name) {
        let _ = error.to_string();
    }
}

#[test]
fn requirements_files() {
    let hash = format!(" --hash=sha256:{}", "0".repeat(64));
    large_inputs(
        &[
            ["", "a@\n", ""],
            ["a==1", &hash, ""],
            ["a==1", " --hash=sha256:0", ""],
            ["", "--pre ", ""],
            ["", "--find-links x ", ""],
            ["", "-r x ", ""],
            ["", "-e a@ ", ""],
            ["-e a ", "b ", ""],
            ["", "\\\n", "a"],
            ["a ", "\\\n # b", ""],
            ["a", "#", ""],
            ["a", " #", ""],
            ["a", "${A}", ""],
            ["a", "${", ""],
            ["a", "${B}", ""],
            ["", "'", ""],
            ["--pre '", " ", ""],
            ["", "\\", ""],
            ["--", "a", ""],
            ["", "://", ""],
            ["", "https://u:p@h.example/a ", ""],
            ["./", "../", "x"],
            ["a[", "b,", "c]"],
            ["a; ", "os_name == 'a' and ", "os_name == 'b'"],
        ],
        &|text| read_requirements("r.txt", text),
    );
}

#[test]
fn manifests() {
    large_inputs(
        &[
            ["a = ", "[", ""],
            ["a = ", "{a=", ""],
            ["a", ".a", " = 1"],
            ["[a", ".a", "]"],
            ["[[a", ".a", "]]"],
            ["", "[a@]\n", ""],
            ["", "[[a]]\n", ""],
            ["", "a@ = 1\n", ""],
            ["[project]\nname='a'\ndependencies = [", "'a@',", "]"],
            ["[dependency-groups]\n", "a@ = []\n", ""],
            [
                "[dependency-groups]\na = [",
                "{include-group='b'},",
                "]\nb = []",
            ],
        ],
        &|text| {
            read_requirements("pyproject.toml", text);
            read_settings("/castle/pyproject.toml", text);
        },
    );
}

/// Each group includes the next one twice: 2^60 ways, and not one requirement.
#[test]
fn a_tower_of_empty_groups_is_read_at_once() {
    let mut text = String::from("[dependency-groups]\n");
    for number in 0..60 {
        let next = format!("{{include-group='g{}'}}", number + 1);
        text += &format!("g{number} = [{next}, {next}]\n");
    }
    text += "g60 = []\n";
    let files = One("/castle/pyproject.toml".into(), text.as_bytes().into());
    let variables = Variables::default();
    let mut reader = RequirementsReader::new(&files, &variables, Path::new("/castle"));
    assert!(reader.read_group("pyproject.toml:g0").is_ok());
}

fn read_settings(path: &str, text: &str) {
    let files = One(path.into(), text.as_bytes().into());
    let variables = Variables::default();
    let input = SettingsInput {
        files: &files,
        places: ConfigPlaces {
            platform: ConfigPlatform::Unix,
            home: Some(Path::new("/home/h")),
            variables: &variables,
            environment: None,
        },
        cwd: Path::new("/castle"),
        project: Path::new("/castle"),
        config: &ConfigFiles::Discover,
        interface: Interface::Pip("install"),
        now_ms: 1_800_000_000_000,
    };
    match load(&input, Partial::default()) {
        Ok(loaded) => assert!(loaded.warnings.iter().all(|w| !w.to_string().is_empty())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[test]
fn configuration() {
    large_inputs(
        &[
            ["", "a@ = 1\n", ""],
            ["index = ", "[", ""],
            ["a", ".a", " = 1"],
            ["", "[[index]]\nurl = 'https://h@.example/'\n", ""],
            ["find-links = [", "'a@',", "]"],
            ["index-url = 'https://h.example/", "a", "'"],
        ],
        &|text| read_settings("/castle/naja.toml", text),
    );
    large_inputs(
        &[
            ["[global]\nfind-links =\n", "  a@\n", ""],
            ["[global]\n", "a@ = 1\n", ""],
            ["", "[a@]\n", ""],
            ["[global]\nx = ", "a", ""],
            ["", "[", ""],
        ],
        &|text| read_settings("/home/h/.config/pip/pip.conf", text),
    );
}

#[test]
fn dotenv_files() {
    large_inputs(
        &[
            ["", "A@=b\n", ""],
            ["", "A@=$A\n", ""],
            ["A=", "$A0", ""],
            ["A='", "\n", "'"],
            ["A=", "''", ""],
            ["A=", " ", ""],
            ["A=\"", "${B:-}", "\""],
            ["A=", "${", ""],
            ["A=", "\\", ""],
            ["", "#", ""],
            ["", "export ", "A=b"],
        ],
        &|text| {
            let _ = dotenv::parse_dotenv(text, &Variables::default());
        },
    );
}

#[test]
fn values_that_grow_by_replacing_are_stopped_together() {
    let mut text = format!("A={}\n", "x".repeat(1 << 20));
    for _ in 0..10_000 {
        text.push_str("B=$A\n");
    }
    assert!(dotenv::parse_dotenv(&text, &Variables::default()).is_err());
}
