//! What edits of a project do besides writing a line: locks, packages, indexes, members, links.

use naja_testkit::{Index, IndexBuilder, Sandbox, Sdist};

use crate::with_index;

const HEAD: &str =
    "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n";

fn project(body: &str) -> (Sandbox, Index) {
    let (sandbox, index) = with_index(IndexBuilder::harry());
    sandbox.write("pyproject.toml", &format!("{HEAD}{body}"));
    (sandbox, index)
}

fn frozen(sandbox: &Sandbox) -> String {
    let listed = sandbox.run(["pip", "freeze", "--exclude-editable"]);
    listed.success().stdout.trim().replace('\n', " ")
}

#[test]
fn a_package_is_locked_as_it_will_be() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    let package = Sdist::new("castle", "1.0").requires("harry<2");
    package.write_to(&sandbox.work());
    let _synced = sandbox.run(["sync"]).success();
    assert_eq!(frozen(&sandbox), "harry==1.0");
    let _added = sandbox.run(["add", "hedwig<2"]).success();
    let _agrees = sandbox.run(["sync", "--check"]).success();
    let _removed = sandbox.run(["remove", "harry"]).success();
    assert!(!sandbox.read("pylock.toml").contains("harry"));
    assert_eq!(frozen(&sandbox), "hedwig==1.0");
    let _agrees = sandbox.run(["sync", "--check", "--locked"]).success();
    // A build that fails leaves the manifest alone, although the build saw another one.
    sandbox.write("_build/backend.py", "raise SystemExit('no wood')\n");
    let before = sandbox.read("pyproject.toml");
    let _failed = sandbox.run(["add", "remus"]).code(1);
    assert_eq!(sandbox.read("pyproject.toml"), before);
    assert_eq!(frozen(&sandbox), "hedwig==1.0");
}

#[test]
fn what_is_added_to_a_group_is_installed_and_what_is_removed_goes() {
    let (sandbox, _index) = project("dependencies = []\n");
    let _added = sandbox.run(["add", "--group", "docs", "sirius"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0 sirius==2.0");
    let against = sandbox.run(["add", "sirius<2"]).code(1);
    let who = "sirius<2 (pyproject.toml) and sirius>=2.0 (pyproject.toml, docs)";
    assert!(against.stderr.contains(who), "{}", against.stderr);
    let elsewhere = sandbox.run(["remove", "sirius"]).code(2);
    let way = "take it out with `naja remove sirius --group docs`";
    assert!(elsewhere.stderr.contains(way), "{}", elsewhere.stderr);
    let _removed = sandbox
        .run(["remove", "--group", "docs", "sirius"])
        .success();
    assert_eq!(frozen(&sandbox), "");
    let itself = sandbox.run(["add", "castle"]).code(2);
    assert!(
        itself.stderr.contains("the project itself"),
        "{}",
        itself.stderr
    );
}

#[test]
fn constraints_count_once() {
    let (sandbox, _index) = project("dependencies = []\n");
    sandbox.write("constraints.txt", "hedwig<2\n");
    let _added = sandbox
        .run(["add", "hedwig", "-c", "constraints.txt"])
        .success();
    assert!(sandbox.read("pyproject.toml").contains("\"hedwig>=1.0\""));
    assert_eq!(frozen(&sandbox), "hedwig==1.0");
    let _fits = sandbox.run(["lock", "--check"]).success();
}

#[test]
fn an_index_is_written_down() {
    let (sandbox, index) = project("dependencies = []\n");
    let named = format!("mine={}", index.url());
    let _added = sandbox.run(["add", "harry", "--index", &named]).success();
    let manifest = sandbox.read("pyproject.toml");
    assert!(
        manifest.contains("[tool.naja.sources]\nharry = { index = \"mine\" }\n"),
        "{manifest}"
    );
    assert!(
        manifest.contains(&format!(
            "[[tool.naja.index]]\nname = \"mine\"\nurl = \"{}\"\n",
            index.url()
        )),
        "{manifest}"
    );
    let _synced = sandbox.run(["sync", "--locked", "--offline"]).success();
}

#[test]
fn a_directory_inside_becomes_a_member() {
    let (sandbox, _index) = project("dependencies = []\n");
    Sdist::new("tower", "1.0")
        .requires("harry")
        .write_to(&sandbox.work().join("tower"));
    let _added = sandbox.run(["add", "./tower"]).success();
    let manifest = sandbox.read("pyproject.toml");
    for part in [
        "tower = { workspace = true }\n",
        "members = [\n    \"tower\",\n]\n",
    ] {
        assert!(manifest.contains(part), "{manifest}");
    }
    assert_eq!(frozen(&sandbox), "harry==3.0");
}

#[test]
fn parts_that_do_not_go_together() {
    let (sandbox, _index) = project(
        "dependencies = [\"harry\"]\n\n[dependency-groups]\nold = [\"sirius<2\"]\nnew = [\"sirius>=2\"]\n\
         late = [\"hedwig\"]\n\n[tool.naja]\nconflicts = [[{ group = \"old\" }, { group = \"new\" }]]\n\
         dependency-groups = { late = { requires-python = \">=3.99\" } }\n",
    );
    // Whoever asks for neither of the two gets one answer.
    let _synced = sandbox.run(["sync"]).success();
    assert!(frozen(&sandbox).starts_with("harry=="));
    let _synced = sandbox.run(["sync", "--group", "old"]).success();
    assert_eq!(frozen(&sandbox), "harry==1.0 sirius==1.0");
    let _synced = sandbox.run(["sync", "--group", "new"]).success();
    assert_eq!(frozen(&sandbox), "harry==3.0 sirius==2.0");
    for (arguments, words) in [
        (
            &["--group", "old", "--group", "new"][..],
            "installed together",
        ),
        (
            &["--all-groups", "--no-group", "old"],
            "needs Python >=3.99",
        ),
        (&["--no-group", "nothing"], "no dependency group `nothing`"),
    ] {
        let refused = sandbox.run([&["sync"], arguments].concat()).code(2);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    assert_eq!(frozen(&sandbox), "harry==3.0 sirius==2.0");
}

#[test]
fn parts_that_do_not_go_together_keep_their_versions() {
    for table in ["dependency-groups", "project.optional-dependencies"] {
        let kind = match table {
            "dependency-groups" => "group",
            _ => "extra",
        };
        let (sandbox, _index) = project(&format!(
            "dependencies = []\n\n[{table}]\nold = [\"harry<2\"]\nnew = [\"harry==2.0\"]\n\n\
             [tool.naja]\nconflicts = [[{{ {kind} = \"old\" }}, {{ {kind} = \"new\" }}]]\n",
        ));
        let _locked = sandbox.run(["lock"]).success();
        let wider = sandbox.read("pyproject.toml").replace("==2.0", ">=2");
        sandbox.write("pyproject.toml", &wider);
        let _locked = sandbox.run(["lock"]).success();
        let lock = sandbox.read("pylock.toml");
        assert!(lock.contains("harry-2.0-"), "{kind}: {lock}");
        let _locked = sandbox.run(["lock", "-P", "harry"]).success();
        let lock = sandbox.read("pylock.toml");
        assert!(lock.contains("harry-3.0-"), "{kind}: {lock}");
        assert!(lock.contains("harry-1.0-"), "{kind}: {lock}");
    }
}

#[test]
fn another_way_of_choosing_starts_afresh() {
    let (sandbox, _index) = project("dependencies = [\"hedwig\"]\n");
    let _locked = sandbox.run(["lock", "--resolution", "lowest"]).success();
    assert!(sandbox.read("pylock.toml").contains("version = \"1.0\""));
    let _locked = sandbox.run(["lock"]).success();
    assert!(sandbox.read("pylock.toml").contains("version = \"2.0\""));
    // The same in other words needs no new lock.
    let other = sandbox
        .read("pyproject.toml")
        .replace("\"hedwig\"", "\"Hedwig >=0, <9\"");
    sandbox.write("pyproject.toml", &other);
    let _locked = sandbox.run(["lock"]).success();
    sandbox.write(
        "pyproject.toml",
        &other.replace("Hedwig >=0, <9", "hedwig<9,>=0"),
    );
    let _fits = sandbox.run(["lock", "--check", "--offline"]).success();
}

#[cfg(unix)]
#[test]
fn links_to_manifests_stay_links() {
    let (sandbox, _index) = project("dependencies = []\n");
    let _locked = sandbox.run(["lock"]).success();
    let work = sandbox.work();
    std::fs::create_dir(work.join("shared")).unwrap();
    for name in ["pyproject.toml", "pylock.toml"] {
        std::fs::rename(work.join(name), work.join("shared").join(name)).unwrap();
        std::os::unix::fs::symlink(work.join("shared").join(name), work.join(name)).unwrap();
    }
    for words in [
        &["add", "harry", "--no-sync"][..],
        &["add", "hedwig"],
        &["remove", "harry"],
    ] {
        let _edited = sandbox.run(words).success();
        for name in ["pyproject.toml", "pylock.toml"] {
            assert!(work.join(name).is_symlink(), "{name} after {words:?}");
        }
    }
    assert!(sandbox.read("shared/pyproject.toml").contains("hedwig"));
    assert!(sandbox.read("shared/pylock.toml").contains("hedwig"));
}
