use super::*;
use crate::name::{ExtraName, GroupName};
use crate::version::Version;

fn environment() -> MarkerEnvironment {
    let version = |text| Version::parse(text).unwrap();
    MarkerEnvironment {
        os_name: "posix".into(),
        sys_platform: "linux".into(),
        platform_machine: "x86_64".into(),
        platform_python_implementation: "CPython".into(),
        platform_release: "6.1.0-13-amd64".into(),
        platform_system: "Linux".into(),
        platform_version: "#1 SMP".into(),
        implementation_name: "cpython".into(),
        python_version: version("3.12"),
        python_full_version: version("3.12.1"),
        implementation_version: version("3.12.1"),
    }
}

fn marker(text: &str) -> Marker {
    Marker::parse(text).unwrap()
}

fn holds(text: &str, extras: &[&str]) -> bool {
    let extras: Vec<_> = extras
        .iter()
        .map(|extra| ExtraName::parse(extra).unwrap())
        .collect();
    marker(text).evaluate(&environment(), &extras)
}

#[test]
fn extras_are_a_set_of_normal_names() {
    assert!(holds("extra == 'Foo_Bar'", &["a", "foo-bar"]));
    assert!(holds("'FOO.BAR' == extra", &["foo-bar"]));
    assert!(holds("extra == 'a' and extra == 'b'", &["a", "b"]));
    assert!(!holds("extra == 'a'", &[]));
    assert!(holds("extra != 'a'", &[]) && holds("extra != 'a'", &["b"]));
    assert!(!holds("extra != 'a'", &["a", "b"]));
    assert!(holds("extra == ''", &[]) && !holds("extra == ''", &["a"]));
    assert!(holds("extra in 'a, b'", &["b"]) && !holds("extra not in 'a, b'", &["b"]));
    assert!(holds("'X_y' in extras", &["x-y"]) && holds("'x' not in extras", &[]));
    assert!(!holds("extra == 'not a name!'", &["a"]));
}

#[test]
fn groups_are_asked_for_apart_from_extras() {
    let environment = environment();
    let (extras, groups) = (
        [ExtraName::parse("a").unwrap()],
        [GroupName::parse("Dev").unwrap()],
    );
    let scope = MarkerScope {
        environment: &environment,
        extras: &extras,
        groups: &groups,
    };
    assert!(marker("'dev' in dependency_groups and 'a' in extras").evaluate_in(&scope));
    assert!(!marker("'a' in dependency_groups").evaluate_in(&scope));
    assert!(marker("'a' not in dependency_groups").evaluate_in(&scope));
}

/// A platform release such as `6.1.0-13-amd64` is no version, so texts are compared.
#[test]
fn a_release_that_is_no_version_is_text() {
    assert!(holds("platform_release != '6.1.0'", &[]));
    assert!(!holds("platform_release >= '5.0'", &[]));
    assert!(!holds("'5.0' <= platform_release", &[]));
    assert!(holds("platform_release == '6.1.0-13-amd64'", &[]));
    assert!(holds("'amd64' in platform_release", &[]));
    let mut plain = environment();
    plain.platform_release = "6.10".into();
    assert!(marker("platform_release >= '6.9'").evaluate(&plain, &[]));
}

#[test]
fn both_sides_may_be_of_one_kind() {
    assert!(holds("'a' == 'a'", &[]) && !holds("'a' == 'b'", &[]));
    assert!(holds(
        "sys_platform in platform_system or os_name != sys_platform",
        &[]
    ));
    assert!(holds("python_version in python_full_version", &[]));
}

#[test]
fn texts_have_no_order() {
    for text in [
        "os_name < 'z'",
        "os_name > 'a'",
        "os_name ~= 'posix'",
        "os_name >= 'a'",
    ] {
        assert!(!holds(text, &[]), "{text}");
    }
    assert!(holds("os_name >= 'posix' and os_name === 'POSIX'", &[]));
}

#[test]
fn normal_form() {
    for (text, normal) in [
        ("os.name=='nt'", "os_name == \"nt\""),
        (
            "python_implementation == 'x'",
            "platform_python_implementation == \"x\"",
        ),
        ("'a\"b' == os_name", "'a\"b' == os_name"),
        ("extra=='A_b'", "extra == \"a-b\""),
        (
            "((os_name=='a') and ((os_name=='b' and os_name=='c')))",
            "os_name == \"a\" and os_name == \"b\" and os_name == \"c\"",
        ),
        (
            "(os_name=='a' or os_name=='b') and os_name=='c' or os_name=='d'",
            "(os_name == \"a\" or os_name == \"b\") and os_name == \"c\" or os_name == \"d\"",
        ),
        ("os_name not\tin 'x'", "os_name not in \"x\""),
    ] {
        assert_eq!(marker(text).to_string(), normal);
    }
}

#[test]
fn variables_are_found() {
    let marker = marker("os_name == 'a' and (python_version > '3' or 'x' == extra)");
    assert!(marker.mentions_extra() && marker.mentions(MarkerVariable::PythonVersion));
    assert!(!marker.mentions(MarkerVariable::SysPlatform));
}

#[test]
fn faults_are_placed() {
    let found = |text: &str| {
        let error = Marker::parse(text).unwrap_err();
        (error.span(), error.reason().clone())
    };
    assert_eq!(found(""), (0..0, MarkerReason::ExpectedOperand));
    assert_eq!(
        found("os_nam == 'a'"),
        (0..6, MarkerReason::UnknownVariable("os_nam".into()))
    );
    assert_eq!(
        found("os_name = 'a'"),
        (8..8, MarkerReason::ExpectedOperator)
    );
    assert_eq!(
        found("os_name is 'a'"),
        (8..10, MarkerReason::ExpectedOperator)
    );
    assert_eq!(found("os_name == 'a"), (11..13, MarkerReason::OpenQuote));
    assert_eq!(
        found("(os_name == 'a'"),
        (0..1, MarkerReason::OpenParenthesis)
    );
    assert_eq!(
        found("os_name == 'a')"),
        (14..15, MarkerReason::ExpectedEnd)
    );
    assert_eq!(
        found("os_name == 'a' &"),
        (15..16, MarkerReason::ExpectedEnd)
    );
    assert_eq!(
        found("os_name == é"),
        (11..13, MarkerReason::ExpectedOperand)
    );
    let set = MarkerReason::SetVariable(MarkerVariable::Extras);
    assert_eq!(found("extras == 'a'"), (0..13, set.clone()));
    assert_eq!(found("'a' == extras"), (0..13, set.clone()));
    assert_eq!(found("os_name in extras"), (0..17, set));
}

#[test]
fn hostile_nesting_and_length_are_survived() {
    let deep = |depth| format!("{}os_name=='a'{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Marker::parse(&deep(64)).is_ok());
    let error = Marker::parse(&deep(100_000)).unwrap_err();
    assert_eq!(
        (error.span(), error.reason()),
        (64..65, &MarkerReason::TooDeep)
    );
    let long = vec!["os_name == 'a'"; 20_000].join(" and ");
    assert!(!marker(&long).evaluate(&environment(), &[]));
}

#[test]
fn environments_are_stored_as_plain_texts() {
    let json = serde_json::to_value(environment()).unwrap();
    assert_eq!(json["python_version"], "3.12");
    assert_eq!(
        serde_json::from_value::<MarkerEnvironment>(json).unwrap(),
        environment()
    );
}
