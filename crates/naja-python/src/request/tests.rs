use super::*;

fn shown(text: &str) -> String {
    PythonRequest::parse(text).map_or_else(|error| format!("! {error}"), |r| r.to_string())
}

#[test]
fn every_form_is_read_and_shown() {
    for (text, expected) in [
        ("3", "3"),
        ("3.12", "3.12"),
        ("312", "3.12"),
        ("39", "3.9"),
        (" 3.12.1 ", "3.12.1"),
        ("3.13t", "3.13+freethreaded"),
        ("313t", "3.13+freethreaded"),
        ("3.13d", "3.13+debug"),
        ("3.13td", "3.13+freethreaded+debug"),
        ("3.13+freethreaded", "3.13+freethreaded"),
        ("3.13+freethreaded+debug", "3.13+freethreaded+debug"),
        ("3.13.0rc1", "3.13.0rc1"),
        (">=3.10,<3.13", ">=3.10,<3.13"),
        ("~=3.10", "~=3.10"),
        ("cpython", "cpython"),
        ("CPython@3.11", "cpython@3.11"),
        ("cpython3.11", "cpython@3.11"),
        ("cpython-3.11", "cpython@3.11"),
        ("cpython@>=3.11", "cpython@>=3.11"),
        ("cp312", "cpython@3.12"),
        ("cp313t", "cpython@3.13+freethreaded"),
        ("pypy", "pypy"),
        ("pypy@3.10", "pypy@3.10"),
        ("pypy3.10", "pypy@3.10"),
        ("pp310", "pypy@3.10"),
        ("graalpy", "graalpy"),
        ("any", "any"),
        ("Default", "default"),
        ("/usr/bin/python3", "/usr/bin/python3"),
        ("./x", "./x"),
        (".venv", ".venv"),
        ("python3.11", "python3.11"),
        ("python", "python"),
        ("cpanel", "cpanel"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
        let again = PythonRequest::parse(&shown(text)).unwrap();
        assert_eq!(again, PythonRequest::parse(text).unwrap(), "{text}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    for text in [
        "",
        "  ",
        "3.",
        "3.x",
        "3.12.1.4",
        "3..1",
        "1234",
        "99999",
        ">=",
        ">=x",
        "3.\n12",
        "3.13tt",
        "cpython@",
        "pypy@x",
        "3.13.0.dev1",
        "\u{1b}[31m",
        "==3.12,,,x",
    ] {
        assert!(PythonRequest::parse(text).is_err(), "{text:?}");
    }
    assert!(PythonRequest::parse(&"a".repeat(5000)).is_err());
}

#[test]
fn versions_are_compared_by_prefix_and_range() {
    let holds = |request: &str, version: &str| {
        VersionRequest::parse(request)
            .unwrap()
            .contains(&version.parse().unwrap())
    };
    assert!(holds("3", "3.12.1"));
    assert!(holds("3.12", "3.12.1"));
    assert!(!holds("3.1", "3.12.1"));
    assert!(holds("3.12", "3.12.0rc1"));
    assert!(!holds("3.12.0", "3.12.1"));
    assert!(holds("3.13.0rc1", "3.13.0rc1"));
    assert!(!holds("3.13.0rc1", "3.13.0"));
    assert!(holds(">=3.13", "3.13.0rc1"));
    assert!(!holds("<3.13", "3.13.0rc1"));
    assert!(!holds(">=3.13.0rc2", "3.13.0rc1"));
}
