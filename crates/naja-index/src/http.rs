//! One exchange with a server: statuses, bodies, repetitions.

use std::time::Duration;

use naja_spec::SafeUrl;
use reqwest::Response;
use reqwest::header::{
    HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, RETRY_AFTER,
};

use crate::client::{Protocol, origin_key};
use crate::config::IndexId;
use crate::error::{FetchError, TransportError};
use crate::freshness::{Stamp, Validators};
use crate::net::Net;
use crate::request::Origin;
use crate::retry::{Next, is_transient, retry_after};
use crate::transport::trouble;

/// Attempts that do not count, per request.
const FREE_ATTEMPTS: u32 = 3;

/// Permits one ordinary request takes.
pub(crate) const FULL_WEIGHT: u32 = 2;
/// Permits a request for something short takes where one connection carries many.
const LIGHT_WEIGHT: u32 = 1;

/// What is asked.
pub(crate) struct Call<'a> {
    pub(crate) url: &'a SafeUrl,
    /// The index on whose behalf it is asked.
    pub(crate) index: Option<IndexId>,
    /// Statuses that are not errors: they reach the [`Reader`].
    pub(crate) passes: &'a [u16],
    /// The address is the user's own word, not one from a page.
    pub(crate) direct: bool,
}

impl<'a> Call<'a> {
    /// Asks for a file whose address was found there.
    pub(crate) fn for_file(url: &'a SafeUrl, origin: Origin) -> Self {
        let index = match origin {
            Origin::Index(id) => Some(id),
            Origin::Direct | Origin::FindLinks(_) => None,
        };
        let direct = origin == Origin::Direct;
        Self {
            url,
            index,
            passes: &[],
            direct,
        }
    }
}

/// What is done with a response. The same reader sees all attempts.
pub(crate) trait Reader {
    /// Whether answers are short: then more of them may be under way over one connection.
    const LIGHT: bool;
    /// What comes out at the end.
    type Out;
    /// The headers of the next attempt.
    fn headers(&mut self) -> HeaderMap;
    /// Takes in a response that is no transient failure and no refusal of credentials.
    async fn read(&mut self, incoming: Incoming<'_>) -> Result<Self::Out, Failure>;
}

/// Why an attempt failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another attempt may succeed.
    Again(Again),
    /// The server does not speak HTTP/2, or the connection of another request was waited for and
    /// failed; this attempt does not count.
    Free(TransportError),
    /// Nothing will help.
    Fatal(Box<FetchError>),
}

/// A failure that may pass.
#[derive(Debug)]
pub(crate) enum Again {
    /// Connection or body.
    Transport(TransportError),
    /// The server's own trouble.
    Status {
        status: u16,
        asked: Option<Duration>,
    },
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Fatal(Box::new(error))
    }
}

impl Failure {
    pub(crate) fn body(what: &str) -> Self {
        Self::Again(Again::Transport(TransportError::Body(what.to_owned())))
    }
}

/// A response whose body has not been read.
pub(crate) struct Incoming<'a> {
    pub(crate) net: &'a Net,
    pub(crate) response: Response,
    /// Where it came from after redirects; never with credentials.
    pub(crate) url: SafeUrl,
    /// Whether credentials were sent with the last hop.
    pub(crate) sent: bool,
}

impl Incoming<'_> {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Returns a header (lower-case name) if it is plain text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    }

    pub(crate) fn validators(&self) -> Validators {
        Validators::read(|name| self.header(name))
    }

    /// Returns the announced length of the body.
    pub(crate) fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// Returns the next piece of the body.
    pub(crate) async fn chunk(
        &mut self,
    ) -> Result<Option<impl std::ops::Deref<Target = [u8]> + use<>>, Failure> {
        let chunk = self.response.chunk().await.map_err(|error| {
            let trouble = trouble(error);
            Failure::Again(Again::Transport(match trouble.error {
                TransportError::Other(text) => TransportError::Body(text),
                other => other,
            }))
        })?;
        if let Some(chunk) = &chunk {
            self.net.context.counters.bytes(chunk.len());
        }
        Ok(chunk)
    }

    /// Reads the whole body; `Ok(Err(..))` if it is longer than `limit` bytes.
    pub(crate) async fn collect(mut self, limit: u64) -> Result<Result<Vec<u8>, TooLong>, Failure> {
        let announced = self.length().unwrap_or(0);
        if announced > limit {
            return Ok(Err(TooLong { limit }));
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        while let Some(chunk) = self.chunk().await? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Ok(Err(TooLong { limit }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Ok(body))
    }

    /// The error of a status that means nothing here.
    pub(crate) fn unexpected(&self) -> Failure {
        let (url, status) = (self.url.clone(), self.status());
        match status {
            404 | 410 => FetchError::NotFound { url, status },
            _ => FetchError::Status {
                url,
                status,
                attempts: 1,
                retry_after: None,
            },
        }
        .into()
    }
}

/// A body that is longer than it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLong {
    pub(crate) limit: u64,
}

impl Net {
    /// Asks until there is an answer, a failure that will not pass, or no attempt left.
    pub(crate) async fn exchange<R: Reader>(
        &self,
        call: &Call<'_>,
        reader: &mut R,
    ) -> Result<R::Out, FetchError> {
        let (mut attempt, mut free) = (1, FREE_ATTEMPTS);
        loop {
            let again = match self.attempt(call, reader).await {
                Ok(out) => return Ok(out),
                Err(Failure::Fatal(error)) => return Err(with_attempts(*error, attempt)),
                Err(Failure::Free(_)) if free > 0 => {
                    free -= 1;
                    continue;
                }
                Err(Failure::Free(error)) => Again::Transport(error),
                Err(Failure::Again(again)) => again,
            };
            let asked = match &again {
                Again::Status { asked, .. } => *asked,
                Again::Transport(_) => None,
            };
            match self.retry.after(attempt, asked, self.noise()) {
                Next::GiveUp => return Err(give_up(call.url, again, attempt)),
                Next::Wait(pause) => tokio::time::sleep(pause).await,
            }
            self.context.counters.retry();
            attempt += 1;
        }
    }

    async fn attempt<R: Reader>(&self, call: &Call<'_>, reader: &mut R) -> Result<R::Out, Failure> {
        let protocol = self.clients.choose(call.url, &origin_key(call.url)).1;
        let light = R::LIGHT && protocol != Protocol::Any;
        let weight = if light { LIGHT_WEIGHT } else { FULL_WEIGHT };
        let Ok(_permit) = self.slots.acquire_many(weight).await else {
            return Err(FetchError::Stopped.into());
        };
        let headers = reader.headers();
        let incoming = self.follow(call, &headers).await?;
        let status = incoming.status();
        if call.passes.contains(&status) {
            return reader.read(incoming).await;
        }
        if is_transient(status) {
            let now = self.context.now_ms() / 1000;
            let asked = incoming
                .header(RETRY_AFTER.as_str())
                .and_then(|v| retry_after(v, now));
            return Err(Failure::Again(Again::Status { status, asked }));
        }
        if matches!(status, 401 | 403 | 407) {
            let (url, sent) = (incoming.url, incoming.sent);
            return Err(FetchError::Unauthorized {
                url,
                status: Some(status),
                sent,
                trouble: None,
            }
            .into());
        }
        reader.read(incoming).await
    }
}

/// Asks for an answer only if it is another one than the one that is kept.
pub(crate) fn put_conditions(headers: &mut HeaderMap, kept: Option<&Stamp>) {
    let Some(stamp) = kept else { return };
    if let Some(etag) = &stamp.etag {
        put(headers, IF_NONE_MATCH, etag);
    }
    if let Some(modified) = &stamp.modified {
        put(headers, IF_MODIFIED_SINCE, modified);
    }
}

/// Adds one header; the value must be valid, else it is left out.
pub(crate) fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn with_attempts(error: FetchError, attempts: u32) -> FetchError {
    match error {
        FetchError::Transport { url, source, .. } => FetchError::Transport {
            url,
            attempts,
            source,
        },
        FetchError::Status {
            url,
            status,
            retry_after,
            ..
        } => FetchError::Status {
            url,
            status,
            attempts,
            retry_after,
        },
        other => other,
    }
}

fn give_up(url: &SafeUrl, again: Again, attempts: u32) -> FetchError {
    let url = url.without_credentials();
    match again {
        Again::Transport(source) => FetchError::Transport {
            url,
            attempts,
            source,
        },
        Again::Status { status, asked } => {
            let retry_after = asked.map(|pause| pause.as_secs());
            FetchError::Status {
                url,
                status,
                attempts,
                retry_after,
            }
        }
    }
}
