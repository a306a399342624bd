//! The bounds that a requirement gets which is added without any.

use naja_spec::{Operator, Version, VersionParts, VersionSpecifier, VersionSpecifiers};

/// Which bounds a requirement gets that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bounds {
    /// `>=1.2.3`
    #[default]
    Lower,
    /// `>=1.2.3,<2.0.0`
    Major,
    /// `>=1.2.3,<1.3.0`
    Minor,
    /// `==1.2.3`
    Exact,
    /// None.
    Raw,
}

impl Bounds {
    /// Returns the bounds that a version gives; none if none are wanted.
    pub(super) fn of(self, lowest: &Version) -> Option<VersionSpecifiers> {
        let lowest = lowest.without_local();
        let upper = match self {
            Self::Raw => return None,
            Self::Exact => {
                let exact = VersionSpecifier::new(Operator::Equal, lowest);
                return Some(exact.into_iter().collect());
            }
            Self::Lower => None,
            Self::Major => Some(above(&lowest, 0)),
            Self::Minor => Some(above(&lowest, 1)),
        };
        let upper = upper.and_then(|upper| VersionSpecifier::new(Operator::Less, upper));
        let lower = VersionSpecifier::new(Operator::GreaterEqual, lowest);
        Some(lower.into_iter().chain(upper).collect())
    }
}

/// The first version with another number in its first place (0) or second place (1), as long as the given one.
///
/// Before 1.0 the places are counted from the first number that is not zero, because that is the one that
/// tells of breaks; the second place is never before the third number then.
fn above(version: &Version, place: usize) -> Version {
    let mut release: Vec<u64> = version.release().to_vec();
    let leading = release.iter().take_while(|number| **number == 0).count();
    let at = match leading {
        0 => place,
        zeros if zeros == release.len() => 1 + place,
        zeros => zeros.max(if place == 0 { 1 } else { 2 }),
    };
    if release.len() <= at {
        release.resize(at + 1, 0);
    }
    release[at] += 1;
    release[at + 1..].fill(0);
    Version::from_parts(VersionParts {
        epoch: version.epoch(),
        release: release.into(),
        ..VersionParts::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_bounds() {
        for (version, major, minor) in [
            ("3", "<4", "<3.1"),
            ("3.0", "<4.0", "<3.1"),
            ("1.2.3.4", "<2.0.0.0", "<1.3.0.0"),
            ("2024.1.5", "<2025.0.0", "<2024.2.0"),
            ("1.0.post1", "<2.0", "<1.1"),
            ("0.4", "<0.5", "<0.4.1"),
            ("0.1.2.3", "<0.2.0.0", "<0.1.3.0"),
            ("0.0.7", "<0.0.8", "<0.0.8"),
            ("0.0.0.5", "<0.0.0.6", "<0.0.0.6"),
            ("0", "<0.1", "<0.0.1"),
            ("0.0.0", "<0.1.0", "<0.0.1"),
            ("2!1.5", "<2!2.0", "<2!1.6"),
            ("1.0+cpu", "<2.0", "<1.1"),
        ] {
            let version: Version = version.parse().unwrap();
            let upper = |bounds: Bounds| {
                let all = bounds.of(&version).unwrap();
                all.iter().last().unwrap().to_string()
            };
            assert_eq!(upper(Bounds::Major), major, "{version}");
            assert_eq!(upper(Bounds::Minor), minor, "{version}");
        }
    }
}
