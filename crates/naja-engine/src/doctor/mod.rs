//! `naja doctor`: what is wrong with a shell, an environment, its packages, and how to mend it.
//!
//! A check looks and returns [`Finding`]s; it changes nothing. `--fix` carries out the repairs that
//! findings have, and looks again.

mod catalogue;
mod editors;
mod environment;
mod finding;
mod jsonc;
mod kernels;
mod mend;
mod packages;
mod project;
mod python;
mod settings;
mod shell;
mod variables;

use std::path::PathBuf;

use naja_env::{EnvState, Environment};
use serde::Serialize;

use crate::failure::Failure;
use crate::session::Session;
use crate::status::{self, Status};
use crate::target;

pub use catalogue::{KINDS, Kind, Severity, kind_of};
pub use finding::Finding;

/// What `naja doctor` shall do.
#[derive(Clone, Copy, Debug, Default)]
pub struct DoctorRequest {
    /// Whether it mends what it can.
    pub fix: bool,
    /// An editor that is to be told of the environment, whether it was in use here or not.
    pub editor: Option<Editor>,
    /// Whether the contents of files are left alone: only their presence and size count.
    pub quick: bool,
}

/// An editor whose settings can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editor {
    /// Visual Studio Code and what is made from it.
    VsCode,
}

/// What was found, and what was done.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// The working directory.
    pub directory: PathBuf,
    /// The environment that was looked at.
    pub environment: Option<PathBuf>,
    /// What is wrong now, the worst first.
    pub findings: Vec<Finding>,
    /// What was mended.
    pub mended: Vec<Mended>,
}

/// Something that `--fix` did.
#[derive(Clone, Debug, Serialize)]
pub struct Mended {
    /// The kind of the finding.
    pub id: &'static str,
    /// What was done, or why it could not be.
    pub what: String,
    /// Whether it succeeded.
    pub done: bool,
}

impl Diagnosis {
    /// Says whether something is wrong: notes do not count.
    #[must_use]
    pub fn is_ill(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity != Severity::Note)
    }
}

/// What all checks look at.
struct Patient {
    status: Status,
    /// The environment, if it can be opened.
    env: Option<Environment>,
    /// What is installed in it.
    state: Option<EnvState>,
    request: DoctorRequest,
}

/// Looks for everything that is wrong here, and mends what can be mended if that is asked for.
///
/// # Errors
/// An environment was named, and there is none.
pub fn doctor(session: &mut Session, request: DoctorRequest) -> Result<Diagnosis, Failure> {
    let (mut patient, mut findings) = examine(session, request)?;
    let mut mended = Vec::new();
    if request.fix {
        for finding in &findings {
            session.cancel.check()?;
            let Some(repair) = &finding.repair else {
                continue;
            };
            let (what, done) = match mend::carry_out(session, &patient, repair) {
                Ok(what) => (what, true),
                Err(failure) => (told(&failure), false),
            };
            mended.push(Mended {
                id: finding.id,
                what,
                done,
            });
        }
        if !mended.is_empty() {
            (patient, findings) = examine(session, request)?;
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    Ok(Diagnosis {
        directory: patient.status.directory,
        environment: patient.status.environment.map(|env| env.root),
        findings,
        mended,
    })
}

/// A failure as one line.
fn told(failure: &Failure) -> String {
    let mut parts = vec![failure.title.clone()];
    parts.extend(failure.causes.iter().cloned());
    parts.join(": ")
}

fn examine(
    session: &mut Session,
    request: DoctorRequest,
) -> Result<(Patient, Vec<Finding>), Failure> {
    let status = status::status(session)?;
    let root = status.environment.as_ref().map(|env| env.root.clone());
    // One that cannot be opened is a finding of its own.
    let env = root.and_then(|root| target::open_root(session, &root).ok());
    let state = env.as_ref().and_then(|env| EnvState::scan(env).ok());
    let patient = Patient {
        status,
        env,
        state,
        request,
    };
    let mut findings = shell::check(session, &patient);
    findings.extend(environment::check(session, &patient));
    findings.extend(packages::check(session, &patient)?);
    findings.extend(project::check(session));
    findings.extend(settings::check(session, &patient));
    findings.extend(variables::check(session, &patient));
    findings.extend(editors::check(session, &patient));
    findings.extend(kernels::check(session));
    Ok((patient, findings))
}
