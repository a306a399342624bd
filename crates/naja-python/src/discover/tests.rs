use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::probe::NoCache;

/// The facts that a CPython 3.12 prints, with places to fill in.
const FACTS: &str = r#"{"version_info":[MAJOR,MINOR,MICRO,"LEVEL",0],"version_text":"VERSION (main)",
"implementation":"IMPL","implementation_version":[MAJOR,MINOR,MICRO,"LEVEL",0],
"cache_tag":"cpython-3MINOR","magic":[203,13,13,10],"executable":null,"prefix":"PREFIX",
"base_prefix":"PREFIX","base_exec_prefix":"PREFIX","sys_platform":"linux","os_name":"posix",
"is_64bit":true,"abiflags":"FLAGS","debug":false,"platlibdir":"lib",
"suffixes":[".cpython-3MINOR-x86_64-linux-gnu.so"],"libc":"glibc 2.36",
"uname":["Linux","6","1","x86_64"],"full":null}"#;

/// A machine made of scripts that answer like interpreters and count how often they are asked.
struct Machine {
    dir: tempfile::TempDir,
    inputs: DiscoveryInputs,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cwd = dir.path().canonicalize().unwrap().join("work");
        fs::create_dir_all(&cwd).unwrap();
        Self {
            dir,
            inputs: DiscoveryInputs {
                cwd,
                ..DiscoveryInputs::default()
            },
        }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    fn path(&mut self, dirs: &[&str]) {
        let dirs = dirs
            .iter()
            .map(|dir| self.root().join(dir))
            .collect::<Vec<_>>();
        self.inputs.path = Some(std::env::join_paths(dirs).unwrap());
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Adds an interpreter: `version` like `3.12.1`, `3.13.0t` or `pypy3.10.1`.
    fn python(&self, name: &str, version: &str) -> PathBuf {
        let (implementation, version) = match version.strip_prefix("pypy") {
            Some(rest) => ("pypy", rest),
            None => ("cpython", version),
        };
        let (version, flags) = version
            .strip_suffix('t')
            .map_or((version, ""), |version| (version, "t"));
        let (version, level) = version
            .strip_suffix("a0")
            .map_or((version, "final"), |version| (version, "alpha"));
        let parts: Vec<&str> = version.split('.').collect();
        let path = self.root().join(name);
        let prefix = path.parent().unwrap().parent().unwrap();
        let facts = FACTS
            .replace('\n', "")
            .replace("MAJOR", parts[0])
            .replace("MINOR", parts[1])
            .replace("MICRO", parts[2])
            .replace("LEVEL", level)
            .replace("VERSION", version)
            .replace("IMPL", implementation)
            .replace("FLAGS", flags)
            .replace("PREFIX", prefix.to_str().unwrap());
        let count = self.root().join("asked");
        let text = format!(
            "#!/bin/sh\necho {name} >> '{}'\ncat <<'E'\nnaja-facts:{facts}\nE\n",
            count.display()
        );
        self.script(name, &text)
    }

    fn venv(&self, name: &str, base: &Path) -> PathBuf {
        let root = self.root().join(name);
        fs::create_dir_all(root.join("bin")).unwrap();
        let home = base.parent().unwrap().display();
        fs::write(root.join("pyvenv.cfg"), format!("home = {home}\n")).unwrap();
        symlink(base, root.join("bin/python")).unwrap();
        root
    }

    fn discovery(&self) -> Discovery<'_> {
        Discovery::new(&self.inputs, Prober::new(&NoCache))
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(self.root())
            .unwrap_or(path)
            .display()
            .to_string()
    }

    fn find(&self, request: &str, preference: Preference) -> String {
        let request = PythonRequest::parse(request).unwrap();
        match self.discovery().find(&request, preference) {
            Ok(found) => self.relative(&found.executable),
            Err(error) => format!(
                "! {}",
                format!("{error:?}").split([' ', '{']).next().unwrap()
            ),
        }
    }

    fn any(&self, request: &str) -> String {
        self.find(request, Preference::Any)
    }

    fn asked(&self) -> Vec<String> {
        let text = fs::read_to_string(self.root().join("asked")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

#[test]
fn the_first_on_path_that_fits_is_taken() {
    let mut machine = Machine::new();
    machine.python("a/bin/python3", "3.10.1");
    machine.python("b/bin/python3.12", "3.12.1");
    machine.python("b/bin/python3", "3.11.1");
    machine.python("b/bin/pypy3", "pypy3.10.1");
    machine.python("c/bin/python3.13t", "3.13.0t");
    machine.python("c/bin/python3.14", "3.14.0a0");
    machine.path(&["a/bin", "b/bin", "c/bin"]);
    for (request, expected) in [
        ("default", "a/bin/python3"),
        ("any", "a/bin/python3"),
        ("3", "a/bin/python3"),
        ("3.12", "b/bin/python3.12"),
        ("3.11", "b/bin/python3"),
        (">=3.11", "b/bin/python3"),
        (">=3.12", "b/bin/python3.12"),
        ("pypy", "b/bin/pypy3"),
        ("cpython@3.12", "b/bin/python3.12"),
        ("3.13t", "c/bin/python3.13t"),
        ("3.13", "! NotFound"),
        ("3.14", "c/bin/python3.14"),
        ("3.9", "! NotFound"),
        ("pypy@3.11", "! NotFound"),
        ("python3.12", "b/bin/python3.12"),
        ("python3.8", "! NotFound"),
        ("nosuch", "! NothingAt"),
    ] {
        assert_eq!(machine.any(request), expected, "{request}");
    }
}

#[test]
fn broken_programs_do_not_stop_the_search() {
    let mut machine = Machine::new();
    machine.script("a/bin/python3", "#!/bin/sh\nexit 127\n");
    machine.script("a/bin/python3.12", "#!/no/such/shell\n");
    machine.script("a/bin/python", "not a program");
    symlink("nowhere", machine.root().join("a/bin/python3.11")).unwrap();
    machine.python("b/bin/python3", "3.12.1");
    machine.path(&["a/bin", "missing", "b/bin"]);
    assert_eq!(machine.any("3.12"), "b/bin/python3");
    let request = PythonRequest::parse("3.9").unwrap();
    let Err(FindError::NotFound { others, broken, .. }) =
        machine.discovery().find(&request, Preference::Any)
    else {
        panic!("found")
    };
    assert_eq!(others.len(), 1);
    assert_eq!(broken.len(), 2);
    let listing = machine.discovery().list(&PythonRequest::Default);
    assert_eq!(listing.found.len(), 1);
    assert_eq!(listing.broken.len(), 3);
}

#[test]
fn shims_are_resolved_and_never_run() {
    let mut machine = Machine::new();
    let shim = "#!/bin/sh\necho shim >> \"$(dirname \"$0\")/../../asked\"\n\
                exec \"/p/libexec/pyenv\" exec python \"$@\"\n";
    for name in ["python", "python3", "python3.12"] {
        machine.script(&format!("pyenv/shims/{name}"), shim);
    }
    for version in ["3.11.2", "3.12.1"] {
        for name in ["python", "python3", &format!("python{}", &version[..4])] {
            machine.python(&format!("pyenv/versions/{version}/bin/{name}"), version);
        }
    }
    machine.python("b/bin/python3", "3.10.1");
    machine.inputs.pyenv_root = Some(machine.root().join("pyenv"));
    machine.path(&["pyenv/shims", "b/bin"]);
    // Nothing is selected: the shims stand for nothing.
    assert_eq!(machine.any("default"), "b/bin/python3");
    fs::write(machine.root().join("pyenv/version"), "3.11.2\n").unwrap();
    assert_eq!(machine.any("default"), "pyenv/versions/3.11.2/bin/python3");
    // Not selected, but installed.
    assert_eq!(machine.any("3.12"), "pyenv/versions/3.12.1/bin/python3");
    let shim = machine.root().join("pyenv/shims/python3");
    assert_eq!(
        machine.any(shim.to_str().unwrap()),
        "pyenv/versions/3.11.2/bin/python3"
    );
    assert!(
        !machine.asked().contains(&"shim".to_owned()),
        "{:?}",
        machine.asked()
    );
}

#[test]
fn environments_come_first_unless_the_system_is_wanted() {
    let mut machine = Machine::new();
    let base = machine.python("b/bin/python3", "3.12.1");
    machine.path(&["b/bin"]);
    assert_eq!(
        machine.find("default", Preference::OnlyEnvironment),
        "! NoEnvironment"
    );
    machine.venv("work/.venv", &base);
    assert_eq!(machine.any("default"), "work/.venv/bin/python");
    assert_eq!(machine.any("3.12"), "work/.venv/bin/python");
    assert_eq!(machine.any("3.11"), "! NotFound");
    assert_eq!(
        machine.find("3.11", Preference::OnlyEnvironment),
        "! WrongEnvironment"
    );
    assert_eq!(
        machine.find("default", Preference::OnlySystem),
        "b/bin/python3"
    );
    machine.inputs.virtual_env = Some(machine.root().join("gone"));
    assert_eq!(machine.any("default"), "! Unusable");
    assert_eq!(
        machine.find("default", Preference::OnlySystem),
        "b/bin/python3"
    );
}

#[test]
fn the_base_of_an_environment_is_never_an_environment() {
    let mut machine = Machine::new();
    let base = machine.python("hidden/bin/python3", "3.12.1");
    let outer = machine.venv("outer", &base);
    let inner = machine.venv("inner", &outer.join("bin/python"));
    machine.path(&["inner/bin"]);
    let discovery = machine.discovery();
    for request in ["default", "3.12", inner.to_str().unwrap(), "python"] {
        let request = PythonRequest::parse(request).unwrap();
        let found = discovery.find_base(&request).unwrap();
        assert!(!found.is_virtual());
        assert_eq!(found.executable, base, "{request}");
    }
}

#[test]
fn paths_are_used_as_they_are() {
    let mut machine = Machine::new();
    let base = machine.python("opt/py/bin/python3", "3.12.1");
    machine.venv("work/env", &base);
    machine.inputs.home = Some(machine.root());
    assert_eq!(machine.any("~/opt/py"), "opt/py/bin/python3");
    assert_eq!(machine.any("../opt/py/bin/python3"), "opt/py/bin/python3");
    assert_eq!(machine.any("./env"), "work/env/bin/python");
    assert_eq!(machine.any("env"), "work/env/bin/python");
    assert_eq!(machine.any("./nothing"), "! NothingAt");
    fs::create_dir(machine.root().join("empty")).unwrap();
    assert_eq!(machine.any("~/empty"), "! NothingAt");
}

#[test]
fn relative_entries_of_path_are_passed_over() {
    let mut machine = Machine::new();
    machine.python("work/python3", "3.12.1");
    machine.inputs.path = Some(":.:bin".into());
    assert_eq!(machine.any("default"), "! NotFound");
    assert_eq!(machine.asked(), [""; 0]);
}

#[test]
fn one_file_is_asked_once_in_a_search() {
    let mut machine = Machine::new();
    let python = machine.python("a/bin/python3.10", "3.10.1");
    symlink(&python, machine.root().join("a/bin/python3")).unwrap();
    symlink(&python, machine.root().join("a/bin/python")).unwrap();
    machine.path(&["a/bin", "a/bin"]);
    assert_eq!(machine.any(">=3.12"), "! NotFound");
    assert_eq!(machine.asked().len(), 1);
}

#[test]
fn installations_of_naja_win_over_path() {
    let mut machine = Machine::new();
    machine.python("b/bin/python3", "3.12.1");
    machine.python("managed/cpython-3.12.4-linux/bin/python3", "3.12.4");
    machine.python("managed/cpython-3.11.9-linux/bin/python3", "3.11.9");
    machine.inputs.managed_dirs = vec![machine.root().join("managed")];
    machine.path(&["b/bin"]);
    assert_eq!(
        machine.any("3.12"),
        "managed/cpython-3.12.4-linux/bin/python3"
    );
    assert_eq!(
        machine.any("3.11"),
        "managed/cpython-3.11.9-linux/bin/python3"
    );
    assert_eq!(machine.any("3.12.1"), "b/bin/python3");
}

#[test]
fn what_windows_knows_comes_after_path() {
    let mut machine = Machine::new();
    machine.python("b/bin/python3", "3.10.1");
    let registered = |program: PathBuf, tag: &str| RegisteredPython {
        company: "PythonCore".to_owned(),
        tag: tag.to_owned(),
        executable_path: Some(program.display().to_string()),
        ..RegisteredPython::default()
    };
    let gone = machine.root().join("gone/x/python.exe");
    machine.inputs.registry = Registry::Known(vec![
        registered(machine.python("r/11/python.exe", "3.11.1"), "3.11"),
        registered(machine.python("r/12/python.exe", "3.12.1"), "3.12"),
        registered(gone, "3.13"),
    ]);
    let apps = "local/Microsoft/WindowsApps";
    let package = "PythonSoftwareFoundation.Python.3";
    for minor in [9, 12, 13] {
        let name = format!("{apps}/{package}.{minor}_qbz5n2kfra8p0/python.exe");
        machine.python(&name, &format!("3.{minor}.2"));
    }
    machine.inputs.store_apps = Some(machine.root().join(apps));
    machine.python("home/.pyenv/versions/3.8.1/bin/python3", "3.8.1");
    machine.python("home/.pyenv/versions/3.13.1/bin/python3", "3.13.1");
    machine.inputs.home = Some(machine.root().join("home"));
    machine.path(&["b/bin"]);
    let of_store = |minor| format!("{apps}/{package}.{minor}_qbz5n2kfra8p0/python.exe");
    for (request, expected) in [
        ("default", "b/bin/python3".to_owned()),
        ("3.12", "r/12/python.exe".to_owned()),
        ("3.11", "r/11/python.exe".to_owned()),
        (">=3.11", "r/12/python.exe".to_owned()),
        ("3.13", of_store(13)),
        ("3.9", of_store(9)),
        ("3.8", "home/.pyenv/versions/3.8.1/bin/python3".to_owned()),
    ] {
        assert_eq!(machine.any(request), expected, "{request}");
    }
    let asked = machine.asked();
    // The versions that are written down made it needless to ask the others.
    let in_vain = |name: &str| asked.iter().filter(|asked| *asked == name).count();
    assert_eq!(in_vain("r/12/python.exe"), 2, "{asked:?}");
    let listing = machine.discovery().list(&PythonRequest::Any);
    let sources: Vec<Source> = listing.found.iter().map(|found| found.source).collect();
    let mut expected = vec![Source::SearchPath];
    expected.extend([Source::Registry; 2]);
    expected.extend([Source::Store; 3]);
    expected.extend([Source::Pyenv; 2]);
    assert_eq!(sources, expected);
}

#[test]
fn links_of_the_store_are_never_run() {
    let mut machine = Machine::new();
    let apps = "local/Microsoft/windowsapps";
    let link = machine.script(&format!("{apps}/python3"), "");
    machine.script(&format!("{apps}/python"), "");
    machine.python("b/bin/python3", "3.12.1");
    machine.path(&[apps, "b/bin"]);
    assert_eq!(machine.any("default"), "b/bin/python3");
    assert_eq!(machine.any("python"), "b/bin/python3");
    let found = machine
        .discovery()
        .find(&PythonRequest::Path(link.clone()), Preference::Any);
    let Err(FindError::Unusable { source, .. }) = found else {
        panic!("{found:?}")
    };
    assert!(matches!(*source, ProbeError::StoreLink { path } if path == link));
    let listing = machine.discovery().list(&PythonRequest::Any);
    assert_eq!((listing.found.len(), listing.broken.len()), (1, 0));
}
