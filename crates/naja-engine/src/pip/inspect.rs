use naja_env::InstalledDist;
use serde_json::{Value, json};

use super::list::{ListRequest, chosen, scan};
use super::metadata_json;
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// Describes all that is installed, in the form of `pip inspect` (version 1).
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn inspect(session: &mut Session, request: &ListRequest) -> Result<Value, Failure> {
    let interpreter = if request.paths.is_empty() {
        target::open_and_scan(session)?.0.interpreter().clone()
    } else {
        target::interpreter_to_resolve_for(session)?
    };
    let state = scan(session, &request.paths)?;
    let mut installed = Vec::new();
    for dist in chosen(session, &state, request)? {
        match described(dist) {
            Ok(value) => installed.push(value),
            Err(reason) => session.warn(format!("left out {}: {reason}", dist.name())),
        }
    }
    Ok(json!({
        "version": "1",
        "pip_version": session.process.program_version,
        "installed": installed,
        "environment": metadata_json::environment(&interpreter),
    }))
}

fn described(dist: &InstalledDist) -> Result<Value, String> {
    let bytes = dist
        .read_metadata_bytes()
        .map_err(|error| error.to_string())?;
    let mut out = json!({
        "metadata": metadata_json::metadata(&bytes),
        "metadata_location": dist.path().display().to_string(),
        "requested": dist.is_requested(),
    });
    if let Some(direct) = dist.direct_url()
        && let Ok(direct) = serde_json::from_str::<Value>(&direct.to_json())
    {
        out["direct_url"] = direct;
    }
    if let Some(installer) = dist.installer() {
        out["installer"] = Value::from(installer);
    }
    Ok(out)
}
