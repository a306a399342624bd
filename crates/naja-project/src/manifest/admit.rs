//! Bounds that let a newer version in: each keeps its kind, and the text around the numbers stays.

use naja_spec::{
    Operator, Requirement, Version, VersionParts, VersionSpecifier, VersionSpecifiers,
};

/// Why the bounds of a requirement cannot let a version in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitError {
    /// It is not a requirement with bounds: it has an address, or cannot be read.
    #[error("`{0}` has no bounds")]
    NoBounds(String),
    /// A bound forbids the version by itself, such as `!=` or a lower bound.
    #[error("`{bound}` of `{requirement}` leaves {version} out")]
    Forbidden {
        /// The requirement as written.
        requirement: String,
        /// The bound.
        bound: String,
        /// The version.
        version: Version,
    },
}

/// Returns the text of a requirement whose bounds let a version in; `None` if they do so already.
///
/// Each bound keeps its kind: `<2` becomes `<4` for 3.1, `<1.5` becomes `<1.8` for 1.7.2, `~=1.4` becomes
/// `~=3.1`, `==1.2.3` becomes `==3.1`, `==1.*` becomes `==3.*`; lower bounds stay.
///
/// # Errors
/// The requirement has no bounds, or one of them forbids just this version.
pub fn admit(text: &str, version: &Version) -> Result<Option<String>, AdmitError> {
    let version = version.without_local();
    let requirement = bounded(text)?;
    let specifiers = requirement.specifiers().cloned().unwrap_or_default();
    if specifiers.contains(&version) {
        return Ok(None);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut from = 0;
    for place in places(text) {
        let Ok(bound) = VersionSpecifier::parse(text[place.clone()].trim()) else {
            return Err(AdmitError::NoBounds(text.to_owned()));
        };
        if bound.contains(&version) {
            continue;
        }
        let Some(moved) = moved(&bound, &version) else {
            return Err(AdmitError::Forbidden {
                requirement: text.to_owned(),
                bound: bound.to_string(),
                version,
            });
        };
        let written = &text[place.clone()];
        // The number stands behind the operator and its spaces.
        let operator = written
            .find(|c: char| !"<>=!~ \t".contains(c))
            .unwrap_or(written.len());
        let end = written.trim_end().len();
        out.push_str(&text[from..place.start + operator]);
        out.push_str(&moved);
        from = place.start + end;
    }
    out.push_str(&text[from..]);
    let whole = Requirement::parse(&out).ok();
    let lets_in = |requirement: &Requirement| {
        let specifiers = requirement.specifiers();
        specifiers.is_some_and(|specifiers| specifiers.contains(&version))
    };
    match whole.as_ref().is_some_and(lets_in) {
        true => Ok(Some(out)),
        false => Err(AdmitError::Forbidden {
            requirement: text.to_owned(),
            bound: specifiers.to_string(),
            version,
        }),
    }
}

/// Returns a requirement without what holds newer versions back: upper bounds go, pins become lower bounds.
///
/// # Errors
/// It is not a requirement with bounds.
pub fn without_caps(text: &str) -> Result<Requirement, AdmitError> {
    let requirement = bounded(text)?;
    let specifiers = requirement.specifiers().cloned().unwrap_or_default();
    let open: VersionSpecifiers = specifiers.iter().filter_map(open).collect();
    Ok(Requirement {
        source: naja_spec::RequirementSource::Specifiers(open),
        ..requirement
    })
}

/// A bound without what it has against newer versions.
fn open(bound: &VersionSpecifier) -> Option<VersionSpecifier> {
    match bound.op() {
        Operator::Less | Operator::LessEqual | Operator::Arbitrary => None,
        Operator::Equal | Operator::EqualStar | Operator::Compatible => {
            VersionSpecifier::new(Operator::GreaterEqual, bound.version()?.without_local())
        }
        Operator::NotEqual
        | Operator::NotEqualStar
        | Operator::Greater
        | Operator::GreaterEqual => Some(bound.clone()),
    }
}

fn bounded(text: &str) -> Result<Requirement, AdmitError> {
    match Requirement::parse(text) {
        Ok(requirement) if requirement.url().is_none() => Ok(requirement),
        _ => Err(AdmitError::NoBounds(text.to_owned())),
    }
}

/// Where the bounds stand in the text of a requirement.
fn places(text: &str) -> Vec<std::ops::Range<usize>> {
    let end = text.find(';').unwrap_or(text.len());
    let behind_extras = text[..end].find(']').map_or(0, |at| at + 1);
    let Some(start) = text[behind_extras..end].find(['<', '>', '=', '!', '~']) else {
        return Vec::new();
    };
    let start = behind_extras + start;
    // Old requirements have them in brackets.
    let end = text[start..end].find(')').map_or(end, |at| start + at);
    let mut places = Vec::new();
    let mut from = start;
    for part in text[start..end].split(',') {
        let blank = part.len() - part.trim_start().len();
        if !part.trim().is_empty() {
            places.push(from + blank..from + part.len());
        }
        from += part.len() + 1;
    }
    places
}

/// The number of a bound of the same kind that lets a version in; `None` for kinds that cannot move.
fn moved(bound: &VersionSpecifier, version: &Version) -> Option<String> {
    let number = bound.version();
    match bound.op() {
        Operator::Less => Some(above(number?, version).to_string()),
        Operator::LessEqual | Operator::Equal | Operator::Arbitrary => Some(version.to_string()),
        Operator::EqualStar => {
            let cut = cut(version, number?.release().len());
            Some(format!("{cut}.*"))
        }
        Operator::Compatible => {
            let length = number?.release().len();
            let short = version.release().len() <= length || !version.is_prerelease();
            // A pre-release of a longer number has no shorter form.
            let parts = VersionParts {
                pre: version.pre(),
                dev: version.dev(),
                ..cut(version, length).to_parts()
            };
            match short {
                true => Some(Version::from_parts(parts).to_string()),
                false => Some(version.to_string()),
            }
        }
        Operator::Greater
        | Operator::GreaterEqual
        | Operator::NotEqual
        | Operator::NotEqualStar => None,
    }
}

/// A cap of the same sort that is just above a version: the number that the cap ends with rises.
fn above(cap: &Version, version: &Version) -> Version {
    let length = cap.release().len();
    let release: Vec<u64> = cap.release().to_vec();
    let counts = release.iter().rposition(|number| *number != 0).unwrap_or(0);
    let mut parts = cap.to_parts();
    parts.epoch = version.epoch();
    parts.release = (0..length).map(|at| version.number(at)).collect();
    parts.release[counts] += 1;
    for lower in &mut parts.release[counts + 1..] {
        *lower = 0;
    }
    Version::from_parts(parts)
}

/// The first numbers of a version, with zeros where it has fewer.
fn cut(version: &Version, length: usize) -> Version {
    Version::from_parts(VersionParts {
        epoch: version.epoch(),
        release: (0..length).map(|at| version.number(at)).collect(),
        ..VersionParts::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admitted(text: &str, version: &str) -> String {
        match admit(text, &version.parse().unwrap()) {
            Ok(Some(text)) => text,
            Ok(None) => "admitted".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn bounds_keep_their_kind() {
        for (text, version, wanted) in [
            ("harry", "3.0", "admitted"),
            ("harry>=1", "3.0", "admitted"),
            ("harry>=1,<2", "3.1", "harry>=1,<4"),
            ("harry<2,>=1", "3.1", "harry<4,>=1"),
            ("harry>=1.2,<2.0", "3.1", "harry>=1.2,<4.0"),
            ("harry<1.5", "1.7.2", "harry<1.8"),
            ("harry<0.5", "1.2.0", "harry<1.3"),
            ("harry<2.5.1", "3.1", "harry<3.1.1"),
            ("harry<2.0.dev0", "3.1", "harry<4.0.dev0"),
            ("harry<2", "1!3.1", "harry<1!4"),
            ("harry<=2.31", "2.32.1", "harry<=2.32.1"),
            ("harry==1.2.3", "3.1", "harry==3.1"),
            ("harry==1.2.3", "3.1+cpu", "harry==3.1"),
            ("harry===1.2.3", "3.1", "harry===3.1"),
            ("harry==1.*", "3.1.5", "harry==3.*"),
            ("harry==1.2.*", "3", "harry==3.0.*"),
            ("harry~=1.4", "3.1.5", "harry~=3.1"),
            ("harry~=1.4", "1.9", "admitted"),
            ("harry~=1.4.2", "3", "harry~=3.0.0"),
            ("harry~=1.4", "3.1rc1", "harry~=3.1rc1"),
            ("harry~=1.4", "3.1.2rc1", "harry~=3.1.2rc1"),
            (
                "Harry [owl, cat] >= 1.0 , < 2 ; python_version < '4'",
                "3.1",
                "Harry [owl, cat] >= 1.0 , < 4 ; python_version < '4'",
            ),
            ("harry (>=1,<2)", "3.1", "harry (>=1,<4)"),
            ("harry>=1,<2,!=2.5", "3.1", "harry>=1,<4,!=2.5"),
            (
                "harry<2,!=3.1",
                "3.1",
                "`!=3.1` of `harry<2,!=3.1` leaves 3.1 out",
            ),
            (
                "harry @ https://index.example/harry-1.0.tar.gz",
                "3.1",
                "`harry @ https://index.example/harry-1.0.tar.gz` has no bounds",
            ),
        ] {
            assert_eq!(admitted(text, version), wanted, "{text} {version}");
        }
    }

    #[test]
    fn caps_go() {
        for (text, wanted) in [
            ("harry", "harry"),
            ("harry>=1,<2,!=1.5", "harry!=1.5,>=1"),
            ("harry==1.2.*", "harry>=1.2"),
            (
                "harry[owl]~=1.4 ; python_version < '4'",
                "harry[owl]>=1.4 ; python_version < '4'",
            ),
            ("harry<=3", "harry"),
        ] {
            let open = without_caps(text).unwrap();
            let wanted = Requirement::parse(wanted).unwrap();
            assert_eq!(
                (&open.marker, &open.extras),
                (&wanted.marker, &wanted.extras)
            );
            let sorted = |requirement: &Requirement| {
                let bounds = requirement.specifiers().unwrap().iter();
                let mut texts: Vec<String> = bounds.map(ToString::to_string).collect();
                texts.sort();
                texts
            };
            assert_eq!(sorted(&open), sorted(&wanted), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_let_in_is_in(
            bounds in prop::collection::vec(
                ("(<|<=|==|~=|>=|>|!=)", "[0-9]{1,2}(\\.[0-9]{1,2}){1,2}"), 1..4),
            spaces in " {0,2}",
            version in "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}",
        ) {
            let bounds: Vec<String> = bounds
                .iter()
                .map(|(operator, number)| format!("{operator}{spaces}{number}"))
                .collect();
            let text = format!("harry[owl]{spaces}{} ; os_name == 'nt'", bounds.join(","));
            let version: Version = version.parse().unwrap();
            if let Ok(Some(moved)) = admit(&text, &version) {
                let requirement = Requirement::parse(&moved).unwrap();
                prop_assert!(requirement.specifiers().unwrap().contains(&version));
                prop_assert_eq!(admit(&moved, &version), Ok(None));
                prop_assert!(moved.ends_with(" ; os_name == 'nt'") && moved.starts_with("harry[owl]"));
                // Only numbers change.
                let kinds = |text: &str| text.replace(|c: char| c.is_ascii_digit() || c == '.', "");
                prop_assert_eq!(kinds(&text), kinds(&moved));
            }
        }

        #[test]
        fn nothing_panics(text in ".{0,40}", version in "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}") {
            let _any = admit(&text, &version.parse().unwrap());
            let _any = without_caps(&text);
        }
    }
}
