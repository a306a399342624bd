//! `Requires-Python` against what is resolved for.

use naja_spec::{MarkerSet, Operator, Version, VersionSpecifier, VersionSpecifiers, WheelTags};
use rustc_hash::FxHashMap;

use crate::Problem;
use crate::wheels::Minors;

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

/// What is known about a `Requires-Python`.
#[derive(Clone, Debug)]
enum Seen {
    /// All Pythons of the problem will do.
    Everywhere,
    /// Those from the bound on; whether they are all that was last aimed at, in which turn.
    From(MarkerSet, u32, bool),
}

/// Compares the Pythons resolved for with `Requires-Python`, each once.
pub(crate) struct PythonGate {
    aim: Aim,
    /// Those of all regions.
    whole: MarkerSet,
    /// How often it was aimed.
    turn: u32,
    /// The minor versions up to the last one that is aimed at.
    minors: Minors,
    open: bool,
    texts: FxHashMap<Box<str>, Seen>,
    specifiers: FxHashMap<VersionSpecifiers, Seen>,
    /// Whether an answer was given that may be another one for another region.
    local: bool,
}

impl PythonGate {
    pub(crate) fn new(problem: &Problem) -> Self {
        Self {
            aim: match problem.exact() {
                // Like pip: a pre-release of Python counts as the release it leads to.
                Some(target) => Aim::One(target.python_version.base()),
                None => Aim::All(MarkerSet::all()),
            },
            whole: MarkerSet::all(),
            turn: 0,
            minors: Minors::from(0),
            open: problem.options.ignore_requires_python,
            texts: FxHashMap::default(),
            specifiers: FxHashMap::default(),
            local: false,
        }
    }

    /// Takes in the Pythons of all regions.
    pub(crate) fn over_all(&mut self, pythons: MarkerSet) {
        self.whole = pythons;
        self.texts.clear();
        self.specifiers.clear();
    }

    /// Aims at other Pythons.
    pub(crate) fn aim_at(&mut self, pythons: MarkerSet) {
        self.minors = Minors::to_last_of(&pythons);
        self.aim = Aim::All(pythons);
        self.turn += 1;
    }

    /// Returns whether a wheel is not for Pythons above those of the region only. One for lower Pythons only
    /// will do: what is open above has Pythons for which hardly anything has wheels.
    pub(crate) fn is_served_by(&mut self, tags: WheelTags<'_>) -> bool {
        self.local = true;
        self.open || self.minors.served_by(tags)
    }

    /// Returns whether an answer since the last call may be another one for another region.
    pub(crate) fn was_local(&mut self) -> bool {
        std::mem::take(&mut self.local)
    }

    /// Returns whether the Pythons will do; a text nobody can read forbids nothing.
    pub(crate) fn admits_text(&mut self, text: &str) -> bool {
        if self.open {
            return true;
        }
        let seen = match self.texts.remove(text) {
            Some(seen) => self.again(seen),
            None => match VersionSpecifiers::parse_lenient(text) {
                Ok(specifiers) => self.first(&specifiers),
                Err(_) => Seen::Everywhere,
            },
        };
        let answer = self.note(&seen);
        self.texts.insert(text.into(), seen);
        answer
    }

    /// Returns whether the Pythons will do.
    pub(crate) fn admits(&mut self, specifiers: &VersionSpecifiers) -> bool {
        if self.open {
            return true;
        }
        let seen = match self.specifiers.remove(specifiers) {
            Some(seen) => self.again(seen),
            None => self.first(specifiers),
        };
        let answer = self.note(&seen);
        self.specifiers.insert(specifiers.clone(), seen);
        answer
    }

    fn note(&mut self, seen: &Seen) -> bool {
        match seen {
            Seen::Everywhere => true,
            Seen::From(.., answer) => {
                self.local = true;
                *answer
            }
        }
    }

    fn first(&self, specifiers: &VersionSpecifiers) -> Seen {
        match &self.aim {
            Aim::One(version) => {
                Seen::From(MarkerSet::none(), self.turn, specifiers.contains(version))
            }
            Aim::All(pythons) => match Bound::of(specifiers).map(|bound| bound.set()) {
                Some(set) if !self.whole.implies(&set) => {
                    let answer = pythons.implies(&set);
                    Seen::From(set, self.turn, answer)
                }
                _ => Seen::Everywhere,
            },
        }
    }

    fn again(&self, seen: Seen) -> Seen {
        match (seen, &self.aim) {
            (Seen::From(set, turn, _), Aim::All(pythons)) if turn != self.turn => {
                let answer = pythons.implies(&set);
                Seen::From(set, self.turn, answer)
            }
            (seen, _) => seen,
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
