//! What could be done about a conflict.

use naja_spec::{Operator, PackageName, Requirement, Version, VersionSpecifiers};

use super::{pages, reasons, words};
use crate::{Asker, Conflict, ConflictFact, PackageFacts, Reason, Unavailable};

/// Returns what could be done, the most promising first.
pub(super) fn hints(conflict: &Conflict) -> Vec<String> {
    let mut out = Vec::new();
    for fact in &conflict.facts {
        match fact {
            ConflictFact::Unknown {
                name,
                url: None,
                why,
            } => out.extend(unknown(conflict, name, why)),
            ConflictFact::Unusable { name, versions } => {
                out.extend(unusable(conflict, name, versions));
            }
            ConflictFact::Build { name, .. } => out.extend(build(conflict, name)),
            ConflictFact::Requires {
                asker: Asker::User(origin),
                requirement,
                hopeless: true,
                ..
            } => {
                out.extend(another_version(
                    conflict,
                    requirement,
                    &format!("{origin:#}"),
                ));
            }
            _ => {}
        }
    }
    if out.is_empty() {
        out.extend(relax(conflict));
    }
    let mut seen: Vec<String> = Vec::new();
    out.retain(|hint| {
        let new = !seen.contains(hint);
        seen.push(hint.clone());
        new
    });
    out.truncate(super::HINTS);
    out
}

fn unknown(conflict: &Conflict, name: &PackageName, why: &Unavailable) -> Option<String> {
    match why {
        Unavailable::NotFound if pages::of(conflict, name).is_some() => Some(format!(
            "ask whoever runs the index, or name another one that has {name} with --index"
        )),
        Unavailable::NotFound => Some(format!(
            "check the spelling of {name}, or name the index that has it with --index"
        )),
        Unavailable::Offline => Some("run it once without --offline".to_owned()),
        Unavailable::NeedsBuild | Unavailable::Invalid(_) => None,
    }
}

/// Proposes an existing version where none matches.
fn another_version(conflict: &Conflict, requirement: &Requirement, place: &str) -> Option<String> {
    let facts = conflict.packages.get(&requirement.name)?;
    let usable: Vec<String> = facts
        .nearest
        .iter()
        .filter(|(_, against)| against.is_empty())
        .map(|(version, _)| version.to_string())
        .collect();
    if usable.is_empty() {
        return None;
    }
    let text = words::requirement(requirement);
    Some(format!(
        "change {text} ({place}) so that it allows {}",
        words::choice(&usable)
    ))
}

fn unusable(
    conflict: &Conflict,
    name: &PackageName,
    versions: &[(Version, Vec<Reason>)],
) -> Vec<String> {
    let final_version = versions
        .iter()
        .rfind(|(version, _)| !version.is_prerelease());
    let Some((newest, against)) = final_version.or(versions.last()) else {
        return Vec::new();
    };
    let Some(reason) = reasons::weightiest(against) else {
        return Vec::new();
    };
    let older = conflict
        .packages
        .get(name)
        .and_then(|facts: &PackageFacts| facts.best.clone());
    let mut out = match reason {
        Reason::Yanked(_) => vec![format!("to take it all the same, ask for {name}=={newest}")],
        Reason::RequiresPython(range) if conflict.universal => from_python(lower(range)),
        Reason::RequiresPython(range) => python(range).into_iter().collect(),
        Reason::Prerelease => vec![format!(
            "allow pre-releases with --prerelease=allow, or ask for {name}>={newest}"
        )],
        Reason::TooNew | Reason::NoUploadTime => {
            vec![format!(
                "a later --exclude-newer date would allow {name} {newest}"
            )]
        }
        Reason::BuildForbidden => {
            vec![format!(
                "{name} {newest} exists as source; it is left out by --no-build or --only-binary"
            )]
        }
        Reason::WheelsForbidden => vec![format!("leave {name} out of --no-binary")],
        Reason::NoDigest => vec![format!(
            "pin {name} with a --hash, or do not require hashes"
        )],
        Reason::OtherDigest => vec![format!("add the hashes of the files you trust to {name}")],
        Reason::OtherPlatform(_) => vec![format!(
            "--python-platform resolves for another system; here, a source distribution or another version of \
             {name} is needed"
        )],
        Reason::OtherPython(tags) if conflict.universal => {
            from_python(newer_wheels(tags, conflict))
        }
        Reason::OtherPython(tags) => vec![match wheels_of(tags) {
            Some(minor) => format!("use another Python, for example with -p 3.{minor}"),
            None => format!("use a Python that {name} has wheels for, with -p"),
        }],
        Reason::NoMetadata(_)
        | Reason::NeedsBuild
        | Reason::DirectReference(_)
        | Reason::Quarantined
        | Reason::NoFiles => Vec::new(),
    };
    if let Some(older) = older.filter(|older| older != newest && !is_told(conflict, name, older)) {
        let older = match conflict.universal {
            true => format!("{name} {older} would do for all"),
            false => format!("{name} {older} could be installed here"),
        };
        match out.last_mut() {
            Some(hint) => *hint = format!("{hint}; {older}"),
            None => out.push(older),
        }
    }
    out
}

/// Returns whether the story tells why a version is of no use.
fn is_told(conflict: &Conflict, name: &PackageName, version: &Version) -> bool {
    conflict.facts.iter().any(|fact| match fact {
        ConflictFact::Requires {
            asker:
                Asker::Package {
                    name: other,
                    versions,
                    ..
                },
            ..
        } => other == name && versions.contains(version),
        ConflictFact::Unusable {
            name: other,
            versions,
        } => other == name && versions.iter().any(|(known, _)| known == version),
        _ => false,
    })
}

/// Names a Python that would do.
fn python(range: &str) -> Option<String> {
    let specifiers = VersionSpecifiers::parse_lenient(range).ok()?;
    Some(match lower_bound(&specifiers) {
        Some(version) => format!("use another Python, for example with -p {version}"),
        None => format!("use a Python that is {range}, with -p"),
    })
}

/// Returns the first Python of a range, where it has one.
fn lower(range: &str) -> Option<Version> {
    let specifiers = VersionSpecifiers::parse_lenient(range).ok()?;
    lower_bound(&specifiers).cloned()
}

fn lower_bound(specifiers: &VersionSpecifiers) -> Option<&Version> {
    let lower = specifiers.iter().find(|specifier| {
        matches!(
            specifier.op(),
            Operator::GreaterEqual | Operator::Compatible
        )
    });
    lower.and_then(naja_spec::VersionSpecifier::version)
}

/// Proposes to leave out the Pythons below one, where many are resolved for.
fn from_python(version: Option<Version>) -> Vec<String> {
    match version {
        Some(version) => vec![format!(
            "where older Pythons need not be served, write requires-python = \">={version}\" (for a compiled file \
             --python-version {version}), or give what asks for it the marker python_version >= '{version}'"
        )],
        None => Vec::new(),
    }
}

/// Returns the first Python that wheels are for, if it is above those resolved for.
fn newer_wheels(tags: &[String], conflict: &Conflict) -> Option<Version> {
    let minors = tags
        .iter()
        .filter_map(|tag| tag.split('-').next()?.strip_prefix("cp3")?.parse().ok());
    let first = Version::from_release(&[3, minors.min()?]);
    (first > conflict.python).then_some(first)
}

fn build(conflict: &Conflict, name: &PackageName) -> Vec<String> {
    if pages::forbids_wheels(conflict, name) {
        return vec![format!("leave {name} out of --no-binary")];
    }
    match conflict
        .packages
        .get(name)
        .and_then(|facts| facts.best_wheel.as_ref())
    {
        Some(version) => vec![format!(
            "{name} {version} has a wheel: ask for {name}=={version}, or use --only-binary {name}"
        )],
        None => vec![format!(
            "no version of {name} has a wheel for this Python and system"
        )],
    }
}

/// Returns the newest minor version of Python 3 that some CPython tags are for.
fn wheels_of(tags: &[String]) -> Option<u8> {
    tags.iter()
        .filter_map(|tag| tag.split('-').next()?.strip_prefix("cp3")?.parse().ok())
        .max()
}

fn is_project(conflict: &Conflict, name: &PackageName) -> bool {
    let facts = conflict.packages.get(name);
    facts.is_some_and(|facts| facts.is_project)
}

/// Returns the package of which a package wants a version that does not exist.
fn hopeless_name(conflict: &Conflict) -> Option<&PackageName> {
    conflict.facts.iter().find_map(|fact| match fact {
        ConflictFact::Requires {
            asker: Asker::Package { .. },
            requirement,
            hopeless: true,
            ..
        } => Some(&requirement.name),
        _ => None,
    })
}

/// Names what the user could change.
fn relax(conflict: &Conflict) -> Option<String> {
    let mut places: Vec<String> = Vec::new();
    for fact in &conflict.facts {
        let text = match fact {
            ConflictFact::Requires {
                asker: Asker::User(origin),
                requirement,
                ..
            } if requirement
                .specifiers()
                .is_none_or(|wanted| !wanted.is_empty()) =>
            {
                format!("{} ({origin:#})", words::requirement(requirement))
            }
            ConflictFact::Constraint {
                requirement,
                origin,
            } => {
                format!("{} ({origin:#})", words::requirement(requirement))
            }
            ConflictFact::Requires {
                overridden: Some(origin),
                requirement,
                ..
            } => {
                format!("{} ({origin:#})", words::requirement(requirement))
            }
            _ => continue,
        };
        if !places.contains(&text) {
            places.push(text);
        }
    }
    let asked: Vec<String> = conflict
        .asked_by_user()
        .iter()
        .map(|requirement| requirement.name.to_string())
        .collect();
    match (places.as_slice(), asked.as_slice()) {
        ([], [_, _, ..]) if asked.len() <= 4 => Some(format!(
            "leave out {}, or keep them in separate environments",
            words::choice(&asked)
        )),
        ([], [only]) => Some(match hopeless_name(conflict) {
            Some(name) if is_project(conflict, name) => format!(
                "give the project another name if {only} means another {name}, or ask for another version of {only}"
            ),
            Some(name) => format!(
                "ask for another version of {only}, or put something else for what it asks of {name} with --overrides"
            ),
            None => format!("ask for another version of {only}, or leave it out"),
        }),
        ([], _) => None,
        (places, _) if places.len() <= 4 => Some(format!("relax {}", words::choice(places))),
        (places, _) => Some(format!(
            "relax one of {} requirements, for example {}",
            places.len(),
            places[0]
        )),
    }
}
