//! From requirements and settings to what the solver is asked.

use std::sync::Arc;

use naja_lock::{Graph, Note, Origin};
use naja_project::nearest;
use naja_project::settings::{self, Settings};
use naja_python::Interpreter;
use naja_resolve::{
    ForkStrategy, MetadataOverride, PackageSet, Problem, RootRequirement, UniversalTarget,
};
use naja_spec::{ExtraName, PackageName, Version, VersionSpecifiers, WheelName};

use crate::build;
use crate::failure::Failure;
use crate::inputs::RequirementSet;
use crate::options;
use crate::pip_target;
use crate::session::Session;

/// The problem for one interpreter, without anything installed.
pub(crate) fn of(
    session: &Session,
    interpreter: &Interpreter,
    set: &RequirementSet,
) -> Result<Problem, Failure> {
    let tags = Arc::new(pip_target::tags(session, interpreter));
    let problem = Problem::new(interpreter.markers.clone(), tags);
    check_wheels(set, &problem)?;
    Ok(filled(session, set, problem))
}

/// The problem for all systems, and for the Pythons from one on: that of `--python-version`, or that of
/// the interpreter.
pub(crate) fn universal(
    session: &Session,
    interpreter: &Interpreter,
    set: &RequirementSet,
) -> Result<Problem, Failure> {
    let settings = &session.settings;
    let wrong = |text: &str| {
        Failure::usage(format!("`{text}` is not a version of Python"))
            .hint("write it like `3.12` or `3.12.1`")
    };
    let lowest = match &settings.python_version.value {
        Some(text) => text.clone(),
        None => interpreter.markers.python_version.to_string(),
    };
    let requires_python =
        VersionSpecifiers::parse(&format!(">={lowest}")).map_err(|_error| wrong(&lowest))?;
    let problem = Problem::universal(universal_target(settings, requires_python));
    Ok(filled(session, set, problem))
}

/// All systems, as far as the settings say, and these Pythons.
pub(crate) fn universal_target(
    settings: &Settings,
    requires_python: VersionSpecifiers,
) -> UniversalTarget {
    UniversalTarget {
        requires_python,
        environments: settings.environments.value.0.clone(),
        required: settings.required_environments.value.0.clone(),
        fork_strategy: match settings.fork_strategy.value {
            settings::ForkStrategy::Fewest => ForkStrategy::Fewest,
            settings::ForkStrategy::RequiresPython => ForkStrategy::RequiresPython,
        },
        ..UniversalTarget::default()
    }
}

/// Puts requirements and rules into a problem.
pub(crate) fn filled(session: &Session, set: &RequirementSet, mut problem: Problem) -> Problem {
    let settings = &session.settings;
    problem.roots.clone_from(&set.roots);
    problem.constraints.clone_from(&set.constraints);
    problem.overrides.clone_from(&set.overrides);
    problem.excludes.clone_from(&set.excludes);
    problem.hashes.clone_from(&set.hashes);
    problem.options = options::resolve_options(settings);
    // Whatever is wrong with them is told by who asks the indexes.
    problem.index_places = options::index_places(session).unwrap_or_default();
    problem.options.exclude_newer_indexes = options::exclude_newer_indexes(session);
    problem.upgrade = upgrade(settings);
    for given in &settings.dependency_metadata.value.0 {
        // The solver knows the version; where none is given, it is that of no other.
        let none = || Version::from_release(&[0]);
        let version = given.version.clone().unwrap_or_else(none);
        let all = problem.metadata_overrides.entry(given.name.clone());
        all.or_default().push(MetadataOverride {
            version: given.version.clone(),
            metadata: Arc::new(build::of_given(given, version)),
        });
    }
    for requirement in &settings.upgrade_package.value {
        if requirement
            .specifiers()
            .is_some_and(|specifiers| !specifiers.is_empty())
        {
            let origin = Origin::Option("--upgrade-package".to_owned());
            problem
                .constraints
                .push(RootRequirement::new(requirement.clone(), origin));
        }
    }
    problem
}

/// Wheels that are named by their address have to be for this Python and this
/// system.
fn check_wheels(set: &RequirementSet, problem: &Problem) -> Result<(), Failure> {
    for root in &set.roots {
        let Some(url) = root.requirement.url() else {
            continue;
        };
        let name = url.file_name().unwrap_or_default();
        let Ok(wheel) = WheelName::parse(&name) else {
            continue;
        };
        let Some(target) = problem.exact() else {
            continue;
        };
        let wanted = root.requirement.applies(&target.environment, &[]);
        if wanted && target.tags.rank(&wheel).is_none() {
            return Err(Failure::unsatisfied(format!(
                "{name} is not for this Python and this system"
            ))
            .cause(format!("it is asked for by {}", root.origin)));
        }
    }
    Ok(())
}

/// What is to be replaced by newer versions.
pub(crate) fn upgrade(settings: &Settings) -> PackageSet {
    if settings.upgrade.value {
        return PackageSet::All;
    }
    let names: std::collections::BTreeSet<_> = settings
        .upgrade_package
        .value
        .iter()
        .map(|requirement| requirement.name.clone())
        .collect();
    if names.is_empty() {
        PackageSet::None
    } else {
        PackageSet::Only(names)
    }
}

/// Says that an extra does not exist, and which do.
fn missing_extra(
    name: &PackageName,
    version: &Version,
    extra: &ExtraName,
    known: &[ExtraName],
) -> String {
    let front = format!("{name} {version} has no extra `{extra}`");
    let near = nearest(extra.as_str(), known.iter().map(ExtraName::as_str));
    match (near, known.len()) {
        (Some(near), _) => format!("{front}; did you mean `{name}[{near}]`?"),
        (None, 0) => format!("{front}, and no other"),
        (None, count) => {
            let shown: Vec<&str> = known.iter().take(8).map(ExtraName::as_str).collect();
            let more = if count > shown.len() { ", ..." } else { "" };
            format!("{front}; it has {}{more}", shown.join(", "))
        }
    }
}

/// Tells what did not stop the resolution and that the user should know.
pub(crate) fn tell_notes(session: &mut Session, graph: &Graph) {
    for note in &graph.notes {
        match note {
            Note::MissingExtra {
                name,
                version,
                extra,
                known,
            } => session.warn(missing_extra(name, version, extra, known)),
            Note::Yanked {
                name,
                version,
                reason,
            } => {
                let because = if reason.is_empty() {
                    "no reason given"
                } else {
                    reason
                };
                session.warn(format!("{name} {version} was yanked: {because}"));
            }
            Note::Skipped {
                requirement,
                origin,
            } => {
                session.detail(format!(
                    "left out `{requirement}` of {origin}: its marker does not hold here"
                ));
            }
        }
    }
}
