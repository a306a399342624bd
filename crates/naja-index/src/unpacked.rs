//! Files that are kept unpacked, wheels and source archives alike: from the store, from this
//! machine, or from the network.

use std::path::Path;
use std::sync::Arc;

use naja_spec::{Digest, SafeUrl, Sha256};
use naja_store::{StoreError, TempFile};

use crate::context::Context;
use crate::download::{Download, Received, ReceivedFile};
use crate::error::FetchError;
use crate::freshness::Validators;
use crate::http::Call;
use crate::keys::sha256_of;
use crate::local;
use crate::net::Net;
use crate::origin;
use crate::pointers::{self, Pointer};
use crate::request::{Origin, Ticket};

/// A request for a file that the store keeps unpacked.
pub(crate) trait Unpacked: Clone + Send + 'static {
    /// What the store has of such a file.
    type Kept: Send + 'static;

    fn url(&self) -> &SafeUrl;
    fn origin(&self) -> Origin;
    fn digests(&self) -> &[Digest];
    fn size(&self) -> Option<u64>;

    /// Whether an address may be taken to lead where it led.
    fn is_fresh(&self, context: &Context, pointer: &Pointer) -> bool;
    /// What the store has under a digest, if that is what is asked for.
    fn stored(&self, context: &Context, sha256: Sha256) -> Option<Self::Kept>;
    /// The digest of the file it was unpacked from.
    fn sha256(kept: &Self::Kept) -> Sha256;
    /// Checks and unpacks a file of this machine, which stays where it is.
    fn put_local(&self, context: &Context, path: &Path) -> Result<Self::Kept, FetchError>;
    /// Checks and unpacks a file that was received.
    fn put_received(&self, context: &Context, file: TempFile) -> Result<Self::Kept, FetchError>;

    fn refused(&self, source: StoreError) -> FetchError {
        FetchError::Store {
            url: self.url().without_credentials(),
            source,
        }
    }
}

/// Answers from the store: by digest, or by an address that is known to lead there.
pub(crate) fn cached<W: Unpacked>(context: &Context, wanted: &W) -> Option<W::Kept> {
    origin::check(&context.config, wanted.origin(), wanted.url()).ok()?;
    if sha256_of(wanted.digests()).is_some() {
        let mut known = wanted.digests().iter().filter_map(Digest::as_sha256);
        return known.find_map(|sha256| wanted.stored(context, sha256));
    }
    if wanted.url().is_file() {
        return None;
    }
    let pointer = pointers::read(context, wanted.url())?;
    let usable = wanted.is_fresh(context, &pointer) || context.config.offline;
    usable.then(|| led_to(context, wanted, &pointer)).flatten()
}

fn led_to<W: Unpacked>(context: &Context, wanted: &W, pointer: &Pointer) -> Option<W::Kept> {
    wanted.stored(context, pointer.leads_to(wanted.digests())?)
}

/// Remembers where the address led.
fn remember<W: Unpacked>(context: &Context, wanted: &W, kept: &W::Kept, validators: Validators) {
    let now_ms = context.now_ms();
    let pointer = Pointer::new(W::sha256(kept), wanted.digests(), validators, now_ms);
    pointers::write(context, wanted.url(), &pointer);
}

/// Brings a file of this machine into the store.
pub(crate) fn local<W: Unpacked>(context: &Context, wanted: &W) -> Result<W::Kept, FetchError> {
    origin::check(&context.config, wanted.origin(), wanted.url())?;
    if let Some(kept) = cached(context, wanted) {
        return Ok(kept);
    }
    let path = local::path_of(wanted.url())?;
    let identity = local::identity(&path);
    let earlier = pointers::read(context, wanted.url());
    if let (Some(identity), Some(pointer)) = (&identity, earlier)
        && pointer.stamp.etag == identity.etag
        && let Some(kept) = led_to(context, wanted, &pointer)
    {
        return Ok(kept);
    }
    let kept = wanted.put_local(context, &path)?;
    if let Some(identity) = identity {
        remember(context, wanted, &kept, identity);
    }
    Ok(kept)
}

/// Brings a file into the store.
pub(crate) async fn fetch<W: Unpacked>(
    net: &Net,
    ticket: Ticket,
    wanted: &W,
) -> Result<W::Kept, FetchError> {
    let context = &net.context;
    origin::check(&context.config, wanted.origin(), wanted.url())?;
    if let Some(kept) = cached(context, wanted) {
        return Ok(kept);
    }
    if context.config.offline {
        return Err(FetchError::Offline {
            url: wanted.url().without_credentials(),
        });
    }
    let earlier = match sha256_of(wanted.digests()) {
        Some(_) => None,
        None => pointers::read(context, wanted.url())
            .and_then(|pointer| Some((led_to(context, wanted, &pointer)?, pointer))),
    };
    let stamp = earlier.as_ref().map(|(_, pointer)| &pointer.stamp);
    let mut download = Download::new(net, ticket, wanted.size(), stamp);
    let call = Call::for_file(wanted.url(), wanted.origin());
    // A resumed file that turns out wrong may have been put together from two: once more.
    for last in [false, true] {
        let received = match net.exchange(&call, &mut download).await? {
            Received::Unchanged(newer) => {
                if let Some((kept, pointer)) = earlier {
                    let pointer = pointer.confirmed(newer, context.now_ms());
                    pointers::write(context, wanted.url(), &pointer);
                    return Ok(kept);
                }
                return Err(FetchError::Stopped);
            }
            Received::File(received) => received,
        };
        let resumed = received.resumed;
        match unpack(net, wanted, received).await {
            Err(FetchError::Store {
                source: StoreError::DigestMismatch { .. },
                ..
            }) if resumed && !last => {
                download = Download::new(net, ticket, wanted.size(), None);
            }
            result => return result,
        }
    }
    Err(FetchError::Stopped)
}

/// Unpacks a received file on a worker.
pub(crate) async fn unpack<W: Unpacked>(
    net: &Net,
    wanted: &W,
    received: ReceivedFile,
) -> Result<W::Kept, FetchError> {
    let context = Arc::clone(&net.context);
    let wanted = wanted.clone();
    let job = move || {
        let ReceivedFile {
            file, validators, ..
        } = received;
        let kept = wanted.put_received(&context, file)?;
        if sha256_of(wanted.digests()).is_none() {
            remember(&context, &wanted, &kept, validators);
        }
        Ok(kept)
    };
    net.context.workers.answer(job).await
}
