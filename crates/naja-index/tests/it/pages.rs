//! Pages: negotiation, keeping, confirming, strategies, local places.

mod places;
mod trouble;

use std::time::Duration;

use naja_index::{
    Authenticate, Expected, FetchError, FindLinks, Index, IndexStrategy, Origin, PageFault,
    PageRequest, Refresh, Refusal, TransportError,
};
use naja_spec::SafeUrl;

use crate::ask::{Cache, config, files, json_page, package, url, words};
use crate::server::{Answer, Server};

const FILE: &str = "harry-1.0-py3-none-any.whl";

fn one() -> (Server, Cache) {
    let server = Server::start();
    server.always("/simple/harry/", Answer::json(json_page("harry", &[FILE])));
    (server, Cache::new())
}

#[test]
fn json_is_asked_for_first_and_the_answer_is_kept() {
    let (server, cache) = one();
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    assert!(session.cached_page("harry").is_none());
    let pages = session.page("harry").unwrap();
    assert_eq!(files(&pages), [FILE]);
    let (origin, page) = &pages.hits[0];
    assert_eq!(*origin, Origin::Index(naja_index::IndexId(0)));
    let file = page.all_files().next().unwrap();
    assert_eq!(file.url(), server.url(&format!("/files/{FILE}")));
    let asked = &server.log()[0];
    let accept = asked.header("accept").unwrap();
    assert!(
        accept.starts_with("application/vnd.pypi.simple.v1+json,"),
        "{accept}"
    );
    assert!(accept.contains("q="), "{accept}");
    assert_eq!(asked.header("accept-encoding"), Some("gzip"));
    assert!(asked.header("user-agent").unwrap().starts_with("naja/"));
    drop(session);

    let session = cache.fetcher(config(&[server.url("/simple/")]));
    assert_eq!(files(&session.cached_page("harry").unwrap()), [FILE]);
    assert_eq!(server.log().len(), 1, "fresh for ten minutes");
    assert_eq!(session.fetcher.stats().requests, 0);
}

#[test]
fn what_is_looked_up_ahead_is_what_asking_finds() {
    let server = Server::start();
    let names: Vec<String> = (0..40).map(|number| format!("harry-{number}")).collect();
    let file = |name: &str| format!("{}-1.0-py3-none-any.whl", name.replace('-', "_"));
    for name in &names[..30] {
        let page = json_page(name, &[&file(name)]);
        server.always(&format!("/simple/{name}/"), Answer::json(page));
    }
    let cache = Cache::new();
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    for name in &names[..30] {
        session.page(name).unwrap();
    }
    drop(session);

    let session = cache.fetcher(config(&[server.url("/simple/")]));
    let expected = names.iter().map(|name| Expected {
        page: PageRequest::new(package(name)),
        wheel: None,
    });
    session.fetcher.look_ahead(expected.collect());
    // The last first: some are looked up before they are asked for, some after.
    for name in names[..30].iter().rev() {
        for _ in 0..2 {
            assert_eq!(files(&session.cached_page(name).unwrap()), [file(name)]);
        }
    }
    assert!(
        names[30..]
            .iter()
            .all(|name| session.cached_page(name).is_none())
    );
    assert_eq!(server.log().len(), 30, "nothing is asked for on a guess");
}

#[test]
fn html_and_gzip_and_the_address_after_redirects() {
    let (server, other) = (Server::start(), Server::start());
    server.always(
        "/simple/harry/",
        Answer::redirect(&other.url("/deep/simple/harry/")),
    );
    let text = format!(
        "<!DOCTYPE html><a href=\"../../{FILE}#sha256={}\">x</a>",
        "0".repeat(64)
    );
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    other.always(
        "/deep/simple/harry/",
        Answer::html(packed).header("content-encoding", "gzip"),
    );
    let cache = Cache::new();
    let mut session = cache.fetcher(config(&[server.url("/simple")]));
    let pages = session.page("harry").unwrap();
    let file = pages.hits[0].1.all_files().next().unwrap();
    assert_eq!(file.url(), other.url(&format!("/deep/{FILE}")));
    assert!(file.sha256().is_some());
}

#[test]
fn other_content_types_and_broken_pages_are_errors() {
    let (server, cache) = (Server::start(), Cache::new());
    server.always(
        "/simple/a/",
        Answer::ok("x").header("content-type", "image/png"),
    );
    server.always("/simple/b/", Answer::json("{\"meta\":"));
    server.always(
        "/simple/c/",
        Answer::json(r#"{"meta":{"api-version":"2.0"},"name":"c","files":[]}"#),
    );
    server.always(
        "/simple/d/",
        Answer::json("x").header("content-encoding", "br"),
    );
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    let fault = |result| match result {
        Err(FetchError::Page { source, .. }) => source,
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        fault(session.page("a")),
        PageFault::ContentType(_)
    ));
    assert!(matches!(fault(session.page("b")), PageFault::Content(_)));
    assert!(matches!(fault(session.page("c")), PageFault::Content(_)));
    assert!(matches!(fault(session.page("d")), PageFault::Encoding(_)));
}

#[test]
fn stale_pages_are_confirmed_by_their_validators() {
    let (server, cache) = (Server::start(), Cache::new());
    let page = Answer::json(json_page("harry", &[FILE]))
        .header("etag", "W/\"1\"")
        .header("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")
        .header("cache-control", "max-age=0");
    let confirmed = Answer::status(304).header("cache-control", "max-age=100");
    server.turns("/simple/harry/", vec![page, confirmed]);
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    session.page("harry").unwrap();
    drop(session);

    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    assert!(session.cached_page("harry").is_none(), "stale at once");
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    assert_eq!(session.fetcher.stats().confirmed, 1);
    let log = server.log();
    assert_eq!(log[1].header("if-none-match"), Some("W/\"1\""));
    assert_eq!(
        log[1].header("if-modified-since"),
        Some("Sun, 06 Nov 1994 08:49:37 GMT")
    );
    drop(session);

    let session = cache.fetcher(config(&[server.url("/simple/")]));
    assert!(
        session.cached_page("harry").is_some(),
        "the confirmation made it fresh again"
    );
    assert_eq!(server.log().len(), 2);
}

#[test]
fn refreshing_asks_once_per_process() {
    let (server, cache) = one();
    cache
        .fetcher(config(&[server.url("/simple/")]))
        .page("harry")
        .unwrap();
    for refresh in [
        Refresh::All,
        Refresh::Packages([package("harry")].into_iter().collect()),
    ] {
        let before = server.log().len();
        let config = naja_index::IndexConfig {
            refresh,
            ..config(&[server.url("/simple/")])
        };
        let mut session = cache.fetcher(config);
        assert!(session.cached_page("harry").is_none());
        session.page("harry").unwrap();
        session.page("harry").unwrap();
        assert_eq!(server.log().len(), before + 1);
    }
    let refresh = Refresh::Packages([package("other")].into_iter().collect());
    let config = naja_index::IndexConfig {
        refresh,
        ..config(&[server.url("/simple/")])
    };
    assert!(cache.fetcher(config).cached_page("harry").is_some());
}

#[test]
fn offline_uses_what_there_is() {
    let (server, cache) = (Server::start(), Cache::new());
    let stale = Answer::json(json_page("harry", &[FILE])).header("cache-control", "no-cache");
    server.always("/simple/harry/", stale);
    let indexes = [server.url("/none/"), server.url("/simple/")];
    cache.fetcher(config(&indexes)).page("harry").unwrap();
    let before = server.log().len();
    let config = naja_index::IndexConfig {
        offline: true,
        ..config(&indexes)
    };
    let mut session = cache.fetcher(config);
    assert_eq!(files(&session.cached_page("harry").unwrap()), [FILE]);
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    assert!(matches!(
        session.page("hedwig"),
        Err(FetchError::Offline { .. })
    ));
    assert_eq!(server.log().len(), before);
}

#[test]
fn equal_requests_under_way_are_one() {
    let (server, cache) = (Server::start(), Cache::new());
    let slow = Answer::json(json_page("harry", &[FILE])).wait(Duration::from_millis(50));
    server.always("/simple/harry/", slow);
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    let request = || {
        naja_index::Request::Page(naja_index::PageRequest {
            name: package("harry"),
            index: None,
        })
    };
    let first = session.fetcher.submit(request());
    assert_eq!(session.fetcher.submit(request()), first);
    session.wait(first).unwrap();
    assert_eq!(server.log().len(), 1);
    assert!(session.inbox.try_recv().is_err(), "one reply");
}

#[test]
fn warming_up_opens_the_connection_of_the_default_index() {
    let (server, cache) = one();
    let mut session = cache.fetcher(config(&[server.url("/other/"), server.url("/simple/")]));
    session.fetcher.warm_up();
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    let warm = server
        .log()
        .into_iter()
        .filter(|asked| asked.method == "HEAD");
    assert!(warm.count() <= 1);
    let offline = naja_index::IndexConfig {
        offline: true,
        ..config(&[server.url("/simple/")])
    };
    let before = server.log().len();
    let mut session = Cache::new().fetcher(offline);
    session.fetcher.warm_up();
    assert!(session.page("harry").is_err());
    assert_eq!(server.log().len(), before);
}
