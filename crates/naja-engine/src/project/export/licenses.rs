//! The licences of what is exported, as far as metadata are at hand: in the cache, or in the project's environment.

use naja_env::EnvState;
use naja_lock::pylock::{LockedPackage, LockedSource};
use naja_spec::{Digest, Headers};

use crate::pip::{Terms, terms_of};
use crate::project::load::Project;
use crate::project::place;
use crate::session::Session;
use crate::target;

/// Where metadata are looked for; the network is never asked.
pub(super) struct Licenses<'a> {
    session: &'a Session,
    /// What is installed in the project's environment, if it has one.
    installed: Option<EnvState>,
}

impl<'a> Licenses<'a> {
    pub(super) fn of(session: &'a Session, project: Option<&Project>) -> Self {
        let root = project.map(|project| place::root(session, project, false));
        let root = root.filter(|root| target::works(root));
        let env = root.and_then(|root| target::open_root(session, &root).ok());
        Self {
            session,
            installed: env.and_then(|env| EnvState::scan(&env).ok()),
        }
    }

    /// What a locked package says about its licence.
    pub(super) fn terms(&self, package: &LockedPackage) -> Option<Terms> {
        let text = self
            .of_wheels(package)
            .or_else(|| self.installed(package))?;
        terms_of(&Headers::parse(&text))
    }

    /// The metadata of one of its wheels.
    fn of_wheels(&self, package: &LockedPackage) -> Option<Vec<u8>> {
        let LockedSource::Files { wheels, .. } = &package.source else {
            return None;
        };
        wheels.iter().find_map(|wheel| {
            let digest = wheel.hashes.iter().find_map(Digest::as_sha256)?;
            naja_index::kept_metadata(&self.session.store, &package.name, digest)
        })
    }

    /// The metadata of what is installed, if it is the same version.
    fn installed(&self, package: &LockedPackage) -> Option<Vec<u8>> {
        let dists = self.installed.as_ref()?.get(&package.name);
        let version = package.version.as_ref();
        let same =
            |one: &&naja_env::InstalledDist| version.is_none_or(|known| known == one.version());
        dists.iter().find(same)?.read_metadata_bytes().ok()
    }
}
