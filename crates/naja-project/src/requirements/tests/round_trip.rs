//! What is shown can be read again.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

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
