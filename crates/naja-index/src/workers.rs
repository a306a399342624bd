//! A few threads for work on the processor: decompression, parsing, unpacking, writing.
//!
//! They start when the first job comes. Jobs that somebody waits for go before jobs that only
//! keep something for later.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use naja_store::Crew;
use tokio::sync::oneshot;

use crate::error::FetchError;

type Job = Box<dyn FnOnce() + Send>;

/// The pool. Cloning gives another handle to the same threads.
#[derive(Clone)]
pub(crate) struct Workers {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Told when a job comes, when one ends, and when the pool closes.
    changed: Condvar,
    limit: usize,
    /// Set first of all when the pool closes: urgent jobs shall give up.
    over: AtomicBool,
}

#[derive(Default)]
struct Queue {
    urgent: VecDeque<Job>,
    later: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Jobs taken from `urgent` that still run.
    urgent_running: usize,
    /// Jobs taken from `later` that still run.
    later_running: usize,
    /// Threads that other work has started in the place of idle ones.
    lent: usize,
    closed: bool,
}

impl Workers {
    /// Makes a pool of at most `limit` threads (at least one); starts none.
    pub(crate) fn new(limit: usize) -> Self {
        let shared = Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            limit: limit.max(1),
            over: AtomicBool::new(false),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The number of threads the pool may have.
    pub(crate) fn limit(&self) -> usize {
        self.shared.limit
    }

    /// Runs a job and waits for what it returns; `None` if the pool closed before.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(move || drop(sender.send(job())));
        self.push(job, |queue| &mut queue.urgent);
        receiver.await.ok()
    }

    /// Runs a job that may fail, and waits for what it says.
    ///
    /// # Errors
    /// Those of the job; [`FetchError::Stopped`] if the pool closed before.
    pub(crate) async fn answer<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, FetchError> + Send + 'static,
    ) -> Result<T, FetchError> {
        self.run(job).await.unwrap_or(Err(FetchError::Stopped))
    }

    /// Runs a job that reports by itself.
    pub(crate) fn urgent(&self, job: impl FnOnce() + Send + 'static) {
        self.push(Box::new(job), |queue| &mut queue.urgent);
    }

    /// Runs a job that nobody waits for, when there is nothing else to do.
    pub(crate) fn later(&self, job: impl FnOnce() + Send + 'static) {
        self.push(Box::new(job), |queue| &mut queue.later);
    }

    fn push(&self, job: Job, which: impl Fn(&mut Queue) -> &mut VecDeque<Job>) {
        let mut queue = self.shared.lock();
        if queue.closed {
            return;
        }
        which(&mut queue).push_back(job);
        let waiting = queue.urgent.len() + queue.later.len();
        if waiting > queue.idle && queue.threads < self.shared.limit {
            let shared = Arc::clone(&self.shared);
            let name = "naja-worker".to_owned();
            if thread::Builder::new()
                .name(name)
                .spawn(move || shared.work())
                .is_ok()
            {
                queue.threads += 1;
            } else if queue.threads == 0 {
                // No thread to be had: the job is done right here.
                let job = which(&mut queue).pop_back();
                drop(queue);
                if let Some(job) = job {
                    job();
                }
                return;
            }
        }
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// Ends the pool: drops urgent jobs that did not begin (nobody waits any more), tells the
    /// others to give up, waits at most `patience` for them and the jobs of
    /// [`later`](Self::later).
    pub(crate) fn close(&self, patience: Duration) {
        self.shared.over.store(true, Ordering::SeqCst);
        let mut queue = self.shared.lock();
        queue.urgent.clear();
        let end = Instant::now() + patience;
        while !queue.later.is_empty() || queue.later_running + queue.urgent_running > 0 {
            let Some(left) = end
                .checked_duration_since(Instant::now())
                .filter(|d| !d.is_zero())
            else {
                break;
            };
            let waited = self.shared.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.closed = true;
        queue.later.clear();
        drop(queue);
        self.shared.changed.notify_all();
    }
}

/// A job may start threads of its own for as long as the pool has nothing else to do for them.
impl Crew for Workers {
    fn join(&self) -> bool {
        let mut queue = self.shared.lock();
        let busy = queue.threads.saturating_sub(queue.idle) + queue.lent;
        let free = queue.urgent.is_empty() && busy < self.shared.limit;
        queue.lent += usize::from(free);
        free
    }

    fn leave(&self) {
        let mut queue = self.shared.lock();
        queue.lent = queue.lent.saturating_sub(1);
    }

    fn is_over(&self) -> bool {
        self.shared.over.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.urgent.pop_front() {
                queue.urgent_running += 1;
                drop(queue);
                job();
                queue = self.lock();
                queue.urgent_running -= 1;
                self.changed.notify_all();
            } else if let Some(job) = queue.later.pop_front() {
                queue.later_running += 1;
                drop(queue);
                job();
                queue = self.lock();
                queue.later_running -= 1;
                self.changed.notify_all();
            } else if queue.closed {
                queue.threads -= 1;
                return;
            } else {
                queue.idle += 1;
                queue = self
                    .changed
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn runs_and_closes() {
        let workers = Workers::new(2);
        assert_eq!(block_on(workers.run(|| 6 * 7)), Some(42));
        let count = Arc::new(AtomicU32::new(0));
        for _ in 0..50 {
            let count = Arc::clone(&count);
            workers.later(move || {
                count.fetch_add(1, Ordering::SeqCst);
            });
        }
        workers.close(Duration::from_secs(20));
        assert_eq!(
            count.load(Ordering::SeqCst),
            50,
            "what is kept for later is done at the end"
        );
        assert_eq!(block_on(workers.run(|| 1)), None, "closed");
    }

    #[test]
    fn what_still_runs_is_told_to_give_up() {
        let workers = Workers::new(1);
        let (begun, begins) = std::sync::mpsc::channel();
        let (ended, ends) = std::sync::mpsc::channel();
        let inside = workers.clone();
        workers.urgent(move || {
            begun.send(()).unwrap();
            while !inside.is_over() {
                thread::yield_now();
            }
            ended.send(()).unwrap();
        });
        begins.recv().unwrap();
        assert!(!workers.is_over());
        workers.close(Duration::from_secs(60));
        assert_eq!(ends.try_recv(), Ok(()), "closing waits for it");
    }

    #[test]
    fn idle_threads_are_lent() {
        let workers = Workers::new(2);
        assert!(workers.join() && workers.join(), "nothing runs yet");
        assert!(!workers.join());
        workers.leave();
        workers.leave();
        let inside = workers.clone();
        let joined = block_on(workers.run(move || (inside.join(), inside.join())));
        assert_eq!(joined, Some((true, false)), "one runs the job");
        workers.close(Duration::from_secs(1));
    }

    #[test]
    fn all_jobs_run_on_few_threads() {
        let workers = Workers::new(3);
        let sum: u32 = block_on(async {
            let jobs = (0..100_u32).map(|n| workers.run(move || n));
            futures_util::future::join_all(jobs)
                .await
                .into_iter()
                .flatten()
                .sum()
        });
        assert_eq!(sum, 4950);
        assert!(workers.shared.lock().threads <= 3);
        workers.close(Duration::from_secs(1));
    }
}
