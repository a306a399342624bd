use naja_spec::{MarkerEnvironment, Tag, Tags};

use super::*;

const HASH: &str = "9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4";

fn file(name: &str) -> String {
    format!("{{ url = \"https://files.example/{name}\", hashes = {{ sha256 = \"{HASH}\" }} }}")
}

fn lock(packages: &str) -> String {
    format!("lock-version = \"1.0\"\ncreated-by = \"test\"\n{packages}")
}

fn environment() -> MarkerEnvironment {
    MarkerEnvironment {
        os_name: "posix".into(),
        sys_platform: "linux".into(),
        platform_machine: "x86_64".into(),
        platform_python_implementation: "CPython".into(),
        platform_release: String::new(),
        platform_system: "Linux".into(),
        platform_version: String::new(),
        implementation_name: "cpython".into(),
        python_version: "3.12".parse().unwrap(),
        python_full_version: "3.12.1".parse().unwrap(),
        implementation_version: "3.12.1".parse().unwrap(),
    }
}

fn selected(text: &str, extras: &[&str], groups: Option<&[&str]>) -> String {
    let lock = Pylock::parse(text).unwrap();
    let tags = Tags::new(vec![
        Tag::new("cp312", "cp312", "linux_x86_64"),
        Tag::new("py3", "none", "any"),
    ]);
    let extras: Vec<ExtraName> = extras.iter().map(|name| name.parse().unwrap()).collect();
    let groups: Option<Vec<GroupName>> =
        groups.map(|groups| groups.iter().map(|name| name.parse().unwrap()).collect());
    let chosen = lock.select(&LockTarget {
        environment: &environment(),
        tags: &tags,
        extras: &extras,
        groups: groups.as_deref(),
    });
    match chosen {
        Ok(chosen) => {
            let shown = chosen.into_iter().map(|choice| match choice {
                Choice::Wheel(_, file) | Choice::Sdist(_, file) => file.name.clone(),
                Choice::Direct(package) => package.name.to_string(),
            });
            shown.collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    }
}

/// Every key of the format, in the layout it is written in.
fn everything() -> String {
    format!(
        r#"lock-version = "1.0"
environments = [
    "sys_platform == 'linux'",
    "sys_platform == 'win32'",
]
requires-python = ">=3.9"
extras = ["moon"]
dependency-groups = ["dev", "docs"]
default-groups = ["dev"]
created-by = "test"

[[packages]]
name = "harry"
version = "3.0"
marker = "'moon' in extras or 'dev' in dependency_groups"
requires-python = ">=3.9"
dependencies = [{{ name = "sirius" }}]
index = "https://index.example/simple/"
sdist = {{ url = "https://files.example/harry-3.0.tar.gz", upload-time = 2024-01-01T00:00:00Z, size = 12, hashes = {{ sha256 = "{HASH}" }} }}
wheels = [
    {{ name = "harry-3.0-cp312-cp312-linux_x86_64.whl", url = "https://files.example/x", hashes = {{ sha256 = "{HASH}" }} }},
    {{ path = "wheels/harry-3.0-py3-none-any.whl", hashes = {{ sha256 = "{HASH}" }} }},
]
attestation-identities = [{{ kind = "Publisher", repository = "wizards/harry" }}]

[packages.tool]
x = "y"

[[packages]]
name = "luna"
archive = {{ url = "https://files.example/luna.zip", size = 3, hashes = {{ sha256 = "{HASH}" }}, subdirectory = "a/b" }}

[[packages]]
name = "neville"
directory = {{ path = "../neville", editable = true }}

[[packages]]
name = "ron"
vcs = {{ type = "git", url = "https://host.example/ron.git", requested-revision = "main", commit-id = "0123456789012345678901234567890123456789" }}

[tool.naja]
x = 1
"#
    )
}

#[test]
fn what_is_read_is_written_again() {
    let text = everything();
    let lock = Pylock::parse(&text).unwrap();
    assert_eq!(lock.to_text(None), text);
    assert!(lock.unknown.is_empty());
    assert_eq!(
        Pylock::parse(&lock.to_text(Some("naja lock"))).unwrap(),
        lock
    );
}

#[test]
fn chooses_for_one_target() {
    let text = everything();
    assert_eq!(
        selected(&text, &[], None),
        "harry-3.0-cp312-cp312-linux_x86_64.whl luna neville ron"
    );
    assert_eq!(selected(&text, &[], Some(&[])), "luna neville ron");
    assert!(selected(&text, &["moon"], Some(&["docs"])).starts_with("harry"));
    assert_eq!(
        selected(&text, &["sun"], None),
        "the lock file has no extra `sun`"
    );
    assert_eq!(
        selected(&text, &[], Some(&["sun"])),
        "the lock file has no dependency group `sun`"
    );
}

#[test]
fn refuses_what_is_for_others() {
    let wheel = |marker: &str, tag: &str| {
        let file = file(&format!("harry-1.0-{tag}.whl"));
        format!("[[packages]]\nname = \"harry\"\nmarker = \"{marker}\"\nwheels = [{file}]\n")
    };
    let any = "py3-none-any";
    let always = wheel("python_version > '3'", any);
    let cases = [
        (
            format!("requires-python = \">=3.13\"\n{always}"),
            "the lock file requires Python >=3.13, and this is 3.12.1",
        ),
        (
            format!("environments = [\"sys_platform == 'win32'\"]\n{always}"),
            "the lock file is not for this environment, but for: `sys_platform == 'win32'`",
        ),
        (
            format!("{always}{always}"),
            "the lock file has several entries of harry for this environment",
        ),
        (
            wheel("python_version > '3'", "cp312-cp312-win_amd64"),
            "harry has no source distribution and no wheel for this Python and this system",
        ),
        (wheel("sys_platform == 'win32'", any), ""),
    ];
    for (packages, wanted) in cases {
        assert_eq!(selected(&lock(&packages), &[], None), wanted, "{packages}");
    }
}

#[test]
fn says_what_is_wrong() {
    let package = |rest: &str| lock(&format!("[[packages]]\nname = \"harry\"\n{rest}\n"));
    let wheel = file("harry-1.0-py3-none-any.whl");
    let cases = [
        (String::new(), "`lock-version` is missing"),
        (
            "lock-version = \"2.0\"".to_owned(),
            "the lock file has version 2.0, and only 1 is known",
        ),
        (
            "lock-version = 1.0".to_owned(),
            "`lock-version` is not a text",
        ),
        (lock(""), "`packages` is missing"),
        (lock("packages = 1"), "`packages` is not a list of tables"),
        (
            package(""),
            "`packages[0]` needs a wheel, a source distribution, an archive, a directory or a repository",
        ),
        (
            package(&format!(
                "wheels = [{wheel}]\ndirectory = {{ path = \"x\" }}"
            )),
            "`packages[0]` needs one of `vcs`, `directory`, `archive`, or `sdist` and `wheels`",
        ),
        (
            package("wheels = [{ url = \"https://x.example/harry-1.0-py3-none-any.whl\" }]"),
            "`packages[0].wheels[0].hashes` is missing",
        ),
        (
            package(&format!("wheels = [{}]", file("ron-1.0-py3-none-any.whl"))),
            "`packages[0].wheels`: ron-1.0-py3-none-any.whl is of another package",
        ),
        (
            package(&format!(
                "archive = {{ path = \"x.zip\", hashes = {{ sha256 = \"{HASH}\" }}, subdirectory = \"../x\" }}"
            )),
            "`packages[0].archive.subdirectory`: it leads out of the archive",
        ),
        (
            package(
                "archive = { path = \"x.zip\", hashes = { md5 = \"d41d8cd98f00b204e9800998ecf8427e\" } }",
            ),
            "`packages[0].archive.hashes`: there is no hash of a secure algorithm",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(
            Pylock::parse(&text).unwrap_err().to_string(),
            wanted,
            "{text}"
        );
    }
}

#[test]
fn unknown_keys_are_told() {
    let wheel = file("harry-1.0-py3-none-any.whl");
    let text = lock(&format!(
        "colour = 1\n[[packages]]\nname = \"harry\"\nsize = 2\nwheels = [{wheel}]"
    ));
    assert_eq!(
        Pylock::parse(&text).unwrap().unknown,
        ["colour", "packages[0].size"]
    );
    for (name, is) in [
        ("pylock.toml", true),
        ("pylock.dev.toml", true),
        ("pylock.a.b.toml", false),
        ("pylock..toml", false),
        ("Pylock.toml", false),
    ] {
        assert_eq!(Pylock::is_file_name(name), is, "{name}");
    }
}
