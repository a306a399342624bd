use super::*;

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

#[test]
fn a_version_is_two_words() {
    assert_eq!(size_of::<Version>(), 16);
    assert_eq!(size_of::<Option<Version>>(), 16);
}

#[test]
fn parts_are_read() {
    let version = version("1!2.3.4rc5.post6.dev7+Ubuntu-08.1");
    assert_eq!(version.epoch(), 1);
    assert_eq!(*version.release(), [2, 3, 4]);
    assert_eq!(
        (version.major(), version.minor(), version.micro()),
        (2, 3, 4)
    );
    assert_eq!(
        version.pre(),
        Some(PreRelease {
            kind: PreKind::Candidate,
            number: 5
        })
    );
    assert_eq!((version.post(), version.dev()), (Some(6), Some(7)));
    assert_eq!(version.local().unwrap().to_string(), "ubuntu.8.1");
    assert_eq!(version.without_local().to_string(), "1!2.3.4rc5.post6.dev7");
    assert_eq!(version.base().to_string(), "1!2.3.4");
    assert!(version.is_prerelease() && version.is_post() && version.is_dev());
}

#[test]
fn release_numbers_are_kept_as_written() {
    for text in [
        "1",
        "1.0",
        "1.0.0.0.0.0.0",
        "65535.65535.65535.65535",
        "65536",
        "0.0.0.0.1",
    ] {
        assert_eq!(version(text).to_string(), text);
        assert_eq!(
            Version::from_release(&version(text).release()).to_string(),
            text
        );
    }
    let long = format!("1{}", ".0".repeat(40));
    assert_eq!(version(&long).to_string(), long);
    assert_eq!(version(&long), version("1"));
    assert_eq!(version("1.0.0.0.0").number(4), 0);
    assert_eq!(version("1.2").number(99), 0);
    assert_eq!(Version::from_release(&[]).to_string(), "0");
}

#[test]
fn prefixes_are_compared_with_padding() {
    for (candidate, prefix, length, same) in [
        ("1.2.3", "1.2", 2, true),
        ("1.2.3", "1.2", 3, false),
        ("1", "1.0.0", 3, true),
        ("1.2.3.4.5", "1.2.3.4", 4, true),
        ("1.2.3.4.5", "1.2.3.4.6", 5, false),
        ("1.2.3.4.0", "1.2.3.4", 20, true),
        ("1!1.2", "1.2", 1, false),
        ("5", "7", 0, true),
        ("65536.1", "65536", 1, true),
    ] {
        let found = version(candidate).same_prefix(&version(prefix), length);
        assert_eq!(found, same, "{candidate} {prefix} {length}");
    }
}

#[test]
fn faults_are_placed() {
    for (text, span, reason) in [
        ("", 0..0, VersionReason::Empty),
        ("  ", 2..2, VersionReason::Empty),
        ("abc", 0..0, VersionReason::ExpectedNumber),
        ("1!", 2..2, VersionReason::ExpectedNumber),
        (" 1.x", 2..3, VersionReason::Unexpected('.')),
        ("1.0-é", 3..4, VersionReason::Unexpected('-')),
        ("1.0é", 3..5, VersionReason::Unexpected('é')),
        (
            "1.99999999999999999999",
            2..22,
            VersionReason::NumberTooLarge,
        ),
        ("1+", 2..2, VersionReason::ExpectedLocal),
        ("1+a..b", 4..4, VersionReason::ExpectedLocal),
    ] {
        let error = Version::parse(text).unwrap_err();
        assert_eq!((error.span(), *error.reason()), (span, reason), "{text:?}");
    }
    let text = Version::parse("1.0-x").unwrap_err().to_string();
    assert_eq!(text, "invalid version `1.0-x`: unexpected `-`");
}

#[test]
fn very_long_input_is_cut_in_messages() {
    let error = Version::parse(&"é".repeat(1000)).unwrap_err();
    assert_eq!(error.input().len(), 2000);
    assert!(error.to_string().len() < 300);
}

#[test]
fn texts_are_what_serde_sees() {
    let json = serde_json::to_string(&version("1.0-1")).unwrap();
    assert_eq!(json, "\"1.0.post1\"");
    assert_eq!(
        serde_json::from_str::<Version>(&json).unwrap(),
        version("1.post1")
    );
    assert!(serde_json::from_str::<Version>("\"x\"").is_err());
    assert!(serde_json::from_str::<Version>("1").is_err());
}

#[test]
fn padding_applies_to_the_whole_text() {
    assert_eq!(format!("{:<8}|", version("1.0rc1")), "1.0rc1  |");
}
