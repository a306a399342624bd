use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::kept::{self, Kept};
use super::look::{Again, Eyes, Look};
use super::request::{Request, counts};
use super::{Delegated, Said, Start};
use crate::process::ProcessEnv;

/// Eyes of so many seconds after now: stamps of things made just now are believed.
fn eyes(later: u64) -> Eyes<'static> {
    Eyes {
        now: SystemTime::now() + Duration::from_secs(later),
        variable: &|_| None,
    }
}

/// Whether something is as it was, and whether only its stamp is another one.
fn again(look: Look, path: &Path, change: impl FnOnce()) -> (bool, bool) {
    let seen = eyes(10).first(look, path).unwrap();
    change();
    match eyes(20).again(look, path, &seen) {
        Again::Same => (true, false),
        Again::Restamped(_) => (true, true),
        Again::Changed(_) => (false, false),
    }
}

#[test]
fn each_look_sees_what_it_is_for() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let write = |name: &str, text: &str| fs::write(at(name), text).unwrap();
    write("file", "one");
    let file = at("file");
    assert_eq!(again(Look::Content, &file, || {}), (true, false));
    assert_eq!(
        again(Look::Content, &file, || write("file", "two")),
        (false, false)
    );
    assert_eq!(
        again(Look::Content, &file, || write("file", "two")),
        (true, true)
    );
    assert_eq!(
        again(Look::Content, &at("new"), || write("new", "")),
        (false, false)
    );
    assert_eq!(again(Look::Content, &at("none"), || {}), (true, false));
    assert_eq!(
        again(Look::Kind, &file, || write("file", "three")),
        (true, false)
    );
    let gone = || fs::remove_file(at("file")).unwrap();
    assert_eq!(again(Look::Content, &file, gone), (false, false));
    assert_eq!(
        again(Look::Kind, &file, || fs::create_dir(at("file")).unwrap()),
        (false, false)
    );
    fs::create_dir(at("names")).unwrap();
    let names = at("names");
    assert_eq!(again(Look::Names, &names, || {}), (true, false));
    assert_eq!(
        again(Look::Names, &names, || write("names/a", "")),
        (false, false)
    );
    assert_eq!(again(Look::Names, &at("new"), || {}), (true, false));
}

#[test]
fn packages_are_seen_and_their_compiled_files_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let site = dir.path();
    fs::create_dir(site.join("a-1.dist-info")).unwrap();
    let compiled = || fs::create_dir(site.join("__pycache__")).unwrap();
    assert_eq!(again(Look::Packages, site, compiled), (true, true));
    let reinstalled = || {
        fs::remove_dir(site.join("a-1.dist-info")).unwrap();
        // Whoever gets the number of the directory that went.
        fs::create_dir(site.join("other")).unwrap();
        fs::create_dir(site.join("a-1.dist-info")).unwrap();
        fs::remove_dir(site.join("other")).unwrap();
    };
    assert_eq!(again(Look::Packages, site, reinstalled), (false, false));
}

#[cfg(unix)]
#[test]
fn links_are_seen() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    symlink("one", &link).unwrap();
    assert_eq!(again(Look::Link, &link, || {}), (true, false));
    let turned = || {
        fs::remove_file(&link).unwrap();
        symlink("two", &link).unwrap();
    };
    assert_eq!(again(Look::Link, &link, turned), (false, false));
    assert_eq!(again(Look::Link, dir.path(), || {}), (true, false));
}

#[test]
fn of_scripts_the_metadata_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.py");
    let text = "# /// script\n# dependencies = []\n# ///\nprint(1)\n";
    let write = |text: &str| fs::write(&path, text).unwrap();
    write(text);
    let body = || write(&text.replace("print(1)", "print(2)"));
    assert_eq!(again(Look::Script, &path, body), (true, true));
    let block = || write(&text.replace("[]", "[ ]"));
    assert_eq!(again(Look::Script, &path, block), (false, false));
    let open = || write(&text.replace("# ///\n", ""));
    assert_eq!(again(Look::Script, &path, open), (false, false));
    write("print(1)\n");
    assert_eq!(
        again(Look::Script, &path, || write("print(22)\n")),
        (true, true)
    );
    assert_eq!(again(Look::Script, &path, || write(text)), (false, false));
    assert_eq!(
        again(Look::Script, &path, || write(&format!("{text}\n{text}"))),
        (false, false)
    );
    // What is wrong with it is told, and may change.
    write("# /// script\nprint(1)\n");
    assert_eq!(
        again(Look::Script, &path, || write("# /// script\n\nprint(1)\n")),
        (false, false)
    );
}

#[test]
fn of_programs_the_pythons_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let write = |name: &str| fs::write(at(name), name).unwrap();
    let programs = dir.path();
    for name in ["python3-config", "owl", "pythonic", "pip3"] {
        assert_eq!(
            again(Look::Pythons, programs, || write(name)),
            (true, true),
            "{name}"
        );
    }
    for name in [
        "python3",
        "python3.13t",
        "pypy",
        "graalpy",
        "pyvenv.cfg",
        "python.exe",
    ] {
        assert_eq!(
            again(Look::Pythons, programs, || write(name)),
            (false, false),
            "{name}"
        );
    }
    let replaced = || {
        write("new");
        fs::rename(at("new"), at("python3")).unwrap();
    };
    assert_eq!(again(Look::Pythons, programs, replaced), (false, false));
    assert_eq!(again(Look::Pythons, &at("nowhere"), || {}), (true, false));
}

#[cfg(unix)]
#[test]
fn the_way_to_a_file_is_seen() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for name in ["a", "b"] {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("file"), "same").unwrap();
    }
    symlink("a", at("way")).unwrap();
    let turned = || {
        fs::remove_file(at("way")).unwrap();
        symlink("b", at("way")).unwrap();
    };
    let path = at("way/file");
    assert_eq!(again(Look::Real, &path, || {}), (true, false));
    assert_eq!(again(Look::Real, &path, turned), (false, false));
    let owner = eyes(0).first(Look::Owner, &path).unwrap();
    let other = eyes(0).first(Look::Owner, &at("way")).unwrap();
    assert_ne!(owner, other, "a link has an owner of its own");
}

#[test]
fn variables_are_seen_and_not_kept() {
    let with = |value: Option<&str>| {
        let value = value.map(OsString::from);
        let eyes = Eyes {
            now: SystemTime::now(),
            variable: &|_| value.clone(),
        };
        eyes.first(Look::Variable, Path::new("TOKEN")).unwrap()
    };
    assert_eq!(with(None), super::look::Seen::Absent);
    assert_ne!(with(Some("")), with(None));
    assert_ne!(with(Some("secret")), with(Some("secreT")));
    assert!(!format!("{:?}", with(Some("secret"))).contains("secret"));
}

#[test]
fn paths_that_begin_nowhere_spoil_a_trace() {
    let recorder = super::Recorder::new();
    recorder.note(Look::Kind, Path::new("pyproject.toml"));
    assert!(!recorder.is_whole());
}

#[test]
fn a_fresh_stamp_makes_the_content_decide() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "one").unwrap();
    let seen = eyes(0).first(Look::Content, &path).unwrap();
    let found = eyes(20).again(Look::Content, &path, &seen);
    assert!(matches!(found, Again::Restamped(_)));
}

fn kept() -> Kept {
    Kept {
        request: "abc".to_owned(),
        made: 7,
        quiet: 0,
        color: "auto".to_owned(),
        said: Said {
            notes: vec!["all is well".to_owned()],
            fitted: Some(2),
            audited: Some(3),
            start: Some(Start {
                root: None,
                python: "/python".into(),
                below: None,
                kind: "script".to_owned(),
                delegated: Some(Box::new(Delegated {
                    words: vec!["ruff".into(), "format".into()],
                    dir: "/castle".into(),
                    apart: Some(vec!["/castle/tower".into()]),
                    looks: true,
                    at: None,
                })),
            }),
            text: None,
        },
        seen: Vec::new(),
    }
}

#[test]
fn a_trace_comes_back_as_it_was() {
    let bytes = kept::to_bytes(&kept()).unwrap();
    assert_eq!(kept::parse(&bytes), Some(kept()));
}

proptest! {
    #[test]
    fn a_damaged_trace_is_none(at in 0usize..400, with: u8, cut in 0usize..400) {
        let whole = kept::to_bytes(&kept()).unwrap();
        let at = at % whole.len();
        let mut bytes = whole.clone();
        if bytes[at] != with {
            bytes[at] = with;
            prop_assert_eq!(kept::parse(&bytes), None);
        }
        prop_assert_eq!(kept::parse(&whole[..cut % whole.len()]), None);
    }

    #[test]
    fn whatever_has_the_right_digest_does_no_harm(at in 0usize..400, with: u8, cut in 0usize..400) {
        use sha2::Digest as _;
        let whole = kept::to_bytes(&kept()).unwrap();
        let mut text = whole[65..].to_vec();
        let at = at % text.len();
        text[at] = with;
        for text in [&text[..], &text[..cut % text.len()]] {
            let mut bytes = super::look::hex(&sha2::Sha256::digest(text)).into_bytes();
            bytes.push(b'\n');
            bytes.extend(text);
            let _parsed = kept::parse(&bytes);
        }
    }

    #[test]
    fn foreign_bytes_are_no_trace(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(kept::parse(&bytes), None);
    }
}

#[test]
fn requests_differ_in_what_counts() {
    let key = |words: &[&str], vars: &[(&str, &str)]| {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        Request::new(&ProcessEnv::with_vars(vars), &words)
    };
    let plain = key(&["sync"], &[]);
    assert_eq!(plain, key(&["sync"], &[("TERM", "x"), ("PATH", "/bin")]));
    assert_ne!(plain, key(&["lock"], &[]));
    assert_ne!(plain, key(&["sync"], &[("UV_OFFLINE", "1")]));
    assert_ne!(key(&["a", "b"], &[]), key(&["ab"], &[]));
    assert_ne!(
        key(&["run"], &[("HOME", "/a")]),
        key(&["run"], &[("HOME", "/b")])
    );
}

/// Variables that are read somewhere and cannot change what a trace decides about: what is fetched, built, found or
/// shown.
const BESIDE_THE_POINT: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CI",
    "DBUS_SESSION_BUS_ADDRESS",
    "ENV",
    "LANG",
    "LC_ALL",
    "NETRC",
    "PATH",
    "SHELL",
    "SOURCE_DATE_EPOCH",
    "XDG_RUNTIME_DIR",
    "ZDOTDIR",
];

/// Every name of a variable that is asked for by name in this crate and the one of settings.
fn asked_for(dir: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            asked_for(&path, names);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let text: String = text.split_whitespace().collect();
        for part in text.split("process.var").skip(1) {
            let part = part.trim_start_matches("_os");
            let Some(name) = part.strip_prefix("(\"") else {
                continue;
            };
            names.extend(name.split('"').next().map(str::to_owned));
        }
    }
}

#[test]
fn every_variable_that_is_asked_for_counts_or_is_beside_the_point() {
    let mut names = Vec::new();
    asked_for(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut names,
    );
    names.sort();
    names.dedup();
    assert!(names.len() > 5, "{names:?}");
    let forgotten: Vec<&String> = names
        .iter()
        .filter(|name| !counts(OsStr::new(name)) && !BESIDE_THE_POINT.contains(&name.as_str()))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
