//! A lock is input: what somebody else wrote into it is refused with a reason, or does no harm.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};

use crate::with_index;

const PROJECT: &str = "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = [\"sirius\", \"owl\"]\n";

/// A project that is locked and has an environment without packages.
fn scene() -> (Sandbox, Index, String) {
    let builder = IndexBuilder::harry()
        .wheel(&Wheel::new("owl", "1.0"))
        .wheel(&Wheel::new("owl", "2.0"));
    let (sandbox, index) = with_index(builder);
    sandbox.write("pyproject.toml", PROJECT);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _locked = sandbox.run(["lock"]).success();
    let lock = sandbox.read("pylock.toml");
    (sandbox, index, lock)
}

fn installed(sandbox: &Sandbox) -> String {
    sandbox.run(["pip", "freeze"]).success().stdout
}

/// The text between two others, the first time both are there behind a third.
fn between(text: &str, after: &str, open: &str, close: &str) -> String {
    let (_, rest) = text.split_once(after).unwrap();
    let (_, rest) = rest.split_once(open).unwrap();
    rest.split_once(close).unwrap().0.to_owned()
}

#[test]
fn what_is_wrong_is_refused_and_nothing_changes() {
    let (sandbox, _index, lock) = scene();
    let owl = between(&lock, "name = \"owl\"", "sha256 = \"", "\"");
    let size = between(&lock, "name = \"owl\"", "size = ", ",");
    let url = between(&lock, "name = \"owl\"", "url = \"", "\"");
    let secret = sandbox.home().join("secret-1.0-py3-none-any.whl");
    std::fs::write(&secret, "mine").unwrap();
    let (_, after) = lock.split_once("name = \"owl\"").unwrap();
    let entry = format!(
        "[[packages]]\nname = \"owl\"{}",
        after.split("\n[[packages]]").next().unwrap()
    );
    let deep = format!("marker = \"{}{}\"\n", "(".repeat(5000), ")".repeat(5000));
    let with = |from: &str, to: &str| lock.replacen(from, to, 1);
    let mut wrong = Vec::new();
    for (what, text, words) in [
        ("major", with("lock-version = \"1.0\"", "lock-version = \"2.0\""), "version 2.0"),
        ("no version", with("lock-version = \"1.0\"\n", ""), "lock-version"),
        ("format", with("[tool.naja]\nversion = 1", "[tool.naja]\nversion = 99"), "version 99"),
        ("digest", with(&owl, &"0".repeat(64)), "-none-any.whl` is not the file that was expected"),
        ("no digest", with(&format!("sha256 = \"{owl}\""), ""), "hash"),
        ("weak digest", with(&format!("sha256 = \"{owl}\""), "md5 = \"d41d8cd98f00b204e9800998ecf8427e\""), "secure"),
        ("size", with(&format!("size = {size}"), "size = 1"), "owl"),
        ("negative size", with(&format!("size = {size}"), "size = -1"), "size"),
        ("another package", with(&url, "https://index.example/ron-2.0-py3-none-any.whl"), "another package"),
        ("another version", with(&url, &url.replace("owl-2.0", "owl-1.0")), "another version"),
        ("file", with(&url, &format!("file://{}", secret.display())), "another package"),
        ("traversal", with(&format!("url = \"{url}\""), &format!("name = \"../../owl-2.0-py3-none-any.whl\", url = \"{url}\"")), "file name"),
        ("twice", format!("{lock}\n{entry}"), ""),
        ("twice in packages", with("\n[tool.naja]", &format!("\n{entry}\n[tool.naja]")), "several entries of owl"),
        ("depth", with("name = \"owl\"\n", &format!("name = \"owl\"\n{deep}")), "marker"),
        ("marker", with("name = \"owl\"\n", "name = \"owl\"\nmarker = \"os_name ==\"\n"), "marker"),
        ("name", with("name = \"owl\"", "name = \"../owl\""), "name"),
        ("directory", with("[[packages]]\nname = \"owl\"", "[[packages]]\nname = \"ron\"\ndirectory = { path = \"../../nowhere\" }\n\n[[packages]]\nname = \"owl\"").replace("    \"owl\",\n]", "    \"owl\",\n    \"ron\",\n]"), ""),
        ("subdirectory", with("[[packages]]\nname = \"owl\"", "[[packages]]\nname = \"ron\"\ndirectory = { path = \".\", subdirectory = \"../..\" }\n\n[[packages]]\nname = \"owl\""), "leads out"),
        ("commit", with("[[packages]]\nname = \"owl\"", "[[packages]]\nname = \"owl\"\nvcs = { type = \"git\", url = \"https://git.example/x\", commit-id = \"--upload-pack=x\" }\n\n[[packages]]\nname = \"ron\""), ""),
        ("missing", with("name = \"harry\"", "name = \"barry\""), "another package"),
        ("brackets", format!("{lock}\nx = {}{}\n", "[".repeat(20_000), "]".repeat(20_000)), "TOML"),
        ("half", lock[..lock.len() / 2].to_owned(), ""),
    ] {
        assert_ne!(text, lock, "{what}");
        sandbox.write("pylock.toml", &text);
        let output = sandbox.run(["sync", "--frozen"]);
        let harmless = matches!(output.status, 1 | 2)
            && !output.stderr.contains("panicked")
            && output.stderr.contains(words)
            && installed(&sandbox).is_empty()
            && sandbox.read("pylock.toml") == text;
        if !harmless {
            wrong.push(format!("{what}: {} {}", output.status, output.stderr));
            let _clean = sandbox.run(["pip", "uninstall", "-q", "owl", "sirius", "harry"]);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(sandbox.read("pyproject.toml"), PROJECT);
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "mine");
}

#[test]
fn a_file_with_another_digest_is_told_with_both_and_where_it_is_from() {
    let (sandbox, _index, lock) = scene();
    let owl = between(&lock, "name = \"owl\"", "sha256 = \"", "\"");
    let url = between(&lock, "name = \"owl\"", "url = \"", "\"");
    sandbox.write("pylock.toml", &lock.replacen(&owl, &"0".repeat(64), 1));
    let refused = sandbox.run(["sync", "--frozen"]).code(2).stderr;
    let promised = format!("expected: sha256:{}", "0".repeat(64));
    let from = format!("from {url}");
    for words in [
        &*promised,
        &*format!("found: sha256:{owl}"),
        &*from,
        "naja lock -P",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert_eq!(installed(&sandbox), "");
}

#[test]
fn what_is_only_odd_does_no_harm() {
    let (sandbox, _index, lock) = scene();
    let with = |from: &str, to: &str| lock.replacen(from, to, 1);
    for (what, text, words) in [
        (
            "minor",
            with("lock-version = \"1.0\"", "lock-version = \"1.9\""),
            "1.9",
        ),
        (
            "keys",
            with("created-by", "colour = \"red\"\ncreated-by"),
            "",
        ),
        (
            "attestations",
            with(
                "name = \"owl\"\n",
                "name = \"owl\"\nattestation-identities = [{ kind = \"\\u001b[2J\" }]\n",
            ),
            "",
        ),
        ("spelling", with("name = \"owl\"\n", "name = \"OWL\"\n"), ""),
        (
            "circle",
            with("name = \"owl\"\n", "name = \"owl\"\n")
                .replace("requires = [\"harry", "requires = [\"sirius\", \"harry"),
            "",
        ),
        (
            "escape",
            with("created-by = \"naja\"", "created-by = \"\\u001b[2Jnaja\""),
            "",
        ),
    ] {
        sandbox.write("pylock.toml", &text);
        let output = sandbox.run(["sync", "--frozen"]).success();
        assert!(output.stderr.contains(words), "{what}: {}", output.stderr);
        assert!(
            !output.stderr.contains('\u{1b}'),
            "{what}: {}",
            output.stderr
        );
        assert!(installed(&sandbox).contains("owl==2.0"), "{what}");
        let _gone = sandbox
            .run(["pip", "uninstall", "-q", "owl", "sirius", "harry"])
            .success();
    }
}
