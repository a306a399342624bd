use super::*;

fn normal(text: &str) -> String {
    Requirement::parse(text).unwrap().to_string()
}

#[test]
fn normal_form() {
    for (text, expected) in [
        ("Foo_Bar", "foo-bar"),
        ("foo[B_c, a ,b.C] (>= 1.0 , <2)", "foo[a,b-c]>=1.0,<2"),
        ("foo ; os.name=='nt'", "foo; os_name == \"nt\""),
        (
            "foo[x]@https://index.example/foo-1.0.zip ; extra=='Y_z'",
            "foo[x] @ https://index.example/foo-1.0.zip ; extra == \"y-z\"",
        ),
    ] {
        assert_eq!(normal(text), expected);
        assert_eq!(normal(expected), expected);
    }
}

#[test]
fn secrets_are_neither_shown_nor_stored() {
    let requirement = Requirement::parse("foo @ https://me:secret@index.example/foo.zip").unwrap();
    assert_eq!(
        requirement.url().unwrap().credentials().unwrap().username,
        "me"
    );
    assert!(!requirement.to_string().contains("secret"));
    assert!(!format!("{requirement:?}").contains("secret"));
    let json = serde_json::to_string(&requirement).unwrap();
    assert_eq!(json, "\"foo @ https://index.example/foo.zip\"");
    for text in [
        "foo @ https://me:secret@index.example/foo.zip; os_name == 'a'",
        "https://me:secret@index.example/foo.zip",
        "foo bar https://secret@index.example",
    ] {
        let error = Requirement::parse(text).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("secret"),
            "{error:?}"
        );
        assert_eq!(error.input().len(), text.len());
    }
}

#[test]
fn faults_are_placed() {
    let found = |text: &str| {
        let error = Requirement::parse(text).unwrap_err();
        (error.span(), error.reason().clone())
    };
    assert_eq!(found(""), (0..0, RequirementReason::ExpectedName));
    assert_eq!(found("  >=1"), (2..3, RequirementReason::ExpectedName));
    assert_eq!(
        found("foo-"),
        (3..4, RequirementReason::Name(NameReason::End))
    );
    assert_eq!(found("foo[a"), (5..5, RequirementReason::OpenExtras));
    assert_eq!(found("foo[a b]"), (6..7, RequirementReason::OpenExtras));
    assert_eq!(found("foo @ "), (6..6, RequirementReason::ExpectedUrl));
    assert_eq!(
        found("foo (>=1"),
        (4..5, RequirementReason::OpenParenthesis)
    );
    assert_eq!(
        found("foo (>=1; os_name=='a')"),
        (4..5, RequirementReason::OpenParenthesis)
    );
    assert_eq!(
        found("foo (>=1) x"),
        (10..11, RequirementReason::ExpectedEnd)
    );
    assert_eq!(
        found("https://index.example/a"),
        (0..23, RequirementReason::UrlWithoutName)
    );
    assert_eq!(
        found("git+https://host.example/a"),
        (0..26, RequirementReason::UrlWithoutName)
    );
    let slip = SpecifierReason::NotAnOperator {
        found: "=",
        meant: "==",
    };
    assert_eq!(found("foo=1.0"), (3..4, RequirementReason::Specifier(slip)));
    let unknown = MarkerReason::UnknownVariable("python".into());
    assert_eq!(
        found("foo; python == '3'"),
        (5..11, RequirementReason::Marker(unknown))
    );
    let glued = "foo @ https://index.example/foo.zip; os_name == 'nt'";
    assert_eq!(
        found(glued),
        (35..36, RequirementReason::SpaceBeforeSemicolon)
    );
    let (span, reason) = found("foo @ foo.zip");
    assert_eq!(span, 6..13);
    assert!(matches!(reason, RequirementReason::Url(_)));
}

#[test]
fn a_semicolon_may_be_part_of_a_url() {
    let requirement = Requirement::parse("foo @ https://index.example/a;b ; os_name=='a'").unwrap();
    assert_eq!(
        requirement.url().unwrap().with_secrets(),
        "https://index.example/a;b"
    );
    assert!(requirement.marker.is_some() && requirement.specifiers().is_none());
}

#[test]
fn old_metadata_is_read() {
    for (text, meant) in [
        ("foo (>=1.0)", "foo>=1.0"),
        ("foo (>=1.0,)", "foo>=1.0"),
        ("foo>=1.0,<2.0,", "foo>=1.0,<2.0"),
        ("foo (>=1.0.*) ; extra == 'a'", "foo>=1.0; extra == \"a\""),
        (
            "foo >=1.0 <2.0; os_name=='a'",
            "foo>=1.0,<2.0; os_name == \"a\"",
        ),
        ("foo (>=7.2.0<8.0.0)", "foo>=7.2.0,<8.0.0"),
        ("foo (>=1.0", "foo>=1.0"),
        ("foo[a,]", "foo[a]"),
        ("foo (~=1)", "foo~=1.0"),
    ] {
        let read = Requirement::parse_lenient(text).unwrap();
        assert_eq!(read.to_string(), meant);
    }
    assert!(Requirement::parse_lenient("foo bar").is_err());
    assert!(Requirement::parse_lenient("foo (>=x)").is_err());
}

#[test]
fn very_long_requirements_are_read_in_linear_time() {
    let text = format!("foo{}", ">=1.0,".repeat(50_000));
    assert_eq!(
        Requirement::parse(&text)
            .unwrap()
            .specifiers()
            .unwrap()
            .len(),
        50_000
    );
    let text = format!("foo @ https://index.example/{}", ";".repeat(20_000));
    assert!(Requirement::parse(&text).is_ok());
}
