//! Targets of `naja-spec`: the small grammars and the files inside a wheel.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use naja_spec::{
    CoreMetadata, Digest, DirectUrl, DistFileName, EntryPoints, ExtraName, GroupName, Headers,
    ImplementationTags, Marker, MarkerEnvironment, MarkerScope, Os, PackageName, Platform, Record,
    Requirement, SafeUrl, ScriptMetadata, SdistName, Sha256, Tag, Tags, Version, VersionSpecifier,
    VersionSpecifiers, WheelFile, WheelName, compatible_tags, mask_urls, script_block,
};

use crate::{lines, text};

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn package() -> PackageName {
    PackageName::parse("foo").expect("a name")
}

/// The error of a grammar: its span lies inside the input and its message can be made.
fn check_span(input: &str, span: std::ops::Range<usize>, message: &str) {
    assert!(input.get(span).is_some(), "{message}");
}

/// PEP 440: normal form, order, sort keys, hashes.
pub fn version(data: &[u8]) {
    let mut known = Vec::new();
    for line in lines(data).take(8) {
        match Version::parse(line) {
            Ok(version) => known.push(version),
            Err(error) => check_span(error.input(), error.span(), &error.to_string()),
        }
    }
    for version in &known {
        let normal = version.to_string();
        let again = Version::parse(&normal).expect("the normal form is a version");
        assert_eq!(&again, version);
        assert_eq!(again.to_string(), normal);
        assert_eq!(hash(&again), hash(version));
        assert_eq!(again.sort_key(), version.sort_key());
        assert_eq!(Version::from_parts(version.to_parts()), *version);
        assert!(version.without_local().cmp_public(version).is_eq());
        assert!(version.base() <= version.without_local() || version.is_prerelease());
    }
    for a in &known {
        for b in &known {
            assert_eq!(a.cmp(b), b.cmp(a).reverse());
            assert_eq!(a.cmp(b), a.sort_key().cmp(&b.sort_key()), "{a} {b}");
            assert!(a != b || hash(a) == hash(b));
        }
    }
}

/// Lists of specifiers, strict and lenient.
pub fn specifiers(data: &[u8]) {
    let text = text(data);
    let strict = VersionSpecifiers::parse(&text);
    let lenient = VersionSpecifiers::parse_lenient(&text);
    if let Err(error) = &strict {
        check_span(error.input(), error.span(), &error.to_string());
    }
    if let Ok(strict) = &strict {
        assert_eq!(Ok(strict), lenient.as_ref());
    }
    let Ok(specifiers) = lenient else { return };
    let shown = specifiers.to_string();
    let again = VersionSpecifiers::parse(&shown).expect("the normal form is strict");
    assert_eq!(again, specifiers, "{shown}");
    assert_eq!(again.to_string(), shown);
    assert_eq!(specifiers.intersect(&specifiers), specifiers);
    let candidates: Vec<Version> = ["0", "1.0", "1.0a1", "2!1.0+x", "1.0.post1.dev2"]
        .iter()
        .filter_map(|text| text.parse().ok())
        .chain(
            specifiers
                .iter()
                .filter_map(VersionSpecifier::version)
                .take(8)
                .cloned(),
        )
        .collect();
    for candidate in candidates {
        let all = specifiers.contains(&candidate);
        assert_eq!(all, specifiers.iter().all(|one| one.contains(&candidate)));
        assert_eq!(all, again.contains(&candidate), "{shown} {candidate}");
    }
    let _ = (specifiers.mentions_prerelease(), specifiers.exact_pin());
}

/// Requirements, strict and lenient.
pub fn requirement(data: &[u8]) {
    let text = text(data);
    let strict = Requirement::parse(&text);
    let lenient = Requirement::parse_lenient(&text);
    if let Err(error) = &strict {
        check_span(error.input(), error.span(), &error.to_string());
        assert_eq!(error.input().len(), text.len());
    }
    if let Ok(strict) = &strict {
        assert_eq!(Ok(strict), lenient.as_ref(), "lenient differs");
    }
    let Ok(requirement) = lenient else { return };
    let shown = requirement.to_string();
    let json = serde_json::to_string(&requirement).expect("a string");
    let read: Result<Requirement, _> = serde_json::from_str(&json);
    if let Some(url) = requirement.url() {
        if url.to_string() == url.with_secrets() {
            assert_eq!(
                Requirement::parse(&shown).as_ref(),
                Ok(&requirement),
                "{shown}"
            );
            assert_eq!(read.ok(), Some(requirement.clone()), "{json}");
        }
    } else {
        assert_eq!(
            Requirement::parse(&shown).as_ref(),
            Ok(&requirement),
            "{shown}"
        );
        assert_eq!(read.ok(), Some(requirement.clone()), "{json}");
    }
    let _ = requirement.applies(&environment(), &requirement.extras);
}

pub(crate) fn environment() -> MarkerEnvironment {
    let version = |text: &str| text.parse().expect("a version");
    MarkerEnvironment {
        os_name: "posix".to_owned(),
        sys_platform: "linux".to_owned(),
        platform_machine: "x86_64".to_owned(),
        platform_python_implementation: "CPython".to_owned(),
        platform_release: "6.1.0-odd".to_owned(),
        platform_system: "Linux".to_owned(),
        platform_version: "#1 SMP".to_owned(),
        implementation_name: "cpython".to_owned(),
        python_version: version("3.12"),
        python_full_version: version("3.12.4rc1"),
        implementation_version: version("3.12.4"),
    }
}

/// Markers: text, evaluation, combination.
pub fn marker(data: &[u8]) {
    let text = text(data);
    let marker = match Marker::parse(&text) {
        Ok(marker) => marker,
        Err(error) => return check_span(error.input(), error.span(), &error.to_string()),
    };
    let shown = marker.to_string();
    let again = Marker::parse(&shown).expect("the normal form is a marker");
    assert_eq!(again, marker, "{shown}");
    assert_eq!(again.to_string(), shown);
    let (environment, extras) = (environment(), [ExtraName::parse("x").expect("a name")]);
    let groups = [GroupName::parse("g").expect("a name")];
    for extras in [&extras[..], &[]] {
        let scope = MarkerScope {
            environment: &environment,
            extras,
            groups: &groups,
        };
        let truth = marker.evaluate_in(&scope);
        assert_eq!(truth, again.evaluate_in(&scope));
        assert_eq!(truth, marker.and(&again).evaluate_in(&scope));
        assert_eq!(truth, marker.or(&again).evaluate_in(&scope));
        let _ = marker.evaluate(&environment, extras);
    }
    let _ = marker.mentions_extra();
}

/// Names of packages, extras and groups.
pub fn name(data: &[u8]) {
    let text = text(data);
    match PackageName::parse(&text) {
        Ok(name) => {
            assert_eq!(PackageName::parse(name.as_str()).as_ref(), Ok(&name));
            assert!(!name.as_dist_info_name().contains('-'));
            assert_eq!(
                ExtraName::parse(&text).map(|n| n.to_string()).as_deref(),
                Ok(name.as_str())
            );
        }
        Err(error) => check_span(error.input(), error.span(), &error.to_string()),
    }
}

/// URLs: nothing of a secret in any shown form, joining, masking of free texts.
pub fn url(data: &[u8]) {
    let text = text(data);
    let masked = mask_urls(&text);
    assert_eq!(mask_urls(&masked), masked, "masking twice");
    let (first, second) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(url) = SafeUrl::parse(first) else {
        return;
    };
    assert_eq!(SafeUrl::parse(url.with_secrets()).as_ref(), Ok(&url));
    let public = url.without_credentials();
    assert!(public.credentials().is_none() || url.scheme().ends_with("ssh"));
    if let Some(credentials) = url.credentials() {
        let back = public.with_credentials(&credentials);
        assert_eq!(back.credentials(), Some(credentials));
    }
    let _ = (
        url.file_name(),
        url.subdirectory(),
        url.fragment_digests(),
        url.to_file_path(),
    );
    let _ = (
        url.masked(),
        format!("{url:?}"),
        url.same_origin(&public),
        url.port(),
    );
    if let Ok(joined) = url.join(second) {
        let _ = joined.without_fragment().to_string();
    }
    if let Some(path) = url.to_file_path()
        && let Ok(back) = SafeUrl::from_file_path(&path)
    {
        assert_eq!(back.to_file_path(), Some(path));
    }
}

/// Digests in all written forms.
pub fn digest(data: &[u8]) {
    let text = text(data);
    if let Ok(digest) = Digest::parse(&text) {
        assert_eq!(Digest::parse(&digest.to_string()).as_ref(), Ok(&digest));
        assert_eq!(
            Digest::from_record_text(&digest.to_record_text()),
            Ok(digest)
        );
    }
    if let Ok(digest) = Digest::from_record_text(&text) {
        assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
    }
    if let Some(sha256) = Sha256::from_hex(data) {
        assert_eq!(Sha256::from_hex(sha256.to_hex().as_bytes()), Some(sha256));
    }
}

/// METADATA and PKG-INFO.
pub fn metadata(data: &[u8]) {
    let headers = Headers::parse(data);
    for (name, value) in headers.iter() {
        assert!(!name.is_empty());
        assert_eq!(headers.get_all(&name).count() > 0, name.is_ascii());
        let _ = value.len();
    }
    match CoreMetadata::parse(data) {
        Ok(metadata) => {
            let _ = metadata.is_dynamic("Requires-Dist");
            for requirement in &metadata.requires_dist {
                let _ = requirement.applies(&environment(), &metadata.provides_extra);
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

fn tags() -> Tags {
    let platform = Platform {
        os: Os::Manylinux {
            major: 2,
            minor: 17,
        },
        arch: naja_spec::Arch::parse("x86_64"),
    };
    compatible_tags(&platform, &ImplementationTags::cpython(3, 12))
}

/// File names of wheels; tags.
pub fn wheel_name(data: &[u8]) {
    thread_local!(static TAGS: Tags = tags());
    let text = text(data);
    if let Ok(tag) = text.parse::<Tag>() {
        assert_eq!(tag.to_string().parse(), Ok(tag));
    }
    let Ok(wheel) = WheelName::parse(&text) else {
        return;
    };
    assert_eq!(wheel.as_str(), text);
    assert_eq!(WheelName::parse(&wheel.to_string()).as_ref(), Ok(&wheel));
    assert!(text.starts_with(wheel.stem()));
    TAGS.with(|tags| {
        let rank = tags.rank(&wheel);
        let best = wheel
            .tags()
            .take(1000)
            .filter_map(|tag| tags.rank_tag(&tag))
            .max();
        assert!(best <= rank);
        assert_eq!(rank.is_none(), tags.mismatch(wheel.wheel_tags()).is_some());
    });
    let name = wheel.name.clone();
    let dist = DistFileName::parse_with(&text, &name);
    assert!(matches!(dist, Ok(DistFileName::Wheel(found)) if found == wheel));
}

/// File names of source distributions.
pub fn sdist_name(data: &[u8]) {
    let text = text(data);
    let expected = package();
    for expected in [None, Some(&expected)] {
        if let Ok(sdist) = SdistName::parse(&text, expected) {
            assert_eq!(sdist.as_str(), text);
            let again = SdistName::parse(&text, Some(&sdist.name));
            assert_eq!(again.map(|again| again.name), Ok(sdist.name));
        }
    }
    if let Err(error) = DistFileName::parse_with(&text, &expected) {
        let _ = error.to_string();
    }
}

/// RECORD files.
pub fn record(data: &[u8]) {
    match Record::parse(data) {
        Ok(record) => {
            let text = record.to_text();
            assert_eq!(Record::parse(text.as_bytes()), Ok(record), "{text:?}");
        }
        Err(error) => drop(error.to_string()),
    }
}

/// WHEEL files.
pub fn wheel_file(data: &[u8]) {
    match WheelFile::parse(data) {
        Ok(file) => {
            let _ = file.check_version();
            assert!(file.tags.len() <= 20_000);
        }
        Err(error) => drop(error.to_string()),
    }
}

/// `entry_points.txt`.
pub fn entry_points(data: &[u8]) {
    let text = text(data);
    let Ok(points) = EntryPoints::parse(&text) else {
        return;
    };
    let mut again = String::from("[console_scripts]\n");
    // A name that begins like a section would be read as one behind these changes.
    let plain = |name: &str| !name.starts_with('[');
    for point in points.console.iter().filter(|point| plain(&point.name)) {
        assert!(
            point
                .module
                .chars()
                .chain(point.attr.chars())
                .all(|c| c == '.' || c == '_' || c.is_alphanumeric())
        );
        assert!(!point.import_name().is_empty());
        again += &format!(
            "{} = {}:{} [{}]\n",
            point.name,
            point.module,
            point.attr,
            point.extras.join(",")
        );
    }
    let again = EntryPoints::parse(&again).expect("written as read");
    let kept = points.console.iter().filter(|point| plain(&point.name));
    assert!(again.console.iter().eq(kept));
    let mut names: Vec<_> = points.console.iter().map(|point| &point.name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "each name once");
}

/// `direct_url.json`.
pub fn direct_url(data: &[u8]) {
    if let Ok(direct) = DirectUrl::parse(data) {
        let json = direct.to_json();
        assert_eq!(
            DirectUrl::parse(json.as_bytes()).expect("written as read"),
            direct,
            "{json}"
        );
        let _ = direct.is_editable();
    }
}

/// Metadata inside scripts.
pub fn script(data: &[u8]) {
    let text = text(data);
    let Ok(Some(block)) = script_block(&text) else {
        return;
    };
    let found = text
        .get(block.range.clone())
        .expect("on character boundaries");
    let again = script_block(found)
        .expect("still one")
        .expect("still there");
    assert_eq!(again.content, block.content);
    assert!(block.line <= text.split(['\n', '\r']).count());
    if let Err(error) = ScriptMetadata::parse(&block) {
        let _ = error.to_string();
    }
}
