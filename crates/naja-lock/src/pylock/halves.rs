//! Reading both halves of a lock file side by side.
//!
//! A lock file is mostly its packages, and each begins with a line of its own. Cut before one of these lines, a plain
//! document gives two plain ones, whose tables are together those of the whole. Where it is not so, nothing is read
//! here, and the document is read in one piece.

use std::ops::RangeInclusive;

use super::plain;
use super::read::{Part, Result, read_packages};
use super::tree::Branch;
use crate::pair::Pair;

/// The line with which a package begins.
const HEADING: &str = "\n[[packages]]\n";

/// Reads a document whose size is within `sizes`, in bytes; `None` if it has to be read in one piece. Returned are its
/// table without the packages, and the packages.
pub(super) fn read<'t>(
    text: &'t str,
    sizes: RangeInclusive<usize>,
    pair: &impl Pair,
) -> Option<(Branch<'t>, Result<Part>)> {
    if !sizes.contains(&text.len()) {
        return None;
    }
    let (front, back) = text.split_at(middle(text)?);
    // The line break before the first heading belongs to the front.
    let before = memchr::memmem::find_iter(front.as_bytes(), HEADING.as_bytes()).count();
    let (front, back) = pair.both(|| half(front, 0), || half(back, before));
    let (front, back) = (front?, back?);
    (front.count == before).then_some(())?;
    let root = front.root.joined(back.root)?;
    let packages = front.packages.and_then(|(mut packages, mut unknown)| {
        let (more, others) = back.packages?;
        packages.extend(more);
        unknown.extend(others);
        Ok((packages, unknown))
    });
    Some((root, packages))
}

/// Where the package begins that is nearest behind the middle. It is not the first one.
fn middle(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let half = bytes.len() / 2;
    let at = half + memchr::memmem::find(&bytes[half..], HEADING.as_bytes())?;
    memchr::memmem::find(&bytes[..at], HEADING.as_bytes())?;
    Some(at + 1)
}

/// What half of a document says.
struct Half<'t> {
    root: Branch<'t>,
    count: usize,
    packages: Result<Part>,
}

/// Reads a half; `first` is the number of its first package.
fn half(text: &str, first: usize) -> Option<Half<'_>> {
    let mut root = plain::read(text)?;
    let tables = root.take("packages")?.into_tables()?;
    Some(Half {
        root,
        count: tables.len(),
        packages: read_packages(first, tables),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Pylock;
    use super::super::keys::MAX_UNKNOWN;
    use super::*;
    use crate::pair::InTurn;

    const ROOT: &str = "lock-version = \"1.0\"\ncreated-by = \"naja\"";

    fn lock(edit: impl Fn(usize) -> &'static str) -> String {
        let mut text = format!("{ROOT}\n");
        for number in 0..100 {
            let more = edit(number);
            text.push_str(&format!(
                "[[packages]]\nname = \"harry-{number}\"\nversion = \"1.0\"\n{more}directory = {{ path = \"d{number}\" }}\n"
            ));
        }
        text + "\n[tool.naja]\nversion = 1\n"
    }

    fn halved(text: &str) -> Result<Pylock> {
        assert!(read(text, 0..=usize::MAX, &InTurn).is_some(), "not halved");
        Pylock::parse_halved(text, 0, &InTurn)
    }

    #[test]
    fn packages_keep_their_order() {
        let text = lock(|number| match number {
            3 | 90 => "owl = 1\n",
            _ => "",
        });
        let read = halved(&text).unwrap();
        let names = read.packages.iter().map(|one| one.name.to_string());
        let wanted = (0..100).map(|number| format!("harry-{number}"));
        assert_eq!(names.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        assert_eq!(read.unknown, ["packages[3].owl", "packages[90].owl"]);
        assert_eq!(read, Pylock::parse_generally(&text).unwrap());
    }

    #[test]
    fn the_first_mistake_is_told() {
        let text = lock(|number| match number {
            20 | 70 => "marker = \"?\"\n",
            _ => "",
        });
        let error = halved(&text).unwrap_err().to_string();
        assert!(error.contains("packages[20].marker"), "{error}");
        let error = halved(&text.replace("\"1.0\"\ncr", "\"7.0\"\ncr"));
        assert!(error.unwrap_err().to_string().contains("version 7.0"));
    }

    #[test]
    fn no_more_than_some_unknown_keys_are_remembered() {
        let text = lock(|_| "owl = 1\ncat = 1\n");
        assert_eq!(halved(&text).unwrap().unknown.len(), MAX_UNKNOWN);
    }

    #[test]
    fn what_cannot_be_cut_is_read_in_one_piece() {
        let package = "[[packages]]\nname = \"a\"\nversion = \"1\"\ndirectory = { path = \"d\" }\n";
        for text in [
            format!("{ROOT}\n{package}"),
            format!("{ROOT}\n{package}[tool.a]\n{package}{package}[tool.b]\n"),
            format!("{ROOT}\n[[packages]] \nname = \"b\"\n{package}{package}"),
            format!("{ROOT}\npackages = []\n{package}{package}"),
            format!("{ROOT}\nx = \"\"\"\n{package}{package}\"\"\"\n{package}"),
        ] {
            assert!(read(&text, 0..=usize::MAX, &InTurn).is_none(), "{text}");
        }
        let large = lock(|_| "");
        assert!(read(&large, 0..=large.len() - 1, &InTurn).is_none());
        assert!(read(&large, large.len() + 1..=usize::MAX, &InTurn).is_none());
    }

    fn line() -> impl Strategy<Value = &'static str> {
        let package = "[[packages]]\nname = \"a\"\nversion = \"1\"\ndirectory = { path = \"d\" }";
        prop_oneof![
            6 => Just(package),
            1 => proptest::sample::select(vec![
                ROOT,
                "[[packages]]",
                "[packages]",
                "[packages.tool]",
                "[packages.tool.naja]",
                "[tool]",
                "[tool.naja]",
                "[tool.b]",
                "[[tool.c]]",
                "packages = []",
                "owl = 1",
                "name = \"b\"",
                "marker = \"?\"",
                "text = \"\"\"",
                "list = [",
                "]",
                "# a",
                "",
                "extras = [\"a\", \"b\"]",
            ]),
        ]
    }

    proptest! {
        #[test]
        fn halves_say_what_the_whole_says(lines in proptest::collection::vec(line(), 0..14)) {
            let text = format!("{ROOT}\n{}\n", lines.join("\n"));
            let whole = Pylock::parse_generally(&text);
            let halved = Pylock::parse_halved(&text, 0, &InTurn);
            prop_assert_eq!(whole, halved);
        }
    }
}
