use std::time::Instant;

use super::*;

struct Tree {
    dir: tempfile::TempDir,
    source: PathBuf,
    scratch: PathBuf,
    paths: Vec<String>,
}

impl Tree {
    fn new(backend: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (source, scratch) = (dir.path().join("source"), dir.path().join("scratch"));
        std::fs::create_dir(&source).unwrap();
        std::fs::create_dir(&scratch).unwrap();
        std::fs::write(source.join("backend.py"), backend).unwrap();
        Self {
            dir,
            source,
            scratch,
            paths: vec![".".to_owned()],
        }
    }

    fn backend(&self) -> Backend<'_> {
        assert!(self.dir.path().is_dir());
        Backend {
            python: Path::new("python3"),
            source: &self.source,
            name: "backend",
            paths: &self.paths,
            search: OsStr::new("/usr/local/bin:/usr/bin:/bin"),
            variables: &[],
            settings: &[],
            scratch: &self.scratch,
        }
    }

    fn call(&self, hook: Hook) -> Result<(HookAnswer, Output), HookError> {
        self.backend().call(hook, None, &|| false)
    }
}

#[test]
fn answers_do_not_depend_on_what_is_printed() {
    let tree = Tree::new(
        "import os\nprint('{\"kind\": \"absent\"}')\ndef build_wheel(into, config_settings=None, metadata_directory=None):\n    \
         print('loud', flush=True)\n    os.system('echo louder')\n    return 'a-1-py3-none-any.whl'\n",
    );
    let (answer, output) = tree.call(Hook::Wheel).unwrap();
    assert_eq!(answer, HookAnswer::Text("a-1-py3-none-any.whl".into()));
    assert!(output.as_str().contains("loud\nlouder\n"), "{output:?}");
}

#[test]
fn optional_hooks_may_be_absent_and_settings_arrive() {
    let tree = Tree::new(
        "def get_requires_for_build_wheel(config_settings=None):\n    \
         return [k + '=' + str(v) for k, v in config_settings.items()]\n",
    );
    assert_eq!(
        tree.call(Hook::MetadataForWheel).unwrap().0,
        HookAnswer::Absent
    );
    let settings = [
        ("one".to_owned(), ConfigValue::One("1".into())),
        (
            "two".to_owned(),
            ConfigValue::Many(vec!["a".into(), "b".into()]),
        ),
    ];
    let mut backend = tree.backend();
    backend.settings = &settings;
    let (answer, _) = backend
        .call(Hook::RequiresForWheel, None, &|| false)
        .unwrap();
    assert_eq!(
        answer,
        HookAnswer::List(vec!["one=1".into(), "two=['a', 'b']".into()])
    );
}

#[test]
fn failures_are_told_with_their_output() {
    let tree =
        Tree::new("def build_wheel(*a):\n    print('before')\n    raise SystemExit('no luck')\n");
    let error = tree.call(Hook::Wheel).unwrap_err();
    assert_eq!(error.to_string(), "SystemExit: no luck");
    assert!(
        error
            .output()
            .unwrap()
            .as_str()
            .starts_with("before\nTraceback")
    );
    let error = Tree::new("import no_such_module")
        .call(Hook::Wheel)
        .unwrap_err();
    assert_eq!(error.missing_module(), Some("no_such_module"));
    let error = Tree::new("import os\nos._exit(7)")
        .call(Hook::Wheel)
        .unwrap_err();
    assert!(matches!(error, HookError::Died { .. }), "{error}");
}

#[test]
fn backend_path_stays_inside() {
    let tree = Tree::new("");
    for path in ["..", "/", "../source/..", "nowhere", "backend.py"] {
        let paths = vec![path.to_owned()];
        let mut backend = tree.backend();
        backend.paths = &paths;
        let error = backend.call(Hook::Wheel, None, &|| false);
        assert!(
            matches!(error, Err(HookError::BackendPath { .. })),
            "{path}: {error:?}"
        );
    }
    let mut backend = tree.backend();
    backend.name = "json";
    let other = backend.call(Hook::Wheel, None, &|| false);
    assert!(other.unwrap_err().to_string().contains("backend-path"));
}

#[test]
fn an_interruption_kills_the_group() {
    let tree = Tree::new("import os\nos.system('sleep 1000')\n");
    let started = Instant::now();
    let late = || started.elapsed() > Duration::from_millis(300);
    let error = tree.backend().call(Hook::Wheel, None, &late).unwrap_err();
    assert!(matches!(error, HookError::Interrupted));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn endless_output_is_cut() {
    let tree = Tree::new(
        "import sys\ndef build_wheel(*a):\n    sys.stderr.write('x' * 3000000 + 'end')\n    return ''\n",
    );
    let (_, output) = tree.call(Hook::Wheel).unwrap();
    assert_eq!(output.as_str().len(), TAIL);
    assert!(output.as_str().ends_with("end"));
}
