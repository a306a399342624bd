//! Lists of tags against what the `packaging` library answers, recorded in `tests/data`.

use std::fs;
use std::path::Path;

use naja_spec::{ImplementationTags, Platform, Tags, compatible_tags};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    case: String,
    platform: Platform,
    implementation: ImplementationTags,
    platforms: Vec<String>,
    tags: Vec<String>,
}

impl Case {
    fn expanded(&self) -> Vec<String> {
        let expand = |tag: &String| match tag.strip_suffix('*') {
            Some(front) => self
                .platforms
                .iter()
                .map(|p| format!("{front}{p}"))
                .collect(),
            None => vec![tag.clone()],
        };
        self.tags.iter().flat_map(expand).collect()
    }
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tags.jsonl");
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn lists_are_those_of_packaging() {
    let cases = cases();
    assert!(cases.len() > 40);
    for case in cases {
        let found = compatible_tags(&case.platform, &case.implementation);
        let found: Vec<String> = found.iter().map(|tag| tag.to_string()).collect();
        let wanted = case.expanded();
        let differs = found.iter().zip(&wanted).position(|(a, b)| a != b);
        if let Some(at) = differs {
            panic!(
                "{}: {} instead of {} at {at}",
                case.case, found[at], wanted[at]
            );
        }
        assert_eq!(found.len(), wanted.len(), "{}", case.case);
    }
}

#[test]
fn ranks_follow_the_list() {
    for case in cases() {
        let tags = compatible_tags(&case.platform, &case.implementation);
        let ranks: Vec<_> = tags
            .iter()
            .map(|tag| tags.rank_tag(&tag).unwrap())
            .collect();
        assert!(
            ranks.is_sorted_by(|better, worse| better > worse),
            "{}",
            case.case
        );
        let text = serde_json::to_string(&tags).unwrap();
        let again: Tags = serde_json::from_str(&text).unwrap();
        assert!(again.iter().eq(tags.iter()), "{}", case.case);
    }
}

#[test]
fn free_threaded_builds_do_not_take_the_stable_interface() {
    for case in cases() {
        let tags = compatible_tags(&case.platform, &case.implementation);
        let abi3 = tags.iter().any(|tag| tag.abi() == "abi3");
        let cpython = case.implementation.name == "cpython";
        assert_eq!(
            abi3,
            cpython && !case.implementation.free_threaded && !tags_empty(&case)
        );
    }
}

fn tags_empty(case: &Case) -> bool {
    case.platforms.is_empty()
}
