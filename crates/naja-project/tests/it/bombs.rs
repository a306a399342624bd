//! Inputs that are made to cost much: every one is read to its end, and nothing overflows the
//! stack.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_project::requirements::RequirementsReader;
use naja_project::settings::{
    ConfigFiles, ConfigPlaces, ConfigPlatform, Interface, Partial, SettingsInput, load,
};
use naja_project::{FileError, Files, Variables, dotenv};

/// Bytes of one input.
const LARGE: usize = 256 << 10;

/// A text of about `size` bytes: a start, a part as often as fits (`@` stands for its number),
/// an end.
fn bomb(size: usize, [start, part, end]: [&str; 3]) -> String {
    let mut text = String::with_capacity(size + 64);
    text.push_str(start);
    let mut number = 0_u32;
    while text.len() < size {
        match part.split_once('@') {
            Some((before, after)) => text += &format!("{before}{number}{after}"),
            None => text.push_str(part),
        }
        number += 1;
    }
    text.push_str(end);
    text
}

/// Reads each of the inputs to its end. The clock is not asked here: what grows faster than its
/// input shows in the time of the whole suite and under the fuzzer.
fn check(_name: &str, bombs: &[[&str; 3]], run: &dyn Fn(&str)) {
    for parts in bombs {
        run(&bomb(LARGE, *parts));
    }
}

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
    let path = Path::new("/work").join(name);
    let files = One(path, text.as_bytes().into());
    let variables = Variables::from_iter([("A", "alpha")]);
    let mut reader = RequirementsReader::new(&files, &variables, Path::new("/work"));
    if let Err(error) = reader.read_requirements(name) {
        let _ = error.to_string();
    }
}

#[test]
fn requirements_files() {
    let hash = format!(" --hash=sha256:{}", "0".repeat(64));
    check(
        "requirements.txt",
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
    check(
        "pyproject.toml",
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
            read_settings("/work/pyproject.toml", text);
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
    let files = One("/work/pyproject.toml".into(), text.as_bytes().into());
    let variables = Variables::default();
    let mut reader = RequirementsReader::new(&files, &variables, Path::new("/work"));
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
        },
        cwd: Path::new("/work"),
        project: Path::new("/work"),
        config: &ConfigFiles::Discover,
        interface: Interface::Pip,
        now_ms: 1_800_000_000_000,
    };
    match load(&input, Partial::default()) {
        Ok(loaded) => assert!(loaded.warnings.iter().all(|w| !w.to_string().is_empty())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[test]
fn configuration() {
    check(
        "naja.toml",
        &[
            ["", "a@ = 1\n", ""],
            ["index = ", "[", ""],
            ["a", ".a", " = 1"],
            ["", "[[index]]\nurl = 'https://h@.example/'\n", ""],
            ["find-links = [", "'a@',", "]"],
            ["index-url = 'https://h.example/", "a", "'"],
        ],
        &|text| read_settings("/work/naja.toml", text),
    );
    check(
        "pip.conf",
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
    check(
        ".env",
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
