//! The metadata file that an index serves beside a wheel (PEP 658, PEP 714).

use std::sync::Arc;

use naja_spec::{CoreMeta, CoreMetadata, SafeUrl, Sha256};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap};

use crate::body::decoded;
use crate::client::origin_key;
use crate::error::{FetchError, MetadataFault};
use crate::http::{Call, Failure, Incoming, Reader, put};
use crate::metadata::{MAX_METADATA, Source, checked, fault, keep};
use crate::net::Net;
use crate::request::MetadataRequest;

/// Fetches the metadata file that the index serves apart; `None` if it does not.
pub(crate) async fn fetch(
    net: &Net,
    wanted: &MetadataRequest,
) -> Result<Option<Arc<CoreMetadata>>, FetchError> {
    let context = &net.context;
    let origin = origin_key(&wanted.url);
    let now_ms = context.now_ms();
    let facts = net.hosts.facts(&origin, now_ms);
    let announced = wanted.core_metadata != CoreMeta::No;
    if announced {
        net.hosts
            .learn(&origin, now_ms, |facts| facts.announces = true);
    } else if facts.announces || facts.sidecars == Some(false) {
        return Ok(None);
    }
    let Some(url) = metadata_url(&wanted.url) else {
        return Ok(None);
    };
    // A guess must not fail the request, whatever the server makes of it.
    let passes: &[u16] = if announced {
        &[]
    } else {
        &[400, 401, 403, 405, 500, 501, 502, 503]
    };
    let call = Call {
        passes,
        ..Call::for_file(&url, wanted.origin)
    };
    let answer = net.exchange(&call, &mut ApartReader { passes }).await?;
    let learn = |works: bool| {
        if !announced {
            net.hosts.learn(&origin, now_ms, |facts| {
                // One success proves it; one failure proves nothing after a success.
                facts.sidecars = Some(works || facts.sidecars == Some(true));
            });
        }
    };
    let text = match answer {
        Apart::Text(text) => text,
        Apart::Absent { lasting } => {
            if lasting {
                learn(false);
            }
            return Ok(None);
        }
    };
    if let CoreMeta::Hash(expected) = &wanted.core_metadata {
        let found = Sha256::of(&text);
        if *expected != found {
            let expected = *expected;
            return Err(fault(
                &wanted.url,
                MetadataFault::Digest { expected, found },
            ));
        }
    }
    match checked(&text, wanted) {
        Ok(metadata) => {
            learn(true);
            keep(context, wanted, Source::Apart, &text);
            Ok(Some(metadata))
        }
        Err(error) if announced => Err(error),
        // Some servers answer 200 to everything.
        Err(_) => {
            learn(false);
            Ok(None)
        }
    }
}

/// The address of the metadata file: `.metadata` after the path (PEP 658).
#[must_use]
pub fn metadata_url(url: &SafeUrl) -> Option<SafeUrl> {
    let mut apart = url.as_url().clone();
    apart.set_fragment(None);
    let path = format!("{}.metadata", apart.path());
    apart.set_path(&path);
    (apart.path() == path).then(|| SafeUrl::from(apart))
}

enum Apart {
    Text(Vec<u8>),
    Absent { lasting: bool },
}

struct ApartReader<'a> {
    passes: &'a [u16],
}

impl Reader for ApartReader<'_> {
    const LIGHT: bool = true;
    type Out = Apart;

    fn headers(&mut self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put(&mut headers, ACCEPT_ENCODING, "gzip");
        headers
    }

    async fn read(&mut self, incoming: Incoming<'_>) -> Result<Apart, Failure> {
        match incoming.status() {
            200 | 203 => {}
            404 | 410 => return Ok(Apart::Absent { lasting: true }),
            status if self.passes.contains(&status) => {
                return Ok(Apart::Absent {
                    lasting: status < 500,
                });
            }
            _ => return Err(incoming.unexpected()),
        }
        let encoding = incoming.header("content-encoding").map(str::to_owned);
        let url = incoming.url.clone();
        let body = match incoming.collect(MAX_METADATA).await? {
            Ok(body) => body,
            Err(over) => {
                return Err(fault(&url, MetadataFault::TooLong { limit: over.limit }).into());
            }
        };
        match decoded(body, encoding.as_deref()) {
            Ok(text) => Ok(Apart::Text(text)),
            Err(_) => Err(Failure::body("the compression of the answer is broken")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_apart_is_beside_the_wheel() {
        let url = SafeUrl::parse("https://f.example/a%2Bb/x.whl?sig=1#sha256=00").unwrap();
        assert_eq!(
            metadata_url(&url).unwrap().with_secrets(),
            "https://f.example/a%2Bb/x.whl.metadata?sig=1"
        );
    }
}
