use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE,
};
use hyper::header::{ETAG, IF_NONE_MATCH, RANGE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::content::Content;
use crate::{Options, delay, say};

type AnyError = Box<dyn Error + Send + Sync>;

/// Serves until the process is ended.
pub(crate) fn run(options: &Options) -> Result<(), AnyError> {
    let scheme = if options.certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let base = format!("{scheme}://localhost:{}", options.port);
    let content = Arc::new(Content::read(&options.data, &base)?);
    say(&format!(
        "bench-server: {} pages at {base}/simple/",
        content.len()
    ));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(listen(options, content))
}

async fn listen(options: &Options, content: Arc<Content>) -> Result<(), AnyError> {
    let acceptor = match &options.certificate {
        Some(path) => Some(acceptor(path)?),
        None => None,
    };
    let public = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let listener = match options.delay {
        None => public,
        Some(round_trip) => {
            let hidden = TcpListener::bind(("127.0.0.1", 0)).await?;
            tokio::spawn(delay::proxy(
                public,
                hidden.local_addr()?.port(),
                round_trip,
            ));
            hidden
        }
    };
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let content = Arc::clone(&content);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that goes away is not this server's concern.
            let _gone = connection(stream, acceptor, content).await;
        });
    }
}

async fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    content: Arc<Content>,
) -> Result<(), AnyError> {
    let service = service_fn(move |request| {
        let content = Arc::clone(&content);
        async move { Ok::<_, Infallible>(answer(&request, &content)) }
    });
    let builder = Builder::new(TokioExecutor::new());
    match acceptor {
        Some(acceptor) => {
            let stream = acceptor.accept(stream).await?;
            builder
                .serve_connection(TokioIo::new(stream), service)
                .await
        }
        None => {
            builder
                .serve_connection(TokioIo::new(stream), service)
                .await
        }
    }
}

fn acceptor(path: &std::path::Path) -> Result<TlsAcceptor, AnyError> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(path, made.cert.pem())?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn answer(request: &Request<Incoming>, content: &Content) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    let head_only = request.method() == Method::HEAD;
    if path == "/metadata-count" {
        let count = content.take_count().to_string();
        return Response::new(Full::new(Bytes::from(count)));
    }
    let mut response = match path.strip_prefix("/simple/") {
        Some(name) => page(request, content, name.trim_end_matches('/')),
        None => file(request, content, path),
    };
    if head_only {
        *response.body_mut() = Full::default();
    }
    response
}

fn page(request: &Request<Incoming>, content: &Content, name: &str) -> Response<Full<Bytes>> {
    let Some(page) = content.page(name) else {
        return status(StatusCode::NOT_FOUND);
    };
    let head = Response::builder()
        .header(CONTENT_TYPE, "application/vnd.pypi.simple.v1+json")
        .header(CACHE_CONTROL, "max-age=600, public")
        .header(ETAG, &page.etag);
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let response = if header(IF_NONE_MATCH) == Some(&page.etag) {
        head.status(StatusCode::NOT_MODIFIED).body(Full::default())
    } else if header(ACCEPT_ENCODING).is_some_and(|accepted| accepted.contains("gzip")) {
        head.header(CONTENT_ENCODING, "gzip")
            .body(Full::new(page.compressed.clone()))
    } else {
        head.body(Full::new(page.plain.clone()))
    };
    response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

fn file(request: &Request<Incoming>, content: &Content, path: &str) -> Response<Full<Bytes>> {
    let Some(body) = content.file(path) else {
        return status(StatusCode::NOT_FOUND);
    };
    if path.ends_with(".metadata") && request.method() == Method::GET {
        content.count();
    }
    let head = Response::builder()
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CACHE_CONTROL, "max-age=365000000, immutable, public");
    let range = request
        .headers()
        .get(RANGE)
        .and_then(|value| value.to_str().ok());
    let response = match range.and_then(|range| span(range, body.len())) {
        Some((start, end)) => head
            .status(StatusCode::PARTIAL_CONTENT)
            .header(
                CONTENT_RANGE,
                format!("bytes {start}-{}/{}", end - 1, body.len()),
            )
            .body(Full::new(body.slice(start..end))),
        None => head.body(Full::new(body)),
    };
    response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

fn span(range: &str, length: usize) -> Option<(usize, usize)> {
    let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
    if start.is_empty() {
        return Some((length.saturating_sub(end.parse().ok()?), length));
    }
    let start: usize = start.parse().ok()?;
    let end = if end.is_empty() {
        length
    } else {
        end.parse::<usize>().ok()? + 1
    };
    (start < length).then_some((start, end.min(length)))
}

fn status(code: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code;
    response
}
