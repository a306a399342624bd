//! Steps made from plans. Each of these runs only where somebody listens.

use std::path::PathBuf;

use naja_env::{ApplyWarning, Archives, EnvPlan, EnvState, Environment, LinkMode, PlannedDist};
use naja_lock::{DistSource, Graph, Pin};
use naja_spec::EntryPoints;

use super::telling::{Step, StepDist, StepFile};
use crate::inputs::{InputSources, RequirementSet};
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;

pub(crate) fn found(session: &Session, env: &Environment, state: &EnvState) -> Step {
    let inputs = crate::target::discovery_inputs(session);
    Step::FoundEnvironment {
        root: env.root().to_path_buf(),
        python: env.python(),
        packages: env.scheme().purelib.clone(),
        installed: state.visible().filter(|dist| dist.is_owned()).count(),
        active: inputs
            .virtual_env
            .as_ref()
            .map(|root| inputs.absolute(root)),
        cwd: inputs.cwd,
    }
}

pub(crate) fn made(env: &Environment, base: PathBuf, copied: bool) -> Step {
    let programs = env.scheme().scripts.clone();
    let entries = std::fs::read_dir(&programs).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().to_ascii_lowercase());
    let scripts = names.filter(|name| {
        name.starts_with("activate") && !name.ends_with("_this.py") || name == "deactivate.nu"
    });
    Step::MadeEnvironment {
        root: env.root().to_path_buf(),
        base,
        packages: env.scheme().purelib.clone(),
        scripts: scripts.count(),
        programs,
        copied,
    }
}

pub(crate) fn read(set: &RequirementSet, sources: &InputSources) -> Step {
    let texts = set.roots.iter().map(|root| root.requirement.to_string());
    Step::Read {
        requirements: texts
            .map(|text| naja_spec::mask_urls(&text).into_owned())
            .collect(),
        files: sources.requirements.clone(),
    }
}

pub(crate) fn asking(session: &Session, pipeline: &Pipeline) -> Step {
    Step::Asking {
        indexes: pipeline
            .index_addresses()
            .map(|(_, address)| address)
            .collect(),
        offline: session.settings.offline.value,
    }
}

pub(crate) fn chose(graph: &Graph, pipeline: &Pipeline) -> Step {
    let (requests, bytes) = pipeline.traffic();
    let dists = graph.nodes.iter().map(|node| StepDist {
        name: node.pin.name.to_string(),
        version: node.pin.version.to_string(),
    });
    Step::Chose {
        packages: dists.collect(),
        requests,
        bytes,
    }
}

/// The files of a plan; `kept` are those that the store had before.
pub(crate) fn fetched(session: &Session, dists: &[(&PlannedDist, bool)]) -> Step {
    let file = |(dist, kept): &(&PlannedDist, bool)| {
        let (name, bytes, hashed) = file_of(&dist.pin);
        StepFile {
            name,
            bytes,
            fetched: !kept,
            hashed,
        }
    };
    Step::Fetched {
        files: dists.iter().map(file).collect(),
        cache: session.store.dir().to_path_buf(),
    }
}

fn file_of(pin: &Pin) -> (String, Option<u64>, bool) {
    let given = !pin.requested_hashes.is_empty();
    match &pin.source {
        DistSource::Wheel(file) => (
            file.file_name.clone(),
            file.size,
            given || !file.digests.is_empty(),
        ),
        DistSource::LocalWheel { url, digests, .. } | DistSource::UrlWheel { url, digests } => (
            url.file_name().unwrap_or_default().into_owned(),
            None,
            given || !digests.is_empty(),
        ),
        _ => (
            format!("{} {}, built here", pin.name, pin.version),
            None,
            given,
        ),
    }
}

pub(crate) fn placed(
    session: &Session,
    (env, plan): (&Environment, &EnvPlan),
    archives: &Archives,
    (files, warnings): (usize, &[ApplyWarning]),
) -> Step {
    let copied = warnings
        .iter()
        .any(|warning| matches!(warning, ApplyWarning::Copied { .. }));
    let mode = if copied {
        LinkMode::Copy
    } else {
        options::link_mode(&session.settings)
    };
    let mut programs = Vec::new();
    for dist in plan.incoming() {
        let Some(archive) = archives.get(&dist.pin.name) else {
            continue;
        };
        if let Ok(points) = EntryPoints::parse(archive.manifest().entry_points()) {
            let points = points.console.iter().chain(&points.gui);
            programs.extend(points.map(|point| env.scheme().scripts.join(&point.name)));
        }
    }
    Step::Placed {
        packages: env.scheme().purelib.clone(),
        files,
        mode: format!("{mode:?}").to_lowercase(),
        programs,
        compiled: session.settings.compile_bytecode.value,
    }
}

pub(crate) fn removed(env: &Environment, plan: &EnvPlan) -> Step {
    let dists = plan.outgoing().map(|dist| StepDist {
        name: dist.name().to_string(),
        version: dist.version().to_string(),
    });
    Step::Removed {
        packages: dists.collect(),
        from: env.scheme().purelib.clone(),
    }
}
