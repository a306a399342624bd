//! What an upgrade would do: bounds, and the lock that follows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use naja_env::FileEdit;
use naja_lock::ProjectLock;
use naja_lock::project::LockDiff;
use naja_lock::pylock::LockedSource;
use naja_project::manifest::{ManifestEditor, admit, without_caps};
use naja_spec::{MarkerSet, Operator, Requirement, Version};
use serde::Serialize;

use super::scope::{Entry, Scope, Who};
use crate::failure::{Failure, Kind};
use crate::project::load::{Project, ReadLock};
use crate::project::locking::{Fitting, LockMode, fitting};
use crate::project::upgraded::unheard;
use crate::session::Session;

/// A requirement whose bounds change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoundChange {
    /// The package.
    pub name: naja_spec::PackageName,
    /// The project whose manifest it is.
    pub project: naja_spec::PackageName,
    /// The list it stands in, in words.
    pub place: String,
    /// The requirement as it is written.
    pub before: String,
    /// The requirement as it will be.
    pub after: String,
}

/// What would be done.
pub(super) struct Planned {
    /// The project with its new manifests, and the lock of the disk.
    pub(super) project: Project,
    pub(super) fitting: Fitting,
    /// The manifests that change.
    pub(super) edits: Vec<FileEdit>,
    pub(super) bounds: Vec<BoundChange>,
}

/// Plans an upgrade of some packages.
///
/// First the caps of their bounds are left out and everything is resolved; then each bound gets a cap of its
/// kind that lets in what was found, and the lock is made with those.
///
/// # Errors
/// There is no answer, or a manifest cannot be changed.
pub(super) fn plan(
    session: &mut Session,
    scope: &Scope,
    (who, locked_only): (&Who, bool),
) -> Result<Planned, Failure> {
    let moving = |entry: &&Entry| who.has(&entry.requirement.name) && !locked_only;
    let entries: Vec<&Entry> = scope.entries.iter().filter(moving).collect();
    let mut open = Texts::default();
    for entry in &entries {
        // What cannot be opened has no bounds that could be in the way.
        if let Ok(requirement) = without_caps(&entry.text)
            && requirement.specifiers() != entry.requirement.specifiers()
        {
            open.rewrite(entry, &requirement.to_string())?;
        }
    }
    let open = open.over();
    let mut project = Project::load_over(session, &open)?;
    let requirements = who.requirements(&scope.bounds);
    let first = session.with_settings(
        |settings| {
            settings.upgrade.value = *who == Who::All;
            settings.upgrade_package.value = requirements;
        },
        |session| fitting(session, &project, LockMode::Update),
    );
    let first = first.map_err(|failure| impossible(failure, scope))?;
    let mut texts = Texts::default();
    let mut bounds = Vec::new();
    for entry in &entries {
        let Some(after) = moved(entry, &first.lock) else {
            continue;
        };
        if texts.rewrite(entry, &after)? {
            bounds.push(BoundChange {
                name: entry.requirement.name.clone(),
                project: entry.project.clone(),
                place: entry.place.to_string(),
                before: entry.text.clone(),
                after,
            });
        }
    }
    let edits = texts.edits();
    let over = texts.over();
    if over == open {
        return Ok(Planned {
            project,
            fitting: first,
            edits,
            bounds,
        });
    }
    project = Project::load_over(session, &over)?;
    let fitting = locked_like(session, &mut project, first)?;
    Ok(Planned {
        project,
        fitting,
        edits,
        bounds,
    })
}

/// Says what else can be done where a version that was asked for cannot be had.
fn impossible(mut failure: Failure, scope: &Scope) -> Failure {
    if scope.bounds.is_empty() || failure.kind != Kind::Unsatisfied {
        return failure;
    }
    for line in failure.story.iter_mut().chain(&mut failure.hints) {
        *line = line.replace("--upgrade-package", "naja upgrade");
    }
    let from_below = |entry: &&Entry| {
        let open = without_caps(&entry.text).ok();
        let bounds = open.as_ref().and_then(Requirement::specifiers);
        scope.bounds.contains_key(&entry.requirement.name)
            && bounds.is_some_and(|bounds| !bounds.is_empty())
    };
    match scope.entries.iter().find(from_below) {
        Some(entry) => failure.hint(format!(
            "lower bounds stay, and the project asks for `{}`: `naja add '{}{}'` writes another one",
            entry.text, entry.requirement.name, scope.bounds[&entry.requirement.name]
        )),
        None => failure.hint("`naja outdated --all` shows what stands in the way of newer versions"),
    }
}

/// The requirement with bounds that let in what was found; nothing if they do already.
fn moved(entry: &Entry, lock: &ProjectLock) -> Option<String> {
    let here = MarkerSet::from(entry.requirement.marker.as_ref());
    let packages = lock.file.packages.iter().zip(&lock.nodes);
    let versions = packages.filter_map(|(package, node)| {
        let is_it = package.name == entry.requirement.name
            && matches!(package.source, LockedSource::Files { .. });
        let elsewhere = here.is_disjoint(&MarkerSet::from(node.fork.as_ref()));
        package.version.as_ref().filter(|_| is_it && !elsewhere)
    });
    // A bound for one version cannot let in several: the one that all environments can have counts.
    let version: Option<&Version> = match is_single(entry) {
        true => versions.min(),
        false => versions.max(),
    };
    admit(&entry.text, version?).ok().flatten()
}

fn is_single(entry: &Entry) -> bool {
    let specifiers = entry
        .requirement
        .specifiers()
        .into_iter()
        .flat_map(|all| all.iter());
    let mut operators = specifiers.map(naja_spec::VersionSpecifier::op);
    operators.any(|operator| {
        matches!(
            operator,
            Operator::Equal | Operator::EqualStar | Operator::Compatible | Operator::Arbitrary
        )
    })
}

/// The lock of a project that keeps the versions of another one; told as a change of that on the disk.
fn locked_like(
    session: &mut Session,
    project: &mut Project,
    like: Fitting,
) -> Result<Fitting, Failure> {
    let text = like.lock.to_text();
    let lock = like.lock;
    let before = project.lock.replace(Arc::new(ReadLock { lock, text }));
    let keeping = |settings: &mut naja_project::settings::Settings| {
        settings.upgrade.value = false;
        settings.upgrade_package.value.clear();
    };
    let again = unheard(session, |session| {
        session.with_settings(keeping, |session| {
            fitting(session, project, LockMode::Update)
        })
    });
    project.lock = before;
    let again = again?;
    let before = project.lock.as_ref();
    let text = again.lock.to_text();
    Ok(Fitting {
        diff: LockDiff::between(before.map(|read| &*read.lock), &again.lock),
        text: before.is_none_or(|read| read.text != text).then_some(text),
        ..again
    })
}

/// Manifests that are being changed.
#[derive(Default)]
struct Texts(BTreeMap<PathBuf, (String, ManifestEditor)>);

impl Texts {
    /// Writes a requirement in the place of another one. Says whether that was there.
    fn rewrite(&mut self, entry: &Entry, after: &str) -> Result<bool, Failure> {
        let path = &entry.path;
        let failed = |error: &dyn std::error::Error| {
            Failure::usage(format!("could not change {}", path.display())).because(error)
        };
        if !self.0.contains_key(path) {
            let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
            let editor = ManifestEditor::parse(&text).map_err(|error| failed(&error))?;
            self.0.insert(path.clone(), (text, editor));
        }
        let Some((_, editor)) = self.0.get_mut(path) else {
            return Ok(false);
        };
        editor
            .rewrite(&entry.place, &entry.text, after)
            .map_err(|error| failed(&error))
    }

    fn over(&self) -> Vec<(PathBuf, String)> {
        let files = self.0.iter();
        files
            .map(|(path, (_, editor))| (path.clone(), editor.to_text()))
            .collect()
    }

    fn edits(&self) -> Vec<FileEdit> {
        let files = self.0.iter().map(|(path, (before, editor))| FileEdit {
            path: path.clone(),
            before: Some(before.clone().into_bytes()),
            after: Some(editor.to_text().into_bytes()),
        });
        files.filter(|edit| edit.before != edit.after).collect()
    }
}
