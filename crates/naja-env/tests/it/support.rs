//! A scratch environment, a store, and the checks that hold after every change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_env::{
    Applied, ApplyError, ApplyOptions, Archives, EnvPlan, EnvState, Environment, Extraneous,
    PlanRules, Reinstall, apply, plan,
};
use naja_lock::{DistSource, Pin, RemoteFile, Selection};
use naja_python::{Interpreter, Scheme, VenvLayout};
use naja_spec::CoreMeta;
use naja_spec::{
    Arch, Digest, ImplementationTags, MarkerEnvironment, Os, PackageName, Platform, Record,
    SafeUrl, Sha256, Version, WheelName,
};
use naja_store::{Archive, Store, WheelExpectation};
use naja_testkit::Wheel;

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) env: Environment,
    pub(crate) store: Store,
}

pub(crate) fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

pub(crate) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

/// An interpreter that does not exist, with the layout of CPython 3.12 on Linux.
pub(crate) fn interpreter(base: &Path) -> Interpreter {
    let twelve = version("3.12.1");
    let text = str::to_owned;
    let scheme = Scheme {
        purelib: base.join("lib/python3.12/site-packages"),
        platlib: base.join("lib/python3.12/site-packages"),
        scripts: base.join("bin"),
        data: base.to_path_buf(),
        include: base.join("include/python3.12"),
        headers: base.join("include/python3.12"),
        stdlib: base.join("lib/python3.12"),
        platstdlib: base.join("lib/python3.12"),
    };
    Interpreter {
        executable: base.join("bin/python3"),
        real_executable: base.join("bin/python3.12"),
        base_executable: base.join("bin/python3.12"),
        prefix: base.to_path_buf(),
        base_prefix: base.to_path_buf(),
        version: twelve.clone(),
        implementation: text("cpython"),
        implementation_version: twelve.clone(),
        cache_tag: text("cpython-312"),
        magic: [0xcb, 0x0d, 0x0d, 0x0a],
        markers: MarkerEnvironment {
            os_name: text("posix"),
            sys_platform: text("linux"),
            platform_machine: text("x86_64"),
            platform_python_implementation: text("CPython"),
            platform_release: text("6"),
            platform_system: text("Linux"),
            platform_version: text("1"),
            implementation_name: text("cpython"),
            python_version: version("3.12"),
            python_full_version: twelve.clone(),
            implementation_version: twelve,
        },
        platform: Platform {
            os: Os::Manylinux {
                major: 2,
                minor: 31,
            },
            arch: Arch::X86_64,
        },
        tag_parts: ImplementationTags::cpython(3, 12),
        free_threaded: false,
        debug: false,
        pointer_size: 8,
        scheme,
        venv_layout: VenvLayout {
            purelib: "lib/python3.12/site-packages".into(),
            platlib: "lib/python3.12/site-packages".into(),
            scripts: "bin".into(),
            data: PathBuf::new(),
            headers: "include/site/python3.12".into(),
            platstdlib: "lib/python3.12".into(),
            lib64_link: true,
            executables: vec![text("python"), text("python3"), text("python3.12")],
        },
        externally_managed: None,
        system_site_packages: false,
        base_site_dirs: Vec::new(),
    }
}

impl World {
    /// A virtual environment by hand; its Python is a shell script.
    pub(crate) fn new() -> Self {
        Self::at("env")
    }

    pub(crate) fn at(root: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join(root);
        for path in ["bin", "lib/python3.12/site-packages", "include"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("pyvenv.cfg"), "home = /nowhere\nnaja = 0\n").unwrap();
        fs::write(root.join("bin/python"), "#!/bin/sh\necho python\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("lib", root.join("lib64")).unwrap();
        let base = interpreter(&dir.path().join("base"));
        let config = naja_python::VenvConfig::read(&root).unwrap().unwrap();
        let env = Environment::of(base.in_venv(&root, &config)).unwrap();
        let store = Store::open(&dir.path().join("cache")).unwrap();
        Self { dir, env, store }
    }

    pub(crate) fn root(&self) -> &Path {
        self.env.root()
    }

    pub(crate) fn site(&self) -> PathBuf {
        self.env.scheme().purelib.clone()
    }

    pub(crate) fn state(&self) -> EnvState {
        EnvState::scan(&self.env).unwrap()
    }

    /// Puts a wheel into the store.
    pub(crate) fn archive(&self, wheel: &Wheel) -> Archive {
        let path = self.dir.path().join(wheel.file_name());
        fs::write(&path, wheel.build()).unwrap();
        let expected = WheelName::parse(&wheel.file_name()).unwrap();
        let expectation = WheelExpectation {
            name: &expected,
            digests: &[],
            size: None,
        };
        self.store.put_wheel_at(&path, &expectation, 1).unwrap()
    }

    /// Plans the installation of wheels.
    pub(crate) fn plan(&self, wheels: &[Wheel], rules: &PlanRules) -> (EnvPlan, Archives) {
        let mut archives = Archives::default();
        let mut pins = Vec::new();
        for wheel in wheels {
            let archive = self.archive(wheel);
            pins.push(pin(wheel.name(), wheel.version()));
            archives.insert(name(wheel.name()), archive);
        }
        (plan(&self.state(), &Selection::new(pins), rules), archives)
    }

    pub(crate) fn apply(
        &self,
        plan: &EnvPlan,
        archives: &Archives,
        options: &ApplyOptions<'_>,
    ) -> Result<Applied, ApplyError> {
        let lock = self.env.lock(&mut || ()).unwrap();
        apply(&self.env, &lock, plan, archives, options)
    }

    pub(crate) fn try_install(&self, wheels: &[Wheel]) -> Result<Applied, ApplyError> {
        let (plan, archives) = self.plan(wheels, &PlanRules::default());
        self.apply(&plan, &archives, &ApplyOptions::default())
    }

    #[track_caller]
    pub(crate) fn install(&self, wheels: &[Wheel]) -> Applied {
        let applied = self.try_install(wheels).unwrap();
        self.check();
        applied
    }

    #[track_caller]
    pub(crate) fn sync(&self, wheels: &[Wheel]) -> Applied {
        let rules = PlanRules {
            extraneous: Extraneous::Remove,
            reinstall: Reinstall::None,
        };
        let (plan, archives) = self.plan(wheels, &rules);
        self.apply(&plan, &archives, &ApplyOptions::default())
            .unwrap()
    }

    pub(crate) fn try_remove(&self, names: &[&str]) -> Result<Applied, ApplyError> {
        let state = self.state();
        let remove = names
            .iter()
            .flat_map(|text| state.get(&name(text)).to_vec())
            .collect();
        let plan = EnvPlan::removal(state.fingerprint(), remove);
        self.apply(&plan, &Archives::default(), &ApplyOptions::default())
    }

    #[track_caller]
    pub(crate) fn remove(&self, names: &[&str]) -> Applied {
        let applied = self.try_remove(names).unwrap();
        self.check();
        applied
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        fs::symlink_metadata(self.root().join(path)).is_ok()
    }

    pub(crate) fn listed(&self) -> Vec<String> {
        let state = self.state();
        state
            .dists()
            .iter()
            .map(|dist| format!("{}=={}", dist.name(), dist.version()))
            .collect()
    }

    /// Every file below the root with its contents, apart from the work directory and the lock.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        walk(self.root(), &mut |path| {
            let rest = path.strip_prefix(self.root()).unwrap();
            if !rest.starts_with(".naja") && rest != Path::new(".lock") {
                files.insert(rest.to_path_buf(), fs::read(path).unwrap_or_default());
            }
        });
        files
    }

    /// Every RECORD is true, and every file is in one.
    #[track_caller]
    pub(crate) fn check(&self) {
        self.check_but(&[]);
    }

    /// The same, apart from the contents of some files.
    #[track_caller]
    pub(crate) fn check_but(&self, other: &[&str]) {
        let own = ["pyvenv.cfg", "bin/python", "lib64", ".lock"];
        let mut known: BTreeSet<PathBuf> = own.iter().map(PathBuf::from).collect();
        for dist in self.state().dists() {
            let record = dist.read_record().unwrap();
            let Record(rows) = &record;
            assert!(!rows.is_empty());
            for row in rows {
                let path = normal(&dist.site_dir().join(&row.path));
                let rest = path.strip_prefix(self.root()).unwrap().to_path_buf();
                let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                let excused = other.iter().any(|o| rest == Path::new(o));
                if !row.path.ends_with("/RECORD") && !excused {
                    assert_eq!(row.size, Some(bytes.len() as u64), "{}", row.path);
                    let hash = row.hash.as_ref().and_then(Digest::as_sha256);
                    assert_eq!(hash, Some(Sha256::of(&bytes)), "{}", row.path);
                }
                known.insert(rest);
            }
        }
        for path in self.snapshot().keys() {
            assert!(known.contains(path), "{} belongs to nobody", path.display());
        }
        let left = fs::read_dir(self.root().join(".naja"))
            .into_iter()
            .flatten()
            .flatten();
        let left: Vec<_> = left
            .map(|entry| entry.file_name())
            .filter(|n| n != "shadowed")
            .collect();
        assert!(left.is_empty(), "left over: {left:?}");
    }
}

pub(crate) fn pin(project: &str, number: &str) -> Pin {
    let file_name = format!("{}-{number}-py3-none-any.whl", project.replace('-', "_"));
    let url = SafeUrl::parse(&format!("https://index.example/{file_name}")).unwrap();
    let source = DistSource::Wheel(RemoteFile {
        file_name,
        url,
        digests: Vec::new(),
        size: None,
        index: 0,
        yanked: None,
        core_metadata: CoreMeta::No,
        upload_time: None,
    });
    Pin::new(name(project), version(number), source)
}

/// An installed distribution that is only a description.
pub(crate) fn dist(project: &str, number: &str) -> naja_env::InstalledDist {
    let entry = format!("{project}-{number}.dist-info");
    let site: Arc<Path> = Arc::from(Path::new("/site"));
    naja_env::InstalledDist::new(
        name(project),
        version(number),
        naja_env::DistKind::DistInfo,
        (site, &entry),
        true,
    )
    .with_facts(naja_env::Health::Whole, None)
}

pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}

fn walk(dir: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), visit);
        } else {
            visit(&entry.path());
        }
    }
}
