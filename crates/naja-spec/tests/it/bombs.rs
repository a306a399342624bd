//! Inputs that are made to cost much: every one is read to its end, and nothing overflows the
//! stack.

use std::sync::Arc;

use naja_spec::{
    CoreMetadata, Digest, DirectUrl, EntryPoints, Headers, ImplementationTags, Marker, Os,
    PackageName, Page, Platform, Record, Requirement, SafeUrl, ScriptMetadata, Version,
    VersionSpecifiers, WheelFile, compatible_tags, mask_urls, script_block,
};
use naja_testkit::large_inputs;

#[test]
fn versions_and_specifiers() {
    large_inputs(
        &[
            ["1", ".0", ""],
            ["1", ".1", "x"],
            ["1", "1", ""],
            ["1+a", ".a", ""],
            ["1+", "a", "!"],
            ["v", " ", "1"],
        ],
        &|text| {
            if let Ok(version) = Version::parse(text) {
                assert_eq!(Version::parse(&version.to_string()), Ok(version));
            }
        },
    );
    large_inputs(
        &[
            ["", ">=1,", ""],
            ["", ">=1", ""],
            ["", ">= 1 ", "x"],
            ["", ",", ""],
            ["", "!", ""],
            [">=1", "!1", ""],
            ["", "=!=", ""],
            ["==1", ".*", ""],
            ["==1", "*.", ""],
            ["", " ", ""],
            ["", "'\"", ">=1"],
            ["===", "a", ""],
            [">=1", ".1", ",<2"],
        ],
        &|text| {
            let _ = VersionSpecifiers::parse(text);
            if let Ok(read) = VersionSpecifiers::parse_lenient(text) {
                let _ = read.to_string();
            }
        },
    );
}

#[test]
fn requirements_and_markers() {
    large_inputs(
        &[
            ["a[", "b@,", "c]"],
            ["a[", "b,", ""],
            ["a[", ",", "]"],
            ["a", " ", "x"],
            ["a", "-_.", "b"],
            ["a (", ">=1,", ")"],
            ["a ", "(", ""],
            ["a @ https://h.example/", ";", ""],
            ["a @ https://h.example/", "; os_name == 'a'", ""],
            ["a @ https://", "@", "h.example"],
            ["a @ ", "://", ""],
            ["a; ", "os_name=='a' and ", "os_name=='b'"],
        ],
        &|text| {
            let _ = Requirement::parse(text).map_err(|error| error.to_string());
            if let Ok(read) = Requirement::parse_lenient(text) {
                let _ = read.to_string();
            }
        },
    );
    let deep = format!("{}os_name == 'a'{} or ", "(".repeat(60), ")".repeat(60));
    large_inputs(
        &[
            ["", "(", ""],
            ["", ")", ""],
            ["", "'", ""],
            ["'a", " ", ""],
            ["'", "a", "' in os_name"],
            ["", "os_name == 'a' and ", "os_name == 'b'"],
            [
                "",
                "os_name == 'a' or os_name == 'b' and ",
                "os_name == 'b'",
            ],
            [
                "",
                "(os_name == 'a' or os_name == 'b') and ",
                "os_name == 'b'",
            ],
            ["", &deep, "os_name == 'a'"],
            ["os_name ", "not ", "in"],
            ["os_name ", "=", "'a'"],
            ["", "a", ""],
            ["python_version == '", "1.", "1'"],
        ],
        &|text| {
            if let Ok(marker) = Marker::parse(text) {
                assert_eq!(Marker::parse(&marker.to_string()).unwrap(), marker);
            }
        },
    );
}

#[test]
fn urls() {
    let bombs = [
        ["", "://", ""],
        ["", "//", ""],
        ["", "a://b:c/", ""],
        ["", "a://b:c/", "@"],
        ["", "://@", ""],
        ["", "x://u:p@h ", ""],
        ["https://", "a.", ""],
        ["https://", "@", "h.example"],
        ["https://h.example", "/..", ""],
        ["https://h.example", "/a/..", ""],
        ["https://h.example/", "%ff", ""],
        ["https://h.example/?", "token=a&", ""],
        ["https://h.example/#", "sha256=a&", ""],
        ["https://xn--", "a", ".example"],
        ["https://", "ü", ".example"],
        ["", "a:", ""],
    ];
    large_inputs(&bombs, &|text| drop(mask_urls(text)));
    large_inputs(&bombs, &|text| {
        if let Ok(url) = SafeUrl::parse(text) {
            let _ = (url.to_string(), url.fragment_digests(), url.file_name());
            let _ = (url.subdirectory(), url.without_credentials());
        }
    });
    large_inputs(&[["sha256:", "a", ""], ["", "=", ""]], &|text| {
        let _ = (Digest::parse(text), Digest::from_record_text(text));
    });
}

#[test]
fn metadata() {
    const TOP: &str = "Name: a\nVersion: 1\n";
    large_inputs(
        &[
            [TOP, "Provides-Extra: a@\n", ""],
            [TOP, "Provides-Extra: a\n", ""],
            [TOP, "Requires-Dist: a@\n", ""],
            [TOP, "Requires-Dist: a;\n  os_name=='a'\n", ""],
            ["Name: a\nVersion: 1\nRequires-Dist: a[", "\n b,", "\n c]"],
            ["Name: a\nVersion: 1\nRequires-Python: ", ">=1", ""],
            [TOP, "Dynamic: a@\n", ""],
            ["X:", "\n ", ""],
            ["", "a", ""],
            ["", "a\n", ""],
            ["", ":", ""],
            ["", "\r", ""],
            ["A: ", "\r", ""],
        ],
        &|text| {
            let _ = CoreMetadata::parse(text.as_bytes());
            let headers = Headers::parse(text.as_bytes());
            let _ = (headers.get("absent"), headers.iter().count());
        },
    );
}

#[test]
fn files_in_a_wheel() {
    large_inputs(
        &[
            ["", "a@,,\n", ""],
            ["\"", "\"\"", "\",,"],
            ["\"", "\n", "\",,"],
            ["", ",", ""],
            ["", "\n", "a,,"],
            ["", "\r\n", "a,,"],
            ["", "\"", ""],
            ["", "a", ",,"],
        ],
        &|text| {
            if let Ok(record) = Record::parse(text.as_bytes()) {
                assert_eq!(Record::parse(record.to_text().as_bytes()), Ok(record));
            }
        },
    );
    let tag = format!(
        "Tag: {}a-{}b-{}c\n",
        "a.".repeat(160),
        "b.".repeat(160),
        "c.".repeat(160)
    );
    large_inputs(
        &[
            ["Wheel-Version: 1.0\nRoot-Is-Purelib: true\n", &tag, ""],
            [
                "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
                "Tag: a-b-c\n",
                "",
            ],
            ["Tag: ", "a.", "-b-c"],
            ["Tag: ", "-", ""],
            ["", ":", ""],
        ],
        &|text| {
            if let Ok(file) = WheelFile::parse(text.as_bytes()) {
                assert!(file.tags.len() <= 10_000);
            }
        },
    );
    large_inputs(
        &[
            ["[console_scripts]\n", "a@=b:c\n", ""],
            ["[console_scripts]\n", "a=b:c\n", ""],
            ["[gui_scripts]\na=b:c [", "x@,", "]"],
            ["[console_scripts]\na=b", ".b", ":c"],
            ["", "[a@]\nb=c\n", ""],
            ["", "[", ""],
            ["[a]\n", "=", ""],
        ],
        &|text| {
            let _ = EntryPoints::parse(text).map_err(|error| error.to_string());
        },
    );
    large_inputs(
        &[
            ["", "[", ""],
            ["", "{\"a\":", ""],
            ["{\"url\":\"x:y\",\"x\":", "[", ""],
            [
                "{\"url\":\"x:y\",\"archive_info\":{\"hashes\":{",
                "\"a@\":\"b\",",
                "\"c\":\"d\"}}}",
            ],
            ["{\"url\":\"", "://", "\",\"dir_info\":{}}"],
            ["{\"url\":\"", "\\u0041", "\",\"dir_info\":{}}"],
        ],
        &|text| {
            if let Ok(read) = DirectUrl::parse(text.as_bytes()) {
                let _ = read.to_json();
            }
        },
    );
}

#[test]
fn scripts() {
    large_inputs(
        &[
            ["", "# /// script\n", ""],
            ["", "# /// a\n", "# ///"],
            ["", "# /// a\n# b\n# ///\n", ""],
            ["# /// script\n", "# ///\n", ""],
            ["# /// script\n", "#\n", "# ///"],
            ["", "\r", ""],
            ["# /// script\n# a = ", "[", "\n# ///\n"],
            ["# /// script\n# a = ", "{a=", "\n# ///\n"],
            ["# /// script\n# a", ".a", " = 1\n# ///\n"],
            ["# /// script\n# tool.a", ".a", " = 1\n# ///\n"],
            ["# /// script\n# [tool.a", ".a", "]\n# ///\n"],
            ["# /// script\n# [[tool.a", ".a", "]]\n# ///\n"],
            ["# /// script\n", "# [tool.a@]\n", "# ///\n"],
            ["# /// script\n", "# [[tool.a]]\n", "# ///\n"],
            ["# /// script\n# [tool]\n", "# a@ = 1\n", "# ///\n"],
            ["# /// script\n# dependencies = [", "\"a@\",", "]\n# ///\n"],
            ["# /// script\n# a = \"\"\"", "\"\"a", "\"\"\"\n# ///\n"],
        ],
        &|text| {
            if let Ok(Some(block)) = script_block(text) {
                let _ = ScriptMetadata::parse(&block).map_err(|error| error.to_string());
            }
        },
    );
}

fn base() -> SafeUrl {
    SafeUrl::parse("https://index.example/simple/a/").unwrap()
}

/// Opens a record and asks all its files what the resolver asks.
fn use_page(record: Vec<u8>) {
    thread_local!(static TAGS: naja_spec::Tags = {
        let platform = Platform {
            os: Os::Manylinux { major: 2, minor: 17 },
            arch: naja_spec::Arch::parse("x86_64"),
        };
        compatible_tags(&platform, &ImplementationTags::cpython(3, 12))
    });
    let page = Page::open(Arc::new(record)).unwrap();
    for i in 0..page.versions() {
        assert_eq!(page.find(&page.version(i)), Some(i));
        for file in page.files(i) {
            let _ = (file.url().len(), file.digests(), file.core_metadata());
            TAGS.with(|tags| file.wheel_tags().and_then(|found| tags.rank_tags(found)));
        }
    }
}

fn repeated_tags() -> String {
    let part = |text: &str, count: usize| [text].repeat(count).join(".");
    let tags = [part("cp312", 55), part("abi3", 65), part("any", 80)].join("-");
    format!("a-@-{tags}.whl")
}

#[test]
fn json_pages() {
    let name = PackageName::parse("a").unwrap();
    let tags = format!("{{\"filename\":\"{0}\",\"url\":\"{0}\"}},", repeated_tags());
    let file = "{\"filename\":\"a-@.zip\",\"url\":\"a-@.zip\"},";
    let last = "{\"filename\":\"a-1.zip\",\"url\":\"a-1.zip\"}]}";
    large_inputs(
        &[
            ["", "[", ""],
            ["{\"x\":", "[", ""],
            ["{\"x\":", "{\"x\":", ""],
            ["{\"files\":[{\"yanked\":", "[", ""],
            ["{\"files\":[", file, last],
            ["{\"files\":[", &tags, last],
            ["{\"files\":[", "{},", last],
            [
                "{\"files\":[",
                "{\"filename\":\"a-@.0.zip\",\"url\":\"https://h@.example/a-1.0.zip\"},",
                last,
            ],
            [
                "{\"files\":[{\"filename\":\"a",
                "-",
                "1.zip\",\"url\":\"a-1.zip\"}]}",
            ],
            [
                "{\"files\":[{\"filename\":\"a-1",
                ".1",
                ".zip\",\"url\":\"a-1.zip\"}]}",
            ],
            [
                "{\"files\":[{\"filename\":\"a-1.zip\",\"url\":\"",
                "../",
                "a-1.zip\"}]}",
            ],
            [
                "{\"files\":[{\"filename\":\"a-1.zip\",\"url\":\"x\",\"hashes\":{",
                "\"md5\":\"0123456789abcdef0123456789abcdef\",",
                "\"x\":\"\"}}]}",
            ],
            [
                "{\"files\":[],\"alternate-locations\":[",
                "\"https://h.example/@\",",
                "\"\"]}",
            ],
            ["{\"files\":[],\"meta\":{\"tracks\":[", "\"a\",", "\"\"]}}"],
        ],
        &|text| {
            if let Ok(record) = Page::from_json(text.as_bytes(), &base(), &name) {
                use_page(record);
            }
        },
    );
}

#[test]
fn html_pages() {
    let name = PackageName::parse("a").unwrap();
    let tags = format!("<a href={}>", repeated_tags());
    let long = format!("<base href='/{}/'>", "b".repeat(16 << 10));
    large_inputs(
        &[
            ["", "<a href=a-@.zip>", ""],
            ["", &tags, ""],
            [&long, "<a href=a-@.zip>", ""],
            ["<a href='", "&#", "'>"],
            ["<a href='", "&#;", "'>"],
            ["<a href='", "&", "'>"],
            ["<a href='a-1.zip#", "md5=0&", "'>"],
            ["<a href='a", "-", "1.zip'>"],
            ["", "<a ", ""],
            ["", "<a href='", ""],
            ["", "<a href=", ">"],
            ["<a ", "b=c ", ">"],
            ["<a ", "b ", ">"],
            ["<a ", " \"", ">"],
            ["<a ", "=", ">"],
            ["<a b", " ", "=c>"],
            ["", "<", ""],
            ["", "<!--", ""],
            ["", "<!-- -", ""],
            ["", "<!", ""],
            ["", "<script>", ""],
            ["<script>", "</", ""],
            ["", "</script>", ""],
            ["", "<base href=@>", ""],
            ["", "<meta name=pypi:tracks content=@>", ""],
            ["", "<meta ", ""],
        ],
        &|text| {
            if let Ok(record) = Page::from_html(text.as_bytes(), &base(), &name) {
                use_page(record);
            }
        },
    );
}

/// A version of 65,000 bytes would be longer in its normal form than a row of the record can say.
#[test]
fn a_file_name_longer_than_any_real_one_is_dropped() {
    let name = PackageName::parse("a").unwrap();
    let version = format!("1{}-1", ".1".repeat(32_000));
    let body = format!("<a href=a-{version}.zip><a href=a-1.0.zip>");
    let record = Page::from_html(body.as_bytes(), &base(), &name).unwrap();
    let page = Page::open(Arc::new(record)).unwrap();
    assert_eq!((page.file_count(), page.dropped()), (1, 1));
}

#[test]
fn a_base_that_every_file_would_repeat_is_ignored() {
    let name = PackageName::parse("a").unwrap();
    let body = format!("<base href='/{}/'><a href=a-1.0.zip>", "b".repeat(9 << 10));
    let record = Page::from_html(body.as_bytes(), &base(), &name).unwrap();
    let page = Page::open(Arc::new(record)).unwrap();
    let url = page.all_files().next().unwrap().url().into_owned();
    assert_eq!(url, "https://index.example/simple/a/a-1.0.zip");
}
