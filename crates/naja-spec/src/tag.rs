//! Compatibility tags (PEP 425) and the ordered list of what an interpreter accepts.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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
        let stem = file.strip_suffix(".whl")?;
        let (front, platform) = stem.rsplit_once('-')?;
        let (front, abi) = front.rsplit_once('-')?;
        let (_, python) = front.rsplit_once('-')?;
        Some(Self {
            python,
            abi,
            platform,
        })
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
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self
                .numbers
                .get(text.to_ascii_lowercase().as_str())
                .copied();
        }
        self.numbers.get(text).copied()
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
    order: Vec<[u32; 3]>,
    positions: FxHashMap<[u32; 3], u32>,
}

impl Tags {
    /// Makes the list out of tags, best first; a tag given twice counts where it came first.
    #[must_use]
    pub fn new(tags: Vec<Tag>) -> Self {
        let mut list = Self::default();
        list.reserve(tags.len());
        for tag in tags {
            list.push(&tag.python, &tag.abi, &tag.platform);
        }
        list
    }

    pub(crate) fn reserve(&mut self, tags: usize) {
        self.order.reserve(tags);
        self.positions.reserve(tags);
    }

    /// Appends a tag of lower-case parts unless it is there.
    pub(crate) fn push(&mut self, python: &Arc<str>, abi: &Arc<str>, platform: &Arc<str>) {
        let key = [
            self.python.number(python),
            self.abi.number(abi),
            self.platform.number(platform),
        ];
        let position = self.order.len() as u32;
        if *self.positions.entry(key).or_insert(position) == position {
            self.order.push(key);
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
        self.order.iter().map(|&[python, abi, platform]| Tag {
            python: Arc::clone(&self.python.texts[python as usize]),
            abi: Arc::clone(&self.abi.texts[abi as usize]),
            platform: Arc::clone(&self.platform.texts[platform as usize]),
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
        let mut best = None;
        for platform in tags
            .platform
            .split('.')
            .filter_map(|text| self.platform.find(text))
        {
            for python in tags
                .python
                .split('.')
                .filter_map(|text| self.python.find(text))
            {
                for abi in tags.abi.split('.').filter_map(|text| self.abi.find(text)) {
                    let position = self.positions.get(&[python, abi, platform]).copied();
                    best = earlier(best, position);
                }
            }
        }
        best.and_then(|position| self.rank_at(position))
    }

    /// Ranks one tag.
    #[must_use]
    pub fn rank_tag(&self, tag: &Tag) -> Option<TagRank> {
        let WheelTags {
            python,
            abi,
            platform,
        } = WheelTags {
            python: &tag.python,
            abi: &tag.abi,
            platform: &tag.platform,
        };
        let key = [
            self.python.find(python)?,
            self.abi.find(abi)?,
            self.platform.find(platform)?,
        ];
        self.rank_at(*self.positions.get(&key)?)
    }

    /// Reports which part of a wheel that cannot be used does not fit; `None` when it fits.
    #[must_use]
    pub fn mismatch(&self, tags: WheelTags<'_>) -> Option<Mismatch> {
        if self.rank_tags(tags).is_some() {
            return None;
        }
        let any = |list: &str, known: &Interner| list.split('.').any(|t| known.find(t).is_some());
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
