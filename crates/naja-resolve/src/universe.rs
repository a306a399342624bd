//! The known versions of a package, numbered in ascending order.

use std::cmp::Ordering;

use crate::backend::VersionSet as _;
use naja_spec::{Operator, Version, VersionSpecifier, VersionSpecifiers};
use smallvec::{SmallVec, smallvec};

use crate::IndexPage;
use crate::backend::Set;

/// One past the largest number of a version.
const END: u32 = u32::MAX;

/// Where a version stands: the position of the page and the position in the page.
pub(crate) type Place = (usize, usize);

/// The known versions of a package. Numbers are positions in ascending order.
#[derive(Debug)]
pub(crate) enum Universe {
    /// One page; numbers are its positions.
    Page(IndexPage),
    /// Several pages, or a version beside the pages.
    Merged {
        /// The pages, in order of precedence.
        pages: Vec<IndexPage>,
        /// The versions, ascending.
        entries: Vec<Entry>,
    },
    /// Number 0 is what is installed; every other number stands for versions not looked at yet.
    Provisional(Version),
    /// Number 0 is all there is: a direct reference.
    Single(Version),
}

/// A version of several pages.
#[derive(Debug)]
pub(crate) struct Entry {
    version: Version,
    places: SmallVec<[Place; 1]>,
}

impl Universe {
    /// Numbers the versions of all pages, and one more version that is known otherwise.
    pub(crate) fn new(mut pages: Vec<IndexPage>, beside: Option<&Version>) -> Self {
        if let [only] = pages.as_slice() {
            let known = |version: &Version| only.page.find(version).is_some();
            if beside.is_none_or(known) {
                return Self::Page(pages.remove(0));
            }
        }
        let mut entries: Vec<Entry> = Vec::new();
        for (number, page) in pages.iter().enumerate() {
            entries.extend((0..page.page.versions()).map(|at| Entry {
                version: page.page.version(at),
                places: smallvec![(number, at)],
            }));
        }
        entries.extend(beside.map(|version| Entry {
            version: version.clone(),
            places: SmallVec::new(),
        }));
        // Stable: of equal versions the one of the earlier page comes first.
        entries.sort_by(|a, b| a.version.cmp(&b.version));
        entries.dedup_by(|later, earlier| {
            let same = later.version == earlier.version;
            if same {
                earlier.places.append(&mut later.places);
            }
            same
        });
        Self::Merged { pages, entries }
    }

    /// Returns how many versions are numbered.
    pub(crate) fn len(&self) -> u32 {
        let len = match self {
            Self::Page(page) => page.page.versions(),
            Self::Merged { entries, .. } => entries.len(),
            Self::Provisional(_) | Self::Single(_) => 1,
        };
        u32::try_from(len).unwrap_or(END - 1)
    }

    /// Returns the version with this number.
    pub(crate) fn version(&self, number: u32) -> Version {
        match self {
            Self::Page(page) => page.page.version(number as usize),
            Self::Merged { entries, .. } => entries[number as usize].version.clone(),
            Self::Provisional(version) | Self::Single(version) => version.clone(),
        }
    }

    /// Returns whether the version with this number is a pre-release.
    pub(crate) fn is_prerelease(&self, number: u32) -> bool {
        match self {
            Self::Page(page) => page.page.is_prerelease(number as usize),
            _ => self.version(number).is_prerelease(),
        }
    }

    /// Returns the number of a version.
    pub(crate) fn find(&self, version: &Version) -> Option<u32> {
        search(self.len() as usize, |at| {
            self.version(at as u32).cmp(version)
        })
        .map(|at| at as u32)
    }

    /// Returns where the version stands in the pages, in order of precedence.
    pub(crate) fn places(&self, number: u32) -> SmallVec<[Place; 1]> {
        match self {
            Self::Page(_) => smallvec![(0, number as usize)],
            Self::Merged { entries, .. } => entries[number as usize].places.clone(),
            Self::Provisional(_) | Self::Single(_) => SmallVec::new(),
        }
    }

    /// Returns the pages, in order of precedence.
    pub(crate) fn pages(&self) -> &[IndexPage] {
        match self {
            Self::Page(page) => std::slice::from_ref(page),
            Self::Merged { pages, .. } => pages,
            Self::Provisional(_) | Self::Single(_) => &[],
        }
    }

    /// Returns the versions that match all specifiers. Pre-release policy is not applied.
    pub(crate) fn matching(&self, specifiers: &VersionSpecifiers) -> Set {
        match self {
            Self::Provisional(version) if !specifiers.contains(version) => {
                return Set::range(1, END);
            }
            Self::Single(version) if !specifiers.contains(version) => return Set::empty(),
            Self::Provisional(_) | Self::Single(_) => return Set::full(),
            Self::Page(_) | Self::Merged { .. } => {}
        }
        let mut set = Set::full();
        for specifier in specifiers {
            set = set.intersection(&self.matching_one(specifier));
        }
        // Nothing that exists is the same as nothing: the search then need not look for a candidate.
        if set.count_below(self.len()) == 0 {
            Set::empty()
        } else {
            set
        }
    }

    fn matching_one(&self, specifier: &VersionSpecifier) -> Set {
        let Some(bound) = specifier
            .version()
            .filter(|_| specifier.op() != Operator::Arbitrary)
        else {
            return self.scan(0, self.len(), specifier);
        };
        let op = specifier.op();
        if op.is_star() {
            let inside = self.with_prefix(bound, bound.release().len());
            return if op == Operator::EqualStar {
                inside
            } else {
                inside.complement()
            };
        }
        // Outside the versions with the same release number every operator is constant (apart from the
        // prefix of `~=`); inside, pre-, post- and local releases make it bumpy, so it is asked one by one.
        let from = self.partition(|version| release_order(version, bound).is_lt());
        let to = self.partition(|version| release_order(version, bound).is_le());
        let mut set = Set::default();
        if matches!(
            op,
            Operator::Less | Operator::LessEqual | Operator::NotEqual
        ) {
            set.push_range(0, from);
        }
        for (start, end) in self.scan(from, to, specifier).ranges() {
            set.push_range(start, end);
        }
        match op {
            Operator::Greater | Operator::GreaterEqual | Operator::NotEqual => {
                set.push_range(to, END);
            }
            Operator::Compatible => {
                let prefix = self.with_prefix(bound, bound.release().len().saturating_sub(1));
                for (_, end) in prefix.ranges() {
                    set.push_range(to, end);
                }
            }
            _ => {}
        }
        set
    }

    /// Asks the versions of a stretch one by one.
    fn scan(&self, from: u32, to: u32, specifier: &VersionSpecifier) -> Set {
        let mut set = Set::default();
        for number in from..to {
            if specifier.contains(&self.version(number)) {
                set.push(number);
            }
        }
        set
    }

    /// Returns the versions whose release number starts like that of `bound`.
    fn with_prefix(&self, bound: &Version, length: usize) -> Set {
        let order = |version: &Version| prefix_order(version, bound, length);
        let from = self.partition(|version| order(version).is_lt());
        let to = self.partition(|version| order(version).is_le());
        Set::range(from, to)
    }

    /// Returns how many versions from the first on fulfil a condition that holds for a first stretch only.
    fn partition(&self, mut holds: impl FnMut(&Version) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(&self.version(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// Searches an ascending sequence.
fn search(len: usize, mut order: impl FnMut(usize) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        match order(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// Compares epochs and release numbers.
fn release_order(version: &Version, bound: &Version) -> Ordering {
    prefix_order(
        version,
        bound,
        version.release().len().max(bound.release().len()),
    )
}

/// Compares epochs and the first `length` release numbers; missing ones count as zero.
fn prefix_order(version: &Version, bound: &Version, length: usize) -> Ordering {
    version.epoch().cmp(&bound.epoch()).then_with(|| {
        (0..length)
            .map(|at| version.number(at).cmp(&bound.number(at)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Versions that differ in every part a specifier looks at.
    fn version() -> impl Strategy<Value = String> {
        let release = prop::collection::vec(0..3u32, 1..4).prop_map(|numbers| {
            numbers
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(".")
        });
        let suffix = prop::sample::select(vec![
            "",
            "",
            "",
            "",
            "a1",
            "rc1",
            ".post1",
            ".post2",
            ".dev1",
            "a1.dev2",
            "rc1.post1",
            ".post1.dev3",
        ]);
        let local = prop::sample::select(vec!["", "", "", "+cpu", "+1"]);
        let epoch = prop::sample::select(vec!["", "", "", "1!"]);
        (epoch, release, suffix, local)
            .prop_map(|(epoch, release, suffix, local)| format!("{epoch}{release}{suffix}{local}"))
    }

    fn specifier() -> impl Strategy<Value = VersionSpecifiers> {
        let operator = prop::sample::select(vec![
            "==", "!=", "<", "<=", ">", ">=", "~=", "===", "==*", "!=*",
        ]);
        (operator, version()).prop_filter_map("no specifier", |(operator, version)| {
            let text = match operator.strip_suffix('*') {
                Some(operator) => format!("{operator}{version}.*"),
                None => format!("{operator}{version}"),
            };
            VersionSpecifiers::parse(&text).ok()
        })
    }

    fn universe(texts: &[String]) -> Universe {
        let mut entries: Vec<Entry> = texts
            .iter()
            .map(|text| Entry {
                version: text.parse().unwrap(),
                places: SmallVec::new(),
            })
            .collect();
        entries.sort_by(|a, b| a.version.cmp(&b.version));
        entries.dedup_by(|a, b| a.version == b.version);
        Universe::Merged {
            pages: Vec::new(),
            entries,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn searching_finds_what_asking_one_by_one_finds(
            texts in prop::collection::vec(version(), 1..40),
            specifiers in prop::collection::vec(specifier(), 0..3),
        ) {
            let universe = universe(&texts);
            let all = specifiers
                .iter()
                .fold(VersionSpecifiers::default(), |all, one| all.intersect(one));
            let set = universe.matching(&all);
            for number in 0..universe.len() {
                let version = universe.version(number);
                prop_assert_eq!(set.has(number), all.contains(&version), "{} in {}", version, all);
            }
        }

        #[test]
        fn numbers_are_found_again(texts in prop::collection::vec(version(), 1..40)) {
            let universe = universe(&texts);
            for number in 0..universe.len() {
                prop_assert_eq!(universe.find(&universe.version(number)), Some(number));
            }
        }
    }
}
