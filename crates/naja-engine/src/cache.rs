//! `naja cache`: where it is, what it holds, and making it smaller.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use naja_spec::PackageName;
use naja_store::StoreError;
pub use naja_store::gc::Kept;
use naja_store::gc::{Clean, Tally, Usage};

use crate::event::waiting_for;
use crate::failure::Failure;
use crate::session::Session;

/// Unfinished work of other processes is left alone for this long.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The directory of the cache.
#[must_use]
pub fn dir(session: &Session) -> PathBuf {
    session.store.dir().to_path_buf()
}

/// What the cache holds.
///
/// # Errors
/// It cannot be listed.
pub fn size(session: &Session) -> Result<Usage, Failure> {
    session.store.usage().map_err(|error| failed(&error))
}

/// The wheels the cache holds, by name and version.
///
/// # Errors
/// It cannot be listed.
pub fn contents(session: &Session) -> Result<Vec<Kept>, Failure> {
    session.store.contents().map_err(|error| failed(&error))
}

/// Removes everything, or what belongs to some packages.
///
/// # Errors
/// Something cannot be removed.
pub fn clean(session: &mut Session, packages: &[PackageName]) -> Result<Tally, Failure> {
    let what = if packages.is_empty() {
        Clean::All
    } else {
        Clean::Packages(packages)
    };
    cleaned(session, what)
}

/// Removes what no command can use; with `only_built` what can be fetched again, too, as build
/// services want it.
///
/// # Errors
/// Something cannot be removed.
pub fn prune(session: &mut Session, only_built: bool) -> Result<Tally, Failure> {
    cleaned(
        session,
        Clean::Unusable {
            older_than: A_DAY,
            now: now(session),
            only_built,
        },
    )
}

/// The time of the start.
fn now(session: &Session) -> SystemTime {
    let since_1970 = Duration::from_millis(u64::try_from(session.process.now_ms).unwrap_or(0));
    SystemTime::UNIX_EPOCH + since_1970
}

fn cleaned(session: &mut Session, what: Clean<'_>) -> Result<Tally, Failure> {
    let mut waiting = waiting_for(&mut session.sink, "the cache");
    session
        .store
        .clean(what, &mut waiting)
        .map_err(|error| failed(&error))
}

fn failed(error: &StoreError) -> Failure {
    Failure::environment("could not use the cache").because(error)
}
