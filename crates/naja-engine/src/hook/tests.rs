use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;

use super::*;

struct Case {
    dir: tempfile::TempDir,
}

impl Case {
    /// A home with two projects that have environments and one that has none.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["stone", "azk"] {
            let bin = dir.path().join("home").join(name).join(".venv/bin");
            fs::create_dir_all(&bin).unwrap();
            symlink("/bin/sh", bin.join("python")).unwrap();
            fs::write(bin.join("../pyvenv.cfg"), "home = /usr/bin\n").unwrap();
        }
        fs::create_dir_all(dir.path().join("home/plain/deep")).unwrap();
        Self { dir }
    }

    fn home(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("home")
    }

    fn root(&self, project: &str) -> String {
        let root = self.home().join(project).join(".venv");
        root.to_string_lossy().into_owned()
    }

    fn process(&self, cwd: &str, active: &str) -> ProcessEnv {
        let mut vars: BTreeMap<OsString, OsString> = BTreeMap::new();
        vars.insert("NAJA_DATA_DIR".into(), self.home().join("data").into());
        if !active.is_empty() {
            vars.insert("VIRTUAL_ENV".into(), active.into());
        }
        ProcessEnv {
            vars,
            cwd: self.home().join(cwd),
            home: Some(self.home()),
            ..ProcessEnv::with_vars(&[])
        }
    }

    fn allow(&self, project: &str) {
        let cwd = self.home().join(project);
        let place = allow::nearest(&self.process(project, ""), &cwd).unwrap();
        let identity = Identity::of(&place.root).unwrap();
        let data = self.home().join("data");
        let record = allow::record(&data, &place.directory, &identity);
        fs::create_dir_all(record.parent().unwrap()).unwrap();
        fs::write(record, "{}").unwrap();
    }

    fn step(&self, cwd: &str, hooked: &str, muted: &str) -> HookStep {
        step(&self.process(cwd, hooked), hooked, muted)
    }
}

fn told(step: &HookStep) -> &str {
    step.tell.as_ref().map_or("", |told| &told.text)
}

#[test]
fn what_is_allowed_is_entered_and_left() {
    let case = Case::new();
    case.allow("stone");
    case.allow("azk");
    let (stone, azk) = (case.root("stone"), case.root("azk"));
    let entered = case.step("stone", "", "");
    assert!(!entered.leave && entered.tell.is_none());
    let expected = Entered {
        root: stone.clone(),
        name: "stone".to_owned(),
    };
    assert_eq!(entered.enter, Some(expected));
    let stays = case.step("stone/.venv/bin", &stone, "");
    assert!(!stays.leave && stays.enter.is_none());
    let switched = case.step("azk", &stone, "");
    assert!(switched.leave);
    assert_eq!(switched.enter.unwrap().root, azk);
    let left = case.step("plain/deep", &stone, "");
    assert!(left.leave && left.enter.is_none());
    let absent: Vec<&str> = left.absent.iter().map(String::as_str).collect();
    let home = case.home();
    let expected = ["plain/deep/.venv", "plain/.venv"].map(|path| home.join(path));
    assert_eq!(absent, expected.map(|path| path.display().to_string()));
}

#[test]
fn nothing_is_entered_unasked() {
    let case = Case::new();
    let unknown = case.step("stone", "", "");
    assert!(unknown.enter.is_none());
    assert!(told(&unknown).contains("naja allow"), "{unknown:?}");
    assert_eq!((unknown.present.len(), unknown.absent.len()), (1, 1));
    case.allow("stone");
    assert!(case.step("stone", "", "").enter.is_some());
    // Another environment in the same place.
    fs::write(case.root("stone") + "/pyvenv.cfg", "home = /elsewhere\n").unwrap();
    let replaced = case.step("stone", "", "");
    assert!(replaced.enter.is_none());
    assert!(told(&replaced).contains("another environment"));
    // Its Python is another one.
    case.allow("azk");
    let python = case.root("azk") + "/bin/python";
    fs::remove_file(&python).unwrap();
    symlink("/bin/cat", &python).unwrap();
    assert!(case.step("azk", "", "").enter.is_none());
}

#[test]
fn the_users_own_choice_stays() {
    let case = Case::new();
    case.allow("stone");
    case.allow("azk");
    let (stone, azk) = (case.root("stone"), case.root("azk"));
    let by_hand = step(&case.process("azk", &stone), "", "");
    assert!(by_hand.enter.is_none() && !by_hand.leave);
    assert!(told(&by_hand).contains("stays active"), "{by_hand:?}");
    let same = step(&case.process("azk", &azk), "", "");
    assert!(same.enter.is_none() && same.tell.is_none());
    let muted = case.step("stone", "", &stone);
    assert!(muted.enter.is_none() && muted.tell.is_none() && !muted.unmute);
    let elsewhere = case.step("azk", "", &stone);
    assert!(elsewhere.enter.is_some() && elsewhere.unmute);
}

#[test]
fn what_is_broken_is_left_alone() {
    let case = Case::new();
    case.allow("stone");
    let stone = case.root("stone");
    fs::remove_file(stone.clone() + "/bin/python").unwrap();
    let broken = case.step("stone", &stone, "");
    assert!(broken.leave && broken.enter.is_none());
    assert!(told(&broken).contains("lost its Python"));
    fs::remove_dir_all(&stone).unwrap();
    let gone = case.step("stone", &stone, "");
    assert!(gone.leave && gone.enter.is_none() && gone.tell.is_none());
    // No home, no data: still an answer.
    let mut process = case.process("azk", "");
    process.vars.clear();
    process.home = None;
    assert!(step(&process, "", "").enter.is_none());
}

#[test]
fn names_that_break_a_search_path_are_not_entered() {
    assert!(can_be_named(Path::new("/a b/it's $HOME `x`")));
    assert!(!can_be_named(Path::new("/a:b")));
    assert!(!can_be_named(Path::new("/a\nb")));
}

#[test]
fn central_storage_needs_no_file_in_the_project() {
    let case = Case::new();
    let project = case.home().join("tower");
    fs::create_dir_all(project.join("deeper")).unwrap();
    assert!(told(&case.step("tower", "", "")).is_empty());
    let root = crate::env::central_at(&case.home().join("data/envs"), &project, None);
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::write(root.join("pyvenv.cfg"), "home = /usr/bin\nprompt = tower\n").unwrap();
    fs::write(root.join("bin/python"), "").unwrap();
    assert!(told(&case.step("tower", "", "")).contains("naja allow"));
    case.allow("tower");
    let entered = case.step("tower/deeper", "", "").enter.unwrap();
    assert_eq!(entered.root, root.to_string_lossy());
    // A directory beside it has nothing to do with it.
    assert!(case.step("", "", "").enter.is_none());
}
