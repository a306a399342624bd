//! What is known about servers: whether they speak HTTP/2, serve metadata apart, serve ranges.
//!
//! Kept in the store for a day, so that a second run does not try in vain.

use std::cell::RefCell;
use std::sync::Arc;

use naja_store::Bucket;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::client::OriginKey;
use crate::records::Records;

/// Version of the stored form.
const FORM: u32 = 1;
/// Facts older than this are forgotten (milliseconds).
const LIFE_MS: i64 = 86_400_000;

/// The facts about one origin; `None` is "not known yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    form: u32,
    learned_ms: i64,
    /// Speaks HTTP/2.
    pub(crate) http2: Option<bool>,
    /// Answers for `<wheel>.metadata` although its pages do not say so.
    pub(crate) sidecars: Option<bool>,
    /// Its pages say which wheels have metadata apart: then silence means no.
    pub(crate) announces: bool,
    /// Serves byte ranges.
    pub(crate) ranges: Option<bool>,
}

/// The facts about all origins.
pub(crate) struct Hosts {
    records: Records,
    known: RefCell<FxHashMap<OriginKey, Facts>>,
}

impl Hosts {
    pub(crate) fn new(records: Records) -> Self {
        Self {
            records,
            known: RefCell::default(),
        }
    }

    /// Returns what is known about an origin.
    pub(crate) fn facts(&self, origin: &OriginKey, now_ms: i64) -> Facts {
        if let Some(facts) = self.known.borrow().get(origin) {
            return *facts;
        }
        let facts = read(&self.records, origin, now_ms).unwrap_or_default();
        self.known.borrow_mut().insert(Arc::clone(origin), facts);
        facts
    }

    /// Changes what is known; kept if it is news.
    pub(crate) fn learn(&self, origin: &OriginKey, now_ms: i64, change: impl FnOnce(&mut Facts)) {
        let old = self.facts(origin, now_ms);
        let mut new = old;
        change(&mut new);
        if new == old {
            return;
        }
        new.form = FORM;
        new.learned_ms = now_ms;
        self.known.borrow_mut().insert(Arc::clone(origin), new);
        let body = serde_json::to_vec(&new).unwrap_or_default();
        self.records.write(Bucket::Hints, &key(origin), body);
    }
}

fn read(records: &Records, origin: &OriginKey, now_ms: i64) -> Option<Facts> {
    let record = records.read(Bucket::Hints, &key(origin))?;
    let facts: Facts = serde_json::from_slice(record.as_ref()).ok()?;
    let age = now_ms.saturating_sub(facts.learned_ms);
    (facts.form == FORM && (0..LIFE_MS).contains(&age)).then_some(facts)
}

fn key(origin: &OriginKey) -> String {
    format!("host:{origin}")
}
