//! Targets of the simple API: pages in JSON and HTML, and their flat record.

use naja_spec::{PackageName, Page, SafeUrl};

fn base() -> SafeUrl {
    SafeUrl::parse("https://user:secret@index.example/simple/foo/").expect("a URL")
}

fn foo() -> PackageName {
    PackageName::parse("foo").expect("a name")
}

/// Touches all there is; `sound` says that the record was just built.
fn walk(page: &Page, sound: bool) {
    let _ = (
        page.name(),
        page.status(),
        page.status_reason(),
        page.api_minor(),
        page.dropped(),
    );
    let _ = (page.tracks().count(), page.alternate_locations().count());
    let mut before = None;
    let mut files = 0;
    for i in 0..page.versions().min(5000) {
        let version = page.version(i);
        let _ = (
            page.is_prerelease(i),
            page.is_yanked(i),
            page.has_wheel(i),
            page.has_sdist(i),
        );
        let found = page.find(&version);
        for file in page.files(i).take(5000) {
            files += 1;
            let _ = (
                file.digests(),
                file.size(),
                file.upload_time(),
                file.yanked(),
            );
            let _ = (
                file.core_metadata(),
                file.provenance(),
                file.requires_python(),
            );
            let _ = (file.metadata_url(), file.wheel_tags(), file.sha256());
            let url = file.safe_url();
            if sound {
                let url = url.expect("a URL");
                assert!(matches!(url.scheme(), "https"), "{url}");
                assert!(!file.url().contains("user:secret"));
                // An absolute link may stay as it was written, such as with a host in capitals.
                assert_eq!(SafeUrl::parse(url.with_secrets()), Ok(url));
                assert!(!file.file_name().contains('/'));
                assert_eq!(
                    page.requires_python(file.requires_python_key()),
                    file.requires_python()
                );
            }
        }
        if sound {
            assert_eq!(page.version_text(i), version.to_string());
            assert_eq!(found, Some(i), "{version}");
            assert!(before < Some(version.clone()), "{version}");
            assert_eq!(page.is_prerelease(i), version.is_prerelease());
            before = Some(version);
        }
    }
    if sound {
        assert_eq!(files, page.file_count());
    }
    let _ = (
        page.all_files().take(5000).count(),
        page.version(usize::MAX / 64),
        page.files(usize::MAX / 64).count(),
    );
}

fn walk_record(record: Vec<u8>) {
    let page = Page::from_record(record.clone()).expect("what was just built");
    walk(&page, true);
    assert_eq!(page.as_bytes(), record);
}

/// JSON pages.
pub fn page_json(data: &[u8]) {
    match Page::from_json(data, &base(), &foo()) {
        Ok(record) => walk_record(record),
        Err(error) => drop(error.to_string()),
    }
}

/// HTML pages.
pub fn page_html(data: &[u8]) {
    match Page::from_html(data, &base(), &foo()) {
        Ok(record) => walk_record(record),
        Err(error) => drop(error.to_string()),
    }
}

/// The flat record with bytes changed: two bytes of place and one of value for each change.
pub fn page_record(data: &[u8]) {
    let record = Page::from_json(SAMPLE.as_bytes(), &base(), &foo()).expect("a page");
    if let Ok(page) = Page::from_record(data.to_vec()) {
        walk(&page, false);
    }
    let mut changed = record;
    for change in data.chunks_exact(3).take(32) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % changed.len();
        changed[at] = change[2];
    }
    if data.len() % 3 == 1 {
        changed.truncate(changed.len() - usize::from(data[data.len() - 1]).min(changed.len()));
    }
    if let Ok(page) = Page::from_record(changed) {
        walk(&page, false);
    }
}

const SAMPLE: &str = r#"{"meta":{"api-version":"1.4","tracks":["https://a.example/foo/"]},
"name":"foo","alternate-locations":["https://b.example/foo/"],"project-status":{"status":"archived","reason":"old"},
"files":[{"filename":"foo-1.0-py3-none-any.whl","url":"../../files/foo-1.0-py3-none-any.whl",
"hashes":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","md5":"0123456789abcdef0123456789abcdef"},
"requires-python":">=3.8","size":12,"upload-time":"2024-01-02T03:04:05.678Z","yanked":"bad","core-metadata":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
"provenance":"https://index.example/p/foo-1.0-py3-none-any.whl/provenance"},
{"filename":"foo-1.1.tar.gz","url":"https://files.example/aa/bb/cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd/foo-1.1.tar.gz","hashes":{}},
{"filename":"foo-1.1rc1.zip","url":"x/other%20name.zip?q=1","hashes":{},"core-metadata":true}]}"#;
