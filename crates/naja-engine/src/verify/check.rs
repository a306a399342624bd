//! Looking at the files of one environment.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;

use naja_env::{
    Depth, EnvState, Environment, Fault, Finding, Stop, Verified, VerifyError, VerifyOptions,
};
use naja_spec::PackageName;
use serde::Serialize;

use super::against::{self, Deviation};
use crate::diagnose;
use crate::failure::Failure;
use crate::options;
use crate::pip_shim;
use crate::session::Session;
use crate::target;

/// What `naja verify` shall look at.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// Only these distributions; all of them and what belongs to nobody if there is none.
    pub packages: Vec<PackageName>,
    /// How closely.
    pub depth: Depth,
    /// A lock file or requirements file that says what shall be installed.
    pub against: Option<String>,
}

/// What `naja verify` found.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    /// The root of the environment.
    pub root: String,
    /// How many distributions were looked at.
    pub packages: usize,
    /// How many files.
    pub files: usize,
    /// How many bytes were read; none for a quick look.
    pub bytes: u64,
    /// Whether contents were compared, too.
    pub contents: bool,
    /// The differences, by package and path.
    pub findings: Vec<Finding>,
    /// How what is installed differs from the file it was compared with.
    pub deviations: Vec<Deviation>,
    /// Distributions that have no list of files.
    pub unlisted: Vec<String>,
}

impl VerifyReport {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.deviations.is_empty()
    }
}

/// Compares the files of an environment with the records of its distributions, by package and
/// path. Starts no Python and changes nothing.
///
/// # Errors
/// The environment cannot be listed.
pub fn check_environment(
    session: &mut Session,
    env: &Environment,
    depth: Depth,
) -> Result<Vec<Finding>, Failure> {
    let state = EnvState::scan(env).map_err(|error| diagnose::scan(&error))?;
    Ok(look(session, (env, &state), depth, None)?.findings)
}

/// Compares the environment of a command with its records, and with a file if one is named.
///
/// # Errors
/// There is no environment, a package is not installed, or something cannot be read.
pub fn verify(session: &mut Session, request: &VerifyRequest) -> Result<VerifyReport, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let only = named(&state, &request.packages)?;
    let found = look(session, (&env, &state), request.depth, only.as_ref())?;
    let deviations = match &request.against {
        Some(file) => against::compare(session, (&env, &state), file, only.as_ref())?,
        None => Vec::new(),
    };
    Ok(VerifyReport {
        root: env.root().display().to_string(),
        packages: found.packages,
        files: found.files,
        bytes: found.bytes,
        contents: request.depth == Depth::Contents,
        findings: found.findings,
        deviations,
        unlisted: found.unlisted.iter().map(ToString::to_string).collect(),
    })
}

/// The distributions a command is about; none for all.
///
/// # Errors
/// One of them is not installed.
pub(crate) fn named(
    state: &EnvState,
    packages: &[PackageName],
) -> Result<Option<BTreeSet<PackageName>>, Failure> {
    for name in packages {
        if !state
            .get(name)
            .iter()
            .any(naja_env::InstalledDist::is_owned)
        {
            return Err(Failure::unsatisfied(format!(
                "{name} is not installed in this environment"
            ))
            .hint("`naja pip list` shows what is"));
        }
    }
    Ok((!packages.is_empty()).then(|| packages.iter().cloned().collect()))
}

/// Looks at the files.
///
/// # Errors
/// A directory cannot be listed, or the command is interrupted.
pub(crate) fn look(
    session: &Session,
    (env, state): (&Environment, &EnvState),
    depth: Depth,
    only: Option<&BTreeSet<PackageName>>,
) -> Result<Verified, Failure> {
    let cancel = &session.cancel;
    let stop = || cancel.is_set();
    let options = VerifyOptions {
        depth,
        threads: NonZeroUsize::new(options::workers(session)).unwrap_or(NonZeroUsize::MIN),
        only,
        stop: Stop::when(&stop),
    };
    let found = naja_env::verify(env, state, &options);
    let mut found = found.map_err(|error| match (session.cancel.check(), &error) {
        (Err(interrupted), VerifyError::Interrupted) => interrupted,
        _ => Failure::environment("could not look through the environment").because(&error),
    })?;
    found.findings.retain(|finding| !is_ours(env, finding));
    Ok(found)
}

/// Whether naja itself put the file there, beside all packages.
fn is_ours(env: &Environment, finding: &Finding) -> bool {
    let scripts: &Path = &env.scheme().scripts;
    finding.fault == Fault::Unowned
        && finding.path.parent() == Some(scripts)
        && pip_shim::is_one(&finding.path)
}
