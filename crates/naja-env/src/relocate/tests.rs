use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::*;
use crate::apply::Stop;

/// A project with an environment that another tool made.
struct World {
    _keep: tempfile::TempDir,
    dir: PathBuf,
}

impl World {
    fn new() -> Self {
        let keep = tempfile::tempdir().unwrap();
        let dir = keep.path().canonicalize().unwrap();
        let world = Self { _keep: keep, dir };
        world.program("base/bin/python3.12", "#!/bin/sh\n");
        world.write("app/src/pkg.py", "");
        let root = world.path("app/.venv");
        fs::create_dir_all(root.join("bin")).unwrap();
        symlink(world.path("base/bin/python3.12"), root.join("bin/python")).unwrap();
        symlink("python", root.join("bin/python3")).unwrap();
        world.write(
            "app/.venv/pyvenv.cfg",
            &format!(
                "home = {}\nversion = 3.12.1\nx\ncommand = /p -m venv {}\n",
                world.path("base/bin").display(),
                root.display()
            ),
        );
        let text = format!("export VIRTUAL_ENV={}\nmine=1\n", root.display());
        world.write("app/.venv/bin/activate", &text);
        world.program(
            "app/.venv/bin/tool",
            &format!("#!{}/bin/python3\nprint(1)\n", root.display()),
        );
        world.program("app/.venv/bin/other", "#!/bin/sh\necho hi\n");
        let site = "app/.venv/lib/python3.12/site-packages";
        let src = world.path("app/src");
        world.write(&format!("{site}/pkg.pth"), &format!("{}\n", src.display()));
        world.write(
            &format!("{site}/__editable___pkg_finder.py"),
            &format!("MAPPING = {{'pkg': '{}/pkg.py'}}\n", src.display()),
        );
        let info = format!("{site}/pkg-1.dist-info");
        world.write(
            &format!("{info}/direct_url.json"),
            &format!(
                "{{\"dir_info\": {{\"editable\": true}}, \"url\": \"file://{}\"}}",
                world.path("app").display()
            ),
        );
        world.write(
            &format!("{info}/RECORD"),
            "pkg.pth,sha256=AAAA,1\n\"a,b.py\",sha256=BBBB,2\n../../../bin/tool,sha256=CCCC,3\n\
             pkg-1.dist-info/RECORD,,\n",
        );
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn rename(&self, from: &str, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.path(from), to).unwrap();
    }

    fn mend(&self, root: &str) -> Mended {
        let root = self.path(root);
        let State::Moved { from } = state_at(&root) else {
            panic!("not moved: {:?}", state_at(&root));
        };
        let mended = mend(&root, &from, &mut || (), Stop::default()).unwrap();
        assert_eq!(state_at(&root), State::InPlace);
        assert!(!root.join(".naja").exists());
        mended
    }
}

const SITE: &str = ".venv/lib/python3.12/site-packages";

#[test]
fn a_moved_project_is_whole_again() {
    let world = World::new();
    assert_eq!(state_at(&world.path("app/.venv")), State::InPlace);
    let old = world.path("app").display().to_string();
    world.rename("app", "else where/app");
    let mended = world.mend("else where/app/.venv");
    assert_eq!(mended.scripts, 1);
    assert!(mended.activation > 1);
    assert_eq!(mended.editable.len(), 2);
    let new = world.path("else where/app");
    let at = |name: &str| world.read(&format!("else where/app/{name}"));
    assert_eq!(
        at(&format!("{SITE}/pkg.pth")),
        format!("{}/src\n", new.display())
    );
    let finder = at(&format!("{SITE}/__editable___pkg_finder.py"));
    assert!(
        finder.contains(&format!("'{}/src/pkg.py'", new.display())),
        "{finder}"
    );
    let url = at(&format!("{SITE}/pkg-1.dist-info/direct_url.json"));
    assert!(url.contains("/else%20where/app\""), "{url}");
    let config = at(".venv/pyvenv.cfg");
    assert!(
        config.contains("\nx\n") && !config.contains(&old),
        "{config}"
    );
    let tool = at(".venv/bin/tool");
    assert!(
        tool.starts_with("#!/bin/sh\n") && tool.ends_with("print(1)\n"),
        "{tool}"
    );
    let mode = fs::metadata(new.join(".venv/bin/tool"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
    let record = at(&format!("{SITE}/pkg-1.dist-info/RECORD"));
    let rows: Vec<&str> = record.lines().collect();
    assert!(
        !record.contains("AAAA") && !record.contains("CCCC"),
        "{record}"
    );
    assert_eq!(rows[1], "\"a,b.py\",sha256=BBBB,2");
    assert_eq!(rows[3], "pkg-1.dist-info/RECORD,,");
    assert!(rows[2].ends_with(&format!(",{}", tool.len())), "{record}");
    // A path with a blank needs quotes, which naja's own scripts have.
    assert!(
        at(".venv/bin/activate").contains("'\n") && at(".venv/bin/activate").contains("else where")
    );
}

#[test]
fn activation_scripts_keep_what_a_user_wrote() {
    let world = World::new();
    world.rename("app", "app2");
    let mended = world.mend("app2/.venv");
    assert_eq!(mended.activation, 1);
    let text = world.read("app2/.venv/bin/activate");
    let root = world.path("app2/.venv");
    assert_eq!(
        text,
        format!("export VIRTUAL_ENV={}\nmine=1\n", root.display())
    );
    // There and back: nothing of the first move is left.
    world.rename("app2", "app");
    world.mend("app/.venv");
    assert!(!world.read("app/.venv/pyvenv.cfg").contains("app2"));
}

#[test]
fn a_copy_belongs_to_itself() {
    let world = World::new();
    let done = std::process::Command::new("cp")
        .arg("-a")
        .args([world.path("app"), world.path("copy")])
        .status();
    assert!(done.unwrap().success());
    world.mend("copy/.venv");
    assert_eq!(state_at(&world.path("app/.venv")), State::InPlace);
    let pth = world.read(&format!("copy/{SITE}/pkg.pth"));
    assert_eq!(pth, format!("{}/src\n", world.path("copy").display()));
    // By another name it is the same place.
    symlink(world.path("app"), world.path("link")).unwrap();
    assert_eq!(state_at(&world.path("link/.venv")), State::InPlace);
}

#[test]
fn shared_files_are_never_written_to() {
    let world = World::new();
    let cached = world.path("cached.pth");
    fs::hard_link(world.path(&format!("app/{SITE}/pkg.pth")), &cached).unwrap();
    let before = fs::read_to_string(&cached).unwrap();
    world.rename("app", "app2");
    world.mend("app2/.venv");
    assert_eq!(fs::read_to_string(&cached).unwrap(), before);
}

#[test]
fn hostile_environments_do_no_harm() {
    let world = World::new();
    let outside = world.path("outside");
    world.write("outside", "#!/old/.venv/bin/python\n");
    let root = world.path("app/.venv");
    // A link among the programs is not written through.
    symlink(&outside, root.join("bin/evil")).unwrap();
    world.write(
        "app/.venv/pyvenv.cfg",
        "home = /\nnaja-location = /old/.venv\n",
    );
    world.mend("app/.venv");
    assert_eq!(world.read("outside"), "#!/old/.venv/bin/python\n");
    for text in [
        "naja-location = \n",
        "naja-location = relative\n",
        "naja-location = /\n",
        "",
    ] {
        world.write("app/.venv/pyvenv.cfg", text);
        if let State::Moved { from } = state_at(&root) {
            mend(&root, &from, &mut || (), Stop::default()).unwrap();
        }
        assert_eq!(state_at(&root), State::InPlace, "{text}");
    }
}

#[test]
fn a_lost_base_is_told() {
    let world = World::new();
    let root = world.path("app/.venv");
    let base = world.path("base/bin/python3.12");
    fs::remove_file(&base).unwrap();
    let version = Some("3.12.1".to_owned());
    let gone = |base: &Path| State::BaseGone {
        base: base.to_path_buf(),
        version: version.clone(),
    };
    assert_eq!(state_at(&root), gone(&base));
    fs::remove_file(root.join("bin/python")).unwrap();
    assert_eq!(state_at(&root), gone(&world.path("base/bin")));
    fs::remove_file(root.join("bin/python3")).unwrap();
    assert_eq!(state_at(&root), gone(&world.path("base/bin")));
    fs::write(root.join("bin/python"), "a copy").unwrap();
    assert_eq!(state_at(&root), State::InPlace);
    fs::remove_dir_all(world.path("base")).unwrap();
    assert_eq!(state_at(&root), gone(&world.path("base/bin")));
}

#[test]
fn only_patch_releases_are_compatible() {
    let changed = |was: &str, now: &str| State::BaseChanged {
        was: was.into(),
        now: now.into(),
    };
    assert!(!changed("3.12.1", "3.12.2").needs_new_environment());
    assert!(changed("3.1", "3.12.2").needs_new_environment());
    assert!(!State::InPlace.needs_new_environment());
}

#[test]
fn scripts_of_naja_keep_what_a_user_wrote_whatever_the_path() {
    let world = World::new();
    let root = world.path("it's/.venv");
    fs::create_dir_all(root.join("bin")).unwrap();
    let base = world.path("base/bin");
    symlink(base.join("python3.12"), root.join("bin/python")).unwrap();
    let text = root.to_str().unwrap();
    let config = format!("home = {}\nnaja = 0\n{LOCATION} = {text}\n", base.display());
    world.write("it's/.venv/pyvenv.cfg", &config);
    for script in crate::activate::scripts(&crate::activate::ScriptSpec {
        root: text,
        bin: "bin",
        prompt: "p",
        relocatable: false,
        site_dirs: &[],
    }) {
        world.write(
            &format!("it's/.venv/bin/{}", script.name),
            &format!("{}# mine\n", script.text),
        );
    }
    world.rename("it's", "now $here");
    let mended = world.mend("now $here/.venv");
    assert!(mended.activation >= 7, "{mended:?}");
    for path in super::edit::entries(&world.path("now $here/.venv/bin")) {
        let text = fs::read_to_string(&path).unwrap();
        if path.is_symlink() || text.is_empty() || text.starts_with("#!/bin/sh\n") {
            continue;
        }
        assert!(!text.contains("it's/"), "{}", path.display());
        assert!(text.ends_with("# mine\n"), "{}", path.display());
    }
    let done = std::process::Command::new("sh")
        .args(["-c", ". ./activate; echo \"$VIRTUAL_ENV\""])
        .current_dir(world.path("now $here/.venv/bin"))
        .output()
        .unwrap();
    let expected = format!("{}\n", world.path("now $here/.venv").display());
    assert_eq!(String::from_utf8_lossy(&done.stdout), expected);
}
