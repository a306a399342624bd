use super::*;

fn entry(company: &str, tag: &str, program: &str) -> RegisteredPython {
    RegisteredPython {
        company: company.to_owned(),
        tag: tag.to_owned(),
        executable_path: Some(program.to_owned()),
        ..RegisteredPython::default()
    }
}

fn shown(entries: &[RegisteredPython], wanted: &str) -> Vec<String> {
    let wanted = VersionRequest::parse(wanted);
    let found = programs(entries, wanted.as_ref());
    found
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn the_best_comes_first() {
    let mut entries = [
        entry(
            "ContinuumAnalytics",
            "Anaconda39-64",
            r"C:\conda\python.exe",
        ),
        entry(CORE, "3.9", r"C:\Python39\python.exe"),
        entry(CORE, "3.13t", r"C:\Python313\python3.13t.exe"),
        entry(CORE, "3.13-32", r"C:\Python313-32\python.exe"),
        entry(CORE, "3.13", r"C:\Program Files\Python313\python.exe"),
        entry(CORE, "3.13", r"D:\Python313\python.exe"),
        entry("pythoncore", "3.8", r"\\server\share\python.exe"),
        entry(CORE, "3.14", r"C:\Python314\python.exe"),
    ];
    entries[4].part = RegistryPart::Machine64;
    let mut expected = [
        r"C:\Python314\python.exe",
        r"D:\Python313\python.exe",
        r"C:\Program Files\Python313\python.exe",
        r"C:\Python313-32\python.exe",
        r"C:\Python313\python3.13t.exe",
        r"C:\Python39\python.exe",
        r"\\server\share\python.exe",
        r"C:\conda\python.exe",
    ];
    assert_eq!(shown(&entries, ""), expected);
    entries.reverse();
    assert_eq!(shown(&entries, ""), expected);
    // The newer patch release before the user's own.
    entries[3].version = Some("3.13.2".to_owned());
    entries[2].version = Some("3.13.1".to_owned());
    assert_eq!(entries[3].part, RegistryPart::Machine64);
    expected.swap(1, 2);
    assert_eq!(shown(&entries, ""), expected);
}

#[test]
fn only_what_may_satisfy_the_request_is_asked() {
    let mut named = entry("Vendor", "stable", r"C:\v\python.exe");
    named.sys_version = Some("3.11".to_owned());
    let mut told = entry(CORE, "3.11-arm64", r"C:\a\python.exe");
    told.version = Some("3.12.1".to_owned());
    let entries = [
        entry(CORE, "3.12", r"C:\12\python.exe"),
        entry(CORE, "3.11-32", r"C:\11\python.exe"),
        entry("Vendor", "whatever", r"C:\w\python.exe"),
        named,
        told,
    ];
    assert_eq!(
        shown(&entries, "3.12"),
        [r"C:\12\python.exe", r"C:\a\python.exe", r"C:\w\python.exe"]
    );
    assert_eq!(
        shown(&entries, "3.11.4"),
        [r"C:\11\python.exe", r"C:\v\python.exe", r"C:\w\python.exe"]
    );
    assert_eq!(shown(&entries, ">=3.11").len(), 5);
}

#[test]
fn the_directory_counts_for_the_official_installers_only() {
    let in_directory = |company: &str, dir: &str| RegisteredPython {
        company: company.to_owned(),
        tag: "3.12".to_owned(),
        install_path: Some(dir.to_owned()),
        ..RegisteredPython::default()
    };
    let entries = [
        in_directory(CORE, "C:\\Python312\\"),
        in_directory(CORE, r#" "C:\Program Files\Python312" "#),
        in_directory("Vendor", r"C:\Vendor"),
    ];
    assert_eq!(
        shown(&entries, ""),
        [
            r"C:\Python312\python.exe",
            r"C:\Program Files\Python312\python.exe"
        ]
    );
}

#[test]
fn a_narrow_python_comes_last() {
    let at = |part, architecture: Option<&str>, program: &str| RegisteredPython {
        part,
        sys_architecture: architecture.map(str::to_owned),
        ..entry(CORE, "3.12", program)
    };
    let entries = [
        at(RegistryPart::User, Some("32bit"), r"C:\1\python.exe"),
        at(RegistryPart::Machine32, None, r"C:\2\python.exe"),
        at(RegistryPart::Machine32, Some("64bit"), r"C:\3\python.exe"),
        at(RegistryPart::Machine64, None, r"C:\4\python.exe"),
    ];
    assert_eq!(
        shown(&entries, ""),
        [
            r"C:\4\python.exe",
            r"C:\3\python.exe",
            r"C:\1\python.exe",
            r"C:\2\python.exe",
        ]
    );
}

#[test]
fn what_is_no_python_is_left_out() {
    let refused = [
        ("PyLauncher", r"C:\Windows\py.exe"),
        ("pylauncher", r"C:\Windows\python.exe"),
        ("IronPython", r"C:\Program Files\IronPython 3.4\ipy.exe"),
        (CORE, r"C:\Python312\pythonw.exe"),
        (CORE, r"C:\Python312\python"),
        (CORE, r"python.exe"),
        (CORE, r"\Python312\python.exe"),
        (CORE, r"C:python.exe"),
        (CORE, "C:\\Python312\n\\python.exe"),
        (CORE, r"%LOCALAPPDATA%\python.exe"),
        (CORE, ""),
        (CORE, "é:"),
        ("Vendor", r"C:\x\cmd.exe"),
    ];
    for (company, program) in refused {
        let entries = [entry(company, "3.12", program)];
        assert_eq!(shown(&entries, ""), [""; 0], "{program}");
    }
    let twice = entry(CORE, "3.12", r"C:\Python312\python.exe");
    assert_eq!(shown(&[twice.clone(), twice], "").len(), 1);
}

#[test]
fn nothing_is_asked_unless_it_is_wanted() {
    assert!(Registry::default().programs(None).is_empty());
    let known = Registry::Known(vec![entry(CORE, "3.12", r"C:\Python312\python.exe")]);
    assert_eq!(known.programs(None).len(), 1);
    if !cfg!(windows) {
        assert!(Registry::System.programs(None).is_empty());
    }
}
