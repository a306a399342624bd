use super::*;

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(world.at("home")).unwrap();
        world
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(path)
    }

    fn file(&self, path: &str) -> &Self {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
        self
    }

    fn dir(&self, path: &str) -> &Self {
        std::fs::create_dir_all(self.at(path)).unwrap();
        self
    }

    fn env(&self, path: &str) -> &Self {
        self.file(&format!("{path}/pyvenv.cfg"))
    }

    /// Whose environment it is, as the path of the project.
    fn owner(&self, path: &str) -> Option<String> {
        let project = project_of(&self.at(path), Some(&self.at("home")))?;
        let below = project.root.strip_prefix(self.at("")).unwrap();
        Some(below.display().to_string())
    }

    /// Whether the environment is foreign to the directory, and surely so.
    fn foreign(&self, active: &str, cwd: &str) -> Option<bool> {
        let inputs = DiscoveryInputs {
            cwd: self.at(cwd),
            home: Some(self.at("home")),
            virtual_env: Some(self.at(active)),
            ..DiscoveryInputs::default()
        };
        foreign(&inputs).map(|foreign| foreign.sure)
    }
}

#[test]
fn environments_belong_to_what_is_around_them() {
    let world = World::new();
    world
        .env("home/a/.venv")
        .env("home/b/venv")
        .file("home/b/main.py")
        .env("opt/venv")
        .env("home/venv")
        .env("home/.venv")
        .file("home/requirements.txt")
        .env("home/envs/work")
        .file("home/c/setup.py")
        .env("home/c/.tox/py312")
        .file("home/d/requirements-dev.txt")
        .env("home/d/anything");
    assert_eq!(world.owner("home/a/.venv").as_deref(), Some("home/a"));
    assert_eq!(world.owner("home/b/venv").as_deref(), Some("home/b"));
    assert_eq!(world.owner("home/c/.tox/py312").as_deref(), Some("home/c"));
    assert_eq!(world.owner("home/d/anything").as_deref(), Some("home/d"));
    for shared in ["opt/venv", "home/venv", "home/.venv", "home/envs/work"] {
        assert_eq!(world.owner(shared), None, "{shared}");
    }
}

#[test]
fn a_note_counts_more_than_the_place() {
    let world = World::new();
    world.env("home/data/abc").dir("home/a").dir("home/b");
    let note = |file: &str, project: &str| {
        let text = format!("{}\n", world.at(project).display());
        world.file(&format!("home/data/abc/{file}"));
        std::fs::write(world.at(&format!("home/data/abc/{file}")), text).unwrap();
    };
    note(".project", "home/a");
    assert_eq!(world.owner("home/data/abc").as_deref(), Some("home/a"));
    note(".naja/project", "home/b");
    assert_eq!(world.owner("home/data/abc").as_deref(), Some("home/b"));
    note(".naja/project", "home/gone");
    assert_eq!(world.owner("home/data/abc").as_deref(), Some("home/a"));
}

#[test]
fn a_neighbours_environment_is_foreign() {
    let world = World::new();
    world
        .env("home/stone/.venv")
        .env("home/azk/.venv")
        .dir("home/azk/src/deep")
        .file("home/new/pyproject.toml");
    assert_eq!(world.foreign("home/stone/.venv", "home/azk"), Some(true));
    assert_eq!(
        world.foreign("home/stone/.venv", "home/azk/src/deep"),
        Some(true)
    );
    assert_eq!(world.foreign("home/stone/.venv", "home/new"), Some(true));
}

#[test]
fn what_is_one_persons_habit_is_not() {
    let world = World::new();
    world
        .env("home/stone/.venv")
        .dir("home/stone/src")
        .file("home/stone/docs/requirements.txt")
        .env("opt/venv")
        .env("home/envs/work")
        .file("home/azk/pyproject.toml")
        .dir("home/notes")
        .dir("tmp");
    for (active, cwd) in [
        // Shared environments, for any project.
        ("opt/venv", "home/azk"),
        ("home/envs/work", "home/azk"),
        // Inside of the project, however deep, also where a part has requirements of its own.
        ("home/stone/.venv", "home/stone"),
        ("home/stone/.venv", "home/stone/src"),
        ("home/stone/.venv", "home/stone/docs"),
        ("home/stone/.venv", "home/stone/.venv"),
        // A directory that is nobody's.
        ("home/stone/.venv", "home/notes"),
        ("home/stone/.venv", "home"),
        ("home/stone/.venv", "tmp"),
    ] {
        assert_eq!(world.foreign(active, cwd), None, "{active} in {cwd}");
    }
}

#[test]
fn members_of_a_repository_share() {
    let world = World::new();
    world
        .dir("home/repo/.git")
        .env("home/repo/.venv")
        .file("home/repo/a/pyproject.toml")
        .file("home/repo/b/pyproject.toml")
        .env("home/repo/b/.venv")
        .file("home/other/pyproject.toml");
    // One environment for all members.
    assert_eq!(world.foreign("home/repo/.venv", "home/repo/a"), None);
    // A member with its own.
    assert_eq!(world.foreign("home/repo/.venv", "home/repo/b"), Some(true));
    assert_eq!(world.foreign("home/repo/b/.venv", "home/repo"), Some(true));
    // A member whose neighbour's environment is active: perhaps it is meant.
    std::fs::remove_dir_all(world.at("home/repo/.venv")).unwrap();
    assert_eq!(
        world.foreign("home/repo/b/.venv", "home/repo/a"),
        Some(false)
    );
    assert_eq!(world.foreign("home/repo/b/.venv", "home/repo"), None);
    assert_eq!(world.foreign("home/repo/b/.venv", "home/other"), Some(true));
}

#[test]
fn home_is_short() {
    let home = Some(Path::new("/home/harry"));
    assert_eq!(tilde(Path::new("/home/harry/a"), home), "~/a");
    assert_eq!(tilde(Path::new("/home/harry"), home), "~");
    assert_eq!(tilde(Path::new("/home/harryx"), home), "/home/harryx");
    assert_eq!(tilde(Path::new("/a"), Some(Path::new("/"))), "/a");
}
