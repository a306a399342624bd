//! [`Known`]: what the history says about what is installed now.

use std::collections::BTreeMap;

use naja_env::{Environment, InstalledDist, Manner};
use naja_lock::Pin;
use naja_store::{Archive, ArchiveId};

use super::entry::{State, digest};
use super::shelf::Shelf;
use super::source::pin_of;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// Knows where installed distributions came from.
pub(crate) struct Known {
    state: Option<State>,
    indexes: BTreeMap<String, u16>,
}

/// What brings a distribution back as it was.
pub(crate) struct Origin {
    pub(crate) pin: Pin,
    /// Its files, if they are in the store.
    pub(crate) archive: Option<Archive>,
    pub(crate) manner: Manner,
}

impl Known {
    /// Reads the history of an environment; one that cannot be read knows nothing.
    pub(crate) fn of(env: &Environment, pipeline: &Pipeline) -> Self {
        let shelf = Shelf::open(env).ok().flatten();
        Self {
            state: shelf.and_then(|shelf| shelf.state().ok().flatten()),
            indexes: pipeline
                .index_addresses()
                .map(|(tag, url)| (url, tag))
                .collect(),
        }
    }

    /// Where a distribution came from, if naja installed it.
    pub(crate) fn origin(&self, session: &Session, dist: &InstalledDist) -> Option<Origin> {
        let recorded = self.state.as_ref()?.get(dist)?;
        let archive = ArchiveId(digest(recorded.archive.as_deref()?)?);
        Some(Origin {
            pin: pin_of(recorded, &|url| self.indexes.get(url).copied())?,
            archive: session.store.get(&archive),
            manner: Manner {
                compiled: recorded.compiled,
                bare: recorded.bare,
            },
        })
    }
}
