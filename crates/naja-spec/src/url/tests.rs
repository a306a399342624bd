//! Tests of URLs.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::digest::Digest;

fn url(text: &str) -> SafeUrl {
    SafeUrl::parse(text).unwrap()
}

#[test]
fn secrets_are_not_printed() {
    for (text, shown, stored) in [
        (
            "https://user:s3cr%40t@index.example/simple/?a=1&token=s3cret#sha256=00",
            "https://****@index.example/simple/?a=1&token=****#sha256=00",
            "https://index.example/simple/?a=1&token=****#sha256=00",
        ),
        (
            "https://s3cret@h.example/",
            "https://****@h.example/",
            "https://h.example/",
        ),
        (
            "https://:s3cret@h.example/",
            "https://****@h.example/",
            "https://h.example/",
        ),
        (
            "git+https://u:s3cret@h.example/r.git@v1",
            "git+https://****@h.example/r.git@v1",
            "git+https://h.example/r.git@v1",
        ),
        (
            "git+ssh://git@h.example/r.git",
            "git+ssh://git@h.example/r.git",
            "git+ssh://git@h.example/r.git",
        ),
        (
            "ssh://u:s3cret@h.example/",
            "ssh://****@h.example/",
            "ssh://h.example/",
        ),
        (
            "https://h.example:8443/a@b",
            "https://h.example:8443/a@b",
            "https://h.example:8443/a@b",
        ),
        (
            "data:text/plain,x",
            "data:text/plain,x",
            "data:text/plain,x",
        ),
    ] {
        let url = url(text);
        assert_eq!(url.to_string(), shown);
        assert_eq!(format!("{url:?}"), format!("SafeUrl({shown})"));
        assert_eq!(serde_json::to_string(&url).unwrap(), format!("{stored:?}"));
        assert_eq!(url.with_secrets(), text);
        assert!(!url.without_credentials().with_secrets().contains("s3cret@"));
    }
}

#[test]
fn credentials_are_decoded() {
    let url = url("https://us%3Aer:p%40ss%2f@h.example/x");
    let credentials = url.credentials().unwrap();
    assert_eq!(credentials.username, "us:er");
    assert_eq!(credentials.password.as_deref(), Some("p@ss/"));
    assert_eq!(format!("{credentials:?}"), "Credentials(****)");
    let bare = url.without_credentials();
    assert_eq!(bare.credentials(), None);
    assert_eq!(
        bare.with_credentials(&credentials).credentials(),
        Some(credentials)
    );
}

#[test]
fn errors_are_masked() {
    for text in [
        "https://user:s3cret@h.example:port/",
        "https://user:s3c/ret@h.example/",
        "https://user:s3cret@ho\u{7}st/",
        "//user:s3cret@h.example/",
        "https://user:s3cret@[::1/",
    ] {
        let error = SafeUrl::parse(text).unwrap_err().to_string();
        assert!(!error.contains("s3c"), "{error}");
    }
}

#[test]
fn masks_urls_in_text() {
    for (text, shown) in [
        (
            "see https://u:p@h/ and http://t@h2/x@y.",
            "see https://****@h/ and http://****@h2/x@y.",
        ),
        ("git+ssh://git@h/r", "git+ssh://git@h/r"),
        ("https://h:80/a@1", "https://h:80/a@1"),
        ("https://h/a@1 b@c", "https://h/a@1 b@c"),
        ("'https://u:p/q@h/'", "'https://****@h/'"),
        ("http://[::1]/a@b", "http://[::1]/a@b"),
        ("://", "://"),
        ("//u:p@h/ a//u:p@h", "//****@h/ a//u:p@h"),
    ] {
        assert_eq!(mask_urls(text), shown);
    }
}

/// What absolute paths begin with.
const DRIVE: &str = if cfg!(windows) { "C:" } else { "" };

#[test]
fn paths_to_urls_and_back() {
    for path in [
        "/a b/50%/ü/x.whl",
        "/a#b?c",
        "/back\\slash",
        "/per%20cent",
        "/",
    ] {
        let path = format!("{DRIVE}{path}");
        let url = SafeUrl::from_file_path(Path::new(&path)).unwrap();
        assert!(url.is_file());
        assert_eq!(url.to_file_path().unwrap(), Path::new(&path), "{url}");
    }
    let directory = SafeUrl::from_directory_path(Path::new(&format!("{DRIVE}/a b"))).unwrap();
    let file = directory.join("c.whl").unwrap();
    let expected = match DRIVE {
        "" => "file:///a%20b/c.whl".to_owned(),
        drive => format!("file:///{drive}/a%20b/c.whl"),
    };
    assert_eq!(file.with_secrets(), expected);
    assert!(SafeUrl::from_file_path(Path::new("a/b")).is_err());
    assert_eq!(url("https://h.example/a").to_file_path(), None);
    // Shares of the network have paths on Windows only.
    let share = url("file://server.example/share").to_file_path();
    assert_eq!(share.is_some(), cfg!(windows));
}

#[test]
fn fragments() {
    let hex = "0".repeat(64);
    let url = url(&format!(
        "https://h.example/a/b%2Bc.zip#egg=x&subdirectory=a%20b&sha256={hex}&md5=zz"
    ));
    assert_eq!(url.subdirectory().unwrap(), "a b");
    assert_eq!(
        url.fragment_digests(),
        vec![Digest::parse(&format!("sha256:{hex}")).unwrap()]
    );
    assert_eq!(url.file_name().unwrap(), "b+c.zip");
    assert_eq!(
        url.without_fragment().with_secrets(),
        "https://h.example/a/b%2Bc.zip"
    );
    assert!(url.same_origin(&SafeUrl::parse("https://u:p@h.example:443/x").unwrap()));
    assert!(!url.same_origin(&SafeUrl::parse("http://h.example/x").unwrap()));
}

proptest! {
    /// What is taken without the parser is what the parser makes of it.
    #[test]
    fn plain_urls_are_as_the_parser_has_them(
        scheme in prop::sample::select(vec!["https", "http", "HTTPS", "ftp"]),
        host in "([a-z0-9-]{1,4}|xn--a|ab--c|0x1|[A-Z]|127)(\\.([a-z0-9-]{1,3}|1|com)){0,2}\\.?",
        port in prop_oneof![3 => Just(String::new()), 1 => ":[0-9]{0,6}".boxed(), 1 => Just(":443".to_owned())],
        path in "(/([a-zA-Z0-9._~!+-]{0,6}|\\.|\\.\\.|%2e|a b|@))*",
        fragment in prop_oneof![2 => Just(String::new()), 1 => "#(sha256=[0-9a-f]{0,4}|a%20|\\?|)".boxed()],
    ) {
        let text = format!("{scheme}://{host}{port}{path}{fragment}");
        let parsed = url::Url::parse(&text).map(SafeUrl::from);
        let (Ok(taken), Ok(parsed)) = (SafeUrl::parse(&text), parsed.clone()) else {
            prop_assert_eq!(SafeUrl::parse(&text).is_ok(), parsed.is_ok(), "{}", text);
            return Ok(());
        };
        prop_assert_eq!(taken.with_secrets(), parsed.with_secrets());
        prop_assert_eq!(&taken, &parsed);
        prop_assert_eq!(taken.fragment(), parsed.fragment());
        prop_assert_eq!(taken.without_fragment(), parsed.without_fragment());
        prop_assert_eq!(taken.file_name(), parsed.file_name());
        prop_assert_eq!((taken.host(), taken.port(), taken.path()), (parsed.host(), parsed.port(), parsed.path()));
        prop_assert_eq!(taken.credentials(), parsed.credentials());
        prop_assert_eq!(taken.without_credentials(), parsed.without_credentials());
        prop_assert_eq!((taken.to_string(), taken.is_file()), (parsed.to_string(), parsed.is_file()));
        prop_assert_eq!(serde_json::to_string(&taken).unwrap(), serde_json::to_string(&parsed).unwrap());
    }
}
