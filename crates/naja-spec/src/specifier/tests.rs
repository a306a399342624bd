use super::*;
use crate::version::{Version, VersionReason};

fn specifiers(text: &str) -> VersionSpecifiers {
    VersionSpecifiers::parse(text).unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

#[test]
fn normal_form_keeps_order_and_meaning() {
    assert_eq!(
        specifiers(" >= 1.0 , !=1.5.* ,<2-dev").to_string(),
        ">=1.0,!=1.5.*,<2.dev0"
    );
    assert_eq!(specifiers("===Foo").to_string(), "===Foo");
    assert_eq!(specifiers("").to_string(), "");
    assert!(specifiers(" , ").is_empty());
}

#[test]
fn equality_is_that_of_meaning() {
    assert_eq!(specifiers(">=1.0"), specifiers(">=1"));
    assert_eq!(specifiers("==1.0"), specifiers("==1"));
    assert_ne!(specifiers("==1.0.*"), specifiers("==1.*"));
    assert_ne!(specifiers("~=1.0"), specifiers("~=1.0.0"));
    assert_ne!(specifiers("===1.0"), specifiers("===1"));
}

#[test]
fn intersection_keeps_each_once() {
    let both = specifiers(">=1,~=1.0").intersect(&specifiers(">=1.0,~=1.0.0,<3"));
    assert_eq!(both.to_string(), ">=1,~=1.0,~=1.0.0,<3");
    assert_eq!(both.len(), 4);
}

#[test]
fn pins_and_prereleases_are_found() {
    assert_eq!(specifiers(">=1,==1.5").exact_pin(), Some(&version("1.5")));
    assert_eq!(specifiers("===1.5").exact_pin(), Some(&version("1.5")));
    for text in ["", "==1.5.*", ">=1.5", "~=1.5", "===x"] {
        assert_eq!(specifiers(text).exact_pin(), None, "{text}");
    }
    assert!(specifiers(">=1,<2a1").mentions_prerelease());
    assert!(!specifiers("!=1a1,==1.*").mentions_prerelease());
}

#[test]
fn arbitrary_equality_compares_texts() {
    let pin = VersionSpecifier::parse("===1.0-Local").unwrap();
    assert!(pin.contains_text("1.0-local") && pin.contains_text(" 1.0-LOCAL "));
    assert!(!pin.contains_text("1.0"));
    assert_eq!(pin.version(), None);
    let pin = VersionSpecifier::parse("===1.0").unwrap();
    assert!(pin.contains(&version("1.0")) && !pin.contains(&version("1.0.0")));
    let range = VersionSpecifier::parse(">=1.0").unwrap();
    assert!(range.contains_text("1.1") && !range.contains_text("x"));
}

#[test]
fn faults_are_placed() {
    let found = |text: &str| {
        let error = VersionSpecifiers::parse(text).unwrap_err();
        (error.span(), error.reason().clone())
    };
    assert_eq!(found(">=1, 2"), (5..5, SpecifierReason::ExpectedOperator));
    let slip = SpecifierReason::NotAnOperator {
        found: "=>",
        meant: ">=",
    };
    assert_eq!(found(" =>1"), (1..3, slip));
    assert_eq!(found("<1,>= "), (5..5, SpecifierReason::ExpectedVersion));
    assert_eq!(
        found(">=1.x"),
        (
            3..4,
            SpecifierReason::Version(VersionReason::Unexpected('.'))
        )
    );
    assert_eq!(
        found("<2,>=1.0.*"),
        (8..10, SpecifierReason::StarWithOperator)
    );
    assert_eq!(found("==1.0a1.*"), (7..9, SpecifierReason::StarAfterSuffix));
    assert_eq!(found(">=1.0+x"), (5..7, SpecifierReason::LocalWithOperator));
    assert_eq!(found("~=1"), (2..3, SpecifierReason::CompatibleTooShort));
    assert_eq!(
        found("===1 0"),
        (4..5, SpecifierReason::ArbitraryCharacter(' '))
    );
}

#[test]
fn old_metadata_is_read_as_it_was_meant() {
    for (text, meant) in [
        (">=1.0,<2", ">=1.0,<2"),
        (">=1.0,", ">=1.0"),
        (",>=1.0", ">=1.0"),
        (">=1.0.*", ">=1.0"),
        ("<3.*", "<3"),
        (">=2.7,!=3.0*,!=3.1*", ">=2.7,!=3.0.*,!=3.1.*"),
        (">=1.0<2.0", ">=1.0,<2.0"),
        (">= 1.0 != 1.5 <2.0", ">=1.0,!=1.5,<2.0"),
        ("=>1.0", ">=1.0"),
        ("=<1.0", "<=1.0"),
        ("=1.0", "==1.0"),
        ("~>1.0", "~=1.0"),
        ("~=1", "~=1.0"),
        ("~=3.7.*", "~=3.7"),
        ("<>1.0", "!=1.0"),
        ("!=~5.0", "!=5.*"),
        (">='1.0'", ">=1.0"),
        ("\">=1.0\"", ">=1.0"),
        (">=2.7.9\"", ">=2.7.9"),
        (">dev", ">0.dev0"),
        (">=1.0+cpu", ">=1.0"),
        ("==1.0a1.*", "==1.0.*"),
        (">=1.0.", ">=1.0"),
        ("==1!2.0 <1!3", "==1!2.0,<1!3"),
    ] {
        let read = VersionSpecifiers::parse_lenient(text);
        assert_eq!(
            read.map(|read| read.to_string()).as_deref(),
            Ok(meant),
            "{text}"
        );
    }
    for text in ["1.0", "foo", ">=", ">=x", ">==1", "==*", "~=a", ">=1.0 2"] {
        assert!(VersionSpecifiers::parse_lenient(text).is_err(), "{text}");
    }
}
