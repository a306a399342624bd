//! From one address to the next: credentials, redirects, HTTP versions.

use naja_spec::SafeUrl;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response, Version};

use crate::client::{OriginKey, Protocol, is_listed, origin_key};
use crate::config::Authenticate;
use crate::error::{FetchError, Refusal};
use crate::http::{Again, Call, Failure, Incoming};
use crate::net::Net;
use crate::netrc::Login;
use crate::transport::{Outlook, Trouble, trouble};

/// Redirects that are followed for one request.
const MAX_REDIRECTS: usize = 10;

impl Net {
    /// Sends a request and follows redirects.
    pub(crate) async fn follow(
        &self,
        call: &Call<'_>,
        headers: &HeaderMap,
    ) -> Result<Incoming<'_>, Failure> {
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
            Some(index) if index.at(url).is_some() => index.authenticate,
            _ => Authenticate::Auto,
        };
        let chosen = self.login_for(url, call, policy).await;
        let login = chosen.login;
        if login.is_none() && (policy == Authenticate::Always || chosen.trouble.is_some()) {
            return Err(unauthorized(url, None, chosen.trouble));
        }
        let response = self.send(url, headers, login.as_ref()).await?;
        let status = response.status().as_u16();
        let refused = matches!(status, 401 | 403) && !call.passes.contains(&status);
        if !refused || login.is_some() || policy == Authenticate::Never {
            return Ok((response, login.is_some()));
        }
        let chosen = self.login_when_asked(url, call, status).await;
        match chosen.login {
            Some(login) => {
                let response = self.send(url, headers, Some(&login)).await?;
                if !matches!(response.status().as_u16(), 401 | 403 | 407) {
                    self.login_was_accepted(url, call, login);
                }
                Ok((response, true))
            }
            None if chosen.trouble.is_some() => {
                Err(unauthorized(url, Some(status), chosen.trouble))
            }
            None => Ok((response, false)),
        }
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
        let store = self.context.config.object_store.as_ref();
        if let Some(login) = login {
            request = request.header(AUTHORIZATION, basic(login));
        } else if let Some(store) = store.filter(|store| store.covers(&bare)) {
            request = request.headers(store.sign(&bare, self.context.now_ms()));
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

fn unauthorized(url: &SafeUrl, status: Option<u16>, trouble: Option<String>) -> Failure {
    FetchError::Unauthorized {
        url: url.without_credentials(),
        status,
        sent: false,
        trouble,
    }
    .into()
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
