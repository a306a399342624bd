use std::path::Path;

use naja_spec::{GroupName, PackageName, Requirement};
use proptest::prelude::*;

use super::*;
use crate::files::memory::MemoryFiles;

fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

fn group(text: &str) -> DependencyPlace {
    DependencyPlace::Group(GroupName::parse(text).unwrap())
}

#[test]
fn everything_that_is_declared() {
    let manifest = Manifest::parse(
        "[project]\nname = 'Castle'\nversion = '1.0'\nrequires-python = '>=3.9'\n\
         dependencies = [\n  'harry>=1',\n  'ron',\n]\n\
         [project.optional-dependencies]\nmagic = ['wand']\n[project.scripts]\ncastle = 'c:m'\n\
         [dependency-groups]\ndev = ['owl', {include-group = 'test'}]\ntest = ['broom']\n\
         [build-system]\nrequires = []\n\
         [tool.uv]\ndev-dependencies = ['cat']\npackage = true\n\
         [tool.uv.sources]\nharry = {git = 'https://git.example/h', tag = 'v1'}\n\
         ron = [{index = 'inn', marker = \"os_name == 'nt'\"}, {path = '../ron', editable = true}]\n\
         [tool.naja]\ndefault-groups = ['test']\n[tool.naja.sources]\nharry = {workspace = true}\n",
    )
    .unwrap();
    let project = manifest.project.as_ref().unwrap();
    assert_eq!(project.name.as_str(), "castle");
    assert_eq!(project.dependencies[1].line, 7);
    assert_eq!(project.extras[0].1[0].text, "wand");
    assert_eq!(project.scripts, ["castle"]);
    assert!(manifest.is_package() && !manifest.tool.is_uv);
    let dev = manifest.group(&GroupName::parse("dev").unwrap()).unwrap();
    let dev: Vec<&str> = dev.iter().map(|declared| declared.text.as_str()).collect();
    assert_eq!(dev, ["owl", "broom", "cat"]);
    assert_eq!(
        manifest.default_groups(),
        [GroupName::parse("test").unwrap()]
    );
    let harry = manifest.sources_of(&name("harry"));
    assert_eq!(harry[0].kind, SourceKind::Workspace { editable: None });
    let ron = manifest.sources_of(&name("ron"));
    assert_eq!(ron[0].kind, SourceKind::Index("inn".to_owned()));
    assert!(ron[0].marker.is_some() && ron[1].marker.is_none());
}

#[test]
fn mistakes_have_a_place() {
    for (text, place, words) in [
        ("[project]\nversion = '1'\n", (1, 1), "no `name`"),
        ("[project]\nname = 'a'\n", (1, 1), "no `version`"),
        ("[project]\nname = 'a'\nversion = 'new'\n", (3, 11), "new"),
        (
            "[project]\nname = 'a'\nversion = '1'\ndependencies = [\n 'b',\n '!'\n]\n",
            (6, 2),
            "",
        ),
        ("[dependency-groups]\nx = [1]\n", (2, 6), "include-group"),
        (
            "[dependency-groups]\nx = [{include-group = 'y'}]\n",
            (2, 1),
            "no dependency group `y`",
        ),
        (
            "[dependency-groups]\nx = [{include-group = 'y'}]\ny = [{include-group = 'x'}]\n",
            (3, 1),
            "x -> y -> x",
        ),
        (
            "[dependency-groups]\nx-y = []\nx_Y = []\n",
            (3, 1),
            "two dependency groups",
        ),
        (
            "[tool.uv.sources]\na = {git = 'https://x.example/a', tag = 'a', rev = 'b'}\n",
            (2, 5),
            "one of",
        ),
        (
            "[tool.uv.sources]\na = {git = 'https://x.example/a', path = 'b'}\n",
            (2, 5),
            "git and path",
        ),
        (
            "[tool.uv.sources]\na = {path = 'a', tag = 'b'}\n",
            (2, 18),
            "no `tag`",
        ),
        ("[tool.uv]\nworkspace = 1\n", (2, 13), "a table"),
        ("[tool.uv\n", (1, 9), ""),
    ] {
        let error = Manifest::parse(text).unwrap_err();
        assert_eq!((error.line, error.column), place, "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
}

fn found(files: &MemoryFiles, start: &str) -> (String, Vec<String>, Option<String>) {
    let workspace = discover(files, Path::new(start)).unwrap().unwrap();
    (
        workspace.root.display().to_string(),
        workspace
            .members
            .iter()
            .map(|member| member.name.to_string())
            .collect(),
        workspace.current().map(|member| member.name.to_string()),
    )
}

fn project(name: &str) -> String {
    format!("[project]\nname = '{name}'\nversion = '1'\n")
}

/// Directories have their entries in this table, which knows files only.
fn files(texts: &[(&str, &str)]) -> MemoryFiles {
    let mut files = MemoryFiles::new(texts.iter().copied());
    for (path, _) in texts {
        for dir in Path::new(path).ancestors().skip(1) {
            files = files.with_directory(dir);
        }
    }
    files
}

#[test]
fn a_project_alone() {
    let files = files(&[("/a/castle/pyproject.toml", &project("castle"))]);
    let wanted = (
        "/a/castle".to_owned(),
        vec!["castle".to_owned()],
        Some("castle".to_owned()),
    );
    assert_eq!(found(&files, "/a/castle"), wanted);
    assert_eq!(found(&files, "/a/castle/deep/down"), wanted);
    assert!(discover(&files, Path::new("/a")).unwrap().is_none());
}

#[test]
fn a_workspace_from_each_of_its_places() {
    let root = format!(
        "{}[tool.naja.workspace]\nmembers = ['towers/*', 'lake']\nexclude = ['towers/ruin']\n",
        project("castle")
    );
    let texts = [
        ("/a/pyproject.toml", root.as_str()),
        ("/a/towers/north/pyproject.toml", &project("north")),
        ("/a/towers/ruin/pyproject.toml", &project("ruin")),
        ("/a/towers/notes/readme", ""),
        ("/a/lake/pyproject.toml", &project("lake")),
        ("/a/hut/pyproject.toml", &project("hut")),
    ];
    let files = files(&texts);
    let all = vec!["castle".to_owned(), "lake".to_owned(), "north".to_owned()];
    for (start, current) in [
        ("/a", "castle"),
        ("/a/towers", "castle"),
        ("/a/towers/north/src", "north"),
    ] {
        let wanted = ("/a".to_owned(), all.clone(), Some(current.to_owned()));
        assert_eq!(found(&files, start), wanted, "{start}");
    }
    for alone in ["hut", "towers/ruin"] {
        let name = alone.rsplit('/').next().unwrap().to_owned();
        let wanted = (format!("/a/{alone}"), vec![name.clone()], Some(name));
        assert_eq!(found(&files, &format!("/a/{alone}")), wanted);
    }
}

#[test]
fn a_root_without_a_project() {
    let files = files(&[
        (
            "/a/pyproject.toml",
            "[tool.uv.workspace]\nmembers = ['**/lib-*']\n",
        ),
        ("/a/x/y/lib-one/pyproject.toml", &project("one")),
        ("/a/lib-two/pyproject.toml", &project("two")),
    ]);
    let all = vec!["one".to_owned(), "two".to_owned()];
    assert_eq!(found(&files, "/a"), ("/a".to_owned(), all.clone(), None));
    let current = Some("one".to_owned());
    assert_eq!(
        found(&files, "/a/x/y/lib-one"),
        ("/a".to_owned(), all, current)
    );
}

#[test]
fn roots_without_a_project() {
    let groups = "[dependency-groups]\ndev = ['harry']\n";
    let both = format!("{groups}[tool.uv.workspace]\nmembers = ['one']\n");
    let one = project("one");
    let files = files(&[
        ("/groups/pyproject.toml", groups),
        ("/groups/below/x", ""),
        ("/bare/pyproject.toml", "x = 1\n"),
        ("/both/pyproject.toml", &both),
        ("/both/one/pyproject.toml", &one),
    ]);
    let at = |start: &str| discover(&files, Path::new(start)).unwrap().unwrap();
    let unnamed = |workspace: &Workspace| workspace.current().unwrap().name.is_unnamed_root();
    let groups = at("/groups/below");
    assert!(groups.is_bare() && unnamed(&groups));
    assert_eq!(groups.projects().count(), 0);
    let bare = at("/bare");
    assert!(bare.is_bare() && bare.members.is_empty() && bare.current().is_none());
    let both = at("/both");
    assert!(!both.is_bare() && unnamed(&both));
    assert_eq!(both.members.len(), 2);
    assert_eq!(both.projects().count(), 1);
    assert_eq!(at("/both/one").current().unwrap().name.as_str(), "one");
}

#[test]
fn workspaces_with_mistakes() {
    let root = |members: &str| format!("[tool.uv.workspace]\nmembers = {members}\n");
    let two = project("same");
    for (root, words) in [
        (root("['gone']"), "has no pyproject.toml"),
        (root("['one', 'two']"), "are called `same`"),
        (root("['[']"), "is no pattern"),
        (root("['bare']"), "has no `[project]`"),
    ] {
        let files = files(&[
            ("/a/pyproject.toml", &root),
            ("/a/one/pyproject.toml", &two),
            ("/a/two/pyproject.toml", &two),
            ("/a/bare/pyproject.toml", ""),
        ]);
        let error = discover(&files, Path::new("/a")).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_manifest_of_another_user_above_is_passed_over() {
    let files = files(&[
        ("/tmp/pyproject.toml", &project("trap")),
        ("/tmp/mine/x", ""),
    ]);
    let files = files.owned("/tmp/pyproject.toml", 7);
    assert!(discover(&files, Path::new("/tmp/mine")).unwrap().is_none());
    assert!(discover(&files, Path::new("/tmp")).unwrap().is_some());
}

const STYLED: &str = "# mine\n[project] # here\nname = \"castle\"\nversion   = '1.0' # old\n\
    dependencies = [ # all\n  # big\n  \"harry >=1\", # why\n  'ron[owl]>=2',\n]\n\n[tool.other]\nx=1\n";

#[test]
fn the_parameters_of_an_address_are_written_as_they_are() {
    let mut editor = ManifestEditor::parse("[project]\nname = \"castle\"\n").unwrap();
    let address = "https://index.example/harry.whl?signature=abc&key=7";
    let new = Requirement::parse(&format!("harry @ {address} ; python_version > '3'")).unwrap();
    let first = editor.add(&DependencyPlace::Main, &new);
    assert_eq!(first, Ok(Placement::Inserted));
    assert!(editor.to_text().contains(address), "{}", editor.to_text());
    let again = editor.add(&DependencyPlace::Main, &new);
    assert_eq!(again, Ok(Placement::Unchanged));
    // What stands there is replaced in the same way.
    let other = Requirement::parse(&format!("harry @ {address}8 ; python_version > '3'")).unwrap();
    assert!(editor.add(&DependencyPlace::Main, &other).is_ok());
    assert!(editor.to_text().contains(&format!("{address}8")));
}

#[test]
fn a_password_is_not_written_down() {
    let mut editor = ManifestEditor::parse("[project]\nname = \"castle\"\n").unwrap();
    let new = Requirement::parse("harry @ https://molly:pw@index.example/harry.whl").unwrap();
    let first = editor.add(&DependencyPlace::Main, &new);
    assert_eq!(first, Ok(Placement::Inserted));
    let again = editor.add(&DependencyPlace::Main, &new);
    assert_eq!(again, Ok(Placement::Unchanged));
    let text = editor.to_text();
    assert!(
        text.contains("\"harry @ https://index.example/harry.whl\""),
        "{text}"
    );
}

#[test]
fn adding_keeps_the_style() {
    let mut editor = ManifestEditor::parse(STYLED).unwrap();
    let add = |editor: &mut ManifestEditor, place: &DependencyPlace, text: &str| {
        editor
            .add(place, &Requirement::parse(text).unwrap())
            .unwrap()
    };
    assert_eq!(
        add(&mut editor, &DependencyPlace::Main, "luna>=3"),
        Placement::Inserted
    );
    assert_eq!(
        add(&mut editor, &DependencyPlace::Main, "Ron"),
        Placement::Unchanged
    );
    assert_eq!(
        add(&mut editor, &DependencyPlace::Main, "ron[cat]<4"),
        Placement::Replaced("ron[owl]>=2".to_owned())
    );
    assert_eq!(
        add(&mut editor, &group("dev"), "broom"),
        Placement::Inserted
    );
    let text = editor.to_text();
    let wanted = STYLED.replace("\n  'ron[owl]>=2'", "\n  \"luna>=3\",\n  'ron[cat,owl]<4'")
        + "\n[dependency-groups]\ndev = [\n    \"broom\",\n]\n";
    assert_eq!(text, wanted);
    assert_eq!(editor.places_of(&name("broom")), [group("dev")]);
    let removed = editor
        .remove(&DependencyPlace::Main, &name("luna"))
        .unwrap();
    assert_eq!(removed, ["luna>=3"]);
}

#[test]
fn sources_are_written_where_the_project_has_its_table() {
    let harry = name("harry");
    let source = NewSource {
        kind: SourceKind::Path {
            path: "../harry".to_owned(),
            editable: Some(true),
            package: None,
        },
        marker: None,
    };
    for (text, tool) in [("[tool.uv]\npackage = true\n", "uv"), ("x = 1\n", "naja")] {
        let mut editor = ManifestEditor::parse(text).unwrap();
        editor.set_source(&harry, &source).unwrap();
        let line =
            format!("[tool.{tool}.sources]\nharry = {{ path = \"../harry\", editable = true }}\n");
        let changed = editor.to_text();
        assert!(changed.ends_with(&line), "{changed}");
        let manifest = Manifest::parse(&changed).unwrap();
        assert_eq!(manifest.sources_of(&harry)[0].kind, source.kind);
        assert!(editor.remove_source(&harry) && !editor.remove_source(&harry));
        assert_eq!(editor.to_text(), text);
    }
}

#[test]
fn lines_and_marks_of_windows_stay() {
    let text = "\u{feff}[project]\r\nname = 'a'\r\nversion = '1'\r\ndependencies = []";
    let mut editor = ManifestEditor::parse(text).unwrap();
    assert_eq!(editor.to_text(), text);
    let requirement = Requirement::parse("harry").unwrap();
    editor.add(&DependencyPlace::Main, &requirement).unwrap();
    editor.set_project_text("version", "2").unwrap();
    let wanted = text
        .replace("[]", "[\r\n    \"harry\",\r\n]")
        .replace("'1'", "\"2\"");
    assert_eq!(editor.to_text(), wanted);
    editor
        .remove(&DependencyPlace::Main, &name("harry"))
        .unwrap();
    assert_eq!(editor.to_text(), text.replace("'1'", "\"2\""));
}

/// Lists as people write them.
fn list() -> impl Strategy<Value = String> {
    let entry = prop_oneof!["[a-z]{1,6}", "[a-z]{1,6}>=[0-9]", "[a-z]{1,4}\\[x\\]"];
    let comment = prop_oneof![
        Just(String::new()),
        " # [a-z]{0,5}".prop_map(|text: String| text)
    ];
    let entries = proptest::collection::vec((entry, comment, any::<bool>()), 0..5);
    (entries, any::<bool>(), "[ ]{0,6}", any::<bool>()).prop_map(
        |(entries, broken, indent, comma)| {
            let quote = |text: &str, single: bool| match single {
                true => format!("'{text}'"),
                false => format!("\"{text}\""),
            };
            if !broken {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(text, _, single)| quote(text, *single))
                    .collect();
                return format!("[{}]", entries.join(", "));
            }
            let mut out = "[".to_owned();
            let count = entries.len();
            for (at, (text, comment, single)) in entries.into_iter().enumerate() {
                out.push_str(&format!("\n{indent}{}", quote(&text, single)));
                if comma || at + 1 < count {
                    out.push(',');
                }
                if comma {
                    out.push_str(&comment);
                }
            }
            out.push_str(if count == 0 { "]" } else { "\n]" });
            out
        },
    )
}

proptest! {
    /// What is added and taken out again leaves no trace.
    #[test]
    fn adding_and_removing_is_the_identity(list in list()) {
        let text = format!("[project]\nname = 'a'\nversion = '1'\ndependencies = {list}\n");
        let mut editor = ManifestEditor::parse(&text).unwrap();
        prop_assert_eq!(editor.to_text(), text.clone());
        let requirement = Requirement::parse("quidditch-broom<3").unwrap();
        let placement = editor.add(&DependencyPlace::Main, &requirement).unwrap();
        prop_assert_eq!(placement, Placement::Inserted);
        let manifest = Manifest::parse(&editor.to_text()).unwrap();
        let declared = manifest.project.unwrap().dependencies;
        prop_assert!(declared.iter().any(|one| one.text == "quidditch-broom<3"));
        editor.remove(&DependencyPlace::Main, &requirement.name).unwrap();
        prop_assert_eq!(editor.to_text(), text);
    }
}
