//! `Requires-Python` against what is resolved for.

use naja_spec::{MarkerSet, Operator, Version, VersionSpecifier, VersionSpecifiers};
use rustc_hash::FxHashMap;

use crate::Problem;

/// From which Python on something works.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bound {
    version: Version,
    /// Whether the version itself is out.
    above: bool,
}

impl Bound {
    /// Returns the highest of the lower bounds; upper bounds and holes are not looked at.
    pub(crate) fn of(specifiers: &VersionSpecifiers) -> Option<Self> {
        let bounds = specifiers.iter().filter_map(|specifier| {
            let above = match specifier.op() {
                Operator::Greater => true,
                Operator::GreaterEqual
                | Operator::Equal
                | Operator::EqualStar
                | Operator::Compatible => false,
                _ => return None,
            };
            let version = specifier.version()?.base();
            Some(Self { version, above })
        });
        bounds.max()
    }

    /// Returns the version.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the environments from the bound on.
    pub(crate) fn set(&self) -> MarkerSet {
        let operator = match self.above {
            true => Operator::Greater,
            false => Operator::GreaterEqual,
        };
        match VersionSpecifier::new(operator, self.version.clone()) {
            Some(specifier) => MarkerSet::from_requires_python(&specifier.into()),
            None => MarkerSet::all(),
        }
    }
}

/// Returns the Pythons from the lower bound of a `Requires-Python` text on.
pub(crate) fn pythons(text: &str) -> Option<MarkerSet> {
    let specifiers = VersionSpecifiers::parse_lenient(text).ok()?;
    Some(Bound::of(&specifiers)?.set())
}

/// Which Pythons have to be admitted.
#[derive(Clone, Debug)]
enum Aim {
    /// This one.
    One(Version),
    /// All of these.
    All(MarkerSet),
}

/// Compares the Pythons resolved for with `Requires-Python` texts, each once.
pub(crate) struct PythonGate {
    aim: Aim,
    open: bool,
    seen: FxHashMap<Box<str>, bool>,
}

impl PythonGate {
    pub(crate) fn new(problem: &Problem) -> Self {
        Self {
            aim: match problem.exact() {
                // Like pip: a pre-release of Python counts as the release it leads to.
                Some(target) => Aim::One(target.python_version.base()),
                None => Aim::All(MarkerSet::all()),
            },
            open: problem.options.ignore_requires_python,
            seen: FxHashMap::default(),
        }
    }

    /// Aims at other Pythons.
    pub(crate) fn aim_at(&mut self, pythons: MarkerSet) {
        self.aim = Aim::All(pythons);
        self.seen.clear();
    }

    /// Returns whether the Pythons will do; a text nobody can read forbids nothing.
    pub(crate) fn admits_text(&mut self, text: &str) -> bool {
        if self.open {
            return true;
        }
        if let Some(answer) = self.seen.get(text) {
            return *answer;
        }
        let answer = VersionSpecifiers::parse_lenient(text)
            .map_or(true, |specifiers| self.admits(&specifiers));
        self.seen.insert(text.into(), answer);
        answer
    }

    /// Returns whether the Pythons will do.
    pub(crate) fn admits(&self, specifiers: &VersionSpecifiers) -> bool {
        if self.open {
            return true;
        }
        match &self.aim {
            Aim::One(version) => specifiers.contains(version),
            Aim::All(pythons) => {
                Bound::of(specifiers).is_none_or(|bound| pythons.implies(&bound.set()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_bounds_count() {
        let bound = |text: &str| {
            let specifiers = VersionSpecifiers::parse(text).unwrap();
            Bound::of(&specifiers).map(|bound| (bound.version.to_string(), bound.above))
        };
        assert_eq!(bound(">=3.8,<4,!=3.9.1"), Some(("3.8".to_owned(), false)));
        assert_eq!(bound(">3.7,>=3.6"), Some(("3.7".to_owned(), true)));
        assert_eq!(bound("~=3.9"), Some(("3.9".to_owned(), false)));
        assert_eq!(bound("==3.11.*"), Some(("3.11".to_owned(), false)));
        assert_eq!(bound("<3.13"), None);
    }
}
