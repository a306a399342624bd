//! What is told when there is no answer.

use std::sync::Arc;

use naja_env::{EnvState, InstalledDist};
use naja_index::{Answer, Pages, Request};
use naja_resolve::{Conflict, Query};
use naja_spec::{PackageName, Version};

use super::Pipeline;
use crate::diagnose::{self, Places};
use crate::failure::Failure;

impl Pipeline {
    /// Tells the story of a conflict; of a name that nobody knows with the names near to it that the
    /// places do know.
    pub(super) fn unsatisfied(
        &mut self,
        conflict: &Conflict,
        installed: Option<&EnvState>,
    ) -> Failure {
        let mut near = Vec::new();
        if let Some(name) = diagnose::unknown_name(conflict) {
            let installed = installed.into_iter().flat_map(EnvState::dists);
            let asked = self.asked.iter().map(subject);
            let candidates =
                diagnose::near_names(name, asked.chain(installed.map(InstalledDist::name)));
            near.extend(
                candidates
                    .into_iter()
                    .filter(|candidate| self.exists(candidate)),
            );
        }
        let addresses = match self.no_index {
            true => &self.addresses[usize::from(self.indexes).min(self.addresses.len())..],
            false => &self.addresses[..],
        };
        let places = Places {
            addresses,
            no_index: self.no_index,
            near: &near,
        };
        diagnose::conflict(conflict, &places)
    }

    /// Whether the indexes have a version of a package; nothing if that cannot be found out.
    pub(crate) fn has_version(&mut self, name: &PackageName, version: &Version) -> Option<bool> {
        let pages = self.pages_of(name)?;
        Some(pages.hits.iter().any(|(_, page)| {
            let mut versions = (0..page.versions()).map(|at| page.version(at));
            versions.any(|known| known == *version)
        }))
    }

    /// Returns whether there are versions of a package; what cannot be found out is none.
    fn exists(&mut self, name: &PackageName) -> bool {
        let pages = self.pages_of(name);
        pages.is_some_and(|pages| pages.hits.iter().any(|(_, page)| page.versions() > 0))
    }

    /// The pages of a package; nothing if they cannot be had.
    fn pages_of(&mut self, name: &PackageName) -> Option<Arc<Pages>> {
        let request = Request::Page(self.page_request(name.clone()));
        let answer = match self.fetcher.cached(&request) {
            None if self.offline => return None,
            None => self.one(request).ok()?,
            Some(cached) => cached,
        };
        match answer {
            Answer::Page(pages) => Some(pages),
            _ => None,
        }
    }
}

/// The package a question is about.
pub(super) fn subject(query: &Query) -> &PackageName {
    match query {
        Query::Versions(name) | Query::Installed(name) => name,
        Query::Metadata(id) => &id.name,
        Query::Url(id) => &id.name,
    }
}
