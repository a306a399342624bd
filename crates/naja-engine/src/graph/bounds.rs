//! How far a specifier lets a version go.

use std::cmp::Ordering;

use naja_spec::{Operator, Version, VersionSpecifier, VersionSpecifiers};

/// An end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) version: Version,
    /// Whether the version itself is allowed.
    pub(super) included: bool,
}

/// The highest versions that specifiers allow; `None` if there is no limit.
pub(super) fn upper(specifiers: &VersionSpecifiers) -> Option<End> {
    let ends = specifiers.iter().filter_map(upper_of);
    ends.min_by(|a, b| by_version(a, b).then(a.included.cmp(&b.included)))
}

/// The lowest versions that specifiers allow; `None` if there is no limit.
pub(super) fn lower(specifiers: &VersionSpecifiers) -> Option<End> {
    let ends = specifiers.iter().filter_map(lower_of);
    ends.max_by(|a, b| by_version(a, b).then(b.included.cmp(&a.included)))
}

fn by_version(a: &End, b: &End) -> Ordering {
    a.version.cmp(&b.version)
}

fn upper_of(specifier: &VersionSpecifier) -> Option<End> {
    let version = specifier.version()?;
    let end = |version: Version, included| Some(End { version, included });
    match specifier.op() {
        Operator::Less => end(version.clone(), false),
        Operator::LessEqual | Operator::Equal | Operator::Arbitrary => end(version.clone(), true),
        Operator::EqualStar => end(next(version, version.release().len())?, false),
        Operator::Compatible => end(
            next(version, version.release().len().saturating_sub(1))?,
            false,
        ),
        _ => None,
    }
}

fn lower_of(specifier: &VersionSpecifier) -> Option<End> {
    let version = specifier.version()?.clone();
    match specifier.op() {
        Operator::Greater => Some(End {
            version,
            included: false,
        }),
        Operator::GreaterEqual
        | Operator::Equal
        | Operator::Arbitrary
        | Operator::EqualStar
        | Operator::Compatible => Some(End {
            version,
            included: true,
        }),
        _ => None,
    }
}

/// The first version behind all that begin with `length` numbers of this one.
fn next(version: &Version, length: usize) -> Option<Version> {
    let mut numbers = version.release().to_vec();
    numbers.truncate(length.max(1));
    let last = numbers.last_mut()?;
    *last = last.checked_add(1)?;
    let mut parts = Version::from_release(&numbers).to_parts();
    parts.epoch = version.epoch();
    Some(Version::from_parts(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(end: Option<End>) -> String {
        end.map_or("-".into(), |end| {
            format!("{}{}", end.version, if end.included { "!" } else { "" })
        })
    }

    #[test]
    fn each_operator_has_its_ends() {
        let ends = |text: &str| {
            let specifiers = VersionSpecifiers::parse(text).unwrap();
            (shown(lower(&specifiers)), shown(upper(&specifiers)))
        };
        let expect = |low: &str, high: &str| (low.to_owned(), high.to_owned());
        assert_eq!(ends(">=1.2,<2"), expect("1.2!", "2"));
        assert_eq!(ends("==1.5"), expect("1.5!", "1.5!"));
        assert_eq!(ends("==1.5.*"), expect("1.5!", "1.6"));
        assert_eq!(ends("~=1.4.2"), expect("1.4.2!", "1.5"));
        assert_eq!(ends("~=1.4"), expect("1.4!", "2"));
        assert_eq!(ends(">3,>=2,!=4"), expect("3", "-"));
        assert_eq!(ends("<=3,<3"), expect("-", "3"));
        assert_eq!(ends("~=1!2.3"), expect("1!2.3!", "1!3"));
    }
}
