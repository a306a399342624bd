//! Compatibility tags (PEP 425) and the ordered list of what an interpreter accepts.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;

use crate::filename::{WheelName, WheelParts};

/// A text that is not a tag triple.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tag of the form `python-abi-platform`")]
pub struct TagError(pub(crate) String);

/// One tag triple such as `cp312-abi3-manylinux_2_17_x86_64`; lower case, cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    python: Arc<str>,
    abi: Arc<str>,
    platform: Arc<str>,
}

impl Tag {
    /// Makes a tag, folding it to lower case. The parts are not checked.
    #[must_use]
    pub fn new(python: &str, abi: &str, platform: &str) -> Self {
        let fold = |text: &str| Arc::from(text.to_ascii_lowercase());
        Self {
            python: fold(python),
            abi: fold(abi),
            platform: fold(platform),
        }
    }

    /// Returns the Python tag, such as `cp312`.
    #[must_use]
    pub fn python(&self) -> &str {
        &self.python
    }

    /// Returns the ABI tag, such as `abi3` or `none`.
    #[must_use]
    pub fn abi(&self) -> &str {
        &self.abi
    }

    /// Returns the platform tag, such as `any` or `win_amd64`.
    #[must_use]
    pub fn platform(&self) -> &str {
        &self.platform
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let mut parts = text.split('-');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(python), Some(abi), Some(platform), None)
                if !python.is_empty() && !abi.is_empty() && !platform.is_empty() =>
            {
                Ok(Self::new(python, abi, platform))
            }
            _ => Err(TagError(text.to_owned())),
        }
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The three compressed tags of a wheel's file name, borrowed from it, not expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WheelTags<'a> {
    /// Python tags between dots.
    pub python: &'a str,
    /// ABI tags between dots.
    pub abi: &'a str,
    /// Platform tags between dots.
    pub platform: &'a str,
}

impl<'a> WheelTags<'a> {
    /// Cuts the tags off a wheel's file name; `None` unless it ends in `.whl` and holds enough
    /// dashes. Nothing else is checked.
    #[must_use]
    pub fn of_file_name(file: &'a str) -> Option<Self> {
        Self::of_stem(file.strip_suffix(".whl")?)
    }

    /// Cuts the tags off a file name without its ending.
    pub(crate) fn of_stem(stem: &'a str) -> Option<Self> {
        let mut dashes = memchr::memrchr_iter(b'-', stem.as_bytes());
        let (third, second, first) = (dashes.next()?, dashes.next()?, dashes.next()?);
        Some(Self {
            python: &stem[first + 1..second],
            abi: &stem[second + 1..third],
            platform: &stem[third + 1..],
        })
    }

    /// Length of the tags as written, with the dashes between them.
    pub(crate) fn len(self) -> usize {
        self.python.len() + self.abi.len() + self.platform.len() + 2
    }

    /// Iterates over every single tag, in written order.
    pub fn expand(self) -> impl Iterator<Item = Tag> + 'a {
        self.python.split('.').flat_map(move |python| {
            self.abi.split('.').flat_map(move |abi| {
                self.platform
                    .split('.')
                    .map(move |platform| Tag::new(python, abi, platform))
            })
        })
    }
}

impl<'a> From<WheelParts<'a>> for WheelTags<'a> {
    fn from(parts: WheelParts<'a>) -> Self {
        parts.tags
    }
}

/// How well a wheel fits; greater is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagRank(NonZeroU32);

/// Texts numbered in the order of their first use.
#[derive(Debug, Clone, Default)]
struct Interner {
    texts: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u32>,
}

impl Interner {
    fn number(&mut self, text: &Arc<str>) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(Arc::clone(text));
        self.numbers.insert(Arc::clone(text), number);
        number
    }

    fn find(&self, text: &str) -> Option<u32> {
        let found = self.numbers.get(text).copied();
        if found.is_none() && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self
                .numbers
                .get(text.to_ascii_lowercase().as_str())
                .copied();
        }
        found
    }

    /// Numbers of those parts between dots that are known.
    fn find_all<'a>(&'a self, list: &'a str) -> impl Iterator<Item = u32> + 'a {
        Parts { rest: Some(list) }.filter_map(|text| self.find(text))
    }

    /// The same, each once, so that a name that repeats its parts makes no more combinations
    /// than there are tags.
    fn distinct(&self, list: &str) -> SmallVec<[u32; 8]> {
        let mut numbers = SmallVec::new();
        for number in self.find_all(list) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }
}

/// Parts between dots.
struct Parts<'a> {
    rest: Option<&'a str>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.take()?;
        match memchr::memchr(b'.', rest.as_bytes()) {
            Some(at) => {
                self.rest = Some(&rest[at + 1..]);
                Some(&rest[..at])
            }
            None => Some(rest),
        }
    }
}

/// The tags an interpreter accepts, best first, with fast ranking of wheels.
///
/// Ranking interns the parts once: per wheel it costs one hash look-up per part and one per
/// combination of known parts, and no allocation.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    python: Interner,
    abi: Interner,
    platform: Interner,
    order: Vec<Key>,
    positions: FxHashMap<Key, u32>,
}

/// The numbers of a tag's parts in one word. A part has far fewer than 2^21 different texts:
/// what exceeds that is not taken into the list.
type Key = u64;

fn key(python: u32, abi: u32, platform: u32) -> Key {
    u64::from(python) << 42 | u64::from(abi) << 21 | u64::from(platform)
}

/// Undoes [`key`].
fn parts(key: Key) -> [usize; 3] {
    [42, 21, 0].map(|shift| (key >> shift) as usize & PART_MAX)
}

const PART_MAX: usize = (1 << 21) - 1;

impl Tags {
    /// Makes the list out of tags, best first; a tag given twice counts where it came first.
    #[must_use]
    pub fn new(tags: Vec<Tag>) -> Self {
        let mut list = Self::default();
        list.reserve(tags.len());
        for tag in tags {
            let platform = list.platform.number(&tag.platform);
            list.push(&tag.python, &tag.abi, &[platform]);
        }
        list
    }

    pub(crate) fn reserve(&mut self, tags: usize) {
        self.order.reserve(tags);
        self.positions.reserve(tags);
    }

    /// Numbers lower-case platform tags for [`Tags::push`].
    pub(crate) fn number_platforms(&mut self, platforms: &[Arc<str>]) -> Vec<u32> {
        platforms
            .iter()
            .map(|platform| self.platform.number(platform))
            .collect()
    }

    /// Appends one tag of lower-case parts for each platform, unless it is there.
    pub(crate) fn push(&mut self, python: &Arc<str>, abi: &Arc<str>, platforms: &[u32]) {
        let (python, abi) = (self.python.number(python), self.abi.number(abi));
        for platform in platforms {
            if [python, abi, *platform]
                .iter()
                .any(|number| *number as usize > PART_MAX)
            {
                continue;
            }
            let key = key(python, abi, *platform);
            let position = self.order.len() as u32;
            if *self.positions.entry(key).or_insert(position) == position {
                self.order.push(key);
            }
        }
    }

    /// Returns the number of tags.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Reports whether nothing is accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Iterates over the tags, best first.
    pub fn iter(&self) -> impl Iterator<Item = Tag> + '_ {
        self.order.iter().map(|key| {
            let [python, abi, platform] = parts(*key);
            Tag {
                python: Arc::clone(&self.python.texts[python]),
                abi: Arc::clone(&self.abi.texts[abi]),
                platform: Arc::clone(&self.platform.texts[platform]),
            }
        })
    }

    /// Returns the platform tags, best first, without `any`.
    pub fn platforms(&self) -> impl Iterator<Item = &str> {
        self.platform
            .texts
            .iter()
            .map(|text| &**text)
            .filter(|text| *text != "any")
    }

    /// Ranks a wheel by the best of its tags; `None` when none of them is accepted.
    #[must_use]
    pub fn rank(&self, wheel: &WheelName) -> Option<TagRank> {
        self.rank_tags(wheel.wheel_tags())
    }

    /// Ranks compressed tags as [`Tags::rank`] does, without a parsed name.
    #[must_use]
    pub fn rank_tags(&self, tags: WheelTags<'_>) -> Option<TagRank> {
        // Most wheels of a page are for another version's binary interface: that part first.
        let abis = self.abi.distinct(tags.abi);
        if abis.is_empty() {
            return None;
        }
        let platforms = self.platform.distinct(tags.platform);
        if platforms.is_empty() {
            return None;
        }
        let pythons = self.python.distinct(tags.python);
        let mut best = None;
        for abi in abis {
            for platform in &platforms {
                for python in &pythons {
                    let position = self.positions.get(&key(*python, abi, *platform)).copied();
                    best = earlier(best, position);
                }
            }
        }
        best.and_then(|position| self.rank_at(position))
    }

    /// Ranks one tag.
    #[must_use]
    pub fn rank_tag(&self, tag: &Tag) -> Option<TagRank> {
        let python = self.python.find(&tag.python)?;
        let abi = self.abi.find(&tag.abi)?;
        let key = key(python, abi, self.platform.find(&tag.platform)?);
        self.rank_at(*self.positions.get(&key)?)
    }

    /// Reports which part of a wheel that cannot be used does not fit; `None` when it fits.
    #[must_use]
    pub fn mismatch(&self, tags: WheelTags<'_>) -> Option<Mismatch> {
        if self.rank_tags(tags).is_some() {
            return None;
        }
        let any = |list: &str, known: &Interner| known.find_all(list).next().is_some();
        Some(if !any(tags.platform, &self.platform) {
            Mismatch::Platform
        } else if !any(tags.python, &self.python) {
            Mismatch::Python
        } else {
            Mismatch::Abi
        })
    }

    fn rank_at(&self, position: u32) -> Option<TagRank> {
        NonZeroU32::new((self.order.len() as u32).saturating_sub(position)).map(TagRank)
    }
}

impl FromIterator<Tag> for Tags {
    fn from_iter<I: IntoIterator<Item = Tag>>(tags: I) -> Self {
        Self::new(tags.into_iter().collect())
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::new)
    }
}

/// The part of a wheel's tags that keeps an interpreter from using it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// Made for another Python version or implementation.
    Python,
    /// Made for another binary interface.
    Abi,
    /// Made for another operating system, processor or C library.
    Platform,
}

fn earlier(best: Option<u32>, position: Option<u32>) -> Option<u32> {
    match (best, position) {
        (Some(best), Some(position)) => Some(best.min(position)),
        (best, position) => best.or(position),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Tags {
        [
            "cp312-cp312-linux_x86_64",
            "cp312-abi3-linux_x86_64",
            "py3-none-any",
            "py3-none-any",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect()
    }

    fn rank(file: &str) -> Option<TagRank> {
        let wheel = WheelName::parse(file).unwrap();
        let rank = tags().rank(&wheel);
        let by_tag = wheel.tags().filter_map(|tag| tags().rank_tag(&tag)).max();
        assert_eq!(rank, by_tag, "{file}");
        rank
    }

    #[test]
    fn the_best_of_compressed_tags_counts() {
        let native = rank("a-1-cp312-cp312-linux_x86_64.whl");
        let stable = rank("a-1-cp311.cp312-abi3-manylinux1_x86_64.linux_x86_64.whl");
        let pure = rank("a-1-py2.py3-none-any.whl");
        assert!(native > stable && stable > pure && pure.is_some());
        assert_eq!(rank("a-1-CP312-CP312-Linux_x86_64.whl"), native);
        assert_eq!(rank("a-1-py2-none-any.whl"), None);
        assert_eq!(rank("a-1-cp312-none-any.whl"), None);
        assert_eq!(tags().len(), 3);
    }

    #[test]
    fn mismatches_are_named() {
        let mismatch = |file| tags().mismatch(WheelTags::of_file_name(file).unwrap());
        assert_eq!(mismatch("a-1-py3-none-any.whl"), None);
        assert_eq!(mismatch("a-1-py2-none-any.whl"), Some(Mismatch::Python));
        assert_eq!(mismatch("a-1-py3-none-win32.whl"), Some(Mismatch::Platform));
        assert_eq!(
            mismatch("a-1-cp312-cp312t-linux_x86_64.whl"),
            Some(Mismatch::Abi)
        );
    }

    #[test]
    fn texts_that_are_no_tags() {
        for text in ["", "a", "a-b", "a-b-c-d", "--", "a--c"] {
            assert!(text.parse::<Tag>().is_err(), "{text}");
        }
    }
}
