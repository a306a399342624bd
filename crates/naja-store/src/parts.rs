//! Work on many things, shared out among threads.

use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

/// Among how many threads work may be shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// Threads at most, the one that asks among them.
    pub threads: usize,
    /// Things that a thread gets at least: to start one takes as long as the work on a few of them.
    pub least: usize,
}

impl Sharing {
    /// How many things go to each thread but the last, of this many.
    fn length(self, things: usize) -> usize {
        let threads = self.threads.min(things / self.least.max(1)).max(1);
        things.div_ceil(threads).max(1)
    }
}

/// Cuts things into parts, works on all parts at once, the first one here, and returns what came of each, in the order
/// of the things. Of nothing there is one part.
///
/// # Panics
/// When the work does, with what it said.
pub fn each_part<'t, T: Sync, R: Send>(
    things: &'t [T],
    sharing: Sharing,
    work: impl Fn(&'t [T]) -> R + Sync,
) -> Vec<R> {
    let mut parts = things.chunks(sharing.length(things.len()));
    let own = parts.next().unwrap_or_default();
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let own = work(own);
        std::iter::once(own)
            .chain(others.into_iter().map(ended))
            .collect()
    })
}

/// Does two things at once, the second with a thread of its own.
///
/// # Panics
/// When one of them does, with what it said.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, ended(other))
    })
}

fn ended<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread::ThreadId;

    use super::*;

    fn sharing(threads: usize, least: usize) -> Sharing {
        Sharing { threads, least }
    }

    fn lengths(things: usize, sharing: Sharing) -> Vec<usize> {
        each_part(&vec![(); things], sharing, <[()]>::len)
    }

    #[test]
    fn the_order_is_kept() {
        let things: Vec<u32> = (0..1001).collect();
        for threads in 1..9 {
            let parts = each_part(&things, sharing(threads, 10), <[u32]>::to_vec);
            assert_eq!(parts.len(), threads);
            assert_eq!(parts.concat(), things);
        }
    }

    #[test]
    fn a_thread_is_worth_its_start() {
        assert_eq!(lengths(47, sharing(2, 24)), [47]);
        assert_eq!(lengths(48, sharing(2, 24)), [24, 24]);
        assert_eq!(lengths(100, sharing(3, 24)), [34, 34, 32]);
        assert_eq!(lengths(5, sharing(3, 0)), [2, 2, 1]);
    }

    #[test]
    fn few_things_need_few_threads() {
        assert_eq!(lengths(0, sharing(4, 1)), [0]);
        assert_eq!(lengths(1, sharing(4, 1)), [1]);
        assert_eq!(lengths(3, sharing(64, 1)), [1, 1, 1]);
        assert_eq!(lengths(3, sharing(0, 1)), [3]);
    }

    #[test]
    fn the_first_part_is_worked_on_here() {
        let ids = |_: &[u8]| thread::current().id();
        let ids: Vec<ThreadId> = each_part(&[1, 2, 3], sharing(3, 1), ids);
        let here = ids.iter().map(|id| *id == thread::current().id());
        assert_eq!(here.collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn a_panic_is_carried_on() {
        for bad in 0..3 {
            let work = |part: &[u8]| assert!(part[0] != bad, "the part {bad} is bad");
            let caught = catch_unwind(|| each_part(&[0, 1, 2], sharing(3, 1), work));
            let said = caught.unwrap_err().downcast::<String>().unwrap();
            assert_eq!(*said, format!("the part {bad} is bad"));
        }
        let caught = catch_unwind(AssertUnwindSafe(|| both(|| 1, || panic!("the other"))));
        assert_eq!(
            *caught.unwrap_err().downcast::<&str>().unwrap(),
            "the other"
        );
    }

    #[test]
    fn both_answer() {
        let text = String::from("one");
        assert_eq!(both(|| text.len(), || text.clone()), (3, text.clone()));
    }
}
