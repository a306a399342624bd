use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::kept::{self, Kept};
use super::look::{Again, Eyes, Look};
use super::request::{Request, counts};
use super::{Said, Start};
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
            fitted: Some(2),
            audited: Some(3),
            start: Some(Start {
                root: None,
                python: "/python".into(),
                below: None,
                kind: "script".to_owned(),
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
