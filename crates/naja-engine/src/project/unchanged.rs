//! What is locked from a place of its own and installed from just there: it need not be looked at again.

use naja_env::{EnvState, InstalledDist, Verdict, satisfies};
use naja_lock::{DistSource, Pin};
use naja_project::settings::Settings;
use naja_resolve::RootRequirement;
use naja_spec::{DirectUrlKind, GitUrl, SafeUrl, is_full_commit};

use crate::build;
use crate::inputs::RequirementSet;
use crate::session::Session;
use crate::trace::Look;

/// Takes what is installed as it is locked out of what has to be looked at.
pub(super) fn take(session: &Session, state: &EnvState, set: &mut RequirementSet) -> Vec<Pin> {
    if is_again(&session.settings) {
        return Vec::new();
    }
    let mut pins = Vec::new();
    let roots = std::mem::take(&mut set.roots);
    for root in roots {
        match pin(session, state, set, &root) {
            Some(pin) => pins.push(pin),
            None => set.roots.push(root),
        }
    }
    pins
}

/// Notes the sources on this machine: they may change without any name or version.
pub(super) fn note(session: &Session, set: &RequirementSet) {
    for url in set.roots.iter().filter_map(|root| root.requirement.url()) {
        let Some(path) = url.to_file_path() else {
            continue;
        };
        if path.is_dir() {
            let editable = set.direct.get(url).is_some_and(|how| how.editable);
            session.trace.source(&session.process, &path, editable);
        } else {
            session.trace.note(Look::Content, &path);
        }
    }
}

/// Whether something is to be fetched, built or installed again whatever is there.
fn is_again(settings: &Settings) -> bool {
    settings.refresh.value
        || !settings.refresh_package.value.is_empty()
        || settings.reinstall.value
        || !settings.reinstall_package.value.is_empty()
}

/// The pin of a requirement, if what is installed is just that.
fn pin(
    session: &Session,
    state: &EnvState,
    set: &RequirementSet,
    root: &RootRequirement,
) -> Option<Pin> {
    let requirement = &root.requirement;
    let [dist] = state.get(&requirement.name) else {
        return None;
    };
    let url = requirement.url()?;
    let editable = set.direct.get(url).is_some_and(|how| how.editable);
    let source = source(session, (url, editable), dist)?;
    let pin = Pin {
        requested: true,
        ..Pin::new(requirement.name.clone(), dist.version().clone(), source)
    };
    (dist.is_owned() && satisfies(dist, &pin) == Verdict::Satisfied).then_some(pin)
}

/// Where it comes from, if that can be told without a look into it.
fn source(
    session: &Session,
    (url, editable): (&SafeUrl, bool),
    dist: &InstalledDist,
) -> Option<DistSource> {
    if GitUrl::is_vcs(url) {
        let git = GitUrl::parse(url).ok()?;
        let commit = git.revision()?.to_owned();
        return is_full_commit(&commit).then(|| DistSource::Git {
            url: url.clone(),
            git,
            commit,
            editable,
        });
    }
    let path = url.to_file_path();
    if let Some(path) = path.as_ref().filter(|path| path.is_dir()) {
        let variable = |name: &str| session.process.var(name).map(str::to_owned);
        let fingerprint = match editable {
            true => build::editable_fingerprint(path, &variable),
            false => build::fingerprint(path, &variable),
        };
        return Some(DistSource::Directory {
            path: path.clone(),
            url: url.clone(),
            given: None,
            editable,
            fingerprint: Some(fingerprint?),
        });
    }
    // Only a digest tells that the file is the same.
    let digests = url.fragment_digests();
    let DirectUrlKind::Archive { hashes } = &dist.direct_url()?.kind else {
        return None;
    };
    let is_known = digests
        .iter()
        .any(|digest| hashes.contains_key(digest.algorithm().as_str()));
    let url = url.clone();
    is_known.then_some(DistSource::SourceArchive {
        url,
        given: None,
        digests,
    })
}
