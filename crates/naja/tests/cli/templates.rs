//! `naja init --template`.

use std::path::Path;

use naja_testkit::{Output, Repository, Sandbox, find_pythons};

use crate::{sandbox, skipped};

const MANIFEST: &str = "[project]\nname = \"{{ name }}\"\nversion = \"{{ version }}\"\n\
    description = \"{{ description }}\"\nrequires-python = \">={{python}}\"\n\
    authors = [{ name = \"{{ author }}\" }]\ndependencies = []\n";

/// A sandbox with a template in `house`.
fn with_template() -> Option<Sandbox> {
    if find_pythons().is_empty() {
        skipped("there is no Python");
        return None;
    }
    let sandbox = sandbox();
    sandbox.write("house/pyproject.toml", MANIFEST);
    sandbox.write(
        "house/src/{{ module }}/__init__.py",
        "NAME = \"{{ name }}\"\n",
    );
    sandbox.write("house/ci.yml", "on: ${{ '{{' }} github.ref }}\n");
    sandbox.write("house/.git/config", "{{ not looked at }}");
    Some(sandbox)
}

fn init(sandbox: &Sandbox, words: &[&str]) -> Output {
    let mut all = vec!["init", "--template", "house"];
    all.extend(words);
    sandbox.run(all)
}

/// Everything below a directory, with `/`, sorted; `.git` is one thing.
fn below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() && !path.ends_with(".git") {
                true => left.push(path),
                false => found.push(path.strip_prefix(dir).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn names_and_contents_are_filled_in() {
    let Some(sandbox) = with_template() else {
        return;
    };
    let picture = b"\x89PNG\0{{ name }}";
    std::fs::write(sandbox.work().join("house/{{name}}.png"), picture).unwrap();
    let words = [
        "Dark.Castle",
        "--description",
        "Cold",
        "--author-from",
        "none",
        "--vcs",
        "none",
    ];
    let _made = init(&sandbox, &words).success();
    assert_eq!(
        below(&sandbox.work().join("Dark.Castle")),
        [
            ".python-version",
            "ci.yml",
            "dark-castle.png",
            "pyproject.toml",
            "src/dark_castle/__init__.py"
        ]
    );
    let pin = sandbox.read("Dark.Castle/.python-version");
    let expected = MANIFEST
        .replace("{{ name }}", "dark-castle")
        .replace("{{ version }}", "0.1.0")
        .replace("{{ description }}", "Cold")
        .replace("{{python}}", pin.trim())
        .replace("{{ author }}", "");
    assert_eq!(sandbox.read("Dark.Castle/pyproject.toml"), expected);
    assert_eq!(
        sandbox.read("Dark.Castle/src/dark_castle/__init__.py"),
        "NAME = \"dark-castle\"\n"
    );
    assert_eq!(
        sandbox.read("Dark.Castle/ci.yml"),
        "on: ${{ github.ref }}\n"
    );
    let copied = std::fs::read(sandbox.work().join("Dark.Castle/dark-castle.png")).unwrap();
    assert_eq!(copied, picture);
    // The template is as it was.
    assert_eq!(sandbox.read("house/pyproject.toml"), MANIFEST);
    // Flags do what they do without a template.
    let _made = init(&sandbox, &["hut", "--name", "Hut-2", "--no-pin-python"]).success();
    assert!(
        sandbox
            .read("hut/pyproject.toml")
            .contains("name = \"Hut-2\"")
    );
    let made = below(&sandbox.work().join("hut"));
    assert!(
        made.contains(&"src/hut_2/__init__.py".to_owned()),
        "{made:?}"
    );
    assert!(!made.contains(&".python-version".to_owned()), "{made:?}");
    assert!(made.contains(&".gitignore".to_owned()), "{made:?}");
}

#[test]
fn without_a_manifest_it_adds_to_what_is_usual() {
    let Some(sandbox) = with_template() else {
        return;
    };
    sandbox.write("small/README.md", "# {{ name }}\n");
    let _made = sandbox
        .run([
            "init",
            "--template",
            "small",
            "castle",
            "--lib",
            "--vcs",
            "none",
        ])
        .success();
    assert_eq!(sandbox.read("castle/README.md"), "# castle\n");
    let made = below(&sandbox.work().join("castle"));
    let usual = [
        ".python-version",
        "README.md",
        "pyproject.toml",
        "src/castle/__init__.py",
        "src/castle/py.typed",
    ];
    assert_eq!(made, usual);
}

#[test]
fn mistakes_leave_nothing() {
    let Some(sandbox) = with_template() else {
        return;
    };
    let refused = |expected: &[&str]| {
        let output = init(&sandbox, &["castle"]).code(2);
        for text in expected {
            assert!(output.stderr.contains(text), "{text}\n{}", output.stderr);
        }
        assert!(!sandbox.work().join("castle").exists());
    };
    let trial = |path: &str, content: &str, expected: &[&str]| {
        let path = sandbox.write(&format!("house/{path}"), content);
        refused(expected);
        std::fs::remove_file(path).unwrap();
    };
    let known = "`name`, `module`, `version`, `python`, `description`, `author`";
    trial(
        "z/a.py",
        "\n{{ nmae }}\n",
        &["`z/a.py`, line 2: `{{ nmae }}` is no placeholder", known],
    );
    trial("b.txt", "{{ name\n}}", &["`b.txt`, line 1", "not closed"]);
    trial(
        "{{ nmae }}.txt",
        "",
        &["the name of `{{ nmae }}.txt`", known],
    );
    trial("{{ author }}", "", &["would be called ``"]);
    sandbox.write("house/castle", "");
    trial(
        "{{ name }}",
        "",
        &["two of its files would both be `castle`"],
    );
    std::fs::remove_file(sandbox.work().join("house/castle")).unwrap();
    #[cfg(unix)]
    {
        let link = sandbox.work().join("house/link");
        std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
        refused(&[
            "`link` is neither a file nor a directory",
            "links are not followed",
        ]);
        std::fs::remove_file(link).unwrap();
    }
    // A value that would lead out of the project, or break the manifest.
    sandbox.write("house/{{ description }}", "");
    for (description, expected) in [
        ("../x", "would be called `../x`"),
        ("..", "would be called `..`"),
        ("a\"b", "its pyproject.toml, rendered, is none"),
    ] {
        let output = init(&sandbox, &["castle", "--description", description]).code(2);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
        assert!(!sandbox.work().join("castle").exists());
    }
    for (template, expected) in [
        ("hut", "`gh:OWNER/NAME`"),
        ("https://h.example/house", "write `git+` before the address"),
        ("hg+https://h.example/house", "only git is supported"),
    ] {
        let words = ["init", "--template", template, "castle"];
        let output = sandbox.run(words).code(2);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
    }
    let _both = sandbox
        .run(["init", "--template", "house", "--bare"])
        .code(2);
}

#[test]
fn nothing_is_overwritten_and_links_lead_nowhere() {
    let Some(sandbox) = with_template() else {
        return;
    };
    sandbox.write("castle/ci.yml", "mine\n");
    let output = init(&sandbox, &["castle"]).code(2);
    assert!(
        output
            .stderr
            .contains("ci.yml` is in the way of the template"),
        "{}",
        output.stderr
    );
    assert_eq!(sandbox.read("castle/ci.yml"), "mine\n");
    assert_eq!(below(&sandbox.work().join("castle")), ["ci.yml"]);
    #[cfg(unix)]
    {
        std::fs::create_dir_all(sandbox.work().join("elsewhere")).unwrap();
        std::fs::create_dir_all(sandbox.work().join("hut")).unwrap();
        std::os::unix::fs::symlink("../elsewhere", sandbox.work().join("hut/src")).unwrap();
        let output = init(&sandbox, &["hut"]).code(2);
        assert!(
            output.stderr.contains("src` is in the way"),
            "{}",
            output.stderr
        );
        assert_eq!(
            below(&sandbox.work().join("elsewhere")),
            Vec::<String>::new()
        );
    }
    // What cannot be written takes back what was.
    sandbox.write("house/clash/x", "");
    sandbox.write("keep/clash", "a file where a directory would be\n");
    let _failed = init(&sandbox, &["keep"]);
    assert_eq!(below(&sandbox.work().join("keep")), ["clash"]);
}

#[cfg(unix)]
#[test]
fn programs_stay_programs() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(sandbox) = with_template() else {
        return;
    };
    let script = sandbox.write("house/run.sh", "echo {{ name }}\n");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let _made = init(&sandbox, &["castle"]).success();
    let made = std::fs::metadata(sandbox.work().join("castle/run.sh")).unwrap();
    assert_eq!(made.permissions().mode() & 0o777, 0o755);
}

/// A sandbox with a bare repository `house.git`, and its commits: the first is tagged `v1`, the second is `main`.
fn with_repository() -> Option<(Sandbox, String, [String; 2])> {
    let mut sandbox = with_template()?;
    if !Repository::possible() {
        skipped("there is no git");
        return None;
    }
    sandbox.set("NAJA_NO_INDEX", "1");
    let repository = Repository::init(sandbox.work().join("origin"));
    repository.write("pyproject.toml", MANIFEST);
    repository.write("small/{{ module }}.py", "NAME = \"{{ name }}\"\n");
    let first = repository.commit("one");
    repository.git(&["tag", "v1"]);
    repository.write("NEWS", "news of {{ name }}\n");
    repository.write("broken/x.txt", "{{ nmae }}");
    repository.write("elsewhere/x.txt", "");
    let second = repository.commit("two");
    repository.git(&["clone", "--quiet", "--bare", ".", "../house.git"]);
    let url = format!("file://{}", sandbox.work().join("house.git").display());
    Some((sandbox, url, [first, second]))
}

#[test]
fn a_template_may_lie_in_a_repository() {
    let Some((sandbox, url, [first, second])) = with_repository() else {
        return;
    };
    let plain = format!("git+{url}");
    let tagged = format!("git+{url}@v1");
    let part = format!("{url}@{first}#subdirectory=small");
    for (template, name, shown, wanted) in [
        // What ends with `.git` need not say more.
        (
            &part,
            "hut",
            format!("house.git@{first}#subdirectory=small"),
            &["hut.py"][..],
        ),
        (
            &tagged,
            "castle",
            format!("house.git@{first}"),
            &["pyproject.toml", "small/castle.py"],
        ),
    ] {
        let words = [
            "init",
            "--no-pin-python",
            "--no-readme",
            "--no-package",
            "--vcs",
            "none",
            "--template",
            template,
            name,
        ];
        let output = sandbox.run(words).success();
        assert!(
            output.stderr.contains(&format!("/{shown}\n")),
            "{}",
            output.stderr
        );
        let mut made = below(&sandbox.work().join(name));
        made.retain(|path| path != "main.py" && (path != "pyproject.toml" || name != "hut"));
        assert_eq!(made, wanted);
    }
    assert_eq!(sandbox.read("hut/hut.py"), "NAME = \"hut\"\n");
    // What is in the cache stays as it is, so the second time it needs no repository.
    std::fs::rename(
        sandbox.work().join("house.git"),
        sandbox.work().join("gone.git"),
    )
    .unwrap();
    let _made = sandbox.run(["init", "--template", &part, "shed"]).success();
    std::fs::rename(
        sandbox.work().join("gone.git"),
        sandbox.work().join("house.git"),
    )
    .unwrap();
    // A file that the working tree at the newest commit has.
    let output = sandbox
        .run([
            "init",
            "--template",
            &format!("{plain}#subdirectory=broken"),
            "barn",
        ])
        .code(2);
    let said = format!("house.git@{second}#subdirectory=broken`");
    assert!(output.stderr.contains(&said), "{}", output.stderr);
    assert!(
        output.stderr.contains("`x.txt`, line 1"),
        "{}",
        output.stderr
    );
    assert!(!sandbox.work().join("barn").exists());
}

#[test]
fn a_repository_that_cannot_be_used_leaves_nothing() {
    let Some((sandbox, url, _commits)) = with_repository() else {
        return;
    };
    for (template, status, expected) in [
        (format!("git+{url}@v9"), 2, "v9"),
        (
            format!("git+{url}#subdirectory=nowhere"),
            2,
            "`nowhere` is no directory in this repository",
        ),
        (
            format!("git+{url}#subdirectory=NEWS"),
            2,
            "`NEWS` is no directory",
        ),
        (
            format!("git+{url}#subdirectory=../x"),
            2,
            "is not a directory inside the repository",
        ),
        (format!("git+{url}x"), 2, "house.gitx"),
        // Its own files are nobody's template.
        ("house.git".to_owned(), 2, "git+file://"),
    ] {
        let output = sandbox
            .run(["init", "--template", &template, "castle"])
            .code(status);
        assert!(
            output.stderr.contains(expected),
            "{template}: {}",
            output.stderr
        );
        assert!(!sandbox.work().join("castle").exists(), "{template}");
    }
    let offline = ["init", "--offline", "--template", "gh:naja/house", "castle"];
    let output = sandbox.run(offline).code(2);
    assert!(
        output.stderr.contains("gh:") || output.stderr.contains("naja/house"),
        "{}",
        output.stderr
    );
    assert!(!sandbox.work().join("castle").exists());
}

#[test]
fn hosts_have_short_names_and_git_its_settings() {
    let Some((sandbox, url, [first, _second])) = with_repository() else {
        return;
    };
    let place = url.trim_end_matches("house.git");
    std::fs::write(
        sandbox.home().join(".gitconfig"),
        format!("[url \"{place}\"]\ninsteadOf = https://github.com/naja/\n"),
    )
    .unwrap();
    let template = "gh:naja/house@v1#subdirectory=small";
    let output = sandbox
        .run(["init", "--template", template, "hut"])
        .success();
    let said = format!(
        "Using template git+https://github.com/naja/house.git@{first}#subdirectory=small\n"
    );
    assert!(output.stderr.contains(&said), "{}", output.stderr);
    assert_eq!(sandbox.read("hut/hut.py"), "NAME = \"hut\"\n");
}

#[test]
fn what_git_keeps_to_itself_is_no_file_of_a_template() {
    let Some(sandbox) = with_template() else {
        return;
    };
    sandbox.write("house/.GIT/hooks/pre-commit", "{{ not looked at }}");
    let _made = init(&sandbox, &["castle", "--vcs", "none"]).success();
    assert!(!sandbox.work().join("castle/.GIT").exists());
    sandbox.write("house/.{{ name }}/hooks/pre-commit", "exit 1");
    let output = init(&sandbox, &["git"]).code(2);
    assert!(
        output.stderr.contains("would be called `.git`"),
        "{}",
        output.stderr
    );
    assert!(!sandbox.work().join("git").exists());
}
