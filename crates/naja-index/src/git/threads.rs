//! The threads that wait for git.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often a waiting thread looks whether the command ends.
const LOOK: Duration = Duration::from_millis(50);

/// Threads for git, a few of which work at a time.
#[derive(Default)]
pub(crate) struct Threads {
    handles: Mutex<Vec<JoinHandle<()>>>,
    busy: Mutex<usize>,
    freed: Condvar,
}

/// The right to run git.
pub(super) struct Slot<'a>(&'a Threads);

impl Threads {
    /// Starts a thread; without one to be had the work is done right here.
    pub(super) fn start(&self, work: impl FnOnce() + Send + 'static) {
        let work = Mutex::new(Some(work));
        let work = std::sync::Arc::new(work);
        let inside = std::sync::Arc::clone(&work);
        let take = move |work: &Mutex<Option<_>>| {
            work.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        let run = move || {
            if let Some(work) = take(&inside) {
                work();
            }
        };
        match thread::Builder::new()
            .name("naja-git".to_owned())
            .spawn(run)
        {
            Ok(handle) => self
                .handles
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(handle),
            Err(_) => {
                if let Some(work) = take(&work) {
                    work();
                }
            }
        }
    }

    /// Waits until fewer than `most` run git; `None` when the command ends.
    pub(super) fn slot(&self, stop: &AtomicBool, most: usize) -> Option<Slot<'_>> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if stop.load(Ordering::SeqCst) {
                return None;
            }
            if *busy < most.max(1) {
                *busy += 1;
                return Some(Slot(self));
            }
            let waited = self.freed.wait_timeout(busy, LOOK);
            busy = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for all threads; they end soon once they are told to stop.
    pub(crate) fn join(&self) {
        let handles =
            std::mem::take(&mut *self.handles.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in handles {
            // A panic over there was reported over there.
            let _ = handle.join();
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.busy.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}
