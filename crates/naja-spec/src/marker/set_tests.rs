use super::*;
use crate::name::ExtraName;
use crate::specifier::VersionSpecifiers;
use crate::version::Version;

fn set(text: &str) -> MarkerSet {
    MarkerSet::from_marker(&Marker::parse(text).unwrap())
}

/// What other tools print for the same marker where they resolve for all environments.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn prints_short_markers() {
    let table = [
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        (
            "platform_system == 'FreeBSD'",
            "platform_system == 'FreeBSD'",
        ),
        (
            "os_name == 'nt' and sys_platform == 'win32'",
            "sys_platform == 'win32'",
        ),
        (
            "os_name == 'nt' and sys_platform == 'linux'",
            "python_version < '0'",
        ),
        (
            "python_version < '3.9' or python_version >= '3.11'",
            "python_full_version < '3.9' or python_full_version >= '3.11'",
        ),
        ("python_version == '3.9'", "python_full_version == '3.9.*'"),
        ("python_version != '3.9'", "python_full_version != '3.9.*'"),
        (
            "python_version in '3.8 3.9 3.10'",
            "python_full_version >= '3.8' and python_full_version < '3.11'",
        ),
        (
            "python_full_version == '3.9.1'",
            "python_full_version == '3.9.1'",
        ),
        (
            "python_full_version != '3.9.1'",
            "python_full_version != '3.9.1'",
        ),
        (
            "sys_platform in 'linux darwin'",
            "sys_platform in 'linux darwin'",
        ),
        ("'linux' in sys_platform", "'linux' in sys_platform"),
        ("'linux' not in sys_platform", "'linux' not in sys_platform"),
        (
            "sys_platform == 'win32' or sys_platform == 'darwin'",
            "sys_platform == 'darwin' or sys_platform == 'win32'",
        ),
        (
            "sys_platform != 'win32' and sys_platform != 'darwin'",
            "sys_platform != 'darwin' and sys_platform != 'win32'",
        ),
        (
            "python_version < '3.10' or (python_version >= '3.10' and sys_platform=='win32')",
            "python_full_version < '3.10' or sys_platform == 'win32'",
        ),
        (
            "platform_python_implementation != 'PyPy' and implementation_name == 'cpython'",
            "implementation_name == 'cpython' and platform_python_implementation != 'PyPy'",
        ),
        (
            "(os_name == 'posix' and python_version < '3.9') or platform_machine == 'x86_64'",
            "(python_full_version < '3.9' and os_name == 'posix') or platform_machine == 'x86_64'",
        ),
        (
            "implementation_version >= '7.3.0'",
            "implementation_version >= '7.3'",
        ),
        ("platform_version == 'x'", "platform_version == 'x'"),
        (
            "python_full_version >= '3.10.0' and python_full_version < '3.12.0'",
            "python_full_version >= '3.10' and python_full_version < '3.12'",
        ),
        (
            "python_version ~= '3.8'",
            "python_full_version >= '3.8' and python_full_version < '4'",
        ),
        ("sys_platform > 'm'", "python_version < '0'"),
        (
            "python_full_version < '3.13.0a1'",
            "python_full_version < '3.13'",
        ),
        (
            "platform_machine == 'x86_64' and sys_platform == 'linux' and python_version >= '3.9'",
            "python_full_version >= '3.9' and platform_machine == 'x86_64' and sys_platform == 'linux'",
        ),
        (
            "platform_system=='Windows' and sys_platform == 'win32'",
            "sys_platform == 'win32'",
        ),
        (
            "platform_system=='Windows' or sys_platform == 'darwin' or platform_machine != 'arm64'",
            "platform_machine != 'arm64' or sys_platform == 'darwin' or sys_platform == 'win32'",
        ),
        ("python_version >= '3.7.2'", "python_full_version >= '3.8'"),
        (
            "python_version != '3.8' and python_version != '3.9'",
            "python_full_version < '3.8' or python_full_version >= '3.10'",
        ),
        (
            "sys_platform=='win32' and python_version != '3.9'",
            "python_full_version != '3.9.*' and sys_platform == 'win32'",
        ),
        (
            "(sys_platform=='win32' and python_version >= '3.9') or (sys_platform=='darwin' and python_version < '3.9')",
            "(python_full_version < '3.9' and sys_platform == 'darwin') or (python_full_version >= '3.9' and sys_platform == 'win32')",
        ),
        (
            "extra == 'a' or sys_platform == 'win32'",
            "sys_platform == 'win32' or extra == 'a'",
        ),
        ("extra != 'a'", "extra != 'a'"),
        (
            "'A_b' in extras and 'dev' not in dependency_groups",
            "'a-b' in extras and 'dev' not in dependency_groups",
        ),
        ("'3.8' <= python_version", "python_full_version >= '3.8'"),
    ];
    for (given, wanted) in table {
        assert_eq!(set(given).to_string(), wanted, "{given}");
    }
}

#[test]
fn simplifies_within_what_is_assumed() {
    let python =
        |text: &str| MarkerSet::from_requires_python(&VersionSpecifiers::parse(text).unwrap());
    let table = [
        (">=3.8", "python_version >= '3.8'", "true"),
        (
            ">=3.9",
            "python_version == '3.9'",
            "python_full_version < '3.10'",
        ),
        (
            ">=3.8,<3.12",
            "python_version >= '3.8' and python_version < '3.10'",
            "python_full_version < '3.10'",
        ),
        (
            ">=3.8",
            "python_version < '3.9' or sys_platform == 'win32'",
            "python_full_version < '3.9' or sys_platform == 'win32'",
        ),
        (
            ">=3.9",
            "python_version >= '3.8' and sys_platform == 'win32'",
            "sys_platform == 'win32'",
        ),
    ];
    for (assumed, given, wanted) in table {
        assert_eq!(
            set(given).simplify(&python(assumed)).to_string(),
            wanted,
            "{given}"
        );
    }
    let windows = set("sys_platform == 'win32'");
    assert!(set("sys_platform != 'darwin'").simplify(&windows).is_all());
    let both = set("sys_platform == 'win32' or sys_platform == 'linux'");
    let left = set("sys_platform == 'win32'").simplify(&both);
    assert_eq!(left.and(&both), windows);
}

/// Comparisons that cover every kind of question.
const ATOMS: [&str; 34] = [
    "python_version >= '3.9'",
    "python_version < '3.10'",
    "python_version == '3.9'",
    "python_version != '3.9.1'",
    "python_version > '3.8.5'",
    "python_version ~= '3.9'",
    "python_version == '3.*'",
    "python_version in '3.9 3.11'",
    "python_version not in '3.8,3.12'",
    "python_version === '3.9'",
    "'3.9' <= python_version",
    "'3.9' > python_version",
    "python_full_version >= '3.9.1'",
    "python_full_version <= '3.10.0'",
    "python_full_version > '3.9.0rc1'",
    "python_full_version < '3.10.0b1'",
    "python_full_version == '3.9.0'",
    "python_full_version != '3.10.*'",
    "python_full_version ~= '3.9.1'",
    "implementation_version >= '3.10'",
    "implementation_name == 'cpython'",
    "os_name == 'nt'",
    "os_name != 'posix'",
    "sys_platform == 'win32'",
    "sys_platform != 'linux'",
    "platform_system == 'Windows'",
    "platform_system != 'Darwin'",
    "sys_platform in 'linux darwin'",
    "'win' not in sys_platform",
    "platform_release >= '5'",
    "platform_machine == 'x86_64'",
    "extra == 'a'",
    "extra != 'b'",
    "'a' in extras",
];

fn grid() -> Vec<(MarkerEnvironment, Vec<ExtraName>)> {
    let mut grid = Vec::new();
    for python in [
        "2.7.18", "3.8.5", "3.9.0", "3.9.1", "3.10.0", "3.10.2", "3.11.4", "4.0.0",
    ] {
        for (os, platform, system, release) in [
            ("posix", "linux", "Linux", "6.1.0-13-amd64"),
            ("posix", "darwin", "Darwin", "23.1"),
            ("nt", "win32", "Windows", "10"),
        ] {
            for extras in ["", "a", "a b"] {
                let version = Version::parse(python).unwrap();
                let short = format!("{}.{}", version.major(), version.minor());
                let environment = MarkerEnvironment {
                    os_name: os.into(),
                    sys_platform: platform.into(),
                    platform_machine: if os == "nt" { "AMD64" } else { "x86_64" }.into(),
                    platform_python_implementation: "CPython".into(),
                    platform_release: release.into(),
                    platform_system: system.into(),
                    platform_version: String::new(),
                    implementation_name: "cpython".into(),
                    python_version: short.parse().unwrap(),
                    python_full_version: version.clone(),
                    implementation_version: version,
                };
                let extras = extras.split_whitespace().map(|name| name.parse().unwrap());
                grid.push((environment, extras.collect()));
            }
        }
    }
    grid
}

fn expression() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let leaf = proptest::sample::select(&ATOMS[..]).prop_map(str::to_owned);
    leaf.prop_recursive(4, 12, 3, |inner| {
        (inner.clone(), inner, any::<bool>()).prop_map(|(a, b, and)| {
            let word = if and { "and" } else { "or" };
            format!("({a}) {word} ({b})")
        })
    })
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(120))]

    #[test]
    fn agrees_with_the_marker(text in expression()) {
        let marker = Marker::parse(&text).unwrap();
        let set = MarkerSet::from_marker(&marker);
        let not = set.not();
        let shown = set.to_marker();
        for (environment, extras) in grid() {
            let holds = marker.evaluate(&environment, &extras);
            proptest::prop_assert_eq!(set.evaluate(&environment, &extras), holds, "{}", text);
            proptest::prop_assert_eq!(not.evaluate(&environment, &extras), !holds);
            let again = shown.as_ref().is_none_or(|marker| marker.evaluate(&environment, &extras));
            proptest::prop_assert_eq!(again, holds, "{} as {}", text, set);
        }
        proptest::prop_assert_eq!(&MarkerSet::from(shown.as_ref()), &set, "{} as {}", text, set);
    }

    #[test]
    fn laws(a in expression(), b in expression(), c in expression()) {
        let (a, b, c) = (set(&a), set(&b), set(&c));
        proptest::prop_assert_eq!(a.and(&b), b.and(&a));
        proptest::prop_assert_eq!(a.or(&b), b.or(&a));
        proptest::prop_assert_eq!(a.and(&b).and(&c), a.and(&b.and(&c)));
        proptest::prop_assert_eq!(a.and(&a), a.clone());
        proptest::prop_assert!(a.and(&a.not()).is_none());
        proptest::prop_assert!(a.or(&a.not()).is_all());
        proptest::prop_assert!(a.and(&b).implies(&a) && a.implies(&a.or(&b)));
        proptest::prop_assert_eq!(a.is_disjoint(&b), a.and(&b).is_none());
        let simple = a.simplify(&b);
        proptest::prop_assert_eq!(simple.and(&b), a.and(&b), "{} in {} is {}", a, b, simple);
        let asked: Vec<ExtraName> = vec!["a".parse().unwrap()];
        let fixed = a.with_extras(&asked);
        proptest::prop_assert!(!fixed.mentions_extra());
        proptest::prop_assert!(fixed.implies(&a.without_extras()));
        for (environment, extras) in grid().into_iter().filter(|(_, extras)| *extras == asked) {
            proptest::prop_assert_eq!(
                fixed.evaluate(&environment, &[]),
                a.evaluate(&environment, &extras)
            );
        }
    }
}

/// A marker whose alternatives multiply is kept whole instead of being taken apart.
#[test]
fn too_complex_markers_stay_exact() {
    let product: Vec<String> = (0..40)
        .map(|at| format!("(extra == 'a{at}' or platform_version == 'v{at}')"))
        .collect();
    let marker = Marker::parse(&product.join(" and ")).unwrap();
    let set = MarkerSet::from_marker(&marker);
    let (environment, _) = grid().remove(0);
    let all: Vec<ExtraName> = (0..40)
        .map(|at| format!("a{at}").parse().unwrap())
        .collect();
    assert!(set.evaluate(&environment, &all));
    assert!(!set.evaluate(&environment, &all[1..]));
    assert!(!set.not().evaluate(&environment, &all));
    assert_eq!(set, MarkerSet::from_marker(&set.to_marker().unwrap()));
    let deep: Vec<String> = (0..5000)
        .map(|at| format!("'x{at}' in platform_version"))
        .collect();
    let deep = MarkerSet::from_marker(&Marker::parse(&deep.join(" or ")).unwrap());
    assert!(!deep.and(&set).evaluate(&environment, &all));
    let many: Vec<String> = (0..3000)
        .map(|at| format!("sys_platform != 'x{at}'"))
        .collect();
    let many = MarkerSet::from_marker(&Marker::parse(&many.join(" and ")).unwrap());
    assert!(many.evaluate(&environment, &[]));
}

#[test]
fn bounds_of_python() {
    let bounds = |text: &str| {
        let (low, high) = set(text).python_bounds();
        [low, high].map(|bound| bound.map_or("-".to_owned(), |version| version.to_string()))
    };
    assert_eq!(bounds("python_version >= '3.9'"), ["3.9", "-"]);
    assert_eq!(
        bounds("python_version == '3.9' and os_name == 'nt'"),
        ["3.9", "3.10"]
    );
    assert_eq!(
        bounds("python_version < '3.9' or os_name == 'nt'"),
        ["-", "-"]
    );
    assert_eq!(bounds("os_name == 'nt'"), ["-", "-"]);
}
