//! Source archives into the store: from the network, from this machine, or there already.

use std::sync::Arc;

use naja_spec::{Digest, PackageName, SdistName};
use naja_store::{SourceTree, StoreError};

use crate::config::Refresh;
use crate::context::Context;
use crate::download::{Download, Received, ReceivedFile};
use crate::error::{FetchError, FileFault};
use crate::freshness::Validators;
use crate::http::Call;
use crate::keys::sha256_of;
use crate::net::Net;
use crate::origin;
use crate::pointers::{self, Pointer};
use crate::request::{SdistRequest, Ticket};
use crate::wheels::{file_identity, local_path};

/// Answers from the store: by digest, or by an address that is known to lead there.
pub(crate) fn cached(context: &Context, wanted: &SdistRequest) -> Option<SourceTree> {
    origin::check(&context.config, wanted.origin, &wanted.url).ok()?;
    if sha256_of(&wanted.digests).is_some() {
        let mut known = wanted.digests.iter().filter_map(Digest::as_sha256);
        return known.find_map(|sha256| context.store.source(&sha256));
    }
    if wanted.url.is_file() {
        return None;
    }
    let pointer = pointers::read(context, &wanted.url)?;
    let usable = is_fresh(context, wanted, &pointer) || context.config.offline;
    usable.then(|| led_to(context, wanted, &pointer)).flatten()
}

fn is_fresh(context: &Context, wanted: &SdistRequest, pointer: &Pointer) -> bool {
    match package_of(wanted) {
        Some(name) => pointer.is_fresh(context, &name),
        None => {
            let refreshed = matches!(context.config.refresh, Refresh::All)
                && pointer.stamp.confirmed_ms < context.born_ms;
            !refreshed && pointer.stamp.is_fresh(context.now_ms())
        }
    }
}

fn package_of(wanted: &SdistRequest) -> Option<PackageName> {
    let named = || SdistName::parse(&wanted.file_name, None).ok();
    wanted.name.clone().or_else(|| Some(named()?.name))
}

fn led_to(context: &Context, wanted: &SdistRequest, pointer: &Pointer) -> Option<SourceTree> {
    context.store.source(&pointer.leads_to(&wanted.digests)?)
}

fn refused(wanted: &SdistRequest, source: StoreError) -> FetchError {
    FetchError::Store {
        url: wanted.url.without_credentials(),
        source,
    }
}

/// Brings a source archive of this machine into the store.
pub(crate) fn local(context: &Context, wanted: &SdistRequest) -> Result<SourceTree, FetchError> {
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    if let Some(tree) = cached(context, wanted) {
        return Ok(tree);
    }
    let path = local_path(&wanted.url)?;
    // A file that was not touched since leads where it led.
    let identity = file_identity(&path).map(|etag| Validators {
        etag: Some(etag),
        modified: None,
        max_age: u64::MAX / 2000,
    });
    let earlier = pointers::read(context, &wanted.url);
    if let (Some(identity), Some(pointer)) = (&identity, earlier)
        && pointer.stamp.etag == identity.etag
        && let Some(tree) = led_to(context, wanted, &pointer)
    {
        return Ok(tree);
    }
    let put = context
        .store
        .put_sdist(&path, &wanted.file_name, &wanted.digests);
    let tree = put.map_err(|source| refused(wanted, source))?;
    if let Some(identity) = identity {
        let now_ms = context.now_ms();
        let pointer = Pointer::to(tree.id(), &wanted.digests, identity, now_ms);
        pointers::write(context, &wanted.url, &pointer);
    }
    Ok(tree)
}

/// Brings a source archive into the store.
pub(crate) async fn fetch(
    net: &Net,
    ticket: Ticket,
    wanted: &SdistRequest,
) -> Result<SourceTree, FetchError> {
    let context = &net.context;
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    if let Some(tree) = cached(context, wanted) {
        return Ok(tree);
    }
    if context.config.offline {
        return Err(FetchError::Offline {
            url: wanted.url.without_credentials(),
        });
    }
    let earlier = match sha256_of(&wanted.digests) {
        Some(_) => None,
        None => pointers::read(context, &wanted.url)
            .and_then(|pointer| Some((led_to(context, wanted, &pointer)?, pointer))),
    };
    let stamp = earlier.as_ref().map(|(_, pointer)| &pointer.stamp);
    let mut download = Download::new(net, ticket, wanted.size, stamp);
    let call = Call::for_file(&wanted.url, wanted.origin);
    // A resumed file that turns out wrong may have been put together from two: once more.
    for last in [false, true] {
        let received = match net.exchange(&call, &mut download).await? {
            Received::Unchanged(newer) => {
                if let Some((tree, pointer)) = earlier {
                    let pointer = pointer.confirmed(newer, context.now_ms());
                    pointers::write(context, &wanted.url, &pointer);
                    return Ok(tree);
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
                download = Download::new(net, ticket, wanted.size, None);
            }
            result => return result,
        }
    }
    Err(FetchError::Stopped)
}

/// Unpacks a received archive on a worker.
async fn unpack(
    net: &Net,
    wanted: &SdistRequest,
    received: ReceivedFile,
) -> Result<SourceTree, FetchError> {
    let context = Arc::clone(&net.context);
    let wanted = wanted.clone();
    let job = move || {
        let found = received.len();
        if let Some(expected) = wanted.size.filter(|size| *size != found) {
            return Err(FetchError::File {
                url: wanted.url.without_credentials(),
                fault: FileFault::Size { expected, found },
            });
        }
        let (name, digests) = (&wanted.file_name, &wanted.digests);
        let put = context.store.put_sdist_file(&received.file, name, digests);
        let tree = put.map_err(|source| refused(&wanted, source))?;
        if sha256_of(&wanted.digests).is_none() {
            let (digests, now_ms) = (&wanted.digests, context.now_ms());
            let pointer = Pointer::to(tree.id(), digests, received.validators, now_ms);
            pointers::write(&context, &wanted.url, &pointer);
        }
        Ok(tree)
    };
    let result = net.context.workers.run(job).await;
    result.unwrap_or(Err(FetchError::Stopped))
}
