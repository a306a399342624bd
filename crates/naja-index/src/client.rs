//! The HTTP clients and which of them speaks to which server.
//!
//! A server behind TLS is first spoken to in HTTP/2 only: then any number of requests share one
//! connection from the first moment. (A client that lets TLS negotiate the version opens one
//! connection per waiting request before it learns that one would do.) A server that cannot is
//! remembered and spoken to in HTTP/1.1 over a pool of connections.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use naja_spec::SafeUrl;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, NoProxy, Proxy};
use rustc_hash::FxHashMap;

use crate::config::{IndexConfig, Proxies};
use crate::error::SetupError;
use crate::tls::{self, TlsSetup};

/// Flow-control window of one HTTP/2 stream, in bytes.
const STREAM_WINDOW: u32 = 4 << 20;
/// Flow-control window of one HTTP/2 connection, in bytes.
const CONNECTION_WINDOW: u32 = 16 << 20;
/// An idle HTTP/1.1 connection is dropped after this time.
const IDLE: Duration = Duration::from_secs(60);

/// Scheme, host and port.
pub(crate) type OriginKey = Arc<str>;

/// Makes the key of a URL's origin.
pub(crate) fn origin_key(url: &SafeUrl) -> OriginKey {
    let host = url.host().unwrap_or_default();
    format!("{}://{host}:{}", url.scheme(), url.port().unwrap_or(0)).into()
}

/// The HTTP versions spoken with one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/2 is tried; nothing has come back yet.
    TryHttp2,
    /// HTTP/2 works.
    Http2,
    /// Whatever TLS negotiates; HTTP/1.1 without TLS.
    Any,
}

/// The clients of one I/O thread.
pub(crate) struct Clients {
    http2: Client,
    any: Client,
    /// Looks at no certificate.
    insecure: Option<Client>,
    insecure_hosts: Vec<String>,
    protocols: RefCell<FxHashMap<OriginKey, Protocol>>,
}

impl Clients {
    /// Builds the clients; reads certificates.
    ///
    /// # Errors
    /// When certificates or proxies cannot be used.
    pub(crate) fn build(config: &IndexConfig) -> Result<Self, SetupError> {
        let TlsSetup { checked, unchecked } = tls::set_up(&config.tls)?;
        let with = |mut tls: rustls::ClientConfig, protocols: &[&[u8]]| {
            tls.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            let builder = base(config).tls_backend_preconfigured(tls);
            proxied(builder, &config.proxies)
        };
        let done = |builder: ClientBuilder| {
            builder
                .build()
                .map_err(|error| SetupError::System(crate::transport::chain(&error)))
        };
        let http2 = done(with(checked.clone(), &[b"h2"])?.http2_prior_knowledge())?;
        let any = done(with(checked, &[b"h2", b"http/1.1"])?)?;
        let insecure = match unchecked {
            Some(tls) => Some(done(with(tls, &[b"h2", b"http/1.1"])?)?),
            None => None,
        };
        let insecure_hosts = config.tls.insecure_hosts.clone();
        Ok(Self {
            http2,
            any,
            insecure,
            insecure_hosts,
            protocols: RefCell::default(),
        })
    }

    /// Chooses the client for a URL.
    pub(crate) fn choose(&self, url: &SafeUrl, origin: &OriginKey) -> (&Client, Protocol) {
        if let Some(insecure) = &self.insecure
            && is_listed(&self.insecure_hosts, url)
        {
            return (insecure, Protocol::Any);
        }
        match self.protocol(url, origin) {
            Protocol::Any => (&self.any, Protocol::Any),
            http2 => (&self.http2, http2),
        }
    }

    fn protocol(&self, url: &SafeUrl, origin: &OriginKey) -> Protocol {
        if url.scheme() != "https" {
            return Protocol::Any;
        }
        self.protocols
            .borrow()
            .get(origin)
            .copied()
            .unwrap_or(Protocol::TryHttp2)
    }

    /// Tells whether anything is remembered of an origin.
    pub(crate) fn knows(&self, origin: &OriginKey) -> bool {
        self.protocols.borrow().contains_key(origin)
    }

    /// Remembers what an origin speaks.
    pub(crate) fn learn(&self, origin: &OriginKey, protocol: Protocol) {
        self.protocols
            .borrow_mut()
            .insert(Arc::clone(origin), protocol);
    }
}

/// Tells whether `host` or `host:port` of a URL is in a list.
pub(crate) fn is_listed(hosts: &[String], url: &SafeUrl) -> bool {
    let Some(host) = url.host() else { return false };
    hosts.iter().any(|listed| {
        if listed.eq_ignore_ascii_case(host) {
            return true;
        }
        listed.rsplit_once(':').is_some_and(|(name, port)| {
            name.eq_ignore_ascii_case(host) && port.parse().ok() == url.port()
        })
    })
}

fn base(config: &IndexConfig) -> ClientBuilder {
    Client::builder()
        .user_agent(config.user_agent.as_str())
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(config.connect_timeout)
        .read_timeout(config.timeout)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        // Proxies come from the configuration only, never from the environment.
        .no_proxy()
}

fn proxied(mut builder: ClientBuilder, proxies: &Proxies) -> Result<ClientBuilder, SetupError> {
    type Make = fn(&str) -> reqwest::Result<Proxy>;
    let wanted: [(&Option<SafeUrl>, Make); 3] = [
        (&proxies.http, |url| Proxy::http(url)),
        (&proxies.https, |url| Proxy::https(url)),
        (&proxies.all, |url| Proxy::all(url)),
    ];
    for (url, make) in wanted {
        let Some(url) = url else { continue };
        let proxy = make(url.with_secrets()).map_err(|error| SetupError::Proxy {
            url: url.to_string(),
            reason: crate::transport::chain(&error.without_url()),
        })?;
        let direct = proxies.no_proxy.as_deref().and_then(NoProxy::from_string);
        builder = builder.proxy(proxy.no_proxy(direct));
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insecure_hosts_are_named_with_or_without_port() {
        let url = SafeUrl::parse("https://Index.example:8443/x").unwrap();
        let listed = |text: &str| is_listed(&[text.to_owned()], &url);
        assert!(listed("index.example"));
        assert!(listed("INDEX.example:8443"));
        assert!(!listed("index.example:443"));
        assert!(!listed("example"));
        assert!(!listed("other.example"));
    }

    #[test]
    fn plain_http_never_speaks_http2_blindly() {
        let clients = Clients::build(&IndexConfig::default()).unwrap();
        let plain = SafeUrl::parse("http://index.example/").unwrap();
        assert_eq!(clients.choose(&plain, &origin_key(&plain)).1, Protocol::Any);
        let secure = SafeUrl::parse("https://index.example/").unwrap();
        let key = origin_key(&secure);
        assert_eq!(clients.choose(&secure, &key).1, Protocol::TryHttp2);
        clients.learn(&key, Protocol::Any);
        assert_eq!(clients.choose(&secure, &key).1, Protocol::Any);
    }
}
