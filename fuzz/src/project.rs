//! Targets of `naja-project`: requirements files, settings, `.env`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_project::manifest::{DependencyPlace, Manifest, ManifestEditor, Placement};
use naja_project::import::Surroundings;
use naja_project::requirements::{RequirementsReader, decode_text, parse_argument};
use naja_project::settings::{
    ConfigFiles, ConfigPlaces, ConfigPlatform, Cutoff, Interface, Location, Partial, SettingsInput,
    load,
};
use naja_project::tasks::{
    CommandLine, Expansion, PlanRequest, TaskBook, TaskPlatform, TaskTable, foreign_tasks, plan,
};
use naja_project::script::ScriptEditor;
use naja_project::{FileError, Files, Variables, dotenv};

use naja_spec::Requirement;

use crate::text;

/// Files in memory.
#[derive(Default)]
struct Table(BTreeMap<PathBuf, Arc<[u8]>>);

impl Table {
    fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        Self(
            files
                .into_iter()
                .map(|(path, bytes)| (path.into(), bytes.into()))
                .collect(),
        )
    }
}

impl Files for Table {
    fn read(&self, path: &Path) -> Result<Option<Arc<[u8]>>, FileError> {
        Ok(self.0.get(path).cloned())
    }

    fn list(&self, dir: &Path) -> Result<Vec<PathBuf>, FileError> {
        Ok(self
            .0
            .keys()
            .filter(|path| path.parent() == Some(dir))
            .cloned()
            .collect())
    }

    fn read_stdin(&self) -> Result<Arc<[u8]>, FileError> {
        Ok(self.0.values().next().cloned().unwrap_or_default())
    }
}

fn variables() -> Variables {
    Variables::from_iter([
        ("TOKEN", "secret"),
        ("HOST", "index.example"),
        ("A", "b # c"),
        ("E", ""),
    ])
}

/// Requirements files with everything in them; further files follow a line of `%`.
pub fn requirements(data: &[u8]) {
    let parts: Vec<&[u8]> = data.split(|byte| *byte == b'%').take(4).collect();
    let names = [
        "/castle/r.txt",
        "/castle/a.txt",
        "/castle/pyproject.toml",
        "/castle/s.py",
    ];
    let files = Table::of(names.into_iter().zip(parts));
    let variables = variables();
    for name in names {
        let mut reader = RequirementsReader::new(&files, &variables, Path::new("/castle"));
        let read = reader
            .read_requirements(name)
            .and_then(|()| reader.read_constraints(name));
        match read {
            Ok(()) => {
                let found = reader.finish();
                for entry in found.requirements.iter().chain(&found.constraints) {
                    let _ = (entry.item.to_string(), format!("{:?}", entry.origin));
                }
                let _ = found.hash_checking();
            }
            Err(error) => drop(format!("{error} {error:?}")),
        }
    }
    let argument = text(data);
    match parse_argument(&argument, Path::new("/castle"), &files) {
        Ok(item) => drop(item.to_string()),
        Err((at, kind)) => {
            assert!(at <= argument.len(), "{kind}");
            let _ = kind.to_string();
        }
    }
    if let Ok(decoded) = decode_text(data) {
        let _ = decoded.len();
    }
}

fn read_settings(files: &Table, variables: &Variables) {
    for interface in [Interface::Project, Interface::Pip("install")] {
        let input = SettingsInput {
            files,
            places: ConfigPlaces {
                platform: ConfigPlatform::Unix,
                home: Some(Path::new("/home/h")),
                variables,
                environment: None,
            },
            cwd: Path::new("/castle/app"),
            project: Path::new("/castle/app"),
            config: &ConfigFiles::Discover,
            interface,
            now_ms: 1_800_000_000_000,
        };
        match load(&input, Partial::default()) {
            Ok(loaded) => {
                for (_, value, origin) in loaded.settings.entries() {
                    let _ = (value, origin.to_string());
                }
                let _ = loaded.warnings.iter().map(ToString::to_string).count();
                let _ = loaded.settings.index_order(Path::new("/castle/app"));
            }
            Err(error) => drop(format!("{error} {error:?}")),
        }
    }
}

/// Settings of naja and uv in TOML: one text as each of the files.
pub fn settings(data: &[u8]) {
    for path in [
        "/castle/app/naja.toml",
        "/castle/app/pyproject.toml",
        "/castle/app/uv.toml",
    ] {
        read_settings(&Table::of([(path, data)]), &Variables::default());
    }
}

/// pip's configuration.
pub fn pip_conf(data: &[u8]) {
    read_settings(
        &Table::of([("/home/h/.config/pip/pip.conf", data)]),
        &Variables::default(),
    );
}

/// Settings in variables: a line for each, `NAME=VALUE`.
pub fn settings_variables(data: &[u8]) {
    let text = text(data);
    let given = text.lines().filter_map(|line| line.split_once('='));
    read_settings(&Table::default(), &Variables::from_iter(given));
    for line in text.lines().take(16) {
        let _ = Location::parse(line, Path::new("/castle"));
        match Cutoff::parse(line, 1_800_000_000_000) {
            Ok(cutoff) => drop(format!("{cutoff:?}")),
            Err(error) => drop(error.to_string()),
        }
    }
}

/// `.env` files.
pub fn dotenv(data: &[u8]) {
    let text = text(data);
    if let Ok(entries) = dotenv::parse_dotenv(&text, &variables()) {
        let mut line = 0;
        for entry in &entries {
            assert!(!entry.name.is_empty() && entry.line >= line);
            line = entry.line;
        }
    }
}

/// What files of Python and notebooks import.
pub fn imports(data: &[u8]) {
    let lines = data.iter().filter(|byte| matches!(byte, b'\n' | b'\r'));
    let lines = 1 + lines.count();
    for import in naja_project::imports::imports(data) {
        assert!(!import.top().is_empty() && import.line as usize <= lines);
    }
    // Strings of JSON have more lines than the file: each `\n` is one.
    for import in naja_project::imports::notebook(data).unwrap_or_default().imports {
        assert!(!import.top().is_empty() && import.cell.is_some());
    }
}

/// Tables of tasks, with the plan of each; commands are expanded.
pub fn tasks(data: &[u8]) {
    let text = text(data);
    let _ = foreign_tasks(&text).len();
    let arguments = ["x".to_owned(), "-y z".to_owned()];
    let expansion = Expansion {
        variable: &|name| (name.len() > 1).then(|| format!(" {name} *")),
        files: &|pattern| vec![pattern.to_owned()],
        arguments: &arguments,
    };
    if let Ok(line) = CommandLine::parse(&text) {
        assert!(!line.parts().is_empty());
        for part in line.parts() {
            let _ = part.expand(&expansion);
        }
    }
    for platform in [TaskPlatform::Windows, TaskPlatform::Linux] {
        let Ok(table) = TaskTable::of_config(&text, platform) else {
            continue;
        };
        let names: Vec<String> = table.tasks.iter().map(|task| task.name.clone()).collect();
        let mut book = TaskBook::default();
        book.add(PathBuf::from("/castle/naja.toml"), table);
        for name in names.iter().take(20) {
            let request = PlanRequest {
                name,
                arguments: &arguments[..1],
                parallel: name.len() % 2 == 0,
                hooks: true,
            };
            if let Ok(plan) = plan(&book, &request) {
                for (at, unit) in plan.units.iter().enumerate() {
                    assert!(unit.after.iter().chain(&unit.behind).all(|earlier| *earlier < at));
                }
            }
        }
    }
}

/// Edits of a manifest: the text, then a requirement and a place. What is added twice is added once, and what was
/// read is read again.
pub fn manifest_edit(data: &[u8]) {
    let text = text(data);
    let (text, words) = text.rsplit_once('%').unwrap_or((&text, "harry>=1"));
    let Ok(mut editor) = ManifestEditor::parse(text) else {
        return;
    };
    let Ok(new) = Requirement::parse(words) else {
        return;
    };
    let mut places = vec![DependencyPlace::Main];
    places.extend("x".parse().map(DependencyPlace::Extra));
    places.extend("dev".parse().map(DependencyPlace::Group));
    let was_read = Manifest::parse(text).is_ok();
    for place in &places {
        let before = editor.to_text();
        if editor.add(place, &new).is_err() {
            continue;
        }
        let added = editor.to_text();
        assert!(!was_read || Manifest::parse(&added).is_ok(), "{before}\n{added}");
        assert_eq!(editor.add(place, &new), Ok(Placement::Unchanged), "{added}");
        assert_eq!(editor.to_text(), added);
        let removed = editor.remove(place, &new.name);
        assert!(removed.is_ok_and(|removed| !removed.is_empty()), "{added}");
        let _ = ManifestEditor::parse(&editor.to_text()).map(|editor| editor.places_of(&new.name));
    }
}

/// Edits of a script's metadata: the text, then a requirement. What is not changed comes back to the byte, only the
/// block changes, and what is written is read again as it is meant.
pub fn script_edit(data: &[u8]) {
    let text = text(data);
    let (text, words) = text.rsplit_once('%').unwrap_or((&text, "harry>=1"));
    match ScriptEditor::open(text) {
        Ok(Some(editor)) => edited(text, words, editor),
        Ok(None) => {
            let Ok(editor) = ScriptEditor::with_block(text, "dependencies = []\n") else {
                return;
            };
            let Ok(made) = editor.to_text() else { return };
            let head = made.find("# /// script").expect("it has a block");
            assert!(text.starts_with(made[..head].trim_end_matches(['\r', '\n'])), "{made}");
            let opened = ScriptEditor::open(&made).expect("what is written is read");
            edited(&made, words, opened.expect("it has a block"));
        }
        Err(error) => drop(error.to_string()),
    }
}

fn edited(text: &str, words: &str, mut editor: ScriptEditor) {
    let block = naja_spec::script_block(text).expect("it was read").expect("it was there");
    let same = editor.to_text().expect("nothing was changed");
    assert_eq!(same, text);
    let Ok(new) = Requirement::parse(words) else {
        return;
    };
    let place = DependencyPlace::Main;
    if editor.manifest_mut().add(&place, &new).is_err() {
        return;
    }
    let Ok(added) = editor.to_text() else { return };
    assert!(added.starts_with(&text[..block.range.start]), "{added}");
    assert!(added.ends_with(&text[block.range.end..]), "{added}");
    let again = ScriptEditor::open(&added).expect("what is written is read");
    let mut again = again.expect("it has a block");
    assert_eq!(again.manifest_mut().add(&place, &new), Ok(Placement::Unchanged), "{added}");
    assert_eq!(again.to_text().as_deref(), Ok(added.as_str()));
    let removed = again.manifest_mut().remove(&place, &new.name);
    assert!(removed.is_ok_and(|removed| !removed.is_empty()), "{added}");
    if let Ok(text) = again.to_text() {
        let _ = ScriptEditor::open(&text).expect("what is written is read");
    }
}

/// Projects of other tools: the bytes as each of their files. What comes of them is a manifest.
pub fn import(data: &[u8]) {
    let dir = Path::new("/castle");
    for name in [
        "pyproject.toml",
        "Pipfile",
        "setup.py",
        "setup.cfg",
        "environment.yml",
        "requirements.txt",
    ] {
        let path = dir.join(name);
        let table = Table([(path.clone(), data.into())].into());
        let surroundings = Surroundings {
            files: &table,
            variables: &variables(),
            dir,
        };
        let _ = naja_project::import::detect(&surroundings);
        let import = match naja_project::import::import(&surroundings, Some(&path)) {
            Ok(import) => import,
            Err(error) => {
                drop(error.to_string());
                continue;
            }
        };
        let _ = import.remarks();
        if let Ok(text) = import.text() {
            Manifest::parse(&text).expect("what is imported is a manifest");
        }
    }
}
