//! Unpacking that nobody waits for any more.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use naja_spec::WheelName;
use naja_store::{Crew, StoreError, WheelExpectation};

use super::wheel::{Cache, FILE, Wheel};

/// Two threads that are told to give up after some questions.
struct Patience {
    helpers: AtomicUsize,
    left: AtomicUsize,
}

impl Patience {
    fn of(questions: usize) -> Self {
        Self {
            helpers: AtomicUsize::new(0),
            left: AtomicUsize::new(questions),
        }
    }
}

impl Crew for Patience {
    fn join(&self) -> bool {
        self.helpers.fetch_add(1, Ordering::SeqCst) == 0
    }

    fn leave(&self) {}

    fn is_over(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_err()
    }
}

/// Several small files, and one that is written in pieces.
fn wheel() -> Vec<u8> {
    let large: Vec<u8> = (0..9_u32 << 20).map(|n| (n ^ (n >> 7)) as u8).collect();
    let wheel = (0..20).fold(Wheel::new(), |wheel, n| {
        wheel.with(&format!("foo/m{n}.py"), format!("n = {n}\n").as_bytes())
    });
    wheel.with("foo/large.bin", &large).bytes()
}

#[test]
fn it_stops_at_any_question_and_leaves_nothing() {
    let (cache, bytes) = (Cache::new(), wheel());
    let name = WheelName::parse(FILE).unwrap();
    let expect = WheelExpectation {
        name: &name,
        digests: &[],
        size: None,
    };
    let path = cache.dir.path().join("given.whl");
    std::fs::write(&path, &bytes).unwrap();
    let mut stopped = 0;
    for questions in 0.. {
        let mut file = cache.store.temp_file().unwrap();
        file.write_all(&bytes).unwrap();
        let received = cache
            .store
            .put_wheel_with(file, &expect, &Patience::of(questions));
        let received = received.map(|archive| cache.store.discard(&archive.id()).unwrap());
        let patience = Patience::of(questions);
        let local = cache.store.put_wheel_at_with(&path, &expect, &patience);
        let done = local.is_ok() && received.is_ok();
        for answer in [received, local.map(|_| ())] {
            match answer {
                Ok(()) => {}
                Err(StoreError::Interrupted { file }) => {
                    assert_eq!(file, FILE);
                    stopped += 1;
                }
                Err(error) => panic!("{questions}: {error:?}"),
            }
        }
        if done {
            break;
        }
        assert!(cache.files().is_empty(), "{questions}: {:?}", cache.files());
    }
    // Each file is a question, and each piece of the large one.
    assert!(stopped > 2 * 25, "{stopped}");
}
