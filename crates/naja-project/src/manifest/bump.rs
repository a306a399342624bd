//! Raising a version.

use std::str::FromStr;

use naja_spec::{PreKind, PreRelease, Version};

/// One way to raise a version: what, and to which number if not to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bump {
    /// What is raised.
    pub part: BumpPart,
    /// The number it gets; absent: the next.
    pub to: Option<u64>,
}

/// The parts of a version that can be raised, in the order in which several are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BumpPart {
    /// The first number.
    Major,
    /// The second number.
    Minor,
    /// The third number.
    Patch,
    /// Everything behind the numbers goes.
    Stable,
    /// `aN`
    Alpha,
    /// `bN`
    Beta,
    /// `rcN`
    Rc,
    /// `.postN`
    Post,
    /// `.devN`
    Dev,
}

/// Why a version cannot be raised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BumpError {
    /// A word that is no part of a version.
    #[error("`{0}` is none of major, minor, patch, stable, alpha, beta, rc, post and dev")]
    Word(String),
    /// Parts that exclude each other.
    #[error("only one of {0} can be raised at a time")]
    Both(&'static str),
    /// The result is no newer.
    #[error("{after} is not newer than {before}")]
    NotNewer {
        /// The version before.
        before: Version,
        /// The version that would come.
        after: Version,
    },
}

impl FromStr for Bump {
    type Err = BumpError;

    fn from_str(text: &str) -> Result<Self, BumpError> {
        let wrong = || BumpError::Word(text.to_owned());
        let (word, number) = match text.split_once('=') {
            None => (text, None),
            Some((word, number)) => (word, Some(number.parse().map_err(|_error| wrong())?)),
        };
        let part = match word {
            "major" => BumpPart::Major,
            "minor" => BumpPart::Minor,
            "patch" => BumpPart::Patch,
            "stable" => BumpPart::Stable,
            "alpha" => BumpPart::Alpha,
            "beta" => BumpPart::Beta,
            "rc" => BumpPart::Rc,
            "post" => BumpPart::Post,
            "dev" => BumpPart::Dev,
            _ => return Err(wrong()),
        };
        Ok(Self { part, to: number })
    }
}

/// Raises a version.
///
/// # Errors
/// Two ways exclude each other, or the result is no newer.
pub fn bump(version: &Version, ways: &[Bump]) -> Result<Version, BumpError> {
    let count = |parts: &[BumpPart]| ways.iter().filter(|way| parts.contains(&way.part)).count();
    if count(&[
        BumpPart::Major,
        BumpPart::Minor,
        BumpPart::Patch,
        BumpPart::Stable,
    ]) > 1
    {
        return Err(BumpError::Both("major, minor, patch and stable"));
    }
    if count(&[BumpPart::Alpha, BumpPart::Beta, BumpPart::Rc]) > 1 {
        return Err(BumpError::Both("alpha, beta and rc"));
    }
    let mut ways = ways.to_vec();
    ways.sort_by_key(|way| way.part);
    let mut raised = version.clone();
    for way in &ways {
        raised = once(&raised, *way);
    }
    if raised <= *version {
        return Err(BumpError::NotNewer {
            before: version.clone(),
            after: raised,
        });
    }
    Ok(raised)
}

fn once(version: &Version, way: Bump) -> Version {
    let mut parts = version.to_parts();
    parts.local = None;
    let next = |number: Option<u64>| {
        way.to
            .unwrap_or_else(|| number.map_or(1, |number| number + 1))
    };
    let place = match way.part {
        BumpPart::Major => Some(0),
        BumpPart::Minor => Some(1),
        BumpPart::Patch => Some(2),
        _ => None,
    };
    match (way.part, place) {
        (_, Some(place)) => {
            if parts.release.len() <= place {
                parts.release.resize(place + 1, 0);
            }
            let raised = way.to.unwrap_or(parts.release[place] + 1);
            parts.release[place] = raised;
            for lower in &mut parts.release[place + 1..] {
                *lower = 0;
            }
            (parts.pre, parts.post, parts.dev) = (None, None, None);
        }
        (BumpPart::Post, _) => {
            parts.post = Some(next(parts.post));
            parts.dev = None;
        }
        (BumpPart::Dev, _) => parts.dev = Some(next(parts.dev)),
        (BumpPart::Alpha | BumpPart::Beta | BumpPart::Rc, _) => {
            let kind = match way.part {
                BumpPart::Alpha => PreKind::Alpha,
                BumpPart::Beta => PreKind::Beta,
                _ => PreKind::Candidate,
            };
            let same = parts.pre.filter(|pre| pre.kind == kind);
            let number = next(same.map(|pre| pre.number));
            parts.pre = Some(PreRelease { kind, number });
            (parts.post, parts.dev) = (None, None);
        }
        _ => (parts.pre, parts.post, parts.dev) = (None, None, None),
    }
    Version::from_parts(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised(version: &str, ways: &[&str]) -> String {
        let ways: Vec<Bump> = ways.iter().map(|way| way.parse().unwrap()).collect();
        match bump(&version.parse().unwrap(), &ways) {
            Ok(version) => version.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn versions_rise() {
        for (version, ways, wanted) in [
            ("1.2.3", &["major"][..], "2.0.0"),
            ("1.2.3", &["minor"], "1.3.0"),
            ("1.2.3", &["patch"], "1.2.4"),
            ("1", &["patch"], "1.0.1"),
            ("1.2.3rc1.post2.dev3+x", &["minor"], "1.3.0"),
            ("1.2.3rc1", &["stable"], "1.2.3"),
            ("1.2.3a1", &["alpha"], "1.2.3a2"),
            ("1.2.3a1", &["beta"], "1.2.3b1"),
            ("1.2.3b2", &["alpha"], "1.2.3a1 is not newer than 1.2.3b2"),
            ("1.2.3", &["rc"], "1.2.3rc1 is not newer than 1.2.3"),
            ("1.2.3", &["rc", "patch"], "1.2.4rc1"),
            ("1.2.3", &["post"], "1.2.3.post1"),
            ("1.2.3.post1", &["post"], "1.2.3.post2"),
            ("1.2.3", &["dev", "patch"], "1.2.4.dev1"),
            ("1.2.3.dev4", &["dev"], "1.2.3.dev5"),
            ("1.2.3.dev4", &["dev=9"], "1.2.3.dev9"),
            ("1.2.3", &["major=5"], "5.0.0"),
            ("1.2.3", &["stable"], "1.2.3 is not newer than 1.2.3"),
            ("1!1.2", &["minor"], "1!1.3"),
            (
                "1.2",
                &["major", "minor"],
                "only one of major, minor, patch and stable can be raised at a time",
            ),
        ] {
            assert_eq!(raised(version, ways), wanted, "{version} {ways:?}");
        }
        assert!("huge".parse::<Bump>().is_err() && "dev=x".parse::<Bump>().is_err());
    }
}
