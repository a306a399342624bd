//! Laws that hold for all inputs.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use naja_spec::{
    CoreMetadata, Headers, Marker, MarkerEnvironment, Operator, PreKind, PreRelease, Requirement,
    Version, VersionParts, VersionSpecifier, VersionSpecifiers, script_block,
};
use proptest::prelude::*;

/// Numbers around the limits of the packed form, and small ones, which collide often.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => 0u64..4,
        1 => Just(65_535u64),
        1 => Just(65_536u64),
        1 => Just((1u64 << 25) - 1),
        1 => Just(1u64 << 25),
        1 => any::<u64>(),
    ]
}

fn pre() -> impl Strategy<Value = PreRelease> {
    let kind = prop_oneof![
        Just(PreKind::Alpha),
        Just(PreKind::Beta),
        Just(PreKind::Candidate)
    ];
    (kind, number()).prop_map(|(kind, number)| PreRelease { kind, number })
}

prop_compose! {
    fn version()(
        epoch in prop_oneof![5 => Just(0u64), 1 => number()],
        release in prop::collection::vec(number(), 1..7),
        zeros in prop_oneof![6 => Just(0usize), 2 => 1usize..4, 1 => 10usize..20],
        pre in prop::option::weighted(0.3, pre()),
        post in prop::option::weighted(0.3, number()),
        dev in prop::option::weighted(0.3, number()),
        local in prop::option::weighted(0.2, "[a-b0-1]{1,2}(\\.[a-b0-1]{1,2}){0,2}"),
    ) -> Version {
        let mut parts = VersionParts { epoch, pre, post, dev, ..VersionParts::default() };
        parts.release.extend(release);
        parts.release.extend(std::iter::repeat_n(0, zeros));
        parts.local = local
            .and_then(|text| Version::parse(&format!("0+{text}")).ok())
            .and_then(|version| version.local().cloned());
        Version::from_parts(parts)
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn specifier(operator: Operator, version: &Version) -> Option<VersionSpecifier> {
    VersionSpecifier::new(operator, version.clone())
}

const OPERATORS: [Operator; 10] = [
    Operator::Equal,
    Operator::EqualStar,
    Operator::NotEqual,
    Operator::NotEqualStar,
    Operator::Compatible,
    Operator::Less,
    Operator::LessEqual,
    Operator::Greater,
    Operator::GreaterEqual,
    Operator::Arbitrary,
];

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

/// Texts of markers, most of them valid.
fn marker_text() -> impl Strategy<Value = String> {
    let comparison = prop_oneof![
        "(python_version|python_full_version|platform_release) (==|!=|<|<=|>|>=|~=) \"[0-4]\\.[0-9]{1,2}(\\.\\*)?\"",
        "(os_name|sys\\.platform|platform_system|extra) (==|!=|in|not in) '[a-z]{0,3}'",
        "\"[a-z0-9.]{0,4}\" (==|<|in|not in) (python_version|sys_platform|extras|extra)",
    ];
    comparison.prop_recursive(4, 24, 4, |inner| {
        (
            prop::collection::vec(inner, 1..4),
            prop_oneof![Just(" and "), Just(" or ")],
            any::<bool>(),
        )
            .prop_map(|(parts, word, closed)| {
                let joined = parts.join(word);
                if closed {
                    format!("({joined})")
                } else {
                    joined
                }
            })
    })
}

proptest! {
    #[test]
    fn versions_round_trip(version in version()) {
        let text = version.to_string();
        let again = Version::parse(&text).unwrap();
        prop_assert_eq!(&again, &version);
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(hash(&again), hash(&version));
        prop_assert_eq!(Version::from_parts(version.to_parts()).to_string(), version.to_string());
    }

    #[test]
    fn order_is_total_and_that_of_the_sort_keys(a in version(), b in version(), c in version()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b), a.sort_key().cmp(&b.sort_key()));
        prop_assert_eq!(a == b, a.sort_key() == b.sort_key());
        if a == b {
            prop_assert_eq!(hash(&a), hash(&b));
        }
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
    }

    #[test]
    fn trailing_zeros_do_not_count(version in version(), zeros in 1usize..20) {
        let mut parts = version.to_parts();
        parts.release.extend(std::iter::repeat_n(0, zeros));
        let longer = Version::from_parts(parts);
        prop_assert_eq!(&longer, &version);
        prop_assert_eq!(hash(&longer), hash(&version));
        prop_assert_eq!(longer.sort_key(), version.sort_key());
        prop_assert!(longer.same_release(&version));
    }

    #[test]
    fn parts_of_a_version_agree(version in version()) {
        prop_assert!(version.without_local() <= version);
        prop_assert!(version.cmp_public(&version.without_local()).is_eq());
        prop_assert!(version.same_release(&version.base()));
        prop_assert_eq!(version.is_prerelease(), version.pre().is_some() || version.is_dev());
        prop_assert_eq!(version.major(), version.release()[0]);
    }

    #[test]
    fn compatible_is_its_expansion(version in version(), candidate in version()) {
        let version = version.without_local();
        let Some(compatible) = specifier(Operator::Compatible, &version) else { return Ok(()) };
        let release = version.release();
        let prefix = VersionParts {
            epoch: version.epoch(),
            release: release[..release.len() - 1].into(),
            ..VersionParts::default()
        };
        let expansion: VersionSpecifiers = [
            specifier(Operator::GreaterEqual, &version).unwrap(),
            specifier(Operator::EqualStar, &Version::from_parts(prefix)).unwrap(),
        ]
        .into_iter()
        .collect();
        prop_assert_eq!(compatible.contains(&candidate), expansion.contains(&candidate));
    }

    #[test]
    fn prefix_is_an_interval(version in version(), candidate in version()) {
        let version = version.base();
        let first = Version::from_parts(VersionParts { dev: Some(0), ..version.to_parts() });
        let mut parts = first.to_parts();
        let Some(next) = parts.release.last().and_then(|last| last.checked_add(1)) else {
            return Ok(());
        };
        *parts.release.last_mut().unwrap() = next;
        let end = Version::from_parts(parts);
        let star = specifier(Operator::EqualStar, &version).unwrap();
        prop_assert_eq!(star.contains(&candidate), first <= candidate && candidate < end);
    }

    #[test]
    fn operators_relate(version in version(), candidate in version()) {
        let holds = |operator| specifier(operator, &version).map(|s| s.contains(&candidate));
        let opposites = [
            (Operator::Equal, Operator::NotEqual),
            (Operator::EqualStar, Operator::NotEqualStar),
        ];
        for (one, other) in opposites {
            prop_assert_eq!(holds(one), holds(other).map(|holds| !holds));
        }
        if let (Some(less), Some(at_most)) = (holds(Operator::Less), holds(Operator::LessEqual)) {
            prop_assert!(!less || at_most);
            prop_assert!(!less || candidate < version);
        }
        if let (Some(more), Some(at_least)) =
            (holds(Operator::Greater), holds(Operator::GreaterEqual))
        {
            prop_assert!(!more || at_least);
            prop_assert!(!more || candidate > version);
        }
    }

    #[test]
    fn specifiers_round_trip(versions in prop::collection::vec((0usize..10, version()), 0..5)) {
        let specifiers: VersionSpecifiers = versions
            .iter()
            .filter_map(|(operator, version)| specifier(OPERATORS[*operator], version))
            .collect();
        let text = specifiers.to_string();
        prop_assert_eq!(&VersionSpecifiers::parse(&text).unwrap(), &specifiers);
        prop_assert_eq!(&VersionSpecifiers::parse_lenient(&text).unwrap(), &specifiers);
        let requirement = Requirement::parse(&format!("foo {text}")).unwrap();
        prop_assert_eq!(requirement.specifiers(), Some(&specifiers));
    }

    #[test]
    fn markers_round_trip(text in marker_text()) {
        if let Ok(marker) = Marker::parse(&text) {
            let normal = marker.to_string();
            let again = Marker::parse(&normal).unwrap();
            prop_assert_eq!(&again, &marker);
            prop_assert_eq!(again.to_string(), normal);
            let environment = environment();
            prop_assert_eq!(again.evaluate(&environment, &[]), marker.evaluate(&environment, &[]));
            let requirement = Requirement::parse(&format!("a; {text}")).unwrap();
            prop_assert_eq!(&Requirement::parse(&requirement.to_string()).unwrap(), &requirement);
        }
    }

    #[test]
    fn joined_markers_hold_where_both_do(left in marker_text(), right in marker_text()) {
        let (Ok(left), Ok(right)) = (Marker::parse(&left), Marker::parse(&right)) else {
            return Ok(());
        };
        let environment = environment();
        let holds = |marker: &Marker| marker.evaluate(&environment, &[]);
        let (both, either) = (left.and(&right), left.or(&right));
        prop_assert_eq!(holds(&both), holds(&left) && holds(&right));
        prop_assert_eq!(holds(&either), holds(&left) || holds(&right));
        prop_assert_eq!(&Marker::parse(&both.to_string()).unwrap(), &both);
        prop_assert_eq!(&Marker::parse(&either.to_string()).unwrap(), &either);
    }

    #[test]
    fn nothing_makes_the_parsers_panic(text in "\\PC{0,40}", noise in "[-a-z0-9.;=<>!~\\[\\]()@ \"'#/\r\n]{0,60}") {
        for text in [&text, &noise] {
            if let Err(error) = Version::parse(text) {
                prop_assert!(text.get(error.span()).is_some());
            }
            let _ = VersionSpecifiers::parse(text);
            let _ = VersionSpecifiers::parse_lenient(text);
            let _ = Marker::parse(text);
            let _ = Requirement::parse_lenient(text);
            if let Err(error) = Requirement::parse(text) {
                prop_assert!(text.get(error.span()).is_some());
            }
            let _ = script_block(text);
            let _ = CoreMetadata::parse(text.as_bytes());
            let _ = Headers::parse(text.as_bytes()).iter().count();
        }
    }

    #[test]
    fn headers_read_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (name, value) in Headers::parse(&bytes).iter() {
            prop_assert!(!name.is_empty() && value.trim_ascii() == value);
        }
        let _ = CoreMetadata::parse(&bytes);
    }
}
