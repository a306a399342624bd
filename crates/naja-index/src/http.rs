//! One exchange with a server: credentials, redirects, statuses, repetitions.

use std::time::Duration;

use naja_spec::SafeUrl;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, Version};

use crate::client::{OriginKey, Protocol, is_listed, origin_key};
use crate::config::{Authenticate, IndexId};
use crate::error::{FetchError, Refusal, TransportError};
use crate::freshness::Validators;
use crate::net::Net;
use crate::netrc::Login;
use crate::request::Origin;
use crate::retry::{Next, is_transient, retry_after};
use crate::transport::{Outlook, Trouble, trouble};

/// Redirects that are followed for one request.
const MAX_REDIRECTS: usize = 10;

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
    net: &'a Net,
    response: Response,
    /// Where it came from after redirects; never with credentials.
    pub(crate) url: SafeUrl,
    /// Whether credentials were sent with the last hop.
    sent: bool,
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
            }
            .into());
        }
        reader.read(incoming).await
    }

    /// Sends a request and follows redirects.
    async fn follow(&self, call: &Call<'_>, headers: &HeaderMap) -> Result<Incoming<'_>, Failure> {
        let mut url = call.url.without_fragment();
        for _ in 0..=MAX_REDIRECTS {
            let (response, sent) = self.hop(call, &url, headers).await?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                let url = url.without_credentials();
                return Ok(Incoming {
                    net: self,
                    response,
                    url,
                    sent,
                });
            }
            url = self.redirected(&url, &response)?;
        }
        let url = url.without_credentials();
        Err(FetchError::Refused {
            url,
            why: Refusal::TooManyRedirects,
        }
        .into())
    }

    fn redirected(&self, from: &SafeUrl, response: &Response) -> Result<SafeUrl, FetchError> {
        let target = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let target = target.and_then(|target| from.join(target).ok());
        let Some(target) = target else {
            let url = from.without_credentials();
            return Err(FetchError::Refused {
                url,
                why: Refusal::BadRedirect,
            });
        };
        // Credentials a server puts into its redirect are its own affair.
        let target = target.without_credentials().without_fragment();
        match refusal(from, &target, &self.context.config.tls.insecure_hosts) {
            Some(why) => Err(FetchError::Refused { url: target, why }),
            None => Ok(target),
        }
    }

    /// Sends one request to one address, a second time if the server asks for the credentials
    /// that are kept for servers that ask.
    async fn hop(
        &self,
        call: &Call<'_>,
        url: &SafeUrl,
        headers: &HeaderMap,
    ) -> Result<(Response, bool), Failure> {
        let index = call.index.and_then(|id| self.context.config.index(id));
        let policy = match index {
            Some(index) if index.url.same_origin(url) => index.authenticate,
            _ => Authenticate::Auto,
        };
        let login = match policy {
            Authenticate::Never => None,
            _ => self.logins.for_hop(url, call.url),
        };
        if policy == Authenticate::Always && login.is_none() {
            let url = url.without_credentials();
            return Err(FetchError::Unauthorized {
                url,
                status: None,
                sent: false,
            }
            .into());
        }
        let response = self.send(url, headers, login.as_ref()).await?;
        if response.status().as_u16() == 401
            && login.is_none()
            && policy != Authenticate::Never
            && let Some(login) = self.logins.when_asked(url, call)
        {
            return Ok((self.send(url, headers, Some(login)).await?, true));
        }
        Ok((response, login.is_some()))
    }

    async fn send(
        &self,
        url: &SafeUrl,
        headers: &HeaderMap,
        login: Option<&Login>,
    ) -> Result<Response, Failure> {
        let origin = origin_key(url);
        self.recall(&origin);
        let (client, protocol) = self.clients.choose(url, &origin);
        let bare = url.without_credentials();
        let mut request = client.request(Method::GET, bare.as_url().clone());
        request = request.headers(headers.clone());
        if let Some(login) = login {
            request = request.header(AUTHORIZATION, basic(login));
        }
        self.context.counters.request();
        match request.send().await {
            Ok(response) => {
                self.answered(url, &origin, protocol, response.version());
                Ok(response)
            }
            Err(error) => Err(self.failed(&bare, &origin, protocol, error)),
        }
    }

    /// Remembers which HTTP version an answer came in.
    pub(crate) fn answered(
        &self,
        url: &SafeUrl,
        origin: &OriginKey,
        tried: Protocol,
        version: Version,
    ) {
        if url.scheme() != "https" || tried == Protocol::Http2 {
            return;
        }
        let http2 = version == Version::HTTP_2;
        if tried == Protocol::TryHttp2 {
            self.clients.learn(origin, Protocol::Http2);
        }
        let now_ms = self.context.now_ms();
        self.hosts
            .learn(origin, now_ms, |facts| facts.http2 = Some(http2));
    }

    fn failed(
        &self,
        url: &SafeUrl,
        origin: &OriginKey,
        tried: Protocol,
        error: reqwest::Error,
    ) -> Failure {
        let Trouble { error, outlook } = trouble(error);
        match outlook {
            Outlook::MaybeProtocol if tried == Protocol::TryHttp2 => {
                // Unless others have found out meanwhile that it does.
                if self.clients.choose(url, origin).1 == Protocol::TryHttp2 {
                    self.clients.learn(origin, Protocol::Any);
                }
                Failure::Free(error)
            }
            Outlook::Canceled => Failure::Free(error),
            Outlook::MaybeProtocol | Outlook::Transient => Failure::Again(Again::Transport(error)),
            Outlook::Final => {
                let (url, source) = (url.clone(), error);
                let attempts = 1;
                FetchError::Transport {
                    url,
                    attempts,
                    source,
                }
                .into()
            }
        }
    }
}

/// Says why an address may not be gone to from another, if so.
pub(crate) fn refusal(from: &SafeUrl, to: &SafeUrl, insecure: &[String]) -> Option<Refusal> {
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http" | "file", "http") | ("file", "file") => None,
        ("http" | "https", "file") => Some(Refusal::LocalFromRemote),
        ("https", "http") => (!is_listed(insecure, to)).then_some(Refusal::Downgrade),
        _ => Some(Refusal::Scheme),
    }
}

/// The `Authorization` value of a login (RFC 7617).
fn basic(login: &Login) -> HeaderValue {
    let text = format!("{}:{}", login.user, login.password);
    let value = HeaderValue::try_from(format!("Basic {}", base64(text.as_bytes())));
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= group.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_vectors() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn authorization_is_marked_secret() {
        let value = basic(&Login {
            user: "Aladdin".into(),
            password: "open sesame".into(),
        });
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(value.is_sensitive());
    }

    #[test]
    fn where_one_may_go() {
        let url = |text: &str| SafeUrl::parse(text).unwrap();
        let go = |from: &str, to: &str| refusal(&url(from), &url(to), &["old.example".to_owned()]);
        assert_eq!(go("https://a.example", "https://b.example"), None);
        assert_eq!(go("http://a.example", "http://b.example"), None);
        assert_eq!(
            go("https://a.example", "http://a.example"),
            Some(Refusal::Downgrade)
        );
        assert_eq!(go("https://a.example", "http://old.example"), None);
        assert_eq!(
            go("http://a.example", "file:///etc/passwd"),
            Some(Refusal::LocalFromRemote)
        );
        assert_eq!(
            go("https://a.example", "ftp://a.example"),
            Some(Refusal::Scheme)
        );
        assert_eq!(go("file:///a", "file:///b"), None);
        assert_eq!(go("file:///a", "http://a.example"), None);
    }
}
