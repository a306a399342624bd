//! Comparing what is installed with what a file says.

use std::collections::BTreeSet;

use naja_env::{EnvState, Environment};
use naja_spec::{PackageName, Version, VersionSpecifiers};
use serde::Serialize;

use crate::failure::Failure;
use crate::inputs::{self, InputSources};
use crate::pip::open_lock;
use crate::session::Session;

/// One distribution that is not what a file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// Its name.
    pub package: String,
    /// What the file says: a version, specifiers or an address; none if it says nothing.
    pub wanted: Option<String>,
    /// The version that is installed, if one is.
    pub installed: Option<String>,
}

/// What a file says about one distribution.
struct Wanted {
    name: PackageName,
    text: String,
    fits: Box<dyn Fn(&Version) -> bool>,
}

/// Compares presence and versions.
///
/// What a lock file does not name is a difference, apart from pip and what comes with it where
/// the environment was made with them; requirements files do not claim to be complete.
///
/// # Errors
/// The file cannot be read.
pub(super) fn compare(
    session: &mut Session,
    (env, state): (&Environment, &EnvState),
    file: &str,
    only: Option<&BTreeSet<PackageName>>,
) -> Result<Vec<Deviation>, Failure> {
    let sources = InputSources {
        requirements: vec![file.to_owned()],
        ..InputSources::default()
    };
    let (wanted, complete) = match open_lock(session, &sources)? {
        Some(lock) => (locked(lock.choose(env)?), true),
        None => (required(session, env, &sources)?, false),
    };
    let mut found = Vec::new();
    for one in &wanted {
        let installed = state
            .get(&one.name)
            .first()
            .map(naja_env::InstalledDist::version);
        if !installed.is_some_and(|version| (one.fits)(version)) {
            found.push(Deviation {
                package: one.name.to_string(),
                wanted: Some(one.text.clone()),
                installed: installed.map(ToString::to_string),
            });
        }
    }
    if complete {
        let named: BTreeSet<&PackageName> = wanted.iter().map(|one| &one.name).collect();
        let extra = state.dists().iter().filter(|dist| {
            let seed = matches!(dist.name().as_str(), "pip" | "setuptools" | "wheel");
            dist.is_owned() && !named.contains(dist.name()) && !(seed && env.keeps_seeds())
        });
        found.extend(extra.map(|dist| Deviation {
            package: dist.name().to_string(),
            wanted: None,
            installed: Some(dist.version().to_string()),
        }));
    }
    let asked =
        |name: &str| only.is_none_or(|only| only.iter().any(|package| package.as_str() == name));
    found.retain(|one| asked(&one.package));
    found.sort_by(|a, b| a.package.cmp(&b.package));
    Ok(found)
}

fn exactly(name: PackageName, version: Version) -> Wanted {
    Wanted {
        name,
        text: version.to_string(),
        fits: Box::new(move |found| *found == version),
    }
}

fn locked(locked: crate::pip::Locked) -> Vec<Wanted> {
    let direct = locked.direct.roots.iter().map(|root| Wanted {
        name: root.requirement.name.clone(),
        text: root.requirement.to_string(),
        fits: Box::new(|_any| true),
    });
    let direct: Vec<Wanted> = direct.collect();
    let pins = locked.pins.into_iter();
    pins.map(|pin| exactly(pin.name, pin.version))
        .chain(direct)
        .collect()
}

fn required(
    session: &mut Session,
    env: &Environment,
    sources: &InputSources,
) -> Result<Vec<Wanted>, Failure> {
    let set = inputs::read(session, sources)?;
    let markers = &env.interpreter().markers;
    let roots = set.roots.iter().map(|root| &root.requirement);
    let wanted = roots
        .filter(|requirement| requirement.applies(markers, &[]))
        .map(|requirement| {
            let specifiers = requirement.specifiers().cloned();
            let specifiers: VersionSpecifiers = specifiers.unwrap_or_default();
            let text = match requirement.url() {
                Some(url) => url.masked(),
                None if specifiers.is_empty() => "any version".to_owned(),
                None => specifiers.to_string(),
            };
            Wanted {
                name: requirement.name.clone(),
                text,
                fits: Box::new(move |found| specifiers.contains(found)),
            }
        });
    Ok(wanted.collect())
}
