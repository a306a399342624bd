//! TLS: who is trusted, and servers that do not speak HTTP/2.
//!
//! `tls/authority.pem` vouches for `tls/server.pem` (127.0.0.1); `tls/client.pem` is a
//! client's own. All were made for these tests.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use naja_index::{FetchError, IndexConfig, Roots, TlsConfig, TransportError};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::ask::{Cache, config, files, json_page};
use crate::server::{Answer, Ending, read_request, write_answer};

const FILE: &str = "harry-1.0-py3-none-any.whl";
const AUTHORITY: &str = include_str!("tls/authority.pem");
const SERVER: &str = include_str!("tls/server.pem");
/// A client's certificate that nobody else vouches for.
const CLIENT: &str = include_str!("tls/client.pem");

/// A server that speaks HTTP/1.1 over TLS and answers every request with the same page.
struct Secure {
    port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Secure {
    fn start(protocols: &[&[u8]]) -> Self {
        Self::start_for(protocols, false)
    }

    /// Starts a server; it may want a certificate of its clients.
    fn start_for(protocols: &[&[u8]], known_clients: bool) -> Self {
        let chain = CertificateDer::pem_slice_iter(SERVER.as_bytes()).map(Result::unwrap);
        let key = PrivateKeyDer::from_pem_slice(SERVER.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients = if known_clients {
            let mut roots = rustls::RootCertStore::empty();
            roots.add_parsable_certificates(
                CertificateDer::pem_slice_iter(CLIENT.as_bytes()).map(Result::unwrap),
            );
            let provider = Arc::clone(&provider);
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap()
        } else {
            WebPkiClientVerifier::no_client_auth()
        };
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(chain.collect(), key)
            .unwrap();
        tls.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (
            Arc::clone(&server.connections),
            Arc::clone(&server.requests),
        );
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (tls, requests) = (Arc::clone(&tls), Arc::clone(&requests));
                thread::spawn(move || speak(stream, tls, &requests));
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }
}

struct Spoken(StreamOwned<ServerConnection, TcpStream>);

impl std::io::Read for Spoken {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Write for Spoken {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Ending for Spoken {
    fn end(&mut self) {
        self.0.sock.end();
    }
}

fn speak(stream: TcpStream, tls: Arc<ServerConfig>, requests: &Mutex<Vec<String>>) {
    let connection = ServerConnection::new(tls).unwrap();
    let mut reader = BufReader::new(Spoken(StreamOwned::new(connection, stream)));
    while let Some(asked) = read_request(&mut reader) {
        if asked.method == "PRI" {
            // What a server that knows nothing of HTTP/2 makes of its beginning.
            write_answer(reader.get_mut(), &asked, &Answer::status(400));
            reader.get_mut().end();
            return;
        }
        requests.lock().unwrap().push(asked.target.clone());
        let name = asked
            .target
            .rsplit('/')
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        let file = FILE.replace("harry", &name);
        let answer = match asked.target.starts_with("/down/") {
            true => Answer::redirect("http://127.0.0.1:1/"),
            false => Answer::json(json_page(&name, &[&file])),
        };
        if !write_answer(reader.get_mut(), &asked, &answer) {
            return;
        }
    }
}

fn trusting(cache: &Cache, index: &str) -> IndexConfig {
    let file = cache.path().join("authority.pem");
    std::fs::write(&file, AUTHORITY).unwrap();
    let mut config = config(&[index.to_owned()]);
    config.tls.roots = Roots::Files {
        file: Some(file),
        dir: None,
    };
    config
}

#[test]
fn unknown_authorities_are_refused_at_once() {
    let (server, cache) = (Secure::start(&[b"http/1.1"]), Cache::new());
    for roots in [Roots::Auto, Roots::BuiltIn] {
        let mut config = config(&[server.url("/simple/")]);
        config.tls.roots = roots;
        let error = cache.fetcher(config).page("harry").unwrap_err();
        assert!(
            matches!(
                error,
                FetchError::Transport {
                    attempts: 1,
                    source: TransportError::Tls(_),
                    ..
                }
            ),
            "{error:?}"
        );
    }
    assert!(server.requests.lock().unwrap().is_empty());
}

#[test]
fn given_authorities_and_insecure_hosts_pass() {
    let (server, cache) = (Secure::start(&[b"http/1.1"]), Cache::new());
    let mut session = cache.fetcher(trusting(&cache, &server.url("/simple/")));
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    drop(session);
    for host in ["127.0.0.1".to_owned(), format!("127.0.0.1:{}", server.port)] {
        let mut config = config(&[server.url("/simple/")]);
        config.tls = TlsConfig {
            insecure_hosts: vec![host],
            ..TlsConfig::default()
        };
        let cache = Cache::new();
        assert_eq!(files(&cache.fetcher(config).page("harry").unwrap()), [FILE]);
    }
    let missing = Roots::Files {
        file: Some(Path::new("/nonexistent/naja.pem").into()),
        dir: None,
    };
    let mut config = config(&[server.url("/simple/")]);
    config.tls.roots = missing;
    let error = Cache::new().fetcher(config).page("harry").unwrap_err();
    assert!(matches!(error, FetchError::Setup(_)), "{error:?}");
}

#[test]
fn servers_without_http2_are_found_out_and_remembered() {
    for protocols in [&[b"http/1.1".as_slice()][..], &[]] {
        let (server, cache) = (Secure::start(protocols), Cache::new());
        let mut config = trusting(&cache, &server.url("/simple/"));
        config.retries = 0;
        let mut session = cache.fetcher(config.clone());
        let names = ["harry", "hedwig", "ginny", "draco"];
        let tickets: Vec<_> = names
            .iter()
            .map(|name| {
                let request = naja_index::PageRequest::new(crate::ask::package(name));
                session.fetcher.submit(naja_index::Request::Page(request))
            })
            .collect();
        for _ in &tickets {
            let reply = session.inbox.recv().unwrap();
            assert!(
                matches!(reply, naja_index::Reply::Done { result: Ok(_), .. }),
                "{reply:?}"
            );
        }
        assert_eq!(server.requests.lock().unwrap().len(), 4);
        drop(session);

        let before = server.connections.load(Ordering::SeqCst);
        config.refresh = naja_index::Refresh::All;
        cache.fetcher(config).page("harry").unwrap();
        assert_eq!(
            server.connections.load(Ordering::SeqCst),
            before + 1,
            "known by now"
        );
    }
}

#[test]
fn https_is_not_given_up() {
    let (server, cache) = (Secure::start(&[b"http/1.1"]), Cache::new());
    let mut session = cache.fetcher(trusting(&cache, &server.url("/down/")));
    let error = session.page("harry").unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Refused {
                why: naja_index::Refusal::Downgrade,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_client_certificate_is_shown_to_who_asks() {
    let server = Secure::start_for(&[b"http/1.1"], true);
    let cache = Cache::new();
    let mut config = trusting(&cache, &server.url("/simple/"));
    config.retries = 0;
    let error = cache.fetcher(config.clone()).page("harry").unwrap_err();
    assert!(matches!(error, FetchError::Transport { .. }), "{error:?}");
    let path = cache.path().join("client.pem");
    std::fs::write(&path, CLIENT).unwrap();
    config.tls.client_cert = Some(path.clone());
    assert_eq!(
        files(&cache.fetcher(config.clone()).page("harry").unwrap()),
        [FILE]
    );
    // Also where the server's own certificate is not looked at.
    config.tls.roots = Roots::BuiltIn;
    config.tls.insecure_hosts = vec!["127.0.0.1".to_owned()];
    assert_eq!(
        files(&cache.fetcher(config.clone()).page("ginny").unwrap()).len(),
        1
    );
    std::fs::write(&path, "no certificate").unwrap();
    let error = cache.fetcher(config).page("ron").unwrap_err();
    assert!(matches!(error, FetchError::Setup(_)), "{error:?}");
}
