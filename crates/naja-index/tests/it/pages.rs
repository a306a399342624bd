//! Pages: negotiation, keeping, confirming, strategies, local places.

use std::time::Duration;

use naja_index::{
    Authenticate, FetchError, FindLinks, Index, IndexStrategy, Origin, PageFault, Refresh, Refusal,
    TransportError,
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
fn the_first_index_that_knows_the_name_is_the_only_one() {
    let (private, public, cache) = (Server::start(), Server::start(), Cache::new());
    private.always("/simple/harry/", Answer::json(json_page("harry", &[FILE])));
    public.always(
        "/simple/harry/",
        Answer::json(json_page("harry", &["harry-3.0.tar.gz"])),
    );
    public.always(
        "/simple/hedwig/",
        Answer::json(json_page("hedwig", &["hedwig-1.0.tar.gz"])),
    );
    let indexes = [private.url("/simple/"), public.url("/simple/")];
    let mut session = cache.fetcher(config(&indexes));
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    assert_eq!(
        public.log().len(),
        0,
        "the other one does not even learn the name"
    );
    assert_eq!(
        files(&session.page("hedwig").unwrap()),
        ["hedwig-1.0.tar.gz"]
    );
    assert!(
        session.cached_page("hedwig").is_some(),
        "the refusal is remembered in this process"
    );
    assert_eq!(private.count("/simple/hedwig/"), 1);
    let nobody = session.page("nobody").unwrap();
    assert!(nobody.is_not_found());
    assert_eq!(nobody.asked.len(), 2);

    for strategy in [
        IndexStrategy::UnsafeBestMatch,
        IndexStrategy::UnsafeFirstMatch,
    ] {
        let cache = Cache::new();
        let config = naja_index::IndexConfig {
            strategy,
            ..config(&indexes)
        };
        let pages = cache.fetcher(config).page("harry").unwrap();
        assert_eq!(files(&pages), [FILE, "harry-3.0.tar.gz"]);
    }
}

#[test]
fn an_index_in_trouble_is_an_error_and_not_an_absence() {
    for status in [401, 403, 500, 503] {
        let (private, public, cache) = (Server::start(), Server::start(), Cache::new());
        private.always("/simple/harry/", Answer::status(status));
        public.always("/simple/harry/", Answer::json(json_page("harry", &[FILE])));
        let mut both = config(&[private.url("/simple/"), public.url("/simple/")]);
        both.retries = 1;
        let error = cache.fetcher(both.clone()).page("harry").unwrap_err();
        match (status, &error) {
            (
                401 | 403,
                FetchError::Unauthorized {
                    status: Some(s),
                    sent: false,
                    ..
                },
            ) => {
                assert_eq!(*s, status);
            }
            (
                500 | 503,
                FetchError::Status {
                    status: s,
                    attempts: 2,
                    ..
                },
            ) => {
                assert_eq!(*s, status);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(public.log().len(), 0);
        both.indexes[0].ignored_statuses = vec![status];
        assert_eq!(
            files(&cache.fetcher(both).page("harry").unwrap()),
            [FILE],
            "{status}"
        );
    }
}

#[test]
fn pinned_and_explicit_indexes() {
    let (a, b, cache) = (Server::start(), Server::start(), Cache::new());
    a.always("/simple/harry/", Answer::json(json_page("harry", &[FILE])));
    b.always(
        "/simple/harry/",
        Answer::json(json_page("harry", &["harry-3.0.tar.gz"])),
    );
    let mut config = config(&[b.url("/simple/"), a.url("/simple/")]);
    config.indexes[0].explicit = true;
    config.indexes[0].name = Some("special".into());
    assert_eq!(config.index_named("special"), Some(naja_index::IndexId(0)));
    let mut session = cache.fetcher(config);
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    assert_eq!(b.log().len(), 0, "explicit");
    assert_eq!(
        files(&session.page_from("harry", Some(0)).unwrap()),
        ["harry-3.0.tar.gz"]
    );
    assert_eq!(a.log().len(), 1, "never asked elsewhere");
}

#[test]
fn local_places_need_neither_threads_nor_network() {
    let cache = Cache::new();
    let root = cache.path();
    let wheels = root.join("wheels & more");
    std::fs::create_dir(&wheels).unwrap();
    for name in [FILE, "Harry-2.0.tar.gz", "harry_two-9.tar.gz", "notes.txt"] {
        std::fs::write(wheels.join(name), b"").unwrap();
    }
    let index = root.join("simple");
    std::fs::create_dir_all(index.join("hedwig")).unwrap();
    std::fs::create_dir_all(index.join("ginny")).unwrap();
    std::fs::write(index.join("ginny/ginny-1.0.tar.gz"), b"").unwrap();
    let page = "<a href='../../wheels/hedwig-1.0.tar.gz'>hedwig-1.0.tar.gz</a>";
    std::fs::write(index.join("hedwig/index.html"), page).unwrap();
    let links = root.join("links.html");
    std::fs::write(
        &links,
        "<a href='draco-1.0.tar.gz'>x</a><a href='ron-1.tar.gz'>y</a>",
    )
    .unwrap();
    let single = root.join("remus-1.0-py3-none-any.whl");
    std::fs::write(&single, b"").unwrap();

    let place = |url: SafeUrl| FindLinks { url };
    let mut config = config(&[]);
    config.indexes = vec![Index::new(SafeUrl::from_directory_path(&index).unwrap())];
    config.find_links = vec![
        place(SafeUrl::from_directory_path(&wheels).unwrap()),
        place(SafeUrl::from_file_path(&links).unwrap()),
        place(SafeUrl::from_file_path(&single).unwrap()),
    ];
    let mut session = cache.fetcher(config.clone());
    for (name, expected) in [
        ("harry", vec![FILE, "Harry-2.0.tar.gz"]),
        ("hedwig", vec!["hedwig-1.0.tar.gz"]),
        ("ginny", vec!["ginny-1.0.tar.gz"]),
        ("draco", vec!["draco-1.0.tar.gz"]),
        ("remus", vec!["remus-1.0-py3-none-any.whl"]),
        ("nobody", vec![]),
    ] {
        assert_eq!(
            files(&session.cached_page(name).unwrap()),
            expected,
            "{name}"
        );
        assert_eq!(
            files(&session.page(name).unwrap()),
            expected,
            "{name}, submitted"
        );
    }
    let pages = session.cached_page("harry").unwrap();
    let file = pages.hits[0].1.all_files().next().unwrap();
    let path = file.safe_url().unwrap().to_file_path().unwrap();
    assert_eq!(path, wheels.join(FILE));
    assert_eq!(pages.hits[0].0, Origin::FindLinks(0));
    assert_eq!(session.fetcher.stats().requests, 0);

    config.find_links = vec![place(url("file:///nonexistent/naja/"))];
    assert!(matches!(
        cache.fetcher(config).page("harry"),
        Err(FetchError::Local { .. })
    ));
}

#[test]
fn remote_pages_of_links_are_fetched_once() {
    let (server, cache) = (Server::start(), Cache::new());
    let text = format!("<a href='{FILE}'>x</a> <a href='hedwig-1.0.tar.gz'>y</a>");
    server.always("/links.html", Answer::html(text));
    let mut config = config(&[]);
    config.find_links = vec![FindLinks {
        url: url(&server.url("/links.html")),
    }];
    let mut session = cache.fetcher(config.clone());
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
    assert_eq!(
        files(&session.page("hedwig").unwrap()),
        ["hedwig-1.0.tar.gz"]
    );
    assert!(session.page("nobody").unwrap().is_not_found());
    drop(session);
    let session = cache.fetcher(config.clone());
    assert_eq!(
        files(&session.cached_page("hedwig").unwrap()),
        ["hedwig-1.0.tar.gz"]
    );
    assert_eq!(server.log().len(), 1);

    let mut flat = Index::new(url(&server.url("/links.html")));
    flat.flat = true;
    config.find_links.clear();
    config.indexes = vec![flat];
    let pages = cache.fetcher(config).page("harry").unwrap();
    assert_eq!(pages.hits[0].0, Origin::Index(naja_index::IndexId(0)));
}

#[test]
fn broken_and_busy_servers_are_asked_again() {
    let (server, cache) = (Server::start(), Cache::new());
    let good = || Answer::json(json_page("harry", &[FILE]));
    server.turns(
        "/a/harry/",
        vec![Answer::status(500), Answer::status(502), good()],
    );
    server.turns("/b/harry/", vec![good().cut(30), good().cut(0), good()]);
    server.turns(
        "/c/harry/",
        vec![Answer::status(429).header("retry-after", "0"), good()],
    );
    server.turns(
        "/d/harry/",
        vec![Answer::status(503).header("retry-after", "1"), good()],
    );
    server.always(
        "/e/harry/",
        Answer::status(429).header("retry-after", "3600"),
    );
    for (path, count) in [("/a/", 3), ("/b/", 3), ("/c/", 2), ("/d/", 2)] {
        let mut session = cache.fetcher(config(&[server.url(path)]));
        let begun = std::time::Instant::now();
        assert_eq!(files(&session.page("harry").unwrap()), [FILE], "{path}");
        assert_eq!(server.count(&format!("{path}harry/")), count, "{path}");
        assert_eq!(session.fetcher.stats().retries, count as u64 - 1);
        if path == "/d/" {
            assert!(
                begun.elapsed() >= Duration::from_secs(1),
                "Retry-After is obeyed"
            );
        }
    }
    let error = cache
        .fetcher(config(&[server.url("/e/")]))
        .page("harry")
        .unwrap_err();
    let FetchError::Status {
        attempts: 1,
        retry_after: Some(3600),
        ..
    } = error
    else {
        panic!("{error:?}")
    };
}

#[test]
fn attempts_end() {
    let (server, cache) = (Server::start(), Cache::new());
    server.always(
        "/simple/harry/",
        Answer::json(json_page("harry", &[FILE])).cut(5),
    );
    let mut config = config(&[server.url("/simple/")]);
    config.retries = 2;
    let error = cache.fetcher(config).page("harry").unwrap_err();
    let FetchError::Transport {
        attempts: 3,
        source: TransportError::Body(_),
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(server.log().len(), 3);

    let mut config = crate::ask::config(&["http://127.0.0.1:1/simple/".into()]);
    config.retries = 1;
    let error = cache.fetcher(config).page("harry").unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Transport {
                attempts: 2,
                source: TransportError::Connect(_),
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn silence_is_a_time_out() {
    let (server, cache) = (Server::start(), Cache::new());
    let slow = Answer::json(json_page("harry", &[FILE])).wait(Duration::from_secs(5));
    server.always("/simple/harry/", slow);
    let mut config = config(&[server.url("/simple/")]);
    (config.retries, config.timeout) = (0, Duration::from_millis(100));
    let begun = std::time::Instant::now();
    let error = cache.fetcher(config).page("harry").unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Transport {
                source: TransportError::Timeout(_),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[test]
fn redirects_have_limits() {
    let (server, cache) = (Server::start(), Cache::new());
    server.always("/simple/loop/", Answer::redirect("/simple/loop/"));
    server.always("/simple/local/", Answer::redirect("file:///etc/passwd"));
    server.always("/simple/nowhere/", Answer::status(301));
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    let why = |result| match result {
        Err(FetchError::Refused { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(session.page("loop")), Refusal::TooManyRedirects);
    assert_eq!(server.count("/simple/loop/"), 11);
    assert_eq!(why(session.page("local")), Refusal::LocalFromRemote);
    assert_eq!(why(session.page("nowhere")), Refusal::BadRedirect);
    let mut session = cache.fetcher(config(&["ftp://index.example/".into()]));
    assert_eq!(why(session.page("harry")), Refusal::Scheme);
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
fn an_end_in_the_middle_is_told() {
    let (server, cache) = (Server::start(), Cache::new());
    server.always(
        "/simple/harry/",
        Answer::status(200).wait(Duration::from_millis(300)),
    );
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    let request = naja_index::Request::Page(naja_index::PageRequest {
        name: package("harry"),
        index: None,
    });
    session.fetcher.submit(request);
    let crate::ask::Session { fetcher, inbox, .. } = session;
    fetcher.finish();
    let reply = inbox.recv().unwrap();
    assert!(matches!(
        reply,
        naja_index::Reply::Done {
            result: Err(FetchError::Stopped),
            ..
        }
    ));
}

#[test]
fn a_damaged_cache_is_a_miss() {
    let (server, cache) = one();
    cache
        .fetcher(config(&[server.url("/simple/")]))
        .page("harry")
        .unwrap();
    let mut damaged = 0;
    let mut folders = vec![cache.path().join("cache")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if let Ok(mut bytes) = std::fs::read(entry.path())
                && bytes.starts_with(b"NajaRecd")
            {
                let at = bytes.len() - 1;
                bytes[at] ^= 1;
                std::fs::write(entry.path(), bytes).unwrap();
                damaged += 1;
            }
        }
    }
    assert!(damaged >= 2, "page and stamp");
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    assert!(session.cached_page("harry").is_none());
    assert_eq!(files(&session.page("harry").unwrap()), [FILE]);
}

#[test]
fn required_credentials_that_are_not_there_stop_the_request() {
    let (server, cache) = one();
    let mut config = config(&[server.url("/simple/")]);
    config.indexes[0].authenticate = Authenticate::Always;
    let error = cache.fetcher(config).page("harry").unwrap_err();
    assert!(
        matches!(error, FetchError::Unauthorized { status: None, .. }),
        "{}",
        words(&error)
    );
    assert_eq!(server.log().len(), 0);
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
