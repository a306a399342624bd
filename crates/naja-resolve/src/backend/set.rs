//! Sets of version numbers as sorted half-open intervals.
//!
//! Versions of a package are numbered once, so a set needs no comparison of versions. The form is canonical
//! (sorted, not empty, not touching), so that equal sets are structurally equal.

use std::fmt;

use pubgrub::{SetRelation, VersionSet};
use smallvec::{SmallVec, smallvec};

/// One past the largest number a set can hold.
const END: u32 = u32::MAX;

/// A set of version numbers.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Set {
    /// Half-open intervals: sorted, each with `start < end`, each ending before the next starts.
    intervals: SmallVec<[(u32, u32); 2]>,
}

impl Set {
    /// Returns the set of all numbers from `start` up to but not including `end`.
    pub(crate) fn range(start: u32, end: u32) -> Self {
        if start < end {
            Self {
                intervals: smallvec![(start, end)],
            }
        } else {
            Self::default()
        }
    }

    /// Returns whether nothing is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Appends a number; numbers must come in ascending order.
    pub(crate) fn push(&mut self, number: u32) {
        self.push_range(number, number + 1);
    }

    /// Appends an interval; intervals must come in ascending order. Empty ones are ignored.
    pub(crate) fn push_range(&mut self, start: u32, end: u32) {
        if start >= end {
            return;
        }
        match self.intervals.last_mut() {
            Some(last) if last.1 >= start => last.1 = last.1.max(end),
            _ => self.intervals.push((start, end)),
        }
    }

    /// Returns how many of the numbers below `limit` are in the set.
    pub(crate) fn count_below(&self, limit: u32) -> u32 {
        self.intervals
            .iter()
            .take_while(|(start, _)| *start < limit)
            .map(|(start, end)| (*end).min(limit) - start)
            .sum()
    }

    /// Iterates over the numbers below `limit`, from either end.
    pub(crate) fn iter_below(&self, limit: u32) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.intervals
            .iter()
            .flat_map(move |&(start, end)| start.min(limit)..end.min(limit))
    }

    /// Returns how far two sets without a common number lie apart; 0 if one of them is empty.
    pub(crate) fn distance(&self, other: &Self) -> u32 {
        let ends = |set: &Self| Some((set.intervals.first()?.0, set.intervals.last()?.1));
        match (ends(self), ends(other)) {
            (Some((start, end)), Some((low, high))) => start
                .saturating_sub(high - 1)
                .max(low.saturating_sub(end - 1)),
            _ => 0,
        }
    }

    /// Iterates over the half-open intervals, ascending.
    pub(crate) fn ranges(&self) -> impl DoubleEndedIterator<Item = (u32, u32)> + '_ {
        self.intervals.iter().copied()
    }

    /// Returns whether the set holds the number.
    pub(crate) fn has(&self, number: u32) -> bool {
        let at = self.intervals.partition_point(|(_, end)| *end <= number);
        self.intervals
            .get(at)
            .is_some_and(|(start, _)| *start <= number)
    }
}

impl VersionSet for Set {
    type V = u32;

    fn empty() -> Self {
        Self::default()
    }

    fn full() -> Self {
        Self::range(0, END)
    }

    fn singleton(number: u32) -> Self {
        Self::range(number, number + 1)
    }

    fn complement(&self) -> Self {
        let mut result = Self::default();
        let mut from = 0;
        for &(start, end) in &self.intervals {
            result.push_range(from, start);
            from = end;
        }
        result.push_range(from, END);
        result
    }

    fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.intervals.iter(), other.intervals.iter());
        let (mut a, mut b) = (left.next(), right.next());
        let mut result = Self::default();
        while let (Some(&(a_start, a_end)), Some(&(b_start, b_end))) = (a, b) {
            result.push_range(a_start.max(b_start), a_end.min(b_end));
            if a_end <= b_end {
                a = left.next();
            } else {
                b = right.next();
            }
        }
        result
    }

    fn contains(&self, number: &u32) -> bool {
        self.has(*number)
    }

    fn union(&self, other: &Self) -> Self {
        let (mut left, mut right) = (
            self.intervals.iter().peekable(),
            other.intervals.iter().peekable(),
        );
        let mut result = Self::default();
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 <= b.0 => left.next(),
                (_, Some(_)) => right.next(),
                (Some(_), None) => left.next(),
                (None, None) => return result,
            };
            if let Some(&(start, end)) = next {
                result.push_range(start, end);
            }
        }
    }

    fn is_disjoint(&self, other: &Self) -> bool {
        let (mut i, mut j) = (0, 0);
        while let (Some(a), Some(b)) = (self.intervals.get(i), other.intervals.get(j)) {
            if a.0 < b.1 && b.0 < a.1 {
                return false;
            }
            if a.1 <= b.1 {
                i += 1;
            } else {
                j += 1;
            }
        }
        true
    }

    fn subset_of(&self, other: &Self) -> bool {
        let mut j = 0;
        for &(start, end) in &self.intervals {
            while other.intervals.get(j).is_some_and(|b| b.1 <= start) {
                j += 1;
            }
            match other.intervals.get(j) {
                Some(b) if b.0 <= start && end <= b.1 => {}
                _ => return false,
            }
        }
        true
    }

    fn relation(&self, other: &Self) -> SetRelation {
        if self.subset_of(other) {
            SetRelation::Subset
        } else if self.is_disjoint(other) {
            SetRelation::Disjoint
        } else {
            SetRelation::Overlapping
        }
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (start, end)) in self.intervals.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{start}..{end}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const LIMIT: u32 = 12;

    fn set_of(numbers: &BTreeSet<u32>) -> Set {
        let mut set = Set::default();
        for &number in numbers {
            set.push(number);
        }
        set
    }

    fn numbers() -> impl Strategy<Value = BTreeSet<u32>> {
        proptest::collection::btree_set(0..LIMIT, 0..10)
    }

    proptest! {
        #[test]
        fn agrees_with_sets_of_numbers(a in numbers(), b in numbers()) {
            let (x, y) = (set_of(&a), set_of(&b));
            let listed = |set: &Set| set.iter_below(LIMIT).collect::<BTreeSet<_>>();
            prop_assert_eq!(listed(&x.intersection(&y)), &a & &b);
            prop_assert_eq!(listed(&x.union(&y)), &a | &b);
            prop_assert_eq!(listed(&x.difference(&y)), &a - &b);
            prop_assert_eq!(listed(&x.complement()), &(0..LIMIT).collect() - &a);
            prop_assert_eq!(x.is_disjoint(&y), a.is_disjoint(&b));
            prop_assert_eq!(x.subset_of(&y), a.is_subset(&b));
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(x.count_below(LIMIT) as usize, a.len());
            prop_assert!((0..LIMIT).all(|n| x.has(n) == a.contains(&n)));
            let down: Vec<u32> = x.iter_below(LIMIT).rev().collect();
            prop_assert_eq!(down, a.iter().rev().copied().collect::<Vec<_>>());
        }

        #[test]
        fn forms_are_canonical(a in numbers(), b in numbers()) {
            let (x, y) = (set_of(&a), set_of(&b));
            prop_assert_eq!(x.complement().complement(), x.clone());
            prop_assert_eq!(x.union(&x.complement()), Set::full());
            prop_assert!(x.intersection(&x.complement()).is_empty());
            prop_assert_eq!(
                x.union(&y),
                x.complement().intersection(&y.complement()).complement()
            );
        }
    }
}
