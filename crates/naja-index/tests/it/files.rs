//! Metadata and wheels: few bytes, all of them checked.

use naja_index::{FetchError, FileFault, FileRequest, IndexConfig, MetadataFault, Origin, Request};
use naja_spec::{CoreMeta, Digest, Sha256};
use naja_store::StoreError;
use naja_testkit::Wheel;

use crate::ask::{Cache, config, metadata_request, package, url, wheel_request};
use crate::server::{Answer, Asked, Server, ranged};

const FILE: &str = "harry-1.0-py3-none-any.whl";
const PATH: &str = "/files/harry-1.0-py3-none-any.whl";
const APART: &str = "/files/harry-1.0-py3-none-any.whl.metadata";

/// A wheel with so many incompressible bytes in front of its METADATA.
fn wheel(bytes: usize) -> Wheel {
    let mut state = 0x9E37_79B9_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    })
    .take(bytes)
    .collect();
    Wheel::new("harry", "1.0")
        .requires("hedwig>=2")
        .file("harry/noise.bin", noise)
}

fn plain() -> IndexConfig {
    config(&[])
}

#[test]
fn announced_metadata_is_one_request_and_checked() {
    let (server, cache) = (Server::start(), Cache::new());
    let wheel = wheel(10);
    let text = wheel.metadata();
    server.always(APART, Answer::ok(text.clone()));
    let body = wheel.build();
    let mut request = metadata_request(FILE, &server.url(PATH), Some(&body));
    request.core_metadata = CoreMeta::Hash(Sha256::of(text.as_bytes()));
    let mut session = cache.fetcher(plain());
    let metadata = session.metadata(request.clone()).unwrap();
    assert_eq!(metadata.requires_dist[0].name, package("hedwig"));
    assert_eq!(server.log().len(), 1);
    drop(session);
    let session = cache.fetcher(IndexConfig {
        offline: true,
        ..plain()
    });
    assert!(
        session
            .fetcher
            .cached(&Request::Metadata(request.clone()))
            .is_some()
    );

    let cache = Cache::new();
    request.core_metadata = CoreMeta::Hash(Sha256::of(b"other"));
    let error = cache.fetcher(plain()).metadata(request).unwrap_err();
    let FetchError::Metadata {
        source: MetadataFault::Digest { .. },
        ..
    } = error
    else {
        panic!("{error:?}")
    };
}

#[test]
fn unannounced_metadata_is_tried_and_remembered() {
    let (server, cache) = (Server::start(), Cache::new());
    let wheel = wheel(100_000);
    let body = wheel.build();
    server.file(PATH, body.clone(), "\"1\"");
    let other = Wheel::new("ginny", "1.0");
    server.file("/files/ginny-1.0-py3-none-any.whl", other.build(), "\"2\"");
    let mut session = cache.fetcher(plain());
    let request = metadata_request(FILE, &server.url(PATH), Some(&body));
    session.metadata(request).unwrap();
    assert_eq!(server.count(APART), 1);
    let at = server.url("/files/ginny-1.0-py3-none-any.whl");
    let request = metadata_request("ginny-1.0-py3-none-any.whl", &at, None);
    session.metadata(request.clone()).unwrap();
    assert_eq!(
        server.count("/files/ginny-1.0-py3-none-any.whl.metadata"),
        0,
        "in vain"
    );
    drop(session);
    let config = IndexConfig {
        refresh: naja_index::Refresh::All,
        ..plain()
    };
    cache.fetcher(config).metadata(request).unwrap();
    assert_eq!(
        server.count("/files/ginny-1.0-py3-none-any.whl.metadata"),
        0,
        "still known"
    );

    let (server, cache) = (Server::start(), Cache::new());
    server.always(APART, Answer::ok(wheel.metadata()));
    let request = metadata_request(FILE, &server.url(PATH), None);
    cache.fetcher(plain()).metadata(request).unwrap();
    assert_eq!(server.log().len(), 1, "it worked at once");
}

#[test]
fn a_server_that_says_yes_to_everything_is_not_believed() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(10).build();
    server.always(APART, Answer::html("<html>welcome</html>"));
    server.file(PATH, body.clone(), "\"1\"");
    let request = metadata_request(FILE, &server.url(PATH), Some(&body));
    cache.fetcher(plain()).metadata(request).unwrap();
}

#[test]
fn ranges_fetch_little() {
    for size_known in [true, false] {
        let (server, cache) = (Server::start(), Cache::new());
        let body = wheel(400_000).build();
        server.file(PATH, body.clone(), "\"1\"");
        let mut request = metadata_request(FILE, &server.url(PATH), None);
        request.size = size_known.then_some(body.len() as u64);
        let mut session = cache.fetcher(plain());
        let metadata = session.metadata(request).unwrap();
        assert_eq!(metadata.version.to_string(), "1.0");
        assert!(
            session.fetcher.stats().bytes < 40_000,
            "{:?}",
            session.fetcher.stats()
        );
        assert_eq!(server.count(PATH), 1);
    }
}

#[test]
fn large_directories_and_far_members_take_more_ranges() {
    let (server, cache) = (Server::start(), Cache::new());
    let mut wheel = Wheel::new("harry", "1.0");
    for n in 0..1500 {
        wheel = wheel.file(
            &format!("harry/a_rather_long_name_of_a_file_{n:05}.txt"),
            "x",
        );
    }
    let body = wheel.build();
    server.file(PATH, body.clone(), "\"1\"");
    let request = metadata_request(FILE, &server.url(PATH), Some(&body));
    let mut session = cache.fetcher(plain());
    session.metadata(request).unwrap();
    let asked: Vec<_> = server
        .log()
        .into_iter()
        .filter(|asked| asked.target == PATH)
        .collect();
    assert!(asked.len() >= 2, "{asked:?}");
    assert_eq!(asked[1].header("if-range"), Some("\"1\""));
    assert!(session.fetcher.stats().bytes < body.len() as u64);
}

#[test]
fn without_ranges_the_whole_wheel_is_kept() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(50_000).build();
    server.always(PATH, Answer::ok(body.clone()));
    let mut session = cache.fetcher(plain());
    let request = metadata_request(FILE, &server.url(PATH), Some(&body));
    session.metadata(request).unwrap();
    let request = Request::Wheel(wheel_request(FILE, &server.url(PATH), Some(&body)));
    assert!(
        session.fetcher.cached(&request).is_some(),
        "already in the store"
    );
    assert_eq!(server.count(PATH), 1);
}

#[test]
fn metadata_of_another_project_is_refused() {
    let (server, cache) = (Server::start(), Cache::new());
    server.always(APART, Answer::ok(Wheel::new("draco", "1.0").metadata()));
    let mut request = metadata_request(FILE, &server.url(PATH), None);
    request.core_metadata = CoreMeta::Yes;
    let error = cache.fetcher(plain()).metadata(request).unwrap_err();
    let FetchError::Metadata {
        source: MetadataFault::OtherProject { .. },
        ..
    } = error
    else {
        panic!("{error:?}")
    };
}

#[test]
fn metadata_served_apart_must_be_that_of_the_wheel() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(10).build();
    server.always(APART, Answer::ok(Wheel::new("harry", "1.0").metadata()));
    server.file(PATH, body.clone(), "\"1\"");
    for body in [Some(body.as_slice()), None] {
        let mut request = metadata_request(FILE, &server.url(PATH), body);
        request.core_metadata = CoreMeta::Yes;
        let mut session = cache.fetcher(plain());
        session.metadata(request).unwrap();
        let error = session
            .wheel(wheel_request(FILE, &server.url(PATH), body))
            .unwrap_err();
        let FetchError::Metadata {
            source: MetadataFault::Contradiction,
            ..
        } = error
        else {
            panic!("{error:?}")
        };
    }
}

#[test]
fn wheels_are_fetched_once_and_checked() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(10).build();
    server.file(PATH, body.clone(), "\"1\"");
    let request = wheel_request(FILE, &server.url(PATH), Some(&body));
    let mut session = cache.fetcher(plain());
    assert!(
        session
            .fetcher
            .cached(&Request::Wheel(request.clone()))
            .is_none()
    );
    let archive = session.wheel(request.clone()).unwrap();
    assert_eq!(archive.id().0, Sha256::of(&body));
    assert!(archive.root().join("harry/noise.bin").is_file());
    assert!(
        session
            .fetcher
            .cached(&Request::Wheel(request.clone()))
            .is_some()
    );
    assert_eq!(server.log().len(), 1);
    assert_eq!(server.log()[0].header("accept-encoding"), Some("identity"));

    let mut wrong = request.clone();
    wrong.digests = vec![Digest::from(Sha256::of(b"x"))];
    let error = session.wheel(wrong).unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Store {
                source: StoreError::DigestMismatch { .. },
                ..
            }
        ),
        "{error:?}"
    );
    let mut short = wheel_request(FILE, &server.url(PATH), None);
    short.size = Some(17);
    let error = session.wheel(short).unwrap_err();
    let FetchError::File {
        fault: FileFault::Size { expected: 17, .. },
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    let absent = wheel_request(FILE, &server.url("/absent/x"), None);
    let error = session.wheel(absent.clone()).unwrap_err();
    assert!(
        matches!(error, FetchError::NotFound { status: 404, .. }),
        "{error:?}"
    );
    drop(session);
    let mut session = cache.fetcher(IndexConfig {
        offline: true,
        ..plain()
    });
    session.wheel(request).unwrap();
    assert!(matches!(
        session.wheel(absent),
        Err(FetchError::Offline { .. })
    ));
}

#[test]
fn wheels_without_digests_are_confirmed() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(10).build();
    let served = body.clone();
    server.on(PATH, move |asked: &Asked| {
        if asked.header("if-none-match") == Some("\"1\"") {
            return Answer::status(304);
        }
        Answer::ok(served.clone())
            .header("etag", "\"1\"")
            .header("cache-control", "no-cache")
    });
    let request = wheel_request(FILE, &server.url(PATH), None);
    let mut session = cache.fetcher(plain());
    session.wheel(request.clone()).unwrap();
    assert!(
        session
            .fetcher
            .cached(&Request::Wheel(request.clone()))
            .is_none()
    );
    assert_eq!(
        session.wheel(request.clone()).unwrap().id().0,
        Sha256::of(&body)
    );
    assert_eq!(server.log().len(), 2);
    drop(session);
    let session = cache.fetcher(IndexConfig {
        offline: true,
        ..plain()
    });
    assert!(session.fetcher.cached(&Request::Wheel(request)).is_some());
}

#[test]
fn broken_downloads_are_resumed() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(900_000).build();
    let (served, mut turn) = (body.clone(), 0);
    server.on(PATH, move |asked: &Asked| {
        turn += 1;
        let answer = ranged(&served, "\"1\"", asked);
        if turn < 3 {
            answer.cut(400_000)
        } else {
            answer
        }
    });
    let mut session = cache.fetcher(plain());
    session
        .wheel(wheel_request(FILE, &server.url(PATH), Some(&body)))
        .unwrap();
    let log = server.log();
    assert_eq!(log.len(), 3);
    assert_eq!(log[1].header("range"), Some("bytes=400000-"));
    assert_eq!(log[1].header("if-range"), Some("\"1\""));
    assert_eq!(log[2].header("range"), Some("bytes=800000-"));
    assert_eq!(
        session.fetcher.stats().bytes,
        body.len() as u64,
        "no byte twice"
    );
}

#[test]
fn a_file_that_changed_in_between_is_begun_anew() {
    let (server, cache) = (Server::start(), Cache::new());
    let old = vec![7; 300_000];
    let body = wheel(300_000).build();
    let (served, mut turn) = (body.clone(), 0);
    server.on(PATH, move |asked: &Asked| {
        turn += 1;
        if turn == 1 {
            return ranged(&old, "\"1\"", asked).cut(100_000);
        }
        ranged(&served, "\"2\"", asked)
    });
    let mut session = cache.fetcher(plain());
    let archive = session
        .wheel(wheel_request(FILE, &server.url(PATH), None))
        .unwrap();
    assert_eq!(archive.id().0, Sha256::of(&body));
}

#[test]
fn a_file_changed_without_a_word_is_fetched_once_more() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(300_000).build();
    let old = vec![7; body.len()];
    let (served, mut turn) = (body.clone(), 0);
    server.on(PATH, move |asked: &Asked| {
        turn += 1;
        // A weak tag cannot guard a range.
        if turn == 1 {
            return ranged(&old, "W/\"1\"", asked).cut(100_000);
        }
        ranged(&served, "W/\"2\"", asked)
    });
    let mut session = cache.fetcher(plain());
    session
        .wheel(wheel_request(FILE, &server.url(PATH), Some(&body)))
        .unwrap();
    assert_eq!(server.log().len(), 3, "start, rest, all of it again");
}

#[test]
fn progress_is_told() {
    let (server, cache) = (Server::start(), Cache::new());
    let body = wheel(3_000_000).build();
    server.file(PATH, body.clone(), "\"1\"");
    let mut session = cache.fetcher(plain());
    session
        .wheel(wheel_request(FILE, &server.url(PATH), Some(&body)))
        .unwrap();
    for (done, total) in &session.progress {
        assert!(*done <= body.len() as u64);
        assert_eq!(*total, Some(body.len() as u64));
    }
}

#[test]
fn local_wheels_are_read_in_place() {
    let cache = Cache::new();
    let body = wheel(200_000).build();
    let path = cache.path().join(FILE);
    std::fs::write(&path, &body).unwrap();
    let at = naja_spec::SafeUrl::from_file_path(&path).unwrap();
    let mut session = cache.fetcher(plain());
    let request = metadata_request(FILE, at.with_secrets(), None);
    let answer = session
        .fetcher
        .cached(&Request::Metadata(request.clone()))
        .unwrap();
    assert!(matches!(answer, naja_index::Answer::Metadata(_)));
    session.metadata(request).unwrap();
    let request = wheel_request(FILE, at.with_secrets(), None);
    for _ in 0..2 {
        let archive = session.wheel(request.clone()).unwrap();
        assert_eq!(archive.id().0, Sha256::of(&body));
    }
    assert_eq!(std::fs::read(&path).unwrap(), body, "it stays where it is");

    let changed = Wheel::new("harry", "1.0").build();
    std::fs::write(&path, &changed).unwrap();
    assert_eq!(session.wheel(request).unwrap().id().0, Sha256::of(&changed));
    let gone = wheel_request(FILE, "file:///nonexistent/naja.whl", None);
    assert!(session.wheel(gone).is_err());
}

#[test]
fn other_files_are_checked_too() {
    let (server, cache) = (Server::start(), Cache::new());
    server.file("/harry-1.0.tar.gz", b"source".to_vec(), "\"1\"");
    let mut session = cache.fetcher(plain());
    let sha512 = "41ed6b8d12a1a3d04ae9b4b60a3b5a3a";
    let request = |digest: &str| FileRequest {
        package: package("harry"),
        url: url(&server.url("/harry-1.0.tar.gz")),
        origin: Origin::Direct,
        digests: vec![Digest::parse(digest).unwrap()],
        size: Some(6),
    };
    let good = format!("sha256:{}", Sha256::of(b"source"));
    match session.ask(Request::File(request(&good))).unwrap() {
        naja_index::Answer::File(file) => {
            assert_eq!(std::fs::read(file.path()).unwrap(), b"source");
            assert_eq!((file.size(), file.sha256()), (6, Sha256::of(b"source")));
            let path = file.path().to_owned();
            drop(file);
            assert!(!path.exists(), "it lives as long as the answer");
        }
        other => panic!("{other:?}"),
    }
    let fault = |result| match result {
        Err(FetchError::File { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let bad = format!("sha256:{}", Sha256::of(b"other"));
    assert!(matches!(
        fault(session.ask(Request::File(request(&bad)))),
        FileFault::Digest { .. }
    ));
    let bad = format!("sha512:{}", sha512.repeat(4));
    assert!(matches!(
        fault(session.ask(Request::File(request(&bad)))),
        FileFault::Digest { .. }
    ));
    let weak = format!("md5:{sha512}");
    assert_eq!(
        fault(session.ask(Request::File(request(&weak)))),
        FileFault::WeakDigest("md5".into())
    );
}
