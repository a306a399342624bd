//! Pages of the simple API: both forms, their flat record, and hostile input to each.

use naja_spec::{
    CoreMeta, EntryRefusal, FileRef, HashAlgorithm, PackageName, Page, PageBuilder, PageEntry,
    PageError, ProjectStatus, SafeUrl, Sha256, Version,
};

const BASE: &str = "https://index.example/simple/foo-bar/";

pub(crate) fn name() -> PackageName {
    PackageName::parse("foo-bar").unwrap()
}

pub(crate) fn base() -> SafeUrl {
    SafeUrl::parse(BASE).unwrap()
}

pub(crate) fn json(body: &str) -> Result<Page, PageError> {
    Page::from_record(Page::from_json(body.as_bytes(), &base(), &name())?)
}

pub(crate) fn html(body: &str) -> Result<Page, PageError> {
    Page::from_record(Page::from_html(body.as_bytes(), &base(), &name())?)
}

fn names(page: &Page) -> Vec<Vec<&str>> {
    (0..page.versions())
        .map(|i| page.files(i).map(|file| file.file_name()).collect())
        .collect()
}

const SHA: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// A page with something of everything.
fn full_page() -> Page {
    let sha = SHA;
    let path = format!("aa/bb/{}", "0c".repeat(30));
    let body = format!(
        r#"{{"alternate-locations": ["https://a.example/foo-bar/"],
        "project-status": {{"status": "archived", "reason": "done \u263a"}}, "x": [{{"y": 1}}],
        "files": [
        {{"filename": "foo_bar-2.0-py3-none-any.whl", "unknown": [1, {{"a": null}}],
          "url": "https://files.example/packages/{path}/foo_bar-2.0-py3-none-any.whl",
          "hashes": {{"md5": "{md5}", "sha256": "{sha}", "x": "y"}}, "size": 12,
          "requires-python": ">=3.8", "upload-time": "2024-01-01T00:00:00.123456Z",
          "yanked": "bro\"ken", "core-metadata": {{"sha256": "{sha}"}},
          "data-dist-info-metadata": false,
          "provenance": "https://i.example/integrity/foo-bar/2.0/foo_bar-2.0-py3-none-any.whl/provenance"}},
        {{"filename": "foo_bar-2.0.tar.gz", "url": "../../files/foo_bar-2.0.tar.gz#sha256=00",
          "hashes": {{}}, "yanked": true, "dist-info-metadata": true, "gpg-sig": false,
          "requires-python": null, "upload-time": null, "size": null, "core-metadata": false}},
        {{"filename": "Foo.Bar-1.10.tar.gz", "url": "Foo.Bar-1.10.tar.gz", "hashes": {{}},
          "yanked": false, "data-dist-info-metadata": {{}}, "requires-python": ""}},
        {{"filename": "foo_bar-1.9-py3-none-any.whl", "url": "a/b%2Bc.whl", "hashes": {{}},
          "yanked": "", "provenance": "https://i.example/p"}}
        ],
        "meta": {{"api-version": "1.4", "_last-serial": 7, "tracks": ["https://t.example/foo/"]}},
        "name": "foo-bar", "versions": ["1.0"]}}"#,
        md5 = "ab".repeat(16),
    );
    json(&body).unwrap()
}

#[test]
fn a_json_page() {
    let page = full_page();
    let versions: Vec<_> = (0..page.versions()).map(|i| page.version_text(i)).collect();
    assert_eq!(versions, ["1.9", "1.10", "2.0"]);
    assert_eq!(page.name(), "foo-bar");
    assert_eq!(page.api_minor(), 4);
    assert_eq!(page.status(), ProjectStatus::Archived);
    assert_eq!(page.status_reason(), Some("done \u{263a}"));
    assert_eq!(
        page.tracks().collect::<Vec<_>>(),
        ["https://t.example/foo/"]
    );
    assert_eq!(
        page.alternate_locations().collect::<Vec<_>>(),
        ["https://a.example/foo-bar/"]
    );
    assert!(page.is_yanked(2) && !page.is_yanked(1) && !page.is_yanked(0));
    assert!(page.has_wheel(2) && page.has_sdist(2) && !page.has_wheel(1) && !page.has_sdist(0));
}

/// When this fails, the layout has changed: give it a new version number, so that records of the
/// old one are no longer read.
#[test]
fn the_layout_is_stable() {
    let record = full_page().as_bytes().to_vec();
    assert_eq!(record[8..12], [1, 0, 0, 0]);
    assert_eq!(
        Sha256::of(&record).to_hex(),
        "438d654b1ba73bf5d37f2e7f719bdcac82736206ebba8f685e1e55ea4c7eee15"
    );
}

#[test]
fn files_of_a_json_page() {
    let page = full_page();
    let path = format!("aa/bb/{}", "0c".repeat(30));
    let sha = SHA;
    let files: Vec<FileRef<'_>> = page.files(2).collect();
    let wheel = &files[0];
    assert_eq!(
        wheel.url(),
        format!("https://files.example/packages/{path}/foo_bar-2.0-py3-none-any.whl")
    );
    assert_eq!(wheel.metadata_url(), format!("{}.metadata", wheel.url()));
    assert_eq!(wheel.sha256(), Some(sha.parse().unwrap()));
    assert_eq!(wheel.digests().len(), 2);
    assert_eq!(wheel.digests()[1].algorithm(), HashAlgorithm::Md5);
    assert_eq!(wheel.size(), Some(12));
    assert_eq!(wheel.requires_python(), Some(">=3.8"));
    assert_eq!(
        page.requires_python(wheel.requires_python_key()),
        Some(">=3.8")
    );
    assert_eq!(wheel.upload_time(), Some(1_704_067_200_123));
    assert_eq!(wheel.yanked(), Some("bro\"ken"));
    assert_eq!(wheel.core_metadata(), CoreMeta::Hash(sha.parse().unwrap()));
    assert_eq!(wheel.wheel_tags().unwrap().python, "py3");
    assert_eq!(
        wheel.provenance().unwrap(),
        "https://i.example/integrity/foo-bar/2.0/foo_bar-2.0-py3-none-any.whl/provenance"
    );
    let sdist = &files[1];
    assert_eq!(
        sdist.url(),
        "https://index.example/files/foo_bar-2.0.tar.gz"
    );
    assert_eq!(sdist.yanked(), Some(""));
    assert_eq!(
        sdist.core_metadata(),
        CoreMeta::No,
        "the legacy key counts in absence only"
    );
    assert_eq!(
        (sdist.sha256(), sdist.size(), sdist.upload_time()),
        (None, None, None)
    );

    let old = page.files(1).next().unwrap();
    assert_eq!((old.yanked(), old.requires_python()), (None, None));
    assert_eq!(old.core_metadata(), CoreMeta::Yes);
    let odd = page.files(0).next().unwrap();
    assert_eq!(
        odd.url(),
        "https://index.example/simple/foo-bar/a/b%2Bc.whl"
    );
    assert_eq!(odd.file_name(), "foo_bar-1.9-py3-none-any.whl");
    assert_eq!((odd.yanked(), odd.core_metadata()), (None, CoreMeta::No));
    assert_eq!(odd.provenance().unwrap(), "https://i.example/p");
}

#[test]
fn an_html_page() {
    let sha = "5a".repeat(32);
    let page = html(&format!(
        "<!DOCTYPE html><html><head><meta name='pypi:repository-version' content='1.3'>\
        <meta name=\"pypi:project-status\" content=\"deprecated\">\
        <meta name=\"pypi:project-status-reason\" content=\"old &amp; tired\">\
        <meta name=\"pypi:tracks\" content=\"https://t.example/\"><title><a href=x></title>\
        <base href='../../files/'></head><body>\
        <a href=\"foo_bar-1.0-py3-none-any.whl#sha256={sha}\" data-requires-python=\"&gt;=3.8\"\
          data-yanked data-core-metadata=\"sha256={sha}\">anything</a>\n\
        <A\nHREF='foo_bar-1.0.tar.gz#md5=x' data-yanked='' data-dist-info-metadata=true>x</A>\
        <a href=https://h.example/foo_bar-1.0%2Bl.1-py3-none-any.whl?a=1&amp;b=2>y</a>\
        <a href='http://h.example/foo_bar-1.0-py2-none-any.whl'>downgrade</a>\
        <a href='file:///foo_bar-1.0-py2-none-any.whl'>local</a>\
        <a href='other-1.0.tar.gz'>other</a><a name=top></a><a href='foo_bar-1.1.tar.gz"
    ))
    .unwrap();
    assert_eq!(
        names(&page),
        [
            vec!["foo_bar-1.0-py3-none-any.whl", "foo_bar-1.0.tar.gz"],
            vec!["foo_bar-1.0+l.1-py3-none-any.whl"]
        ]
    );
    assert_eq!(page.dropped(), 3);
    assert_eq!(page.api_minor(), 3);
    assert_eq!(page.status(), ProjectStatus::Deprecated);
    assert_eq!(page.status_reason(), Some("old & tired"));
    assert_eq!(page.tracks().collect::<Vec<_>>(), ["https://t.example/"]);
    let files: Vec<_> = page.all_files().collect();
    assert_eq!(
        files[0].url(),
        "https://index.example/files/foo_bar-1.0-py3-none-any.whl"
    );
    assert_eq!(files[0].sha256(), Some(sha.parse().unwrap()));
    assert_eq!(files[0].yanked(), Some(""));
    assert_eq!(files[0].requires_python(), Some(">=3.8"));
    assert_eq!(
        files[0].core_metadata(),
        CoreMeta::Hash(sha.parse().unwrap())
    );
    assert_eq!(
        (files[1].yanked(), files[1].core_metadata()),
        (Some(""), CoreMeta::Yes)
    );
    assert_eq!(
        files[2].url(),
        "https://h.example/foo_bar-1.0%2Bl.1-py3-none-any.whl?a=1&b=2"
    );
    assert_eq!(
        files[2].metadata_url(),
        "https://h.example/foo_bar-1.0%2Bl.1-py3-none-any.whl.metadata?a=1&b=2"
    );
    assert_eq!(files[2].yanked(), None);
}

#[test]
fn equal_versions_are_one_and_strange_files_are_dropped() {
    let mut builder = PageBuilder::new(&name(), &base());
    let mut push = |file: &str| {
        builder.push(&PageEntry {
            file_name: file,
            url: file,
            ..PageEntry::default()
        })
    };
    for file in [
        "foo_bar-1.0.0.tar.gz",
        "foo-bar-2.0rc1.zip",
        "FOO.BAR-1.0-py3-none-any.whl",
        "foo_bar-1-1.tar.gz",
        "foo_bar-1!0.5.tar.gz",
        "foo_bar-1.0.dev1.tgz",
    ] {
        assert!(push(file), "{file}");
    }
    for file in [
        "foo-1.0.tar.gz",
        "foo_bar-1.0.exe",
        "foo_bar-1.0.egg",
        "foo_bar-x.tar.gz",
        "",
        "foo_bar-1.0-py3-none.whl",
        "foo_bar_baz-1.0.tar.gz",
        "foo_bar-.tar.gz",
        "foo_bar- 1.0.tar.gz",
        "foo_bar-1.0/../x-py3-none-any.whl",
        "foo_bar.tar.gz",
    ] {
        assert!(!push(file), "{file}");
    }
    let page = Page::from_record(builder.finish().unwrap()).unwrap();
    let versions: Vec<_> = (0..page.versions()).map(|i| page.version_text(i)).collect();
    assert_eq!(
        versions,
        ["1.0.dev1", "1.0.0", "1.post1", "2.0rc1", "1!0.5"]
    );
    assert_eq!(
        names(&page)[1],
        ["foo_bar-1.0.0.tar.gz", "FOO.BAR-1.0-py3-none-any.whl"]
    );
    assert_eq!(page.dropped(), 11);
    let refused: Vec<_> = page.refused().collect();
    let of = |why| refused.iter().find(|entry| entry.why == why).unwrap();
    assert_eq!(of(EntryRefusal::OtherProject).example, "foo-1.0.tar.gz");
    assert_eq!(of(EntryRefusal::FileName).example, "foo_bar-1.0.exe");
    assert_eq!(of(EntryRefusal::Version).example, "foo_bar-x.tar.gz");
    assert_eq!(refused.iter().map(|entry| entry.count).sum::<usize>(), 11);
    let prereleases: Vec<_> = (0..5).map(|i| page.is_prerelease(i)).collect();
    assert_eq!(prereleases, [true, false, false, true, false]);
    assert_eq!(page.find(&Version::parse("1").unwrap()), Some(1));
    assert_eq!(page.find(&Version::parse("1.5").unwrap()), None);
    assert_eq!(page.files(9).len(), 0);
    assert_eq!(page.version_text(9), "");
}

#[test]
fn unknown_versions_of_the_interface() {
    let with = |version: &str| json(&format!(r#"{{"meta":{version},"files":[]}}"#));
    for version in [
        r#"{"api-version":"1.0"}"#,
        r#"{"api-version":"1.99"}"#,
        "{}",
        "null",
        r#"{"tracks":null}"#,
    ] {
        assert_eq!(with(version).unwrap().versions(), 0);
    }
    for version in ["2.0", "0.9", "1", "x", "10.0", "1.x", ""] {
        let body = format!(r#"{{"api-version":"{version}"}}"#);
        assert!(
            matches!(with(&body), Err(PageError::ApiVersion(_))),
            "{version}"
        );
        let body = format!("<meta name=pypi:repository-version content='{version}'>");
        assert!(
            matches!(html(&body), Err(PageError::ApiVersion(_))),
            "{version}"
        );
    }
}

#[test]
fn bodies_that_are_no_pages() {
    let deep = "[".repeat(100_000);
    let nested = format!(r#"{{"x":{deep}"#);
    for body in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"files": {}}"#,
        r#"{"files": [1]}"#,
        &deep,
        &nested,
        r#"{"files": [{"filename": 1}]}"#,
        r#"{"files": []} x"#,
        r#"{"files": []"#,
    ] {
        assert!(matches!(json(body), Err(PageError::Json(_))), "{body:.40}");
    }
    let bad = Page::from_json(b"{\"files\": [], \"x\": \"\xff\"}", &base(), &name());
    assert!(matches!(bad, Err(PageError::Encoding)));
    assert_eq!(
        json(r#"{"files": [{}, {"filename": "x"}]}"#)
            .unwrap()
            .dropped(),
        2
    );
    for body in [
        "",
        "<",
        "<a",
        "<a href=\"",
        "<!--",
        "<script>",
        "&",
        "\u{0}<a href=>",
    ] {
        assert_eq!(html(body).unwrap().versions(), 0);
    }
    assert!(Page::from_html(b"\xff<a href=x>\xff", &base(), &name()).is_ok());
}

#[test]
fn secrets_of_the_index_stay_out_of_the_record() {
    let index = SafeUrl::parse("https://user:s3cret@index.example/simple/foo-bar/").unwrap();
    let body = r#"{"files":[{"filename":"foo_bar-1.zip","url":"foo_bar-1.zip","hashes":{}},
        {"filename":"foo_bar-1.tgz","url":"/foo_bar 1.tgz","hashes":{}}]}"#;
    let record = Page::from_json(body.as_bytes(), &index, &name()).unwrap();
    assert!(!String::from_utf8_lossy(&record).contains("s3cret"));
    let page = Page::from_record(record).unwrap();
    let urls: Vec<_> = page
        .all_files()
        .map(|file| file.url().into_owned())
        .collect();
    assert_eq!(
        urls[0],
        "https://index.example/simple/foo-bar/foo_bar-1.zip"
    );
    assert_eq!(urls[1], "https://index.example/foo_bar%201.tgz");
}
