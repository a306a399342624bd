//! Servers in trouble, and ways that do not end.

use super::*;

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
