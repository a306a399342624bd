//! From an address to the file it led to, for wheels and source archives whose digest nobody
//! announced.

use naja_spec::{Digest, PackageName, SafeUrl, Sha256};
use naja_store::Bucket;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::freshness::{Stamp, Validators};
use crate::keys::pointer_key;

/// Version of the stored form.
const FORM: u32 = 1;

/// Where an address led.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pointer {
    form: u32,
    sha256: String,
    /// Digests (`algorithm:hex`) the file was checked against.
    checked: Vec<String>,
    pub(crate) stamp: Stamp,
}

impl Pointer {
    /// A pointer to the file with this digest.
    pub(crate) fn new(
        sha256: Sha256,
        digests: &[Digest],
        validators: Validators,
        now_ms: i64,
    ) -> Self {
        Self {
            form: FORM,
            sha256: sha256.to_string(),
            checked: digests.iter().map(ToString::to_string).collect(),
            stamp: Stamp::new(0, validators, now_ms),
        }
    }

    /// The pointer after the server confirmed it.
    pub(crate) fn confirmed(mut self, newer: Validators, now_ms: i64) -> Self {
        self.stamp = self.stamp.confirmed(newer, now_ms);
        self
    }

    /// The digest of the file, if that was checked against all these digests.
    pub(crate) fn leads_to(&self, digests: &[Digest]) -> Option<Sha256> {
        let checked = digests
            .iter()
            .all(|digest| self.checked.contains(&digest.to_string()));
        checked.then(|| self.sha256.parse().ok()).flatten()
    }

    /// Whether the address may be taken to lead there still.
    pub(crate) fn is_fresh(&self, context: &Context, package: &PackageName) -> bool {
        self.stamp.is_fresh(context.now_ms())
            && !context.must_refresh(package, self.stamp.confirmed_ms)
    }
}

/// Reads the pointer of an address.
pub(crate) fn read(context: &Context, url: &SafeUrl) -> Option<Pointer> {
    let record = context
        .store
        .read_record(Bucket::Aliases, &pointer_key(url))?;
    serde_json::from_slice::<Pointer>(record.as_ref())
        .ok()
        .filter(|pointer| pointer.form == FORM)
}

/// Keeps the pointer of an address.
pub(crate) fn write(context: &Context, url: &SafeUrl, pointer: &Pointer) {
    let body = serde_json::to_vec(pointer).unwrap_or_default();
    // A cache that cannot be written is a cache that does not help.
    let _ = context
        .store
        .write_record(Bucket::Aliases, &pointer_key(url), &body);
}
