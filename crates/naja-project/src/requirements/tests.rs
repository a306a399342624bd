//! Whole files: the grammar as a table, inclusion, hostile inputs, round trips.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::files::memory::MemoryFiles;
use crate::{AllowedFormats, SourceName, Variables};

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn read_from(files: &MemoryFiles, argument: &str) -> Result<RequirementsFile, RequirementsError> {
    let variables = Variables::from_iter([("TOKEN", "secret"), ("HOST", "index.example")]);
    let mut reader = RequirementsReader::new(files, &variables, Path::new("/castle"));
    reader.read_requirements(argument)?;
    Ok(reader.finish())
}

fn read(text: &str) -> Result<RequirementsFile, RequirementsError> {
    read_from(&MemoryFiles::new([("/castle/r.txt", text)]), "r.txt")
}

fn items(file: &RequirementsFile) -> Vec<String> {
    file.requirements
        .iter()
        .map(|entry| entry.item.to_string())
        .collect()
}

fn error(text: &str) -> String {
    read(text).map(|file| items(&file)).unwrap_err().to_string()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn requirement_lines() {
    for (text, expected) in [
        ("harry", "harry"),
        ("  Harry_Potter ", "harry-potter"),
        ("harry==1.0", "harry==1.0"),
        ("harry >= 1, < 2", "harry>=1,<2"),
        ("harry[b,A]>=1", "harry[a,b]>=1"),
        (
            "harry ; python_version > '3.8'",
            "harry; python_version > \"3.8\"",
        ),
        ("harry # why", "harry"),
        ("harry \\\n  >=1", "harry>=1"),
        ("harry \\\n  # note\n", "harry"),
        ("\u{feff}harry", "harry"),
        (
            "harry @ https://h.example/harry-1.0.tar.gz",
            "harry @ https://h.example/harry-1.0.tar.gz",
        ),
        (
            "harry@https://h.example/a.whl ; os_name == 'nt'",
            "harry @ https://h.example/a.whl ; os_name == \"nt\"",
        ),
        (
            "harry @ git+https://h.example/r@v1#subdirectory=a",
            "harry @ git+https://h.example/r@v1#subdirectory=a",
        ),
        (
            "harry @ https://u:${TOKEN}@h.example/a.zip",
            "harry @ https://****@h.example/a.zip",
        ),
        ("harry @ ./d", "harry @ file:///castle/d"),
        (
            "harry[a] @ ../d ; os_name == 'nt'",
            "harry[a] @ file:///d ; os_name == \"nt\"",
        ),
        ("harry @ file:///d", "harry @ file:///d"),
        ("harry @ file:d", "harry @ file:///castle/d"),
        ("./d", "file:///castle/d"),
        (".", "file:///castle"),
        ("..", "file:///"),
        ("d/e", "file:///castle/d/e"),
        ("/abs/d[a, B]", "file:///abs/d[a,b]"),
        (
            "./d ; os_name == 'nt'",
            "file:///castle/d ; os_name == \"nt\"",
        ),
        (
            "./d[a];os_name == 'nt'",
            "file:///castle/d[a] ; os_name == \"nt\"",
        ),
        ("./with space/d", "file:///castle/with%20space/d"),
        ("harry-1.0.tar.gz", "file:///castle/harry-1.0.tar.gz"),
        (
            "harry-1.0-py3-none-any.whl",
            "harry @ file:///castle/harry-1.0-py3-none-any.whl",
        ),
        (
            "./w/harry-1.0-py3-none-any.whl[b,a]",
            "harry[a,b] @ file:///castle/w/harry-1.0-py3-none-any.whl",
        ),
        (
            "https://h.example/harry-1.0-py3-none-any.whl#sha256=00",
            "harry @ https://h.example/harry-1.0-py3-none-any.whl#sha256=00",
        ),
        (
            "https://h.example/harry-1.0.tar.gz ; os_name == 'nt'",
            "https://h.example/harry-1.0.tar.gz ; os_name == \"nt\"",
        ),
        (
            "https://h.example/a;b=c/x.zip",
            "https://h.example/a;b=c/x.zip",
        ),
        (
            "git+https://h.example/r.git@main#egg=harry",
            "git+https://h.example/r.git@main#egg=harry",
        ),
        (
            "git+ssh://git@h.example/r.git",
            "git+ssh://git@h.example/r.git",
        ),
        (
            "file:///d/harry-1.0-py3-none-any.whl",
            "harry @ file:///d/harry-1.0-py3-none-any.whl",
        ),
        ("file:./d", "file:///castle/d"),
        ("https://${HOST}/x.zip", "https://index.example/x.zip"),
    ] {
        let file = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(items(&file), [expected], "{text}");
    }
}

#[test]
fn lines_and_their_origins() {
    let text = "\n# head\nharry==1 # note\n\nsirius>=1 \\\n  ; os_name == 'nt'\nremus @ https://u:${TOKEN}@h.example/r.zip\n";
    let file = read(text).unwrap();
    let origins: Vec<String> = file
        .requirements
        .iter()
        .map(|entry| format!("{} {}", entry.origin, entry.origin.text))
        .collect();
    assert_eq!(
        origins,
        [
            "/castle/r.txt:3 harry==1",
            "/castle/r.txt:5 sirius>=1   ; os_name == 'nt'",
            "/castle/r.txt:7 remus @ https://****@h.example/r.zip",
        ]
    );
    assert!(!format!("{file:?}").contains("secret"));
}

#[test]
fn options_of_requirements() {
    let text = format!(
        "harry==1 --hash=sha256:{HASH} \\\n  --hash sha512:{HASH}{HASH} --config-settings 'a=b c' -C d=e\nsirius --global-option=\"--x y\" --config-setting f=g\n"
    );
    let file = read(&text).unwrap();
    let harry = &file.requirements[0];
    assert_eq!(harry.hashes.len(), 2);
    assert_eq!(harry.hashes[0].to_string(), format!("sha256:{HASH}"));
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(harry.config_settings, [pair("a", "b c"), pair("d", "e")]);
    assert_eq!(file.requirements[1].global_options, ["--x y"]);
    assert!(file.hash_checking());
    assert!(read("--require-hashes\nharry").unwrap().hash_checking());
    assert!(!read("harry").unwrap().hash_checking());
}

#[test]
fn editable_lines() {
    for (text, expected) in [
        ("-e .", "file:///castle"),
        ("-e./d", "file:///castle/d"),
        ("--editable=./d", "file:///castle/d"),
        ("--editable ./d[a]", "file:///castle/d[a]"),
        ("-e ./my dir", "file:///castle/my%20dir"),
        ("-e \"./my dir\"", "file:///castle/my%20dir"),
        (
            "-e ./d ; os_name == 'nt'",
            "file:///castle/d ; os_name == \"nt\"",
        ),
        (
            "-e git+https://h.example/r#egg=harry",
            "git+https://h.example/r#egg=harry",
        ),
        ("-e harry @ ./d", "harry @ file:///castle/d"),
        ("-e d", "file:///castle/d"),
    ] {
        let file = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(items(&file), [expected], "{text}");
        assert!(file.requirements[0].editable, "{text}");
    }
    let file = read("-e . --config-settings a=b\n-e a -e b").unwrap();
    assert_eq!(file.requirements[0].config_settings.len(), 1);
    assert_eq!(items(&file)[1..], ["file:///castle/a", "file:///castle/b"]);
    let egg = read("git+https://h.example/r#egg=Harry[x]&subdirectory=y").unwrap();
    let RequirementItem::Unnamed(unnamed) = &egg.requirements[0].item else {
        panic!()
    };
    assert_eq!(unnamed.egg_name().unwrap().as_str(), "harry");
}

#[test]
fn file_options() {
    let text = "-i https://a.example/simple --extra-index-url=https://b.example --extra-index https://c.example
--find-links w
-f /abs
-f https://f.example/links.html
--no-binary :all: --only-binary harry
--prefer-binary
--pre
--trusted-host h.example:8080
--use-feature fast-deps
harry
";
    let file = read(text).unwrap();
    let options = &file.options;
    assert_eq!(
        options.index_url.as_ref().unwrap().value.to_string(),
        "https://a.example/simple"
    );
    assert_eq!(options.index_url.as_ref().unwrap().origin.line, 1);
    let shown: Vec<String> = options
        .extra_index_urls
        .iter()
        .map(|noted| noted.value.to_string())
        .collect();
    assert_eq!(shown, ["https://b.example/", "https://c.example/"]);
    let shown: Vec<String> = options
        .find_links
        .iter()
        .map(|noted| noted.value.to_string())
        .collect();
    assert_eq!(shown, ["/castle/w", "/abs", "https://f.example/links.html"]);
    let name = |text| naja_spec::PackageName::parse(text).unwrap();
    assert_eq!(
        options.formats.allowed(&name("harry")),
        AllowedFormats::Wheels
    );
    assert_eq!(
        options.formats.allowed(&name("sirius")),
        AllowedFormats::Sdists
    );
    assert!(options.prefer_binary && options.pre.is_some());
    assert_eq!(options.trusted_hosts[0].value, "h.example:8080");
    assert_eq!(options.features, ["fast-deps"]);
    let none = read("-i https://a.example\n--no-index\n").unwrap();
    assert!(none.options.no_index.is_some() && none.options.index_url.is_none());
}

#[test]
fn options_are_laid_over_settings() {
    use crate::settings::{ArgumentLayer, Partial, Prerelease};
    let file = read("-i https://a.example\n--extra-index-url https://b.example\n-f w\n--pre\n--trusted-host h\n--no-binary x\n--require-hashes").unwrap();
    let mut settings = Partial::default().settings();
    file.options.apply(&mut settings);
    let order = settings.index_order(Path::new("/castle"));
    assert_eq!(
        order.default.unwrap().location.to_string(),
        "https://a.example/"
    );
    assert_eq!(order.indexes[0].location.to_string(), "https://b.example/");
    assert_eq!(order.find_links.len(), 1);
    assert_eq!(settings.prerelease.value, Prerelease::Allow);
    assert_eq!(
        settings.index_url.origin.to_string(),
        "`-i https://a.example` in /castle/r.txt:1"
    );
    assert!(settings.require_hashes.value);

    let mut layer = ArgumentLayer::new(Path::new("/castle"), 0);
    layer
        .value("index-url", "--index-url", Some("https://flag.example"))
        .unwrap();
    layer
        .value("prerelease", "--prerelease", Some("disallow"))
        .unwrap();
    let mut settings = layer.finish().settings();
    file.options.apply(&mut settings);
    let order = settings.index_order(Path::new("/castle"));
    assert_eq!(
        order.default.unwrap().location.to_string(),
        "https://flag.example/"
    );
    assert_eq!(settings.prerelease.value, Prerelease::Disallow);
}

#[test]
fn inclusion() {
    let files = MemoryFiles::new([
        (
            "/castle/r.txt",
            "-r sub/a.txt\n-c c.txt\nharry\n-rsub/b.txt",
        ),
        (
            "/castle/sub/a.txt",
            "--requirement=b.txt\n./here\n./there\n-f links\n",
        ),
        ("/castle/sub/b.txt", "sirius\n"),
        ("/castle/sub/there/setup.py", ""),
        ("/castle/sub/there", ""),
        (
            "/castle/c.txt",
            "remus<2\nharry @ https://h.example/harry-1.zip\n-r sub/d.txt\n-c sub/e.txt",
        ),
        ("/castle/sub/d.txt", "dobby"),
        ("/castle/sub/e.txt", "hedwig<3"),
    ]);
    let file = read_from(&files, "r.txt").unwrap();
    assert_eq!(
        items(&file),
        [
            "sirius",
            "file:///castle/here",
            "file:///castle/sub/there",
            "dobby",
            "harry"
        ],
        "b.txt once; here as pip, there beside the file"
    );
    let constraints: Vec<String> = file
        .constraints
        .iter()
        .map(|entry| entry.item.to_string())
        .collect();
    assert_eq!(
        constraints,
        [
            "remus<2",
            "harry @ https://h.example/harry-1.zip",
            "hedwig<3"
        ]
    );
    assert_eq!(
        file.options.find_links[0].value.to_string(),
        "/castle/sub/links"
    );
    assert_eq!(file.constraints[0].origin.to_string(), "/castle/c.txt:1");
}

#[test]
fn remote_files_and_standard_input() {
    let files = MemoryFiles::new([("/castle/local.txt", "-r https://h.example/reqs/r.txt\n")])
        .with_url(
            "https://h.example/reqs/r.txt",
            "-r ../base.txt\n./w/harry-1.0-py3-none-any.whl\n-f links\n",
        )
        .with_url("https://h.example/base.txt", "sirius\n")
        .with_url("https://h.example/evil.txt", "-r file:///etc/passwd\n")
        .with_url("https://h.example/evil2.txt", "file:///etc/passwd\n")
        .with_url("https://h.example/evil3.txt", "x @ file:///etc/passwd\n")
        .with_url("https://h.example/evil4.txt", "-f file:///etc\n")
        .with_stdin("remus\n-r local.txt\n");
    let file = read_from(&files, "-").unwrap();
    assert_eq!(
        items(&file),
        [
            "remus",
            "sirius",
            "harry @ https://h.example/reqs/w/harry-1.0-py3-none-any.whl"
        ]
    );
    assert_eq!(file.requirements[0].origin.to_string(), "<stdin>:1");
    assert_eq!(
        file.requirements[1].origin.to_string(),
        "https://h.example/base.txt:1"
    );
    assert_eq!(
        file.options.find_links[0].value.to_string(),
        "https://h.example/reqs/links"
    );
    for evil in ["evil.txt", "evil2.txt", "evil3.txt", "evil4.txt"] {
        let error = read_from(&files, &format!("https://h.example/{evil}")).unwrap_err();
        assert!(
            matches!(*error.kind, RequirementsErrorKind::LocalFromRemote),
            "{evil}: {error}"
        );
    }
    let error = read_from(&files, "https://u:secret@h.example/none.txt").unwrap_err();
    assert_eq!(
        error.to_string(),
        "https://****@h.example/none.txt: https://****@h.example/none.txt has to be fetched first"
    );
    assert!(!format!("{error:?}").contains("secret"));
    let variables = Variables::default();
    let mut reader = RequirementsReader::new(&files, &variables, Path::new("/castle"));
    reader.read_requirements("-").unwrap();
    assert!(matches!(
        *reader.read_constraints("-").map(|()| 0).unwrap_err().kind,
        RequirementsErrorKind::File(_) | RequirementsErrorKind::StdinTwice
    ));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn manifests_and_scripts() {
    let manifest = "[project]
name = 'App'
dependencies = ['harry>=1', 'sirius; os_name == \"nt\"']
[project.optional-dependencies]
hat = ['remus', 'app[All_Of]']
all-of = ['dobby']
[dependency-groups]
dev = ['pytest', {include-group = 'Lint'}]
lint = ['ruff']
loop = [{include-group = 'loop2'}]
loop2 = [{include-group = 'loop'}]
broken = [1]
";
    let script = "# /// script\n# dependencies = ['hedwig']\n# ///\n";
    let files = MemoryFiles::new([
        ("/castle/pyproject.toml", manifest),
        ("/castle/s.py", script),
        ("/castle/plain.py", "print()"),
        (
            "/castle/dyn/pyproject.toml",
            "[project]\nname='x'\ndynamic=['dependencies']",
        ),
        (
            "/castle/bad/pyproject.toml",
            "[project]\ndependencies = ['>=1']",
        ),
        ("/castle/setup.py", ""),
        ("/castle/pylock.dev.toml", ""),
    ]);
    let variables = Variables::default();
    let read = |choice: ManifestChoice| {
        let mut reader =
            RequirementsReader::new(&files, &variables, Path::new("/castle")).with_choice(choice);
        reader
            .read_requirements("pyproject.toml")
            .map(|()| items(&reader.finish()))
    };
    let extra = |text: &str| naja_spec::ExtraName::parse(text).unwrap();
    assert_eq!(
        read(ManifestChoice::default()).unwrap(),
        ["harry>=1", "sirius; os_name == \"nt\""]
    );
    let hat = ManifestChoice {
        extras: vec![extra("hat")],
        all_extras: false,
    };
    assert_eq!(read(hat).unwrap()[2..], ["remus", "dobby"]);
    let all = ManifestChoice {
        extras: vec![],
        all_extras: true,
    };
    assert_eq!(read(all).unwrap().len(), 4);
    let none = ManifestChoice {
        extras: vec![extra("nope")],
        all_extras: false,
    };
    assert!(matches!(
        *read(none).unwrap_err().kind,
        RequirementsErrorKind::NoExtra(_)
    ));

    let group = |argument: &str| {
        let mut reader = RequirementsReader::new(&files, &variables, Path::new("/castle"));
        reader.read_group(argument).map(|()| reader.finish())
    };
    let dev = group("dev").unwrap();
    assert_eq!(items(&dev), ["pytest", "ruff"]);
    assert_eq!(
        dev.requirements[1].origin.to_string(),
        "/castle/pyproject.toml:9"
    );
    assert_eq!(items(&group("./pyproject.toml:lint").unwrap()), ["ruff"]);
    assert!(matches!(
        *group("loop").unwrap_err().kind,
        RequirementsErrorKind::GroupCycle(_)
    ));
    assert!(matches!(
        *group("zzz").unwrap_err().kind,
        RequirementsErrorKind::NoGroup(_)
    ));
    assert_eq!(
        group("broken").unwrap_err().to_string(),
        "/castle/pyproject.toml:12:11: expected a requirement"
    );

    assert_eq!(items(&read_from(&files, "s.py").unwrap()), ["hedwig"]);
    for (file, message) in [
        ("plain.py", "/castle/plain.py: the script declares nothing"),
        (
            "bad/pyproject.toml",
            "/castle/bad/pyproject.toml:2:17: invalid requirement `>=1`",
        ),
        ("none.txt", "/castle/none.txt: the file does not exist"),
    ] {
        let error = read_from(&files, file).unwrap_err().to_string();
        assert!(error.starts_with(message), "{file}: {error}");
    }
    // What only a build or a lock tells is left to the caller.
    for file in ["dyn/pyproject.toml", "setup.py"] {
        let found = read_from(&files, file).unwrap();
        let [entry] = found.requirements.as_slice() else {
            panic!("{file}: {found:?}");
        };
        assert!(
            matches!(&entry.item, RequirementItem::Dependencies(project) if project.file.ends_with(file)),
            "{file}"
        );
    }
    let found = read_from(&files, "pylock.dev.toml").unwrap();
    assert!(matches!(
        &found.requirements[0].item,
        RequirementItem::Lock(_)
    ));
}

#[test]
fn errors_say_where_and_what() {
    for (text, message) in [
        ("harry\nsirius >", "/castle/r.txt:2:"),
        ("harry \\\n ==1 \\\n  ; !!", "/castle/r.txt:3:5: "),
        (
            "harry==1 -r a",
            "/castle/r.txt:1:10: `--requirement` cannot follow a requirement; give it a line of its own",
        ),
        (
            "harry==1 --hash",
            "/castle/r.txt:1:16: expected ALGORITHM:HEX after `--hash`",
        ),
        (
            "harry==1 --hash=sha256:00",
            "/castle/r.txt:1:17: expected `--hash=ALGORITHM:HEX`, ",
        ),
        (
            "harry --hash=md5:d41d8cd98f00b204e9800998ecf8427e",
            "/castle/r.txt:1:14: a md5 hash protects against nothing",
        ),
        (
            "--hash=sha256:00",
            "/castle/r.txt:1:1: `--hash` needs a requirement before it",
        ),
        (
            "--indx-url x",
            "/castle/r.txt:1:1: `--indx-url` is no option of a requirements file; is `--index-url` meant?",
        ),
        (
            "--frobnicate",
            "/castle/r.txt:1:1: `--frobnicate` is no option of a requirements file",
        ),
        (
            "--no x",
            "/castle/r.txt:1:1: `--no` can be `--no-index` or `--no-binary`",
        ),
        ("--pre=1", "/castle/r.txt:1:1: `--pre` takes no value"),
        (
            "--pre harry",
            "/castle/r.txt:1:7: expected an option, found `harry`",
        ),
        ("-x", "/castle/r.txt:1:1: `-x` is no option"),
        (
            "-r",
            "/castle/r.txt:1:3: expected a file or address after `--requirement`",
        ),
        ("-r none.txt", "/castle/none.txt: the file does not exist"),
        ("-i 'x", "/castle/r.txt:1:4: expected the closing '"),
        (
            "--no-binary a!b",
            "/castle/r.txt:1:13: expected package names",
        ),
        (
            "-i ftp://u:pw@h.example",
            "/castle/r.txt:1:4: expected an http(s) address, a file address or a path after `--index-url`, found `ftp://****@h.example`",
        ),
        (
            "./d[a b]",
            "/castle/r.txt:1:5: expected the names of extras",
        ),
        ("./d ; nonsense", "/castle/r.txt:1:"),
        ("https:///", "/castle/r.txt:1:1: "),
        ("harry @", "/castle/r.txt:1:"),
        ("-c c.txt", "/castle/c.txt: the file does not exist"),
        (
            "harry --config-settings x",
            "/castle/r.txt:1:25: expected KEY=VALUE",
        ),
    ] {
        let found = error(text);
        assert!(found.starts_with(message), "{text}: {found}");
        assert!(!found.contains("pw@"));
    }
    let unset = read("harry @ ${NO_SUCH}").unwrap();
    assert_eq!(items(&unset), ["harry @ file:///castle/$%7BNO_SUCH%7D"]);
    let error = read("harry==${NO_SUCH}").unwrap_err();
    assert_eq!(error.unset_variable.as_deref(), Some("NO_SUCH"));
}

#[test]
fn constraints_that_are_refused() {
    for (text, expected) in [
        (
            "harry[a]<2",
            "/castle/c.txt:1:1: a constraint cannot have extras",
        ),
        (
            "./d",
            "/castle/c.txt:1:1: a constraint needs the name of a package",
        ),
        (
            "-e ./d",
            "/castle/c.txt:1:1: a constraint cannot be editable",
        ),
    ] {
        let files = MemoryFiles::new([("/castle/c.txt", text)]);
        let variables = Variables::default();
        let mut reader = RequirementsReader::new(&files, &variables, Path::new("/castle"));
        assert_eq!(
            reader.read_constraints("c.txt").unwrap_err().to_string(),
            expected
        );
    }
}

#[test]
fn arguments() {
    let files = MemoryFiles::default();
    let parse = |text: &str| parse_argument(text, Path::new("/castle"), &files);
    assert_eq!(parse(" harry>=1 ").unwrap().to_string(), "harry>=1");
    assert_eq!(parse("./d").unwrap().to_string(), "file:///castle/d");
    for text in [
        "requirements.txt",
        "dev.in",
        "sub/requirements.txt",
        "pyproject.toml",
    ] {
        let (_, kind) = parse(text).unwrap_err();
        assert!(
            matches!(kind, RequirementsErrorKind::FileAsRequirement(_)),
            "{text}"
        );
    }
    assert!(parse("  harry >").unwrap_err().0 > 2);
    let variables = Variables::default();
    let mut reader = RequirementsReader::new(&files, &variables, Path::new("/castle"));
    reader.add_argument("harry", false).unwrap();
    reader.add_argument("./d", true).unwrap();
    let error = reader.add_argument("harry >", false).unwrap_err();
    assert!(error.to_string().starts_with("<command line>:"), "{error}");
    let file = reader.finish();
    assert_eq!(items(&file), ["harry", "file:///castle/d"]);
    assert_eq!(file.requirements[0].origin.source, SourceName::Arguments);
    assert!(file.requirements[1].editable);
}

#[test]
fn cycles_and_towers() {
    let cycle = MemoryFiles::new([
        ("/castle/a.txt", "harry\n-r sub/b.txt"),
        ("/castle/sub/b.txt", "-r ../a.txt"),
        ("/castle/me.txt", "-r ./me.txt"),
    ]);
    let error = read_from(&cycle, "a.txt").unwrap_err();
    assert_eq!(
        error.to_string(),
        "/castle/a.txt: the file includes itself, by way of /castle/a.txt → /castle/sub/b.txt"
    );
    let from: Vec<String> = error
        .included_from
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(from, ["/castle/sub/b.txt:1:4", "/castle/a.txt:2:4"]);
    assert!(matches!(
        *read_from(&cycle, "me.txt").unwrap_err().kind,
        RequirementsErrorKind::Cycle(_)
    ));

    let mut tower = MemoryFiles::default();
    let mut wide = MemoryFiles::default();
    for i in 0..200 {
        let next = i + 1;
        tower = tower.with(
            &format!("/castle/{i}.txt"),
            format!("-r {next}.txt").as_bytes(),
        );
        let twice = if i < 60 {
            format!("-r {next}.txt\n-r ./{next}.txt\n")
        } else {
            "harry".into()
        };
        wide = wide.with(&format!("/castle/{i}.txt"), twice.as_bytes());
    }
    assert!(matches!(
        *read_from(&tower, "0.txt").unwrap_err().kind,
        RequirementsErrorKind::TooDeep(_)
    ));
    assert_eq!(
        items(&read_from(&wide, "0.txt").unwrap()).len(),
        1,
        "each file once"
    );
}

#[test]
fn hostile_texts() {
    for text in [
        format!("harry {}", "\\\n".repeat(100_000)),
        format!("harry ; {}", "(".repeat(100_000)),
        format!("harry[{}]", "a,".repeat(100_000)),
        format!("-e {}", "x ".repeat(100_000)),
        format!("harry {}", "--hash=sha256:00 ".repeat(10_000)),
        "${".repeat(100_000),
        "#".repeat(1_000_000),
        format!("'{}", "\"".repeat(100_001)),
        "-".repeat(100_000),
        "harry @ @ @".to_owned(),
        "[]".to_owned(),
        "]".to_owned(),
        ";".to_owned(),
        "@".to_owned(),
        "\0".to_owned(),
        "[a] @ x".to_owned(),
        "://".to_owned(),
        "é://x".to_owned(),
        "./é[é]".to_owned(),
    ] {
        let _ = read(&text);
    }
}

/// Writes a file the way a person would, from what it is to say.
fn written(entries: &[(String, Vec<String>, bool)]) -> String {
    let mut text = String::new();
    for (requirement, hashes, split) in entries {
        text.push_str(requirement);
        for hash in hashes {
            let space = if *split { " \\\n    " } else { " " };
            let _ = write!(text, "{space}--hash={hash}");
        }
        text.push_str(if *split { "  # note\n\n" } else { "\n" });
    }
    text
}

fn requirement() -> impl Strategy<Value = String> {
    let name = "[a-z][a-z0-9]{0,8}";
    let extras = proptest::option::of("\\[[a-c](,[d-f])?\\]");
    let source = prop_oneof![
        Just(String::new()),
        "==[0-9]{1,2}\\.[0-9]{1,2}",
        ">=[0-9],<[1-9][0-9]",
        " @ https://h\\.example/[a-z]{1,5}\\.zip",
        " @ file:///[a-z]{1,5}/[a-z]{1,5}",
    ];
    let marker = proptest::option::of(" ; python_version > '3\\.[0-9]'");
    (name, extras, source, marker).prop_map(|(name, extras, source, marker)| {
        format!(
            "{name}{}{source}{}",
            extras.unwrap_or_default(),
            marker.unwrap_or_default()
        )
    })
}

proptest! {
    #[test]
    fn display_is_read_again(
        entries in proptest::collection::vec(
            (requirement(), proptest::collection::vec("sha256:[0-9a-f]{64}", 0..3), any::<bool>()),
            0..8,
        ),
    ) {
        let first = read(&written(&entries)).unwrap();
        prop_assert_eq!(first.requirements.len(), entries.len());
        let shown: Vec<(String, Vec<String>, bool)> = first
            .requirements
            .iter()
            .map(|entry| {
                let hashes = entry.hashes.iter().map(ToString::to_string).collect();
                (entry.item.to_string(), hashes, false)
            })
            .collect();
        let again = read(&written(&shown)).unwrap();
        for (a, b) in first.requirements.iter().zip(&again.requirements) {
            prop_assert_eq!(&a.item, &b.item);
            prop_assert_eq!(&a.hashes, &b.hashes);
        }
    }

    #[test]
    fn any_text_is_answered(text in "[-a-c@;:/.\\[\\]='\"\\\\#${} \n<>0-9]{0,60}") {
        if let Err(error) = read(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let files = MemoryFiles::default().with("/castle/r.txt", &bytes);
        let _ = read_from(&files, "r.txt");
    }
}
