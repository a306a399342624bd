//! Several indexes, and places of links.

use super::*;

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
