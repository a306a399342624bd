use std::fs;
use std::process::Command;

use super::*;
use crate::probe::{NoCache, probe};

/// The interpreters of this machine that are new enough.
fn interpreters() -> Vec<Interpreter> {
    let known: Vec<Interpreter> = crate::probe::tests::interpreters()
        .iter()
        .filter_map(|path| probe(path, &NoCache).ok())
        .collect();
    if known.is_empty() {
        println!("skipped: no interpreter here");
    }
    known
}

fn job(source: &Path) -> CompileJob {
    CompileJob {
        source: source.to_path_buf(),
        target: None,
        shown: None,
    }
}

#[test]
fn compiled_files_are_those_of_the_interpreter() {
    for interpreter in interpreters() {
        let dir = tempfile::tempdir().unwrap();
        let good = dir.path().join("good ü.py");
        fs::write(&good, "x = 1\n").unwrap();
        let bad = dir.path().join("bad.py");
        fs::write(&bad, "def (:\n").unwrap();
        let nul = dir.path().join("nul.py");
        fs::write(&nul, "x = '\0'\n").unwrap();
        let aside = CompileJob {
            source: good.clone(),
            target: Some(dir.path().join("deep.pyc")),
            shown: Some("/shown/name.py".into()),
        };
        let missing = dir.path().join("missing.py");
        let jobs = [job(&good), job(&bad), aside, job(&nul), job(&missing)];
        let pool = CompilePool::start(&interpreter, CompileOptions::default()).unwrap();
        let report = pool.compile(&jobs).unwrap();
        assert_eq!(report.compiled, 2, "{report:?}");
        assert_eq!(report.failed.len(), 3);
        assert!(report.failed[0].1.contains("SyntaxError"), "{report:?}");
        let cached = dir
            .path()
            .join(format!("__pycache__/good ü.{}.pyc", interpreter.cache_tag));
        let bytes = fs::read(&cached).unwrap();
        assert_eq!(bytes[..4], interpreter.magic);
        assert!(memory_contains(
            &fs::read(dir.path().join("deep.pyc")).unwrap(),
            b"/shown/name.py"
        ));
        assert_eq!(
            fs::read_dir(dir.path().join("__pycache__"))
                .unwrap()
                .count(),
            1
        );
        // The interpreter takes it: the source is not compiled again.
        let before = fs::metadata(&cached).unwrap().modified().unwrap();
        let code = format!(
            "import sys; sys.path.insert(0, {:?}); m = __import__('good ü'); print(m.x, m.__cached__)",
            dir.path().to_str().unwrap()
        );
        let output = Command::new(&interpreter.executable)
            .args(["-I", "-c", &code])
            .output()
            .unwrap();
        assert!(output.stdout.starts_with(b"1 "), "{output:?}");
        assert_eq!(fs::metadata(&cached).unwrap().modified().unwrap(), before);
    }
}

#[test]
fn many_files_and_workers() {
    let Some(interpreter) = interpreters().pop() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let jobs: Vec<CompileJob> = (0..300)
        .map(|index| {
            let path = dir.path().join(format!("m{index}.py"));
            fs::write(&path, if index % 50 == 0 { "1 +" } else { "x = 2" }).unwrap();
            job(&path)
        })
        .collect();
    let options = CompileOptions {
        workers: 3,
        ..CompileOptions::default()
    };
    let report = CompilePool::start(&interpreter, options)
        .unwrap()
        .compile(&jobs)
        .unwrap();
    assert_eq!((report.compiled, report.failed.len()), (294, 6));
    let none = CompilePool::start(&interpreter, options)
        .unwrap()
        .compile(&[])
        .unwrap();
    assert_eq!(none, CompileReport::default());
}

#[test]
fn a_worker_that_dies_or_hangs_loses_one_file() {
    let Some(mut interpreter) = interpreters().pop() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    // A worker that crashes on one file and hangs on another.
    let fake = dir.path().join("python");
    let text = "#!/bin/sh\nwhile read -r a b c d; do name=$(dd bs=1 count=\"$a\" 2>/dev/null)\n\
                case $name in *crash) kill -9 $$;; *hang) sleep 1000;; esac\necho 0; done\n";
    fs::write(&fake, text).unwrap();
    make_executable(&fake);
    interpreter.real_executable = fake;
    let jobs: Vec<CompileJob> = ["/a", "/crash", "/b", "/hang", "/c"]
        .iter()
        .map(|name| job(Path::new(name)))
        .collect();
    let time_per_file = Duration::from_millis(500);
    let options = CompileOptions {
        time_per_file,
        ..CompileOptions::default()
    };
    let report = CompilePool::start(&interpreter, options)
        .unwrap()
        .compile(&jobs)
        .unwrap();
    assert_eq!(report.compiled, 3);
    let failed: Vec<_> = report
        .failed
        .iter()
        .map(|(path, words)| (path.to_str().unwrap(), words.as_str()))
        .collect();
    assert_eq!(
        failed,
        [
            ("/crash", "the compiler crashed"),
            ("/hang", "it takes too long")
        ]
    );
}

#[test]
fn an_interpreter_that_always_ends_is_not_started_for_every_file() {
    let Some(mut interpreter) = interpreters().pop() else {
        return;
    };
    interpreter.real_executable = "/bin/false".into();
    let jobs: Vec<CompileJob> = (0..100)
        .map(|n| job(Path::new(&format!("/f{n}"))))
        .collect();
    let pool = CompilePool::start(&interpreter, CompileOptions::default()).unwrap();
    assert!(matches!(
        pool.compile(&jobs),
        Err(CompileError::Ends { .. })
    ));
}

#[test]
fn an_interpreter_that_is_gone_is_an_error() {
    let Some(mut interpreter) = interpreters().pop() else {
        return;
    };
    interpreter.real_executable = "/no/such/python".into();
    let error = CompilePool::start(&interpreter, CompileOptions::default()).unwrap_err();
    assert!(matches!(error, CompileError::Start { .. }));
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn memory_contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
