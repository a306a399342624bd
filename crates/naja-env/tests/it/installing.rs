//! What an installation leaves.

use std::fs;

use naja_env::{ApplyOptions, Environment, Extraneous, PlanRules, Reinstall};
#[cfg(unix)]
use naja_env::{ApplyWarning, LinkMode};
use naja_lock::DistSource;
use naja_spec::SafeUrl;
use naja_testkit::Wheel;

use crate::support::{World, name, pin};

const SITE: &str = "lib/python3.12/site-packages";

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn a_wheel_and_its_records() {
    let world = World::new();
    world.install(&[Wheel::new("harry-p", "3.0").printing_script()]);
    assert_eq!(world.listed(), ["harry-p==3.0"]);
    let info = format!("{SITE}/harry_p-3.0.dist-info");
    assert_eq!(world.read(&format!("{info}/INSTALLER")), "naja\n");
    assert!(!world.has(&format!("{info}/REQUESTED")));
    assert!(!world.has(&format!("{info}/direct_url.json")));
    let script = world.read("bin/harry-p");
    let python = world.root().join("bin/python");
    assert!(
        script.starts_with(&format!("#!{}\n", python.display())),
        "{script}"
    );
    assert!(script.contains("from harry_p.cli import main"));
    let record = world.read(&format!("{info}/RECORD"));
    assert!(record.contains("../../../bin/harry-p,sha256="), "{record}");
    assert!(record.ends_with("harry_p-3.0.dist-info/RECORD,,\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(world.root().join("bin/harry-p"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111);
        assert!(!world.has(".naja"));
    }
}

#[test]
fn requested_and_direct() {
    let world = World::new();
    let wheel = Wheel::new("a", "1");
    let (mut plan, archives) = world.plan(&[wheel], &PlanRules::default());
    let url = SafeUrl::parse("https://me:secret@files.example/a-1-py3-none-any.whl").unwrap();
    plan.install[0].pin.requested = true;
    plan.install[0].pin.source = DistSource::UrlWheel {
        url,
        digests: Vec::new(),
    };
    world
        .apply(&plan, &archives, &ApplyOptions::default())
        .unwrap();
    world.check();
    let state = world.state();
    let dist = &state.dists()[0];
    assert!(dist.is_requested());
    let direct = dist.direct_url().unwrap();
    assert_eq!(direct.url, "https://files.example/a-1-py3-none-any.whl");
    let json = world.read(&format!("{SITE}/a-1.dist-info/direct_url.json"));
    assert!(json.contains(&archives[&name("a")].id().to_string()) && !json.contains("secret"));
}

#[test]
fn without_installer_metadata() {
    let world = World::new();
    let (plan, archives) = world.plan(&[Wheel::new("a", "1")], &PlanRules::default());
    let options = ApplyOptions {
        installer_metadata: false,
        ..ApplyOptions::default()
    };
    world.apply(&plan, &archives, &options).unwrap();
    world.check();
    assert!(!world.has(&format!("{SITE}/a-1.dist-info/INSTALLER")));
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn every_scheme_has_its_place() {
    let world = World::new();
    let data = "a-1.data";
    let wheel = Wheel::new("a", "1")
        .file(&format!("{data}/purelib/a_pure/x.py"), "pure")
        .file(&format!("{data}/platlib/a_plat.py"), "plat")
        .file(&format!("{data}/headers/deep/a.h"), "header")
        .file(&format!("{data}/data/share/doc/a.txt"), "doc")
        .file(&format!("{data}/data/etc/a.conf"), "conf")
        .file(&format!("{data}/scripts/old"), "#!python\nprint(1)\n")
        .file(&format!("{data}/scripts/gui"), "#!pythonw -E\nprint(1)\n")
        .file(&format!("{data}/scripts/shell"), "#!/bin/sh\necho hi\n");
    world.install(&[wheel]);
    assert_eq!(world.read(&format!("{SITE}/a_pure/x.py")), "pure");
    assert_eq!(world.read(&format!("{SITE}/a_plat.py")), "plat");
    assert_eq!(world.read("include/site/python3.12/a/deep/a.h"), "header");
    assert_eq!(world.read("share/doc/a.txt"), "doc");
    assert_eq!(world.read("etc/a.conf"), "conf");
    let python = world.root().join("bin/python");
    assert_eq!(
        world.read("bin/old"),
        format!("#!{}\nprint(1)\n", python.display())
    );
    assert_eq!(
        world.read("bin/gui"),
        format!("#!{} -E\nprint(1)\n", python.display())
    );
    assert_eq!(world.read("bin/shell"), "#!/bin/sh\necho hi\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(world.root().join("bin/shell"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "wheels often forget the bit");
    }
    world.remove(&["a"]);
    for gone in ["share", "etc", "include/site/python3.12/a", "bin/old"] {
        assert!(!world.has(gone), "{gone}");
    }
    assert!(world.has("bin/python") && world.has(SITE));
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn odd_roots_get_a_trampoline() {
    let world = World::at("it's a \"root\" $HOME");
    world.install(&[Wheel::new("a", "1").printing_script()]);
    let script = world.read("bin/a");
    assert!(script.starts_with("#!/bin/sh\n'''exec' "), "{script}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let python = world.root().join("bin/python");
        fs::set_permissions(&python, PermissionsExt::from_mode(0o755)).unwrap();
        let out = std::process::Command::new(world.root().join("bin/a"))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), "python\n");
    }
}

#[test]
fn upgrading_replaces_the_whole_package() {
    let world = World::new();
    world.install(&[Wheel::new("a", "1")
        .file("a/old.py", "old")
        .file("a/sub/x.py", "x")]);
    let cache = world.site().join("a/__pycache__");
    fs::create_dir(&cache).unwrap();
    fs::write(cache.join("old.cpython-312.pyc"), "").unwrap();
    world.install(&[Wheel::new("a", "2").file("a/new.py", "new")]);
    assert_eq!(world.listed(), ["a==2"]);
    assert!(!world.has(&format!("{SITE}/a/old.py")) && !world.has(&format!("{SITE}/a/sub")));
    assert!(!world.has(&format!("{SITE}/a/__pycache__")));
}

#[test]
fn what_a_user_put_into_a_package_stays() {
    let world = World::new();
    world.install(&[Wheel::new("a", "1").file("a/old.py", "old")]);
    fs::write(world.site().join("a/local_settings.py"), "mine").unwrap();
    let (plan, archives) = world.plan(&[Wheel::new("a", "2")], &PlanRules::default());
    world
        .apply(&plan, &archives, &ApplyOptions::default())
        .unwrap();
    assert_eq!(world.read(&format!("{SITE}/a/local_settings.py")), "mine");
    assert!(!world.has(&format!("{SITE}/a/old.py")));
    assert_eq!(
        world.read(&format!("{SITE}/a/__init__.py")),
        "__version__ = \"2\"\n"
    );
    world.try_remove(&["a"]).unwrap();
    assert_eq!(world.read(&format!("{SITE}/a/local_settings.py")), "mine");
}

#[test]
fn namespace_packages_share_a_directory() {
    let world = World::new();
    let part = |project: &str, module: &str| {
        Wheel::new(project, "1")
            .without_module()
            .file(&format!("ns/{module}.py"), module)
    };
    world.install(&[part("ns-one", "one"), part("ns-two", "two")]);
    world.install(&[part("ns-three", "three")]);
    for module in ["one", "two", "three"] {
        assert_eq!(world.read(&format!("{SITE}/ns/{module}.py")), module);
    }
    world.remove(&["ns-one"]);
    assert!(!world.has(&format!("{SITE}/ns/one.py")) && world.has(&format!("{SITE}/ns/two.py")));
    world.remove(&["ns-two", "ns-three"]);
    assert!(!world.has(&format!("{SITE}/ns")));
}

#[test]
fn syncing_removes_what_is_not_wanted() {
    let world = World::new();
    world.install(&[
        Wheel::new("a", "1"),
        Wheel::new("b", "1"),
        Wheel::new("c", "1"),
    ]);
    world.sync(&[Wheel::new("b", "2"), Wheel::new("d", "1")]);
    world.check();
    assert_eq!(world.listed(), ["b==2", "d==1"]);
    let (plan, _) = world.plan(
        &[Wheel::new("b", "2"), Wheel::new("d", "1")],
        &PlanRules::default(),
    );
    assert!(plan.is_empty() && plan.keep.len() == 2);
}

#[test]
fn reinstalling_mends_files() {
    let world = World::new();
    world.install(&[Wheel::new("a", "1")]);
    let file = world.site().join("a/__init__.py");
    // Edited as editors do it: a new file under the old name, so the store is untouched.
    fs::remove_file(&file).unwrap();
    fs::write(&file, "edited").unwrap();
    let rules = PlanRules {
        extraneous: Extraneous::Keep,
        reinstall: Reinstall::All,
    };
    let (plan, archives) = world.plan(&[Wheel::new("a", "1")], &rules);
    world
        .apply(&plan, &archives, &ApplyOptions::default())
        .unwrap();
    world.check();
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn a_target_is_flat_and_a_prefix_is_not() {
    let world = World::new();
    let interpreter = world.env.interpreter().clone();
    let target = World {
        env: Environment::target(&world.dir.path().join("target"), interpreter.clone()),
        store: world.store.clone(),
        dir: tempfile::tempdir().unwrap(),
    };
    target.install(&[Wheel::new("a", "1")
        .printing_script()
        .file("a-1.data/data/share/x", "x")]);
    for path in ["a/__init__.py", "a-1.dist-info/RECORD", "bin/a", "share/x"] {
        assert!(target.has(path), "{path}");
    }
    target.remove(&["a"]);
    assert_eq!(fs::read_dir(target.root()).unwrap().count(), 0);

    let prefix = World {
        env: Environment::prefix(&world.dir.path().join("prefix"), interpreter),
        store: world.store.clone(),
        dir: tempfile::tempdir().unwrap(),
    };
    prefix.install(&[Wheel::new("a", "1").printing_script()]);
    assert!(prefix.has("lib/python3.12/site-packages/a/__init__.py") && prefix.has("bin/a"));
    assert_eq!(prefix.listed(), ["a==1"]);
}

#[cfg(unix)]
fn inode(path: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).unwrap().ino()
}

#[cfg(unix)]
#[test]
fn link_modes() {
    for mode in [
        LinkMode::Hardlink,
        LinkMode::Copy,
        LinkMode::Symlink,
        LinkMode::Clone,
    ] {
        let world = World::new();
        let (plan, archives) = world.plan(&[Wheel::new("a", "1")], &PlanRules::default());
        let options = ApplyOptions {
            link_mode: mode,
            ..ApplyOptions::default()
        };
        let applied = world.apply(&plan, &archives, &options).unwrap();
        world.check();
        let kept = archives[&name("a")].root().join("a/__init__.py");
        let there = world.site().join("a/__init__.py");
        let is_link = fs::symlink_metadata(&there).unwrap().is_symlink();
        assert_eq!(is_link, mode == LinkMode::Symlink);
        let shared = matches!(mode, LinkMode::Hardlink | LinkMode::Symlink);
        assert_eq!(inode(&kept) == inode(&there), shared, "{mode:?}");
        let time = |path: &std::path::Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(&kept), time(&there));
        let copied = applied
            .warnings
            .iter()
            .any(|w| matches!(w, ApplyWarning::Copied { .. }));
        assert!(!copied || mode == LinkMode::Clone);
        world.remove(&["a"]);
        assert!(kept.exists());
    }
}

#[test]
fn a_changed_store_file_does_not_spread() {
    let world = World::new();
    let wheel = Wheel::new("a", "1").file("a/x.py", "right");
    world.install(std::slice::from_ref(&wheel));
    // Edited in place: the same inode as in the store.
    fs::write(world.site().join("a/x.py"), "wrong").unwrap();
    let second = World {
        store: world.store.clone(),
        ..World::new()
    };
    let before = second.snapshot();
    let (plan, archives) = second.plan(std::slice::from_ref(&wheel), &PlanRules::default());
    match second.apply(&plan, &archives, &ApplyOptions::default()) {
        Err(naja_env::ApplyError::Damaged {
            name: who, archive, ..
        }) => {
            assert_eq!(who, name("a"));
            second.store.discard(&archive).unwrap();
        }
        // The store noticed when the archive was asked for, and unpacked it again.
        Ok(_) => return assert_eq!(second.read(&format!("{SITE}/a/x.py")), "right"),
        Err(other) => panic!("{other}"),
    }
    assert_eq!(second.snapshot(), before);
    second.install(&[wheel]);
    assert_eq!(second.read(&format!("{SITE}/a/x.py")), "right");
}

/// A wheel whose directories are opened, and ones that are reached from above: in the order of
/// their paths `owl/wing-tip` comes between `owl/wing` and what is in it.
fn deep() -> Wheel {
    let mut wheel = Wheel::new("owl", "1");
    for dir in ["owl/wing", "owl/wing-tip", "owl/wing/left/outer", "owl/eye"] {
        for number in 0..12 {
            let path = format!("{dir}/f{number}.py");
            wheel = wheel.file(&path, path.clone());
        }
    }
    let few = "owl/wing/left/outer/most/feather.py";
    wheel
        .file(few, few)
        .file("owl-1.data/purelib/owl_data/one.py", "1")
        .file("owl-1.data/data/share/owl/two.txt", "2")
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn files_of_deep_trees_are_where_they_belong() {
    let world = World::new();
    world.install(&[deep()]);
    let mut seen = 0;
    for (path, text) in world.snapshot() {
        let below = path
            .strip_prefix(SITE)
            .ok()
            .filter(|path| path.starts_with("owl"));
        let Some(below) = below.and_then(|path| path.to_str()) else {
            continue;
        };
        if below != "owl/__init__.py" {
            assert_eq!(String::from_utf8_lossy(&text), below);
            seen += 1;
        }
    }
    assert_eq!(seen, 4 * 12 + 1);
    assert_eq!(world.read(&format!("{SITE}/owl_data/one.py")), "1");
    assert_eq!(world.read("share/owl/two.txt"), "2");
    world.remove(&["owl"]);
    assert!(!world.site().join("owl").exists());
}

#[test]
fn whatever_happens_to_a_store_file_does_not_spread() {
    use std::fs::{remove_dir_all, remove_file, rename, write};
    type Damage = fn(&std::path::Path) -> std::io::Result<()>;
    let damages: [(&str, Damage); 7] = [
        ("edited", |tree| write(tree.join("owl/wing/f3.py"), "wrong")),
        ("same size", |tree| {
            write(tree.join("owl/wing/f3.py"), "owl/wing/f4.py")
        }),
        ("edited, few", |tree| {
            write(tree.join("owl/wing/left/outer/most/feather.py"), "wrong")
        }),
        ("gone", |tree| remove_file(tree.join("owl/wing-tip/f0.py"))),
        ("directory gone", |tree| {
            remove_dir_all(tree.join("owl/wing/left"))
        }),
        ("exchanged", |tree| {
            rename(tree.join("owl/eye/f1.py"), tree.join("owl/eye/f2.py"))
        }),
        ("a file for a directory", |tree| {
            remove_dir_all(tree.join("owl/eye"))?;
            write(tree.join("owl/eye"), "")
        }),
    ];
    for (what, damage) in damages {
        let world = World::new();
        let (_, archives) = world.plan(&[deep()], &PlanRules::default());
        damage(archives[&name("owl")].root()).unwrap();
        let before = world.snapshot();
        let (plan, archives) = world.plan(&[deep()], &PlanRules::default());
        match world.apply(&plan, &archives, &ApplyOptions::default()) {
            Err(naja_env::ApplyError::Damaged { archive, .. }) => {
                world.store.discard(&archive).unwrap();
            }
            // The store noticed when the archive was asked for, and unpacked it again.
            Ok(_) => {
                assert_eq!(
                    world.read(&format!("{SITE}/owl/wing/f3.py")),
                    "owl/wing/f3.py"
                );
                continue;
            }
            Err(other) => panic!("{what}: {other}"),
        }
        assert_eq!(world.snapshot(), before, "{what}");
        world.install(&[deep()]);
        let feather = "owl/wing/left/outer/most/feather.py";
        assert_eq!(world.read(&format!("{SITE}/{feather}")), feather, "{what}");
    }
}

#[test]
fn an_environment_changed_meanwhile_is_planned_again() {
    let world = World::new();
    let (plan, archives) = world.plan(&[Wheel::new("a", "1")], &PlanRules::default());
    world.install(&[Wheel::new("b", "1")]);
    let answer = world.apply(&plan, &archives, &ApplyOptions::default());
    assert!(matches!(answer, Err(naja_env::ApplyError::Changed)));
    let (mut plan, _) = world.plan(&[], &PlanRules::default());
    plan.install.push(naja_env::PlannedDist {
        pin: pin("a", "1"),
        why: naja_env::Why::Missing,
    });
    let answer = world.apply(
        &plan,
        &naja_env::Archives::default(),
        &ApplyOptions::default(),
    );
    assert!(matches!(
        answer,
        Err(naja_env::ApplyError::NoArchive { .. })
    ));
}

#[test]
fn many_wheels_at_once() {
    let world = World::new();
    let wheels: Vec<_> = (0..40)
        .map(|number| {
            let project = format!("p{number}");
            (0..30).fold(Wheel::new(&project, "1"), |wheel, file| {
                wheel.file(
                    &format!("{project}/d{}/m{file}.py", file % 4),
                    format!("{file}"),
                )
            })
        })
        .collect();
    let applied = world.install(&wheels);
    assert!(applied.files > 40 * 33);
    assert_eq!(world.listed().len(), 40);
}

#[cfg(target_os = "linux")]
#[test]
fn another_file_system_means_copies_and_one_warning() {
    use std::os::unix::fs::MetadataExt;
    let world = World::new();
    let device = |path: &std::path::Path| fs::metadata(path).map(|meta| meta.dev()).ok();
    let Some(other) = ["/dev/shm", "/var/tmp", "/run"]
        .iter()
        .filter(|path| device(path.as_ref()).is_some_and(|d| Some(d) != device(world.root())))
        .find_map(|path| tempfile::tempdir_in(path).ok())
    else {
        eprintln!("skipped: no second file system to write to");
        return;
    };
    let store = naja_store::Store::open(&other.path().join("cache")).unwrap();
    let world = World { store, ..world };
    let applied = world.install(&[Wheel::new("a", "1"), Wheel::new("b", "1")]);
    let [
        ApplyWarning::Copied {
            wanted: LinkMode::Hardlink,
            ..
        },
    ] = &applied.warnings[..]
    else {
        panic!("{:?}", applied.warnings);
    };
}
