//! Whole files: the grammar as a table, inclusion, hostile inputs, round trips.

use std::path::Path;

use super::*;
use crate::files::memory::{CASTLE, MemoryFiles, Plain};
use crate::{AllowedFormats, SourceName, Variables};

mod files;
mod refused;
mod round_trip;

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn read_from(files: &MemoryFiles, argument: &str) -> Result<RequirementsFile, RequirementsError> {
    let variables = Variables::from_iter([("TOKEN", "secret"), ("HOST", "index.example")]);
    let mut reader = RequirementsReader::new(files, &variables, Path::new(CASTLE));
    reader.read_requirements(argument)?;
    Ok(reader.finish())
}

fn read(text: &str) -> Result<RequirementsFile, RequirementsError> {
    read_from(&MemoryFiles::new([("/castle/r.txt", text)]), "r.txt")
}

fn items(file: &RequirementsFile) -> Vec<String> {
    file.requirements
        .iter()
        .map(|entry| entry.item.plain())
        .collect()
}

fn error(text: &str) -> String {
    read(text).map(|file| items(&file)).unwrap_err().plain()
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
        .map(|entry| format!("{} {}", entry.origin.plain(), entry.origin.text))
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
    assert_eq!(harry.hashes[0].plain(), format!("sha256:{HASH}"));
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
        options.index_url.as_ref().unwrap().value.plain(),
        "https://a.example/simple"
    );
    assert_eq!(options.index_url.as_ref().unwrap().origin.line, 1);
    let shown: Vec<String> = options
        .extra_index_urls
        .iter()
        .map(|noted| noted.value.plain())
        .collect();
    assert_eq!(shown, ["https://b.example/", "https://c.example/"]);
    let shown: Vec<String> = options
        .find_links
        .iter()
        .map(|noted| noted.value.plain())
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
    let order = settings.index_order(Path::new(CASTLE));
    assert_eq!(
        order.default.unwrap().location.plain(),
        "https://a.example/"
    );
    assert_eq!(order.indexes[0].location.plain(), "https://b.example/");
    assert_eq!(order.find_links.len(), 1);
    assert_eq!(settings.prerelease.value, Prerelease::Allow);
    assert_eq!(
        settings.index_url.origin.plain(),
        "`-i https://a.example` in /castle/r.txt:1"
    );
    assert!(settings.require_hashes.value);

    let mut layer = ArgumentLayer::new(Path::new(CASTLE), 0);
    layer
        .value("index-url", "--index-url", Some("https://flag.example"))
        .unwrap();
    layer
        .value("prerelease", "--prerelease", Some("disallow"))
        .unwrap();
    let mut settings = layer.finish().settings();
    file.options.apply(&mut settings);
    let order = settings.index_order(Path::new(CASTLE));
    assert_eq!(
        order.default.unwrap().location.plain(),
        "https://flag.example/"
    );
    assert_eq!(settings.prerelease.value, Prerelease::Disallow);
}
