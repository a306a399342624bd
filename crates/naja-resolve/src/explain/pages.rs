//! What the pages of a package say about themselves.

use naja_spec::{EntryRefusal, PackageName, RefusedEntries};

use crate::{Conflict, PackageFacts};

/// Returns what is known of a package that has pages, but no versions.
pub(super) fn of<'a>(conflict: &'a Conflict, name: &PackageName) -> Option<&'a PackageFacts> {
    let facts = conflict.packages.get(name)?;
    (facts.pages > 0 && facts.total == 0).then_some(facts)
}

/// Returns whether the rules forbid the wheels of a package.
pub(super) fn forbids_wheels(conflict: &Conflict, name: &PackageName) -> bool {
    let facts = conflict.packages.get(name);
    facts.is_some_and(|facts| facts.wheels_forbidden)
}

/// Says why nothing on the pages was taken, one sentence per reason.
pub(super) fn sentences(name: &PackageName, facts: &PackageFacts) -> Vec<String> {
    if facts.refused.is_empty() {
        return vec![format!("There is a page of {name}, and it is empty.")];
    }
    let mut refused: Vec<&RefusedEntries> = facts.refused.iter().collect();
    refused.sort_by_key(|entries| std::cmp::Reverse(entries.count));
    refused.into_iter().map(sentence).collect()
}

fn sentence(entries: &RefusedEntries) -> String {
    let (are, have, they) = if entries.count == 1 {
        ("entry is", "entry has", "it is")
    } else {
        ("entries are", "entries have", "they are")
    };
    let why = match entries.why {
        EntryRefusal::FileName => {
            format!("{are} left out, because {they} neither wheel nor source distribution")
        }
        EntryRefusal::OtherProject => format!("{are} left out, because {they} of another package"),
        EntryRefusal::Version => format!("{have} a version that is none"),
        EntryRefusal::Link => format!(
            "{have} a link that is broken or that the page must not make (to file:, or from https: to http:)"
        ),
        EntryRefusal::Incomplete => format!("{have} no name or no link"),
    };
    let example = match (entries.example.as_str(), entries.count) {
        ("", _) => String::new(),
        (name, 1) => format!(": {name}"),
        (name, _) => format!(", such as {name}"),
    };
    format!("{} {why}{example}.", entries.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_entries_are_counted_with_an_example() {
        let entries = |why, count, example: &str| RefusedEntries {
            why,
            count,
            example: example.to_owned(),
        };
        let facts = PackageFacts {
            pages: 1,
            refused: vec![
                entries(EntryRefusal::Version, 1, "harry-x.tar.gz"),
                entries(EntryRefusal::OtherProject, 3, "ron-1.0.tar.gz"),
            ],
            ..PackageFacts::default()
        };
        let name = PackageName::parse("harry").unwrap();
        assert_eq!(
            sentences(&name, &facts),
            [
                "3 entries are left out, because they are of another package, such as ron-1.0.tar.gz.",
                "1 entry has a version that is none: harry-x.tar.gz.",
            ]
        );
        let empty = PackageFacts {
            pages: 1,
            ..PackageFacts::default()
        };
        assert_eq!(
            sentences(&name, &empty),
            ["There is a page of harry, and it is empty."]
        );
    }
}
