//! Words for files that are not those that were promised.

use naja_index::{FetchError, FileFault};
use naja_spec::SafeUrl;
use naja_store::StoreError;

use crate::failure::Failure;

/// What was promised of a file, and what came instead; both in words.
struct Difference<'a> {
    url: &'a SafeUrl,
    promised: String,
    came: String,
}

/// Words for a file with another digest or length than was promised; `None` if the error is another one.
pub(super) fn other_file(error: &FetchError) -> Option<Failure> {
    let Difference {
        url,
        promised,
        came,
    } = difference(error)?;
    let parts = url.without_credentials();
    let path = parts.as_url().path().trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let failure = Failure::environment(format!("`{name}` is not the file that was expected"))
        .cause(format!(
            "expected: {promised}, as the lock, a --hash or the index says"
        ))
        .cause(format!("found: {came}"))
        .cause(format!("from {parts}"))
        .hint(
            "nothing of it was installed. It was replaced where it comes from, a mirror or proxy hands out another \
             file, or somebody tampers with it: compare it with what its authors publish",
        )
        .hint(
            "if the new file is the right one, lock the package anew (`naja lock -P NAME`) or change its --hash; if the \
             index contradicts itself, try again with `--refresh`",
        );
    Some(failure)
}

fn difference(error: &FetchError) -> Option<Difference<'_>> {
    let bytes = |count: u64| format!("{count} bytes");
    let (url, promised, came) = match error {
        FetchError::File {
            url,
            fault: FileFault::Digest { expected, found },
        }
        | FetchError::Store {
            url,
            source: StoreError::DigestMismatch {
                expected, found, ..
            },
        } => (url, expected.clone(), found.clone()),
        FetchError::File {
            url,
            fault: FileFault::Size { expected, found },
        }
        | FetchError::Store {
            url,
            source: StoreError::SizeMismatch {
                expected, found, ..
            },
        } => (url, bytes(*expected), bytes(*found)),
        _ => return None,
    };
    Some(Difference {
        url,
        promised,
        came,
    })
}
