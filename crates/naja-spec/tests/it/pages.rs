//! Pages of the simple API: both forms, their flat record, and hostile input to each.

use std::fmt::Write as _;
use std::sync::Arc;

use naja_spec::{
    CoreMeta, Digest, FileRef, HashAlgorithm, PackageName, Page, PageBuilder, PageEntry, PageError,
    ProjectStatus, SafeUrl, Sha256, Version,
};
use proptest::prelude::*;

const BASE: &str = "https://index.example/simple/foo-bar/";

fn name() -> PackageName {
    PackageName::parse("foo-bar").unwrap()
}

fn base() -> SafeUrl {
    SafeUrl::parse(BASE).unwrap()
}

fn json(body: &str) -> Result<Page, PageError> {
    Page::from_record(Page::from_json(body.as_bytes(), &base(), &name())?)
}

fn html(body: &str) -> Result<Page, PageError> {
    Page::from_record(Page::from_html(body.as_bytes(), &base(), &name())?)
}

fn names(page: &Page) -> Vec<Vec<&str>> {
    (0..page.versions())
        .map(|i| page.files(i).map(|file| file.file_name()).collect())
        .collect()
}

#[test]
fn a_json_page() {
    let sha = "5a".repeat(32);
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
    let page = json(&body).unwrap();
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
        assert!(
            matches!(json(body), Err(PageError::Json(_))),
            "{:.40}",
            body
        );
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
    assert_eq!(
        Page::from_html(b"\xff<a href=x>\xff", &base(), &name())
            .unwrap()
            .len()
            > 64,
        true
    );
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

/// An entry that owns its texts, for the generators.
#[derive(Debug, Clone)]
struct Owned {
    file: String,
    url: String,
    version: String,
    sha256: Option<[u8; 32]>,
    md5: Option<[u8; 16]>,
    requires_python: Option<String>,
    size: Option<u64>,
    millis: Option<i64>,
    yanked: Option<String>,
    metadata: CoreMeta,
    provenance: Option<String>,
}

impl Owned {
    fn digests(&self) -> Vec<Digest> {
        let hex = |bytes: &[u8; 16]| {
            bytes.iter().fold(String::new(), |mut out, byte| {
                write!(out, "{byte:02x}").unwrap();
                out
            })
        };
        let md5 = |bytes| Digest::from_hex(HashAlgorithm::Md5, &hex(bytes)).unwrap();
        self.md5.iter().map(md5).collect()
    }

    fn entry(&self) -> PageEntry<'_> {
        PageEntry {
            file_name: &self.file,
            url: &self.url,
            sha256: self.sha256.map(Sha256),
            digests: self.digests(),
            requires_python: self.requires_python.as_deref(),
            size: self.size,
            upload_time: self.millis,
            yanked: self.yanked.as_deref(),
            core_metadata: self.metadata,
            provenance: self.provenance.as_deref(),
        }
    }

    fn matches(&self, file: &FileRef<'_>) {
        assert_eq!(file.file_name(), self.file);
        assert_eq!(file.url(), base().join(&self.url).unwrap().with_secrets());
        assert_eq!(file.sha256(), self.sha256.map(Sha256));
        let all: Vec<_> = self
            .sha256
            .map(|b| Sha256(b).into())
            .into_iter()
            .chain(self.digests())
            .collect();
        assert_eq!(file.digests(), all);
        assert_eq!(file.requires_python(), self.requires_python.as_deref());
        assert_eq!(file.size(), self.size);
        assert_eq!(file.upload_time(), self.millis);
        assert_eq!(file.yanked(), self.yanked.as_deref());
        assert_eq!(file.core_metadata(), self.metadata);
        assert_eq!(file.provenance().as_deref(), self.provenance.as_deref());
        assert_eq!(file.is_wheel(), self.file.ends_with(".whl"));
    }

    fn json(&self) -> String {
        let mut hashes = serde_json::Map::new();
        hashes.extend(
            self.sha256
                .map(|b| ("sha256".to_owned(), Sha256(b).to_hex().into())),
        );
        hashes.extend(
            self.digests()
                .first()
                .map(|d| ("md5".to_owned(), d.hex().into())),
        );
        let metadata = match self.metadata {
            CoreMeta::No => false.into(),
            CoreMeta::Yes => true.into(),
            CoreMeta::Hash(hash) => serde_json::json!({ "sha256": hash.to_hex() }),
        };
        let yanked = match self.yanked.as_deref() {
            None => false.into(),
            Some("") => true.into(),
            Some(reason) => serde_json::Value::from(reason),
        };
        serde_json::json!({
            "filename": self.file, "url": self.url, "hashes": hashes, "size": self.size,
            "requires-python": self.requires_python, "yanked": yanked, "core-metadata": metadata,
            "provenance": self.provenance,
        })
        .to_string()
    }

    fn html(&self) -> String {
        let digest = match (self.sha256, self.digests().first()) {
            (Some(bytes), _) => format!("#sha256={}", Sha256(bytes)),
            (None, Some(md5)) => format!("#md5={}", md5.hex()),
            (None, None) => String::new(),
        };
        let mut out = format!("<a href=\"{}{digest}\"", escape(&self.url));
        let mut attribute = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                write!(out, " {name}=\"{}\"", escape(&value)).unwrap();
            }
        };
        attribute("data-requires-python", self.requires_python.clone());
        attribute("data-yanked", self.yanked.clone());
        attribute("data-provenance", self.provenance.clone());
        attribute(
            "data-core-metadata",
            match self.metadata {
                CoreMeta::No => None,
                CoreMeta::Yes => Some("true".to_owned()),
                CoreMeta::Hash(hash) => Some(format!("sha256={hash}")),
            },
        );
        out + &format!(">{}</a><br>\n", escape(&self.file))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&#34;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn file_and_version() -> impl Strategy<Value = (String, String)> {
    let version = prop::sample::select(vec![
        "1.0",
        "1.0.0",
        "1",
        "1.1",
        "1.10",
        "2.0rc1",
        "2.0.dev3",
        "1!0.1",
        "1.0.post2",
        "0.9",
    ]);
    let project = prop::sample::select(vec!["foo_bar", "Foo.Bar", "foo-bar", "FOO__BAR"]);
    let tail = prop::sample::select(vec![
        ".tar.gz",
        ".zip",
        "-py3-none-any.whl",
        "-7b-cp312-cp312-win_amd64.whl",
        "-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    ]);
    (version, project, tail).prop_map(|(version, project, tail)| {
        let project = if tail.ends_with(".whl") {
            project.replace('-', "_")
        } else {
            project.into()
        };
        (format!("{project}-{version}{tail}"), version.to_owned())
    })
}

fn entry() -> impl Strategy<Value = Owned> {
    let metadata = prop_oneof![
        Just(CoreMeta::No),
        Just(CoreMeta::Yes),
        any::<[u8; 32]>().prop_map(|bytes| CoreMeta::Hash(Sha256(bytes))),
    ];
    let place = prop_oneof![
        Just(String::new()),
        Just("../../packages/".to_owned()),
        Just("https://files.example/".to_owned()),
        "https://files\\.example/packages/[a-f0-9]{2}/[a-f0-9]{2}/[a-f0-9]{60}/",
        "https://files\\.example/packages/[A-F0-9]{2}/[a-f0-9]{2}/[a-f0-9]{60}/",
    ];
    let option = prop::option::of::<BoxedStrategy<String>>;
    let texts = (
        option("[<>=!~]{1,2}[0-9.*,\"&]{1,9}".boxed()),
        option("[a-z\"&<>é\\\\]{0,9}".boxed()),
        option(prop_oneof!["https://i\\.example/[a-z]{1,3}", Just("@".to_owned())].boxed()),
    );
    let numbers = (
        prop::option::of(any::<[u8; 32]>()),
        prop::option::of(any::<[u8; 16]>()),
        prop::option::of(0..u64::MAX),
        prop::option::of(-5_000_000_000_000..5_000_000_000_000_i64),
    );
    (file_and_version(), place, metadata, texts, numbers).prop_map(
        |((file, version), place, metadata, texts, (sha256, md5, size, millis))| {
            let (requires_python, yanked, provenance) = texts;
            let provenance = provenance.map(|url| match url.as_str() {
                "@" => format!("https://i.example/integrity/{version}/{file}/provenance"),
                _ => url,
            });
            let url = format!("{place}{file}");
            Owned {
                file,
                url,
                version,
                sha256,
                md5,
                requires_python,
                size,
                millis,
                yanked,
                metadata,
                provenance,
            }
        },
    )
}

fn record(entries: &[Owned]) -> Vec<u8> {
    let mut builder = PageBuilder::new(&name(), &base());
    for entry in entries {
        assert!(builder.push(&entry.entry()), "{entry:?}");
    }
    builder.finish().unwrap()
}

/// Calls every accessor, to see that none panics, and counts what they return.
fn touch(page: &Page) -> usize {
    let mut seen = format!("{page:?} {:?} {:?}", page.status(), page.status_reason()).len();
    seen += page.tracks().count() + page.alternate_locations().count() + page.dropped();
    for i in 0..page.versions().min(64) + 2 {
        seen += page.version_text(i).len() + page.version(i).to_string().len();
        seen += usize::from(page.is_yanked(i)) + usize::from(page.is_prerelease(i));
        seen += usize::from(page.has_wheel(i)) + usize::from(page.has_sdist(i));
        seen += page
            .files(i)
            .take(64)
            .map(|file| file.file_name().len())
            .sum::<usize>();
    }
    seen += usize::from(page.find(&Version::parse("1.1").unwrap()).is_some());
    for file in page.all_files().take(64) {
        seen += file.url().len() + file.metadata_url().len() + file.digests().len();
        seen += format!("{file:?} {:?} {:?}", file.requires_python(), file.yanked()).len();
        seen += format!("{:?} {:?}", file.core_metadata(), file.provenance()).len();
        seen += file.size().unwrap_or_default() as usize & 1;
        seen += usize::from(file.wheel_tags().is_some()) + usize::from(file.safe_url().is_ok());
        seen += usize::from(file.upload_time().is_some());
        seen += page
            .requires_python(file.requires_python_key())
            .map_or(0, str::len);
    }
    seen
}

proptest! {
    #[test]
    fn entries_come_back(entries in prop::collection::vec(entry(), 0..24)) {
        let page = Page::from_record(record(&entries)).unwrap();
        let mut wanted: Vec<(Version, &Owned)> =
            entries.iter().map(|e| (Version::parse(&e.version).unwrap(), e)).collect();
        wanted.sort_by(|(a, _), (b, _)| a.cmp(b));
        prop_assert_eq!(page.file_count(), entries.len());
        let mut wanted = wanted.into_iter();
        for i in 0..page.versions() {
            let version = page.version(i);
            prop_assert!(page.files(i).len() > 0);
            prop_assert!(i == 0 || page.version(i - 1) < version);
            prop_assert_eq!(page.find(&version), Some(i));
            let mut yanked = true;
            for file in page.files(i) {
                let (expected, entry) = wanted.next().unwrap();
                prop_assert_eq!(&expected, &version);
                entry.matches(&file);
                yanked &= entry.yanked.is_some();
            }
            prop_assert_eq!(page.is_yanked(i), yanked);
            prop_assert_eq!(page.is_prerelease(i), version.is_prerelease());
            prop_assert_eq!(page.has_wheel(i), page.files(i).any(|file| file.is_wheel()));
            prop_assert_eq!(page.has_sdist(i), page.files(i).any(|file| !file.is_wheel()));
        }
        prop_assert!(wanted.next().is_none());
    }

    #[test]
    fn both_forms_say_the_same(entries in prop::collection::vec(entry(), 0..12)) {
        let files: Vec<String> = entries.iter().map(Owned::json).collect();
        let body = format!(
            r#"{{"meta":{{"api-version":"1.1"}},"files":[{}]}}"#,
            files.join(",\n")
        );
        let from_json = json(&body).unwrap();
        let body: String = entries.iter().map(Owned::html).collect();
        let from_html = html(&format!("<html><body>{body}</body></html>")).unwrap();
        prop_assert_eq!(from_json.versions(), from_html.versions());
        prop_assert_eq!(from_json.file_count(), entries.len());
        prop_assert_eq!(from_html.file_count(), entries.len());
        for (a, b) in from_json.all_files().zip(from_html.all_files()) {
            prop_assert_eq!(a.file_name(), b.file_name());
            prop_assert_eq!(a.url(), b.url());
            prop_assert_eq!(a.sha256(), b.sha256());
            prop_assert_eq!(a.digests().first().cloned(), b.digests().first().cloned());
            prop_assert_eq!(a.requires_python(), b.requires_python());
            prop_assert_eq!(a.yanked(), b.yanked());
            prop_assert_eq!(a.core_metadata(), b.core_metadata());
            prop_assert_eq!(a.provenance(), b.provenance());
        }
    }

    #[test]
    fn damaged_records_do_not_panic(
        entries in prop::collection::vec(entry(), 1..6),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = record(&entries);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(page) = Page::open(Arc::new(bytes)) {
            touch(&page);
        }
    }

    #[test]
    fn any_bytes_behind_a_fitting_header_do_not_panic(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        versions in 0..4_u32, files in 0..4_u32, strings in 0..4_u32,
    ) {
        let mut bytes = record(&[]);
        bytes.truncate(64);
        let tables = (versions as usize + 1) * 12 + files as usize * 46 + strings as usize * 8;
        let pool = noise.len().saturating_sub(tables);
        bytes.extend(noise.iter().copied().chain(std::iter::repeat(7)).take(pool + tables));
        for (at, number) in [(12, pool as u32), (16, versions), (20, files), (24, strings)] {
            bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        touch(&Page::open(Arc::new(bytes)).unwrap());
    }

    #[test]
    fn any_markup_is_read(body in "(<|>|a|A|base|meta|!--|--|/|script| href|=|\"|'|&amp;|&|#|foo_bar-1.zip|é| ){0,40}") {
        touch(&html(&body).unwrap());
    }

    #[test]
    fn any_json_is_read_or_refused(body in "[\\[\\]{}:,\"a-z0-9\\\\ ]{0,40}") {
        let body = format!(r#"{{"files":[{{"filename":"foo_bar-1.zip","url":"a",{body}"#);
        let _ = json(&body);
    }
}
