//! Entries on disk: a golden file, hostile files.

use naja_spec::Sha256;
use proptest::prelude::*;

use super::entry::{Entry, Kind, State};

/// An entry with everything in it, as this version writes it. It must be read for ever.
const GOLDEN: &str = include_str!("golden/entry-2.json");
/// The same as it was written before.
const GOLDEN_1: &str = include_str!("golden/entry-1.json");
const GOLDEN_STATE: &str = include_str!("golden/state-1.json");

#[test]
fn golden_files_are_read_and_written_again() {
    let entry = Entry::parse(GOLDEN.trim_end().as_bytes(), 7).unwrap();
    assert_eq!(entry.kind, Kind::Undo);
    assert_eq!(entry.removed[0].name, "harry");
    assert_eq!(entry.installed.len(), 4);
    assert!(entry.removed[1].kept);
    assert!(entry.files[0].after.is_some());
    let again = String::from_utf8(entry.to_json().unwrap()).unwrap();
    assert_eq!(again, GOLDEN.trim_end());
    let state = State::parse(GOLDEN_STATE.trim_end().as_bytes()).unwrap();
    let again = String::from_utf8(state.to_json().unwrap()).unwrap();
    assert_eq!(again, GOLDEN_STATE.trim_end());
}

#[test]
fn entries_of_version_1_are_read() {
    let mut entry = Entry::parse(GOLDEN.trim_end().as_bytes(), 7).unwrap();
    let read = |text: &str| Entry::parse(text.trim_end().as_bytes(), 7).unwrap();
    let digest = entry.files[0].after.take();
    assert_eq!(read(GOLDEN_1), entry);
    let with_content = GOLDEN_1.replacen("\"before\":", "\"after\":\"x\",\"before\":", 1);
    let after = read(&with_content).files[0].after;
    assert_eq!(after, Some(Sha256::of(b"x")));
    assert_ne!(after, digest);
}

#[test]
fn what_naja_would_not_write_is_refused() {
    for (from, to) in [
        ("\"id\":7", "\"id\":8"),
        ("\"version\":2", "\"version\":3"),
        ("naja-history", "naja-histories"),
        ("harry-3.0.dist-info", ".."),
        ("harry-3.0.dist-info", "a/b.dist-info"),
        ("\"name\":\"harry\"", "\"name\":\"har ry\""),
        ("pyproject.toml", "../pyproject.toml"),
        ("pyproject.toml", "/etc/passwd"),
        ("harry/gone.py", "../../gone.py"),
        ("\"archive\":\"a5", "\"archive\":\"zz"),
    ] {
        assert!(GOLDEN.contains(from), "{from}");
        let text = GOLDEN.replacen(from, to, 1);
        assert!(Entry::parse(text.as_bytes(), 7).is_err(), "{from} -> {to}");
    }
}

proptest! {
    /// Damaged files are refused or read, and never more than that.
    #[test]
    fn any_damage_is_survived(at in 0_usize..2000, byte: u8, cut in 0_usize..2000) {
        let mut bytes = GOLDEN.trim_end().as_bytes().to_vec();
        let length = bytes.len();
        bytes[at % length] = byte;
        let _read = Entry::parse(&bytes, 7);
        bytes.truncate(cut % length);
        prop_assert!(Entry::parse(&bytes, 7).is_err());
        let _read = State::parse(&bytes);
    }
}
