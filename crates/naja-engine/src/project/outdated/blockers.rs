//! What keeps a project from the newest version of a package.

use naja_lock::ProjectLock;
use naja_lock::project::LockDiff;
use naja_lock::pylock::LockedPackage;
use naja_project::settings::Settings;
use naja_spec::{PackageName, Requirement, RequirementSource, Version, VersionSpecifiers};
use serde::Serialize;

use super::super::load::Project;
use super::super::locking::{LockMode, fitting};
use super::releases::{Release, Rules};
use super::{Use, upgraded};
use crate::failure::{Failure, Kind};
use crate::session::Session;

/// One thing that stands between a project and the newest version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Blocker {
    /// A bound of the project's own.
    OwnBound {
        /// The project.
        project: PackageName,
        /// The list it stands in.
        place: String,
        /// The requirement.
        requirement: String,
    },
    /// Another package asks for less.
    Package {
        /// The package.
        name: PackageName,
        /// Its version.
        version: String,
        /// What it asks for.
        requirement: String,
    },
    /// The project is for Pythons that the version is not for.
    RequiresPython {
        /// The Pythons of the version.
        needs: String,
        /// The Pythons of the project.
        project: String,
    },
    /// It is too new.
    ExcludeNewer {
        /// The cut-off date.
        cutoff: String,
    },
    /// A rule of the configuration: a constraint or an override.
    Rule {
        /// The setting.
        setting: &'static str,
        /// The requirement.
        requirement: String,
    },
    /// Nothing allows it together with everything else.
    Conflict {
        /// Why, line by line.
        story: Vec<String>,
    },
    /// It could be had, and others would have to be older for it.
    InsteadOf {
        /// The packages, with the versions they would have.
        packages: Vec<String>,
    },
}

/// Where the reasons are looked for.
pub(super) struct Search<'a> {
    pub(super) rules: &'a Rules<'a>,
    pub(super) settings: &'a Settings,
    /// The lock with everything as new as it may be.
    pub(super) upgraded: &'a ProjectLock,
}

impl Search<'_> {
    /// What is against a version, as far as rules and requirements say so by themselves.
    pub(super) fn plain(
        &self,
        name: &PackageName,
        release: &Release,
        uses: &[Use],
    ) -> Vec<Blocker> {
        let version = &release.version;
        let mut found = Vec::new();
        if let Some(cutoff) = self.rules.too_new(name, release) {
            found.push(Blocker::ExcludeNewer { cutoff });
        }
        let (some, none) = match self.rules.other_pythons(release) {
            Some(pythons) if pythons.is_for_none => (None, Some(pythons.blocker)),
            Some(pythons) => (Some(pythons.blocker), None),
            None => (None, None),
        };
        found.extend(none);
        let against = |wanted: &Requirement| wanted.name == *name && forbids(wanted, version);
        let constraints = &self.settings.constraint_dependencies.value;
        let constraints: Vec<&Requirement> =
            constraints.iter().map(|one| &one.requirement).collect();
        let overrides = self.settings.override_dependencies.value.iter().collect();
        let lists = [
            ("constraint-dependencies", constraints),
            ("override-dependencies", overrides),
        ];
        for (setting, list) in lists {
            found.extend(list.iter().filter(|one| against(one)).map(|one| {
                let requirement = one.to_string();
                Blocker::Rule {
                    setting,
                    requirement,
                }
            }));
        }
        let overrides = &self.settings.override_dependencies.value;
        if overrides.iter().any(|one| one.name == *name) {
            return or_else(found, some);
        }
        for one in uses.iter().filter(|one| against(&one.requirement)) {
            found.push(Blocker::OwnBound {
                project: one.project.clone(),
                place: one.place.to_string(),
                requirement: one.requirement.to_string(),
            });
        }
        // What a project itself asks for is a bound of its own.
        let others = askers(self.upgraded, name, version)
            .filter(|(asker, _)| self.upgraded.inputs.member(&asker.name).is_none());
        found.extend(others.map(|(asker, requirement)| {
            let version = asker.version.as_ref();
            Blocker::Package {
                name: asker.name.clone(),
                version: version.map(ToString::to_string).unwrap_or_default(),
                requirement: requirement.to_string(),
            }
        }));
        or_else(found, some)
    }
}

/// The reasons, or the one that counts where there is none: a lock can have another version for Pythons that the
/// newest is not for.
fn or_else(mut found: Vec<Blocker>, other: Option<Blocker>) -> Vec<Blocker> {
    if found.is_empty() {
        found.extend(other);
    }
    found
}

/// The entries of a lock that ask for a package and leave a version of it out.
pub(super) fn askers<'l>(
    lock: &'l ProjectLock,
    name: &'l PackageName,
    version: &'l Version,
) -> impl Iterator<Item = (&'l LockedPackage, &'l Requirement)> {
    let entries = lock.file.packages.iter().zip(&lock.nodes);
    entries.flat_map(move |(package, node)| {
        let asks = node.requires.iter();
        let against = asks.filter(move |one| one.name == *name && forbids(one, version));
        against.take(1).map(move |one| (package, one))
    })
}

fn forbids(requirement: &Requirement, version: &Version) -> bool {
    let specifiers = requirement.specifiers();
    specifiers.is_some_and(|specifiers| !specifiers.contains(version))
}

/// Finds out by trying what is against a version, where nothing is by itself.
///
/// # Errors
/// It cannot be tried.
pub(super) fn tried(
    session: &mut Session,
    project: &Project,
    (name, version): (&PackageName, &Version),
    best: &ProjectLock,
) -> Result<Vec<Blocker>, Failure> {
    let pin = VersionSpecifiers::parse(&format!("=={version}"));
    let Ok(pin) = pin else {
        return Ok(Vec::new());
    };
    let wanted = Requirement {
        name: name.clone(),
        extras: Vec::new(),
        source: RequirementSource::Specifiers(pin),
        marker: None,
    };
    let with = move |settings: &mut Settings| {
        settings.upgrade.value = true;
        settings.constraint_dependencies.value.push(wanted.into());
    };
    let found = upgraded::unheard(session, |session| {
        session.with_settings(with, |session| fitting(session, project, LockMode::Update))
    });
    match found {
        Err(failure) if failure.kind == Kind::Unsatisfied => {
            let mut story = failure.story;
            if story.is_empty() {
                story = failure.causes;
            }
            Ok(vec![Blocker::Conflict { story }])
        }
        Err(failure) => Err(failure),
        Ok(found) => {
            let diff = LockDiff::between(Some(best), &found.lock);
            let others = diff.changes.iter().filter(|change| change.name != *name);
            let packages = others.filter_map(|change| match change.after.as_slice() {
                [] => None,
                after => Some(format!("{} {}", change.name, after.join(", "))),
            });
            let packages: Vec<String> = packages.collect();
            Ok(match packages.is_empty() {
                true => Vec::new(),
                false => vec![Blocker::InsteadOf { packages }],
            })
        }
    }
}
