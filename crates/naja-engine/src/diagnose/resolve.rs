use naja_resolve::{Conflict, ConflictFact, Unavailable, explain};
use naja_spec::PackageName;

use crate::failure::Failure;

/// How many addresses are listed.
const ADDRESSES: usize = 3;

/// Where packages were looked for.
pub(crate) struct Places<'a> {
    /// The addresses that were asked, without secrets.
    pub(crate) addresses: &'a [String],
    /// Whether `--no-index` is on.
    pub(crate) no_index: bool,
    /// Names near to the unknown one that these places do know.
    pub(crate) near: &'a [PackageName],
}

/// The story of a problem without an answer.
pub(crate) fn conflict(conflict: &Conflict, places: &Places<'_>) -> Failure {
    let told = explain(conflict);
    let mut failure = Failure::unsatisfied(told.title);
    failure.story = told.sentences;
    failure.hints = told.hints;
    if let Some(name) = unknown_name(conflict) {
        complete_unknown(&mut failure, name, places);
    }
    failure
}

/// Returns the package that no index knows, if that is the story.
pub(crate) fn unknown_name(conflict: &Conflict) -> Option<&PackageName> {
    conflict.facts.iter().find_map(|fact| match fact {
        ConflictFact::Unknown {
            name,
            url: None,
            why: Unavailable::NotFound,
        } => {
            let pages = conflict.packages.get(name).map_or(0, |facts| facts.pages);
            (pages == 0).then_some(name)
        }
        _ => None,
    })
}

fn complete_unknown(failure: &mut Failure, name: &PackageName, places: &Places<'_>) {
    match places.addresses {
        [] => failure
            .story
            .push("There is no place to look: no index and no --find-links.".to_owned()),
        addresses => {
            let more = match addresses.len().saturating_sub(ADDRESSES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let shown = &addresses[..addresses.len().min(ADDRESSES)];
            let line = format!("Asked: {}{more}.", shown.join(", "));
            failure.story.push(line);
        }
    }
    if places.no_index {
        failure.hints = vec![format!(
            "--no-index switches every index off; without it {name} may be found, or name a place that has it with \
             --find-links"
        )];
    }
    match places.near {
        [] => {}
        near => {
            let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            failure.hints = vec![format!("did you mean {}?", names.join(" or "))];
        }
    }
}
