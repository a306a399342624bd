//! `naja outdated` in a project: what is locked, what may be, what there is, and what stands in between.

mod blockers;
mod releases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naja_lock::ProjectLock;
use naja_lock::project::MemberInputs;
use naja_lock::pylock::LockedSource;
use naja_project::manifest::DependencyPlace;
use naja_spec::{PackageName, Requirement, Version};
use serde::Serialize;

use super::load::Project;
use super::locking::{LockMode, fitting};
use super::upgraded;
use crate::diagnose;
use crate::failure::Failure;
use crate::pip::pages;
use crate::session::Session;

pub use blockers::Blocker;
use blockers::{Search, askers};
pub use releases::PassedOver;
use releases::{Releases, Rules};

/// Packages that are tried out to find what is against them, at most: each takes a resolution.
const MOST_TRIED: usize = 8;

/// What `naja outdated` shall show of a project.
#[derive(Clone, Debug, Default)]
pub struct LockOutdatedRequest {
    /// Packages to look at; all if none is named.
    pub names: Vec<PackageName>,
    /// Whether what only others need is looked at, too.
    pub all: bool,
    /// Packages that are left out.
    pub exclude: Vec<PackageName>,
    /// What may happen to the lock; it is never written.
    pub mode: LockMode,
}

/// A locked package of which there is a newer version.
#[derive(Clone, Debug, Serialize)]
pub struct LockOutdated {
    /// Its name.
    pub name: PackageName,
    /// The newest version that is locked.
    pub current: String,
    /// All versions that are locked, where there are several for different environments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<String>,
    /// The newest version that the bounds of the project and everything else allow.
    pub allowed: String,
    /// The newest version there is.
    pub latest: String,
    /// Whether the project asks for it itself.
    pub direct: bool,
    /// Where it is asked for: lists of the project, or other packages.
    pub wanted_by: Vec<String>,
    /// What is between the allowed and the newest version.
    pub blocked_by: Vec<Blocker>,
    /// Packages that have to move as well to get the allowed version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together_with: Vec<String>,
    /// Why the locked version was yanked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// Versions that are newer still and do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

/// What of a project is outdated.
#[derive(Clone, Debug, Serialize)]
pub struct LockOutdatedReport {
    /// 1.
    pub schema_version: u32,
    /// What is outdated, by name.
    pub packages: Vec<LockOutdated>,
    /// How many packages were looked at.
    pub looked_at: usize,
}

/// A place of a project that asks for a package.
pub(super) struct Use {
    pub(super) project: PackageName,
    pub(super) place: DependencyPlace,
    pub(super) requirement: Requirement,
}

/// Compares what is locked with what the indexes have.
///
/// # Errors
/// There is no project, no lock can be made, or an index cannot be asked.
pub fn lock_outdated(
    session: &mut Session,
    request: &LockOutdatedRequest,
) -> Result<LockOutdatedReport, Failure> {
    let project = Project::load(session)?;
    let mode = request.mode;
    let now = upgraded::unheard(session, |session| fitting(session, &project, mode))?;
    if now.text.is_some() && project.lock.is_some() {
        session.warn("the lock does not fit the project; this is about the one `naja lock` makes");
    }
    let uses = uses(&now.lock);
    let looked_at = looked_at(&now.lock, &uses, request)?;
    let names: Vec<PackageName> = looked_at.keys().copied().cloned().collect();
    let answers = pages(session, &names)?;
    let settings = Arc::clone(&session.settings);
    let pythons = now.lock.inputs.requires_python.clone().unwrap_or_default();
    let rules = Rules::new(&settings, &pythons);
    let mut newer: Vec<(&PackageName, Releases)> = Vec::new();
    for ((name, locked), answer) in looked_at.iter().zip(answers) {
        let releases = rules.releases(&*answer.map_err(|error| diagnose::fetch(&error))?);
        let current = locked.iter().copied().max();
        if releases.latest.as_ref().map(|latest| &latest.version) > current {
            newer.push((*name, releases));
        }
    }
    let mut report = LockOutdatedReport {
        schema_version: 1,
        packages: Vec::new(),
        looked_at: names.len(),
    };
    if newer.is_empty() {
        return Ok(report);
    }
    let best = upgraded::everything(session, &project)?;
    let search = Search {
        rules: &rules,
        settings: &settings,
        upgraded: &best.lock,
    };
    for (name, releases) in newer {
        let found = Found {
            now: &now.lock,
            best: &best.lock,
            uses: uses.get(name).map(Vec::as_slice).unwrap_or_default(),
            search: &search,
        };
        report.packages.extend(found.row(name, releases));
    }
    let unexplained =
        |row: &&mut LockOutdated| row.blocked_by.is_empty() && row.allowed != row.latest;
    for row in report
        .packages
        .iter_mut()
        .filter(unexplained)
        .take(MOST_TRIED)
    {
        if let Ok(latest) = Version::parse(&row.latest) {
            let wanted = (&row.name, &latest);
            row.blocked_by = blockers::tried(session, &project, wanted, &best.lock)?;
        }
    }
    Ok(report)
}

/// The packages that are looked at, with what is locked of them.
fn looked_at<'l>(
    lock: &'l ProjectLock,
    uses: &BTreeMap<&PackageName, Vec<Use>>,
    request: &LockOutdatedRequest,
) -> Result<BTreeMap<&'l PackageName, Vec<&'l Version>>, Failure> {
    let mut found: BTreeMap<&PackageName, Vec<&Version>> = BTreeMap::new();
    for package in &lock.file.packages {
        let name = &package.name;
        let from_index = matches!(package.source, LockedSource::Files { .. });
        let is_wanted = match request.names.is_empty() {
            true => request.all || uses.contains_key(name),
            false => request.names.contains(name),
        };
        if let (true, true, Some(version)) = (from_index, is_wanted, &package.version)
            && !request.exclude.contains(name)
        {
            found.entry(name).or_default().push(version);
        }
    }
    for name in &request.names {
        if !lock.file.packages.iter().any(|one| one.name == *name) {
            return Err(Failure::usage(format!("{name} is not in the lock"))
                .hint("`naja outdated --all` looks at everything that is"));
        }
    }
    Ok(found)
}

/// Where the projects ask for packages.
fn uses(lock: &ProjectLock) -> BTreeMap<&PackageName, Vec<Use>> {
    let mut found: BTreeMap<&PackageName, Vec<Use>> = BTreeMap::new();
    for member in &lock.inputs.members {
        for (place, requirement) in declared(member) {
            found.entry(&requirement.name).or_default().push(Use {
                project: member.name.clone(),
                place,
                requirement: requirement.clone(),
            });
        }
    }
    found
}

/// Everything a project declares.
fn declared(member: &MemberInputs) -> impl Iterator<Item = (DependencyPlace, &Requirement)> {
    let main = member.dependencies.iter();
    let extras = member.extras.iter().flat_map(|(name, list)| {
        list.iter()
            .map(|one| (DependencyPlace::Extra(name.clone()), one))
    });
    let groups = member.groups.iter().flat_map(|(name, list)| {
        list.iter()
            .map(|one| (DependencyPlace::Group(name.clone()), one))
    });
    main.map(|one| (DependencyPlace::Main, one))
        .chain(extras)
        .chain(groups)
}

/// What is known about all packages.
struct Found<'a> {
    now: &'a ProjectLock,
    best: &'a ProjectLock,
    uses: &'a [Use],
    search: &'a Search<'a>,
}

impl Found<'_> {
    fn row(&self, name: &PackageName, releases: Releases) -> Option<LockOutdated> {
        let latest = releases.latest?;
        let locked = versions(self.now, name);
        let current = *locked.last()?;
        // What an upgrade would leave out is allowed as it is.
        let allowed = versions(self.best, name);
        let allowed = *allowed.last().unwrap_or(&current);
        let blocked_by = match *allowed < latest.version {
            true => self.search.plain(name, &latest, self.uses),
            false => Vec::new(),
        };
        let others = askers(self.now, name, allowed);
        let others: BTreeSet<String> = others
            .map(|(package, requirement)| {
                let version = package.version.as_ref().map(ToString::to_string);
                format!(
                    "{} {} (asks for `{requirement}`)",
                    package.name,
                    version.unwrap_or_default()
                )
            })
            .collect();
        let yanked = releases.yanked.get(current).cloned();
        Some(LockOutdated {
            name: name.clone(),
            current: current.to_string(),
            locked: match locked.len() {
                1 => Vec::new(),
                _ => locked.iter().map(ToString::to_string).collect(),
            },
            allowed: allowed.to_string(),
            latest: latest.version.to_string(),
            direct: !self.uses.is_empty(),
            wanted_by: self.wanted_by(name),
            blocked_by,
            together_with: match allowed > current {
                true => others.into_iter().collect(),
                false => Vec::new(),
            },
            yanked,
            passed_over: releases.passed_over,
        })
    }

    /// Who asks for a package.
    fn wanted_by(&self, name: &PackageName) -> Vec<String> {
        let several = self.now.inputs.members.len() > 1;
        let own = self.uses.iter().map(|one| {
            let place = match &one.place {
                DependencyPlace::Main => "dependencies".to_owned(),
                DependencyPlace::Extra(extra) => format!("extra {extra}"),
                DependencyPlace::Group(group) => format!("group {group}"),
            };
            match several {
                true => format!("{}: {place}", one.project),
                false => place,
            }
        });
        let mut wanted: Vec<String> = Vec::new();
        for text in own {
            if !wanted.contains(&text) {
                wanted.push(text);
            }
        }
        if !wanted.is_empty() {
            return wanted;
        }
        let entries = self.now.file.packages.iter().zip(&self.now.nodes);
        let askers = entries.filter(|(_, node)| node.requires.iter().any(|one| one.name == *name));
        let names: BTreeSet<String> = askers.map(|(one, _)| one.name.to_string()).collect();
        names.into_iter().collect()
    }
}

/// The versions of a package that are locked, oldest first.
fn versions<'l>(lock: &'l ProjectLock, name: &PackageName) -> Vec<&'l Version> {
    let packages = lock.file.packages.iter();
    let mut found: Vec<&Version> = packages
        .filter(|package| package.name == *name)
        .filter_map(|package| package.version.as_ref())
        .collect();
    found.sort();
    found.dedup();
    found
}
