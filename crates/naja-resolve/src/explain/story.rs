//! Facts in the order of a story: what you ask for, what that asks for, where it fails.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use naja_spec::{PackageName, Requirement};

use super::{pages, reasons, words};
use crate::{Asker, Conflict, ConflictFact, ConflictKind, PackageFacts, Reason, Unavailable};

/// The requirements of a conflict by who is asked for.
struct Web<'a> {
    conflict: &'a Conflict,
    /// Facts that ask for a package.
    into: BTreeMap<&'a PackageName, Vec<usize>>,
    /// Facts in which a package asks.
    out_of: BTreeMap<&'a PackageName, Vec<usize>>,
}

impl<'a> Web<'a> {
    fn new(conflict: &'a Conflict) -> Self {
        let mut web = Self {
            conflict,
            into: BTreeMap::new(),
            out_of: BTreeMap::new(),
        };
        for (at, fact) in conflict.facts.iter().enumerate() {
            match fact {
                ConflictFact::Requires {
                    asker, requirement, ..
                } => {
                    web.into.entry(&requirement.name).or_default().push(at);
                    if let Asker::Package { name, .. } = asker {
                        web.out_of.entry(name).or_default().push(at);
                    }
                }
                ConflictFact::Constraint { requirement, .. } => {
                    web.into.entry(&requirement.name).or_default().push(at);
                }
                _ => {}
            }
        }
        web
    }

    /// Lists what packages ask for, nearest to the user first.
    fn outward(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen: BTreeSet<&PackageName> = BTreeSet::new();
        let mut queue: VecDeque<&PackageName> = VecDeque::new();
        for fact in &self.conflict.facts {
            if let ConflictFact::Requires {
                asker: Asker::User(_),
                requirement,
                ..
            } = fact
                && seen.insert(&requirement.name)
            {
                queue.push_back(&requirement.name);
            }
        }
        while let Some(name) = queue.pop_front() {
            for &at in self.out_of.get(name).into_iter().flatten() {
                order.push(at);
                if let Some(target) = self.target(at)
                    && seen.insert(target)
                {
                    queue.push_back(target);
                }
            }
        }
        // Facts that hang in the air (their asker is met through an installed package only) come last.
        order.extend(
            self.out_of
                .values()
                .flatten()
                .filter(|at| !order.contains(at))
                .copied()
                .collect::<Vec<_>>(),
        );
        order
    }

    fn target(&self, at: usize) -> Option<&'a PackageName> {
        match &self.conflict.facts[at] {
            ConflictFact::Requires { requirement, .. } => Some(&requirement.name),
            _ => None,
        }
    }

    /// Returns the only thing a package asks for, if only one other package asks for it and nothing else is
    /// said about it.
    fn sole_continuation(&self, name: &PackageName) -> Option<usize> {
        let told_otherwise = self.conflict.facts.iter().any(
            |fact| matches!(fact, ConflictFact::Unusable { name: other, .. } if other == name),
        );
        match (
            self.into.get(name)?.as_slice(),
            self.out_of.get(name)?.as_slice(),
        ) {
            ([_], [only]) if !told_otherwise && self.target(*only) != Some(name) => Some(*only),
            _ => None,
        }
    }
}

/// Sums the conflict up.
pub(super) fn title(conflict: &Conflict) -> String {
    if let Some(ConflictFact::Build { name, version, .. }) = conflict
        .facts
        .iter()
        .find(|fact| matches!(fact, ConflictFact::Build { .. }))
    {
        return format!("{name} {version} would have to be built from source");
    }
    let unknown = |fact: &ConflictFact| unknown_title(conflict, fact);
    if let Some(text) = conflict.facts.iter().find_map(unknown) {
        return text;
    }
    let names: Vec<String> = distinct(conflict.asked_by_user().iter().map(|r| r.name.to_string()));
    if let Some(ConflictFact::Requires { requirement, .. }) = conflict
        .facts
        .iter()
        .find(|fact| matches!(fact, ConflictFact::Requires { hopeless: true, .. }))
        && conflict
            .facts
            .iter()
            .filter(|fact| is_requirement(fact))
            .count()
            <= 2
    {
        return format!(
            "no version of {} matches {}",
            requirement.name,
            words::wanted(requirement)
        );
    }
    let sinks = clashes(&Web::new(conflict));
    match (names.as_slice(), sinks.as_slice()) {
        ([first, second], [sink]) if sink.as_str() != first && sink.as_str() != second => {
            format!("{first} and {second} cannot be installed together: they disagree about {sink}")
        }
        ([only], [sink]) if sink.as_str() == only => {
            format!("the requirements on {only} contradict each other")
        }
        ([only], _) => match sole_reason(conflict) {
            Some((name, reason)) if name.as_str() == only => {
                format!("{only} {}", reasons::title(reason))
            }
            Some((name, reason)) => {
                format!(
                    "{only} cannot be installed: {name} {}",
                    reasons::title(reason)
                )
            }
            None => format!("{only} cannot be installed"),
        },
        ([], _) => "the requirements cannot be met".to_owned(),
        (names, _) if names.len() <= 4 => {
            format!("{} cannot be installed together", words::list(names))
        }
        (names, _) => format!("{} requirements cannot be met together", names.len()),
    }
}

/// Returns the one package that cannot be taken with the one reason against it, if that is the whole story.
fn sole_reason(conflict: &Conflict) -> Option<(&PackageName, &Reason)> {
    let mut unusable = conflict.facts.iter().filter_map(|fact| match fact {
        ConflictFact::Unusable { name, versions } => Some((name, versions)),
        _ => None,
    });
    let (name, versions) = unusable.next()?;
    let (_, newest) = versions.last()?;
    let reason = reasons::weightiest(newest)?;
    let alike = versions.iter().all(|(_, against)| {
        reasons::weightiest(against)
            .is_some_and(|other| std::mem::discriminant(other) == std::mem::discriminant(reason))
    });
    (alike && unusable.next().is_none()).then_some((name, reason))
}

fn is_requirement(fact: &ConflictFact) -> bool {
    matches!(
        fact,
        ConflictFact::Requires { .. } | ConflictFact::Constraint { .. }
    )
}

fn unknown_title(conflict: &Conflict, fact: &ConflictFact) -> Option<String> {
    let ConflictFact::Unknown { name, url, why } = fact else {
        return None;
    };
    Some(match (url, why) {
        (Some(url), _) => format!("{name} cannot be taken from {url}"),
        (None, Unavailable::NotFound) if pages::of(conflict, name).is_some() => {
            format!("the page of {name} lists nothing that can be installed")
        }
        (None, Unavailable::NotFound) => format!("no index has a package named {name}"),
        (None, Unavailable::Offline) => {
            format!("{name} is not in the cache, and the network is off")
        }
        (None, _) => format!("nothing is known of {name}"),
    })
}

/// Says who asks for what.
pub(super) fn requirements(conflict: &Conflict) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(user_sentence(conflict));
    package_sentences(&Web::new(conflict), &mut out);
    out
}

/// Tells the story.
pub(super) fn sentences(conflict: &Conflict) -> Vec<String> {
    let web = Web::new(conflict);
    let mut out = requirements(conflict);
    for fact in &conflict.facts {
        match fact {
            ConflictFact::Constraint {
                requirement,
                origin,
            } => {
                let (name, wanted) = (&requirement.name, words::wanted(requirement));
                out.push(format!("{name} is constrained to {wanted} ({origin:#})."));
            }
            ConflictFact::Unusable { name, versions } => {
                out.extend(reasons::sentences(
                    name.as_str(),
                    versions,
                    &conflict.python,
                ));
            }
            ConflictFact::Unknown { name, url, why } => {
                out.extend(unknown_sentence(name, url.as_deref(), why));
                if url.is_none()
                    && *why == Unavailable::NotFound
                    && let Some(facts) = pages::of(conflict, name)
                {
                    out.extend(pages::sentences(name, facts));
                }
            }
            ConflictFact::Build {
                name,
                version,
                file,
            } => {
                let no_wheel = if pages::forbids_wheels(conflict, name) {
                    "may not be taken as a wheel (--no-binary)"
                } else {
                    "has no wheel for this Python"
                };
                out.push(format!(
                    "{name} {version} {no_wheel}, only as {file}, and nothing is built here."
                ));
            }
            ConflictFact::Requires {
                requirement,
                hopeless: true,
                ..
            } => {
                out.extend(nothing_matches(conflict, requirement));
            }
            ConflictFact::Requires { .. } => {}
        }
    }
    if conflict.kind == ConflictKind::Contradiction {
        out.extend(
            clashes(&web)
                .iter()
                .filter_map(|name| clash_sentence(&web, name)),
        );
    }
    out.dedup();
    out
}

/// Says what the user asks for, by where it was written.
fn user_sentence(conflict: &Conflict) -> Option<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for fact in &conflict.facts {
        let ConflictFact::Requires {
            asker: Asker::User(origin),
            requirement,
            ..
        } = fact
        else {
            continue;
        };
        let (place, text) = (format!("{origin:#}"), words::requirement(requirement));
        match groups.iter_mut().find(|(known, _)| *known == place) {
            Some((_, texts)) if texts.contains(&text) => {}
            Some((_, texts)) => texts.push(text),
            None => groups.push((place, vec![text])),
        }
    }
    if groups.is_empty() {
        return None;
    }
    let parts: Vec<String> = groups
        .iter()
        .map(|(place, texts)| format!("{} ({place})", words::list(texts)))
        .collect();
    Some(format!("You ask for {}.", words::list(&parts)))
}

/// Says what packages ask for; chains without branches become one sentence.
fn package_sentences(web: &Web<'_>, out: &mut Vec<String>) {
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for at in web.outward() {
        if told.contains(&at) {
            continue;
        }
        let mut text = String::new();
        let mut current = Some(at);
        while let Some(at) = current.filter(|at| told.insert(*at)) {
            let ConflictFact::Requires {
                asker,
                requirement,
                varies,
                overridden,
                ..
            } = &web.conflict.facts[at]
            else {
                break;
            };
            let (subject, object) = (words::asker(asker), words::requirement(requirement));
            let verb = if words::is_plural(asker) {
                "depend"
            } else {
                "depends"
            };
            if text.is_empty() {
                text = format!("{subject} {verb} on {object}");
            } else {
                text.push_str(&format!(", and {subject} on {object}"));
            }
            if *varies {
                text.push_str(" or the like");
            }
            if let Some(origin) = overridden {
                text.push_str(&format!(" (by the override in {origin})"));
            }
            current = web.sole_continuation(&requirement.name);
        }
        if !text.is_empty() {
            out.push(format!("{text}."));
        }
    }
}

fn unknown_sentence(name: &PackageName, url: Option<&str>, why: &Unavailable) -> Option<String> {
    match (url, why) {
        (Some(url), Unavailable::Invalid(text)) => {
            Some(format!("{url} cannot be used, because {text}."))
        }
        (Some(url), Unavailable::NotFound) => Some(format!("There is nothing at {url}.")),
        (Some(url), Unavailable::Offline) => Some(format!(
            "{url} is not in the cache, and the network is off."
        )),
        (Some(url), Unavailable::NeedsBuild) => Some(format!(
            "{url} would have to be built, and nothing is built here."
        )),
        (None, Unavailable::Invalid(text)) => Some(format!(
            "The index's answer about {name} cannot be used, because {text}."
        )),
        (None, _) => None,
    }
}

/// Says what exists where nothing matches.
fn nothing_matches(conflict: &Conflict, requirement: &Requirement) -> Option<String> {
    let facts = conflict.packages.get(&requirement.name)?;
    let name = &requirement.name;
    if facts.total == 0 {
        return None;
    }
    if let (true, Some(version)) = (facts.is_project, &facts.newest) {
        return Some(format!(
            "{name} is the name of a project here, which has version {version}."
        ));
    }
    let what = words::wanted(requirement);
    let listed = existing(facts);
    let rest = if facts.total > facts.nearest.len() {
        ", among others"
    } else {
        ""
    };
    let there = if facts.nearest.len() > 1 {
        "there are"
    } else {
        "there is"
    };
    Some(format!(
        "No version of {name} matches {what}; {there} {listed}{rest}."
    ))
}

/// Lists existing versions, those that cannot be taken with the reason.
pub(super) fn existing(facts: &PackageFacts) -> String {
    let texts: Vec<String> = facts
        .nearest
        .iter()
        .map(|(version, against)| match reasons::weightiest(against) {
            Some(reason) => format!("{version} ({})", reasons::short(reason)),
            None => version.to_string(),
        })
        .collect();
    words::list(&texts)
}

/// Returns the packages about which requirements disagree: several want something of them, and nothing
/// further explains the failure.
fn clashes<'a>(web: &Web<'a>) -> Vec<&'a PackageName> {
    web.into
        .iter()
        .filter(|(name, facts)| {
            let explained = web.conflict.facts.iter().any(|fact| match fact {
                ConflictFact::Unknown { name: other, .. } => *other == ***name,
                ConflictFact::Requires {
                    requirement,
                    hopeless,
                    ..
                } => *hopeless && requirement.name == ***name,
                _ => false,
            });
            facts.len() > 1 && !explained && !web.out_of.contains_key(*name)
        })
        .map(|(name, _)| *name)
        .collect()
}

/// Says what is asked of a package by different sides.
fn clash_sentence(web: &Web<'_>, name: &PackageName) -> Option<String> {
    let texts =
        distinct(
            web.into
                .get(name)?
                .iter()
                .filter_map(|&at| match &web.conflict.facts[at] {
                    ConflictFact::Requires { requirement, .. }
                    | ConflictFact::Constraint { requirement, .. } => {
                        Some(words::wanted(requirement))
                    }
                    _ => None,
                }),
        );
    let unusable =
        web.conflict.facts.iter().any(
            |fact| matches!(fact, ConflictFact::Unusable { name: other, .. } if other == name),
        );
    Some(match texts.as_slice() {
        _ if unusable => format!("That leaves no version of {name} that can be installed."),
        [_] => return None,
        [first, second] => format!("No version of {name} is both {first} and {second}."),
        texts if texts.len() <= 4 => {
            format!("No version of {name} is all of {}.", words::list(texts))
        }
        _ => format!("No version of {name} fits all of that."),
    })
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for text in texts {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}
