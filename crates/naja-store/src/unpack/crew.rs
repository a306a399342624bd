//! Who helps to unpack a wheel.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Decides how many threads may unpack a wheel; asked again and again meanwhile, so that threads
/// that became free elsewhere can help with what is left.
pub trait Crew: Sync {
    /// Whether one more thread may help from now on, until it leaves.
    fn join(&self) -> bool;
    /// A thread that joined is done.
    fn leave(&self);
    /// Whether nobody waits for the wheel any more: unpacking then ends with
    /// [`StoreError::Interrupted`](crate::StoreError::Interrupted).
    fn is_over(&self) -> bool {
        false
    }
}

/// A number of helpers that does not change.
#[derive(Debug)]
pub(super) struct Fixed(AtomicUsize);

impl Fixed {
    /// `workers` threads in all: the caller's and the others.
    pub(super) fn new(workers: usize) -> Self {
        Self(AtomicUsize::new(workers.saturating_sub(1)))
    }
}

impl Crew for Fixed {
    fn join(&self) -> bool {
        let less = |free: usize| free.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    fn leave(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One helper's place; it leaves when this is dropped.
pub(super) struct Place<'a>(&'a dyn Crew);

impl<'a> Place<'a> {
    pub(super) fn take(crew: &'a dyn Crew) -> Option<Self> {
        crew.join().then(|| Self(crew))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_and_left() {
        let crew = Fixed::new(2);
        let place = Place::take(&crew);
        assert!(place.is_some());
        for _ in 0..3 {
            assert!(Place::take(&crew).is_none());
        }
        drop(place);
        assert!(Place::take(&crew).is_some());
        assert!(Place::take(&Fixed::new(0)).is_none());
    }
}
