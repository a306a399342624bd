use std::path::Path;

use naja_env::{Archives, EnvPlan, PlannedDist};
use naja_lock::Pin;
use naja_python::Interpreter;
use naja_spec::{Digest, SafeUrl};
use naja_store::Archive;
use serde_json::{Map, Value, json};

use super::metadata_json;
use crate::change;
use crate::failure::Failure;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// Describes what is or would be installed, in the form of pip's installation report (version 1).
///
/// # Errors
/// A wheel cannot be had, or says nothing about itself.
pub(super) fn report(
    session: &mut Session,
    pipeline: &mut Pipeline,
    interpreter: &Interpreter,
    plan: Option<&EnvPlan>,
) -> Result<Value, Failure> {
    let mut install = Vec::new();
    if let Some(plan) = plan {
        let mut archives = Archives::default();
        change::prepare(session, pipeline, plan, &mut archives)?;
        for dist in plan.incoming() {
            if let Some(archive) = archives.get(&dist.pin.name) {
                install.push(item(dist, archive)?);
            }
        }
    }
    Ok(json!({
        "version": "1",
        "pip_version": session.process.program_version,
        "install": install,
        "environment": metadata_json::environment(interpreter),
    }))
}

fn item(dist: &PlannedDist, archive: &Archive) -> Result<Value, Failure> {
    let pin = &dist.pin;
    let path = archive
        .root()
        .join(archive.manifest().dist_info())
        .join("METADATA");
    let bytes = std::fs::read(&path).map_err(|error| unreadable(pin, &path, &error))?;
    let mut out = json!({
        "download_info": download_info(pin, archive),
        "is_direct": pin.source.direct_url().is_some(),
        "is_yanked": pin.source.remote().is_some_and(|file| file.yanked.is_some()),
        "requested": pin.requested,
        "metadata": metadata_json::metadata(&bytes),
    });
    if pin.requested && !pin.extras.is_empty() {
        let extras: Vec<&str> = pin
            .extras
            .iter()
            .map(naja_spec::ExtraName::as_str)
            .collect();
        out["requested_extras"] = Value::from(extras);
    }
    Ok(out)
}

/// Where a file comes from, in the words of `direct_url.json` (PEP 610).
fn download_info(pin: &Pin, archive: &Archive) -> Value {
    let address = |url: &SafeUrl| url.without_credentials().without_fragment().to_string();
    let (url, digests) = match (pin.source.remote(), pin.source.direct_url()) {
        (Some(file), _) => (address(&file.url), file.digests.clone()),
        (None, Some(url)) => (address(url), Vec::new()),
        (None, None) => (String::new(), Vec::new()),
    };
    let digests = if digests.is_empty() {
        vec![Digest::from(archive.id().0)]
    } else {
        digests
    };
    let hashes: Map<String, Value> = digests
        .iter()
        .map(|digest| (digest.algorithm().as_str().to_owned(), digest.hex().into()))
        .collect();
    let mut info = json!({ "hashes": hashes });
    let first = digests
        .iter()
        .find(|digest| digest.as_sha256().is_some())
        .or(digests.first());
    if let Some(first) = first {
        let text = format!("{}={}", first.algorithm().as_str(), first.hex());
        info["hash"] = Value::from(text);
    }
    json!({ "url": url, "archive_info": info })
}

fn unreadable(pin: &Pin, path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("could not read the metadata of {}", pin.name))
        .cause(path.display().to_string())
        .because(error)
}
