//! For which environments a compiled file is known to be good: those in which every variable that
//! some marker asked about has the value it had.

use std::collections::BTreeSet;
use std::sync::Arc;

use naja_index::{Answer, MetadataRequest, Request};
use naja_lock::{DistSource, Graph, Pin};
use naja_resolve::Target;
use naja_spec::{
    CoreMetadata, Marker, MarkerEnvironment, MarkerSet, MarkerVariable, Requirement, WheelName,
};

use crate::change::wheel_request;
use crate::diagnose;
use crate::failure::Failure;
use crate::inputs::RequirementSet;
use crate::pipeline::{Pipeline, archive_metadata};

/// The variables of an environment.
const VARIABLES: [MarkerVariable; 11] = [
    MarkerVariable::PythonVersion,
    MarkerVariable::PythonFullVersion,
    MarkerVariable::ImplementationName,
    MarkerVariable::ImplementationVersion,
    MarkerVariable::PlatformPythonImplementation,
    MarkerVariable::OsName,
    MarkerVariable::SysPlatform,
    MarkerVariable::PlatformSystem,
    MarkerVariable::PlatformMachine,
    MarkerVariable::PlatformRelease,
    MarkerVariable::PlatformVersion,
];

/// The marker of the environments that the graph is known to be good for; `None` if it is good for
/// all, or was made for all.
///
/// # Errors
/// The metadata of a distribution cannot be had.
pub(super) fn valid_for(
    pipeline: &mut Pipeline,
    (graph, target): (&Graph, &Target),
    set: &RequirementSet,
) -> Result<Option<Marker>, Failure> {
    let Target::Exact(target) = target else {
        return Ok(None);
    };
    let mut met = BTreeSet::new();
    let users = [&set.roots, &set.constraints, &set.overrides];
    for root in users.into_iter().flatten() {
        note(&root.requirement, None, &mut met);
    }
    for node in &graph.nodes {
        let metadata = metadata(pipeline, &node.pin)?;
        for requirement in metadata.iter().flat_map(|metadata| &metadata.requires_dist) {
            let mut replaced = set.overrides.iter().map(|root| &root.requirement.name);
            let is_out = set.excludes.contains(&requirement.name);
            if !is_out && !replaced.any(|name| *name == requirement.name) {
                note(requirement, Some(&node.pin), &mut met);
            }
        }
    }
    Ok(expression(&target.environment, &met))
}

/// Notes the variables of a requirement's marker, unless it is about an extra nobody asked for.
fn note(requirement: &Requirement, pin: Option<&Pin>, met: &mut BTreeSet<MarkerVariable>) {
    let Some(marker) = &requirement.marker else {
        return;
    };
    let extras = pin.map_or(&[][..], |pin| &pin.extras);
    let here = MarkerSet::from_marker(marker).with_extras(extras);
    if here.is_none() || here.is_all() {
        return;
    }
    met.extend(VARIABLES.into_iter().filter(|at| marker.mentions(*at)));
}

fn expression(environment: &MarkerEnvironment, met: &BTreeSet<MarkerVariable>) -> Option<Marker> {
    let mut whole: Option<Marker> = None;
    for variable in VARIABLES.iter().filter(|variable| met.contains(variable)) {
        let value = environment.text(*variable);
        let quote = if value.contains('\'') { '"' } else { '\'' };
        let Ok(one) = Marker::parse(&format!("{variable} == {quote}{value}{quote}")) else {
            continue;
        };
        whole = Some(match whole {
            Some(before) => before.and(&one),
            None => one,
        });
    }
    whole
}

/// What a distribution says about itself; the resolution has fetched it already.
fn metadata(pipeline: &mut Pipeline, pin: &Pin) -> Result<Option<Arc<CoreMetadata>>, Failure> {
    if let Some(source) = pipeline.source_of_pin(pin)? {
        return pipeline.metadata_of(source).map(Some);
    }
    match &pin.source {
        DistSource::Wheel(file) => {
            let wheel = WheelName::parse(&file.file_name).map_err(|error| {
                Failure::environment("a wheel has an unusable name").because(&error)
            })?;
            let request = Request::Metadata(MetadataRequest {
                wheel,
                url: file.url.clone(),
                origin: pipeline.origin(file.index),
                core_metadata: file.core_metadata,
                sha256: file.digests.iter().find_map(naja_spec::Digest::as_sha256),
                size: file.size,
            });
            match pipeline.one(request)? {
                Answer::Metadata(metadata) => Ok(Some(metadata)),
                _ => Err(diagnose::unexpected("metadata")),
            }
        }
        DistSource::LocalWheel { .. } | DistSource::UrlWheel { .. } => {
            let request = wheel_request(pin, pipeline)?;
            let Answer::Wheel(archive) = pipeline.one(Request::Wheel(request))? else {
                return Err(diagnose::unexpected("a wheel"));
            };
            Ok(archive_metadata(&archive).ok().map(Arc::new))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_about_is_named() {
        let text = r#"{"os_name": "posix", "sys_platform": "linux", "platform_machine": "x86_64",
            "platform_python_implementation": "CPython", "platform_release": "6", "platform_system": "Linux",
            "platform_version": "it's", "implementation_name": "cpython", "python_version": "3.12",
            "python_full_version": "3.12.1", "implementation_version": "3.12.1"}"#;
        let environment: MarkerEnvironment = serde_json::from_str(text).unwrap();
        let of = |lines: &[&str]| {
            let mut met = BTreeSet::new();
            for line in lines {
                note(&Requirement::parse(line).unwrap(), None, &mut met);
            }
            expression(&environment, &met).map(|marker| marker.lockstyle().to_string())
        };
        assert_eq!(
            of(&["harry", "ron; extra == 'x' and os_name == 'nt'"]),
            None
        );
        let found = of(&[
            "harry; sys_platform == 'win32' or platform_version == 'y'",
            "ron; python_version < '3.9'",
        ]);
        assert_eq!(
            found.as_deref(),
            Some(
                "python_version == '3.12' and sys_platform == 'linux' and platform_version == \"it's\""
            )
        );
    }
}
