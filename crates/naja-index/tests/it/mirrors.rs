//! Mirrors: other servers with the content of an index.

use naja_index::{FetchError, IndexConfig};

use crate::ask::{Cache, config, files, json_page, url};
use crate::server::{Answer, Asked, Server};

const FILE: &str = "harry-1.0-py3-none-any.whl";
/// `me:p@ss` in Base64.
const ME: &str = "Basic bWU6cEBzcw==";
/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9/simple/";
const INDEX: &str = "https://index.example/simple/";

fn mirrored(mirrors: &[String]) -> IndexConfig {
    let mut config = config(&[INDEX.to_owned()]);
    config.indexes[0].mirrors = mirrors.iter().map(|text| url(text)).collect();
    config.retries = 1;
    config
}

fn page() -> Answer {
    Answer::json(json_page("harry", &[FILE])).header("cache-control", "max-age=600")
}

#[test]
fn the_next_one_is_asked_when_one_is_down() {
    let (broken, working, cache) = (Server::start(), Server::start(), Cache::new());
    broken.always("/simple/harry/", Answer::status(503));
    working.always("/simple/harry/", page());
    let mirrors = [
        NOBODY.to_owned(),
        broken.url("/simple/"),
        working.url("/simple/"),
    ];
    let mut session = cache.fetcher(mirrored(&mirrors));
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    assert!(session.page("ginny").unwrap().is_not_found());
    assert_eq!(broken.log().len(), 2, "not asked again once it failed");
    drop(session);
    // Kept under the name of the index: the mirrors may change.
    let session = cache.fetcher(mirrored(&[NOBODY.to_owned()]));
    assert_eq!(files(&session.cached_page("harry").unwrap()), [FILE]);
}

#[test]
fn a_refusal_and_an_absence_are_answers() {
    for status in [401, 403, 404] {
        let (first, second) = (Server::start(), Server::start());
        first.always("/simple/harry/", Answer::status(status));
        second.always("/simple/harry/", page());
        let mirrors = [first.url("/simple/"), second.url("/simple/")];
        let answer = Cache::new().fetcher(mirrored(&mirrors)).page("harry");
        match answer {
            Ok(pages) => assert!(status == 404 && pages.is_not_found()),
            Err(FetchError::Unauthorized { .. }) => assert_ne!(status, 404),
            Err(error) => panic!("{error:?}"),
        }
        assert_eq!(second.log().len(), 0, "{status}");
    }
}

#[test]
fn all_down_is_an_error() {
    let (first, second) = (Server::start(), Server::start());
    first.always("/simple/harry/", Answer::status(500));
    second.always("/simple/harry/", Answer::status(502));
    let mirrors = [first.url("/simple/"), second.url("/simple/")];
    let error = Cache::new()
        .fetcher(mirrored(&mirrors))
        .page("harry")
        .unwrap_err();
    assert!(
        matches!(error, FetchError::Status { status: 502, .. }),
        "{error:?}"
    );
}

#[test]
fn each_one_has_its_own_credentials() {
    let (first, second) = (Server::start(), Server::start());
    first.always("/simple/harry/", Answer::status(500));
    second.on("/simple/harry/", |asked: &Asked| {
        match asked.header("authorization") {
            Some(ME) => page(),
            _ => Answer::status(401),
        }
    });
    let mirrors = [
        first.url_as("other:secret", "/simple/"),
        second.url_as("me:p%40ss", "/simple/"),
    ];
    let cache = Cache::new();
    let mut config = mirrored(&mirrors);
    config.indexes[0].url = url("https://index:password@index.example/simple/");
    assert_eq!(files(&cache.fetcher(config).page("harry").unwrap()), [FILE]);
    assert_ne!(first.log()[0].header("authorization"), Some(ME));
}
