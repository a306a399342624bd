//! Credentials: who gets them, and that nobody else sees them.

use naja_index::{FetchError, IndexConfig, Login, NetrcSource, Origin, Proxies};
use naja_spec::Digest;
use naja_testkit::Wheel;

use crate::ask::{Cache, config, files, json_page, url, wheel_request, words};
use crate::server::{Answer, Asked, Server};

const FILE: &str = "harry-1.0-py3-none-any.whl";
/// `me:p@ss` and `net:rc` in Base64.
const ME: &str = "Basic bWU6cEBzcw==";
const NET: &str = "Basic bmV0OnJj";

fn guarded(server: &Server, path: &str, wanted: &'static str, answer: Answer) {
    server.on(path, move |asked: &Asked| {
        if asked.header("authorization") == Some(wanted) {
            answer.clone()
        } else {
            Answer::status(401).header("www-authenticate", "Basic realm=\"x\"")
        }
    });
}

fn page() -> Answer {
    Answer::json(json_page("harry", &[FILE]))
}

#[test]
fn credentials_of_the_url_are_sent_at_once_and_shown_nowhere() {
    let (server, cache) = (Server::start(), Cache::new());
    guarded(&server, "/simple/harry/", ME, page());
    let index = server.url_as("me:p%40ss", "/simple/");
    let mut session = cache.fetcher(config(&[index]));
    let pages = session.page("harry").unwrap();
    assert_eq!(server.log().len(), 1);
    let file = pages.hits[0].1.all_files().next().unwrap();
    assert!(!file.url().contains("ss@"), "not in the addresses of files");
    guarded(&server, "/simple/harry/", NET, page());
    server.always("/simple/odd/", Answer::status(418));
    for name in ["harry", "odd"] {
        let mut config = config(&[server.url_as("me:s3cret", "/simple/")]);
        config.refresh = naja_index::Refresh::All;
        let mut session = cache.fetcher(config);
        let error = session.page(name).unwrap_err();
        let text = format!("{} {:?}", words(&error), session.fetcher);
        assert!(!text.contains("s3cret"), "{text}");
        if name == "harry" {
            let sent = matches!(
                error,
                FetchError::Unauthorized {
                    status: Some(401),
                    sent: true,
                    ..
                }
            );
            assert!(sent, "{error:?}");
        }
    }
    let mut folders = vec![cache.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match std::fs::read(entry.path()) {
                Ok(bytes) => assert!(!bytes.windows(4).any(|w| w == b"p%40" || w == b"p@ss")),
                Err(_) => folders.push(entry.path()),
            }
        }
    }
}

#[test]
fn other_sources_of_credentials() {
    let server = Server::start();
    guarded(&server, "/simple/harry/", ME, page());
    let login = || Login {
        user: "me".into(),
        password: "p@ss".into(),
    };
    type Change = Box<dyn Fn(&mut IndexConfig)>;
    let cases: Vec<(&str, Change, usize)> = vec![
        (
            "per index",
            Box::new(move |c| c.indexes[0].login = Some(login())),
            1,
        ),
        (
            "netrc machine",
            Box::new(|c| {
                c.netrc = NetrcSource::Text("machine 127.0.0.1 login me password p@ss".into());
            }),
            1,
        ),
        (
            "netrc default, only when asked",
            Box::new(|c| c.netrc = NetrcSource::Text("default login me password p@ss".into())),
            2,
        ),
    ];
    for (what, change, requests) in cases {
        let before = server.log().len();
        let mut config = config(&[server.url("/simple/")]);
        change(&mut config);
        let mut session = Cache::new().fetcher(config);
        assert_eq!(files(&session.page("harry").unwrap()), [FILE], "{what}");
        assert_eq!(server.log().len() - before, requests, "{what}");
    }
    let mut never = config(&[server.url_as("me:p%40ss", "/simple/")]);
    never.indexes[0].authenticate = naja_index::Authenticate::Never;
    let error = Cache::new().fetcher(never).page("harry").unwrap_err();
    assert!(matches!(
        error,
        FetchError::Unauthorized { sent: false, .. }
    ));
}

#[test]
fn credentials_do_not_follow_redirects_to_others() {
    let (server, other, cache) = (Server::start(), Server::start(), Cache::new());
    server.always(
        "/simple/harry/",
        Answer::redirect(&other.url("/simple/harry/")),
    );
    other.always("/simple/harry/", page());
    server.always(
        "/simple/ginny/",
        Answer::redirect(&server.url("/moved/ginny/")),
    );
    let ginny = Answer::json(json_page("ginny", &["ginny-1.tar.gz"]));
    guarded(&server, "/moved/ginny/", ME, ginny);
    let mut session = cache.fetcher(config(&[server.url_as("me:p%40ss", "/simple/")]));
    session.page("harry").unwrap();
    assert_eq!(
        other.log()[0].header("authorization"),
        None,
        "another port is another origin"
    );
    assert!(session.page("ginny").is_ok(), "the same origin");
}

#[test]
fn files_of_the_same_host_get_the_credentials_of_the_index() {
    let (server, cache) = (Server::start(), Cache::new());
    let wheel = Wheel::new("harry", "1.0");
    guarded(
        &server,
        &format!("/files/{FILE}"),
        ME,
        Answer::ok(wheel.build()),
    );
    let mut session = cache.fetcher(config(&[server.url_as("me:p%40ss", "/simple/")]));
    let mut request = wheel_request(FILE, &server.url(&format!("/files/{FILE}")), None);
    request.origin = Origin::Index(naja_index::IndexId(0));
    request.digests = vec![
        Digest::parse(&format!(
            "sha256:{}",
            naja_testkit::sha256_hex(&wheel.build())
        ))
        .unwrap(),
    ];
    session.wheel(request).unwrap();
}

#[test]
fn remote_pages_may_not_name_local_files() {
    let (server, cache) = (Server::start(), Cache::new());
    let mut session = cache.fetcher(config(&[server.url("/simple/")]));
    let mut request = wheel_request(FILE, "file:///etc/passwd", None);
    request.origin = Origin::Index(naja_index::IndexId(0));
    let error = session.wheel(request).unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }), "{error:?}");
}

#[test]
fn proxies_are_those_of_the_configuration() {
    let (proxy, server, cache) = (Server::start(), Server::start(), Cache::new());
    proxy.always("http://index.example/simple/harry/", page());
    server.always("/simple/harry/", page());
    let mut through = config(&["http://index.example/simple/".into()]);
    through.proxies = Proxies {
        http: Some(url(&proxy.url_as("net:rc", "/"))),
        no_proxy: Some("127.0.0.1".into()),
        ..Proxies::default()
    };
    assert_eq!(
        files(&cache.fetcher(through.clone()).page("harry").unwrap()),
        [FILE]
    );
    let asked = &proxy.log()[0];
    assert_eq!(asked.target, "http://index.example/simple/harry/");
    assert_eq!(asked.header("proxy-authorization"), Some(NET));
    through.indexes = config(&[server.url("/simple/")]).indexes;
    cache.fetcher(through).page("harry").unwrap();
    assert_eq!((proxy.log().len(), server.log().len()), (1, 1), "NO_PROXY");
}

#[test]
fn a_proxy_learns_its_own_login_and_shows_none() {
    let (proxy, cache) = (Server::start(), Cache::new());
    proxy.always("index.example:443", Answer::status(407));
    let mut through = config(&["https://me:p%40ss@index.example/simple/".into()]);
    through.retries = 0;
    through.proxies.https = Some(url(&proxy.url_as("net:rc-secret", "/")));
    let mut session = cache.fetcher(through);
    let error = session.page("harry").unwrap_err();
    let asked = &proxy.log()[0];
    assert_eq!(
        (&*asked.method, &*asked.target),
        ("CONNECT", "index.example:443")
    );
    // `net:rc-secret` in Base64.
    let login = Some("Basic bmV0OnJjLXNlY3JldA==");
    assert_eq!(asked.header("proxy-authorization"), login);
    assert_eq!(asked.header("authorization"), None);
    let text = format!("{} {error:?} {:?}", words(&error), session.fetcher);
    assert!(
        !text.contains("rc-secret") && !text.contains("p@ss"),
        "{text}"
    );
    assert!(!text.contains("bmV0"), "{text}");
}
