//! The pins for one target.

use naja_spec::PackageName;

use crate::Pin;

/// The pins for one target, sorted by name, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pins: Vec<Pin>,
}

impl Selection {
    /// Sorts the pins by name; of several pins with one name the first stays.
    #[must_use]
    pub fn new(mut pins: Vec<Pin>) -> Self {
        pins.sort_by(|a, b| a.name.cmp(&b.name));
        pins.dedup_by(|later, earlier| later.name == earlier.name);
        Self { pins }
    }

    /// Returns the pins, sorted by name.
    #[must_use]
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// Returns the pin with this name.
    #[must_use]
    pub fn get(&self, name: &PackageName) -> Option<&Pin> {
        self.pins
            .binary_search_by(|pin| pin.name.cmp(name))
            .ok()
            .map(|at| &self.pins[at])
    }

    /// Iterates over the pins, sorted by name.
    pub fn iter(&self) -> std::slice::Iter<'_, Pin> {
        self.pins.iter()
    }

    /// Returns the number of pins.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pins.len()
    }

    /// Returns whether nothing was selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pins.is_empty()
    }

    /// Says which of the pins a person asked for; the others came along.
    #[must_use]
    pub fn requesting(mut self, is_requested: impl Fn(&PackageName) -> bool) -> Self {
        for pin in &mut self.pins {
            pin.requested = is_requested(&pin.name);
        }
        self
    }

    /// Keeps the pins for which the test holds.
    pub fn retain(&mut self, keep: impl FnMut(&Pin) -> bool) {
        self.pins.retain(keep);
    }
}

impl<'a> IntoIterator for &'a Selection {
    type Item = &'a Pin;
    type IntoIter = std::slice::Iter<'a, Pin>;

    fn into_iter(self) -> Self::IntoIter {
        self.pins.iter()
    }
}

impl IntoIterator for Selection {
    type Item = Pin;
    type IntoIter = std::vec::IntoIter<Pin>;

    fn into_iter(self) -> Self::IntoIter {
        self.pins.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DistSource;

    fn pin(name: &str, version: &str) -> Pin {
        let (name, version) = (name.parse().unwrap(), version.parse().unwrap());
        Pin::new(name, version, DistSource::Installed)
    }

    #[test]
    fn sorted_each_name_once_and_found() {
        let selection = Selection::new(vec![pin("ron", "1"), pin("harry", "2"), pin("ron", "3")]);
        let names: Vec<String> = selection
            .iter()
            .map(|pin| format!("{} {}", pin.name, pin.version))
            .collect();
        assert_eq!(names, ["harry 2", "ron 1"]);
        assert!(selection.get(&"ron".parse().unwrap()).is_some());
        assert!(selection.get(&"luna".parse().unwrap()).is_none());
        assert_eq!(selection.len(), 2);
    }
}
