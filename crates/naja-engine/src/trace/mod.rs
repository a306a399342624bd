//! The trace: everything the last run of a command depended on, so that the next one can see that nothing changed.
//!
//! A command of a project that found nothing to do leaves a trace: one small file in the user's data directory,
//! named by a digest of the request (version of naja, words of the command line, working directory, variables).
//! It lists every path that was looked at and what was there. The next run with the same request compares, and if
//! all is as it was it is done: no settings, no TOML, no cache, no thread. [`look`] does that. Whatever is not
//! certain is [`Verdict::Unknown`], and the command goes its ordinary way.
//!
//! # What a trace is made of
//!
//! A [`Recorder`] is part of the session. It is complete as far as files are concerned because settings, manifests,
//! locks and pins of Pythons are read through [`Session::disk`](crate::session::Session::disk), which records. What
//! is not read that way is noted by name: the environment and its Python ([`Recorder::environment`]), directories of
//! packages, sources on this machine. Variables are not listed but compared as a whole
//! ([`request::counts`]). Whatever a command does or says beside that spoils the trace
//! ([`Recorder::spoil`]): then none is kept. Only runs that changed nothing leave one, and everything is noted before
//! it is read, so that a change in between is seen the next time.
//!
//! **Who adds an input to what `lock`, `sync` or `run` decide**: read it through `session.disk()`, or note it, or
//! spoil the trace. The test `every_file_that_is_looked_at_is_in_the_trace` runs the ordinary way under `strace` and
//! finds what was forgotten.
//!
//! # When is a path as it was
//!
//! | [`Look`] | unchanged if |
//! |---|---|
//! | `Content` | size, times, inode and owner are the same; else if the digest of the bytes is |
//! | `Names` | times and inode are the same; else if the digest of the sorted names is |
//! | `Packages` | the same for a directory of packages: records with their times, `__pycache__` left out |
//! | `Kind` | it is still absent, a file, or a directory |
//! | `Link` | the link leads to the same place |
//! | `Program` | size, time and inode are the same |
//! | `Source` | the fingerprint is the same that decides about building it again |
//! | `Owner` | it, and the link to it, belong to the same users |
//! | `Real` | following all links of the path leads to the same place |
//! | `Script` | as `Content`, and the digest is that of the metadata in the script |
//! | `Pythons` | as `Names`, of the programs that are asked when a Python is looked for, and what they lead to |
//! | `Variable` | the variable has the same value |
//!
//! A stamp that is not clearly older than the moment it was taken is not believed (git's rule for racy entries): the
//! content decides. So it is where another machine may write, and where times of change are not kept. Where only a
//! stamp changed, the trace is written again with the new one.
//!
//! # Parts
//!
//! What a task runs, and with which variables, is found out each time; that the environment is ready for it is not.
//! [`environment`] keeps a trace of that part alone.
//!
//! A file that was changed in place inside of an installed package is not seen; `naja verify` finds those.

mod kept;
mod look;
mod part;
mod recorder;
mod request;
mod shared;
mod stamp;
mod verdict;

pub(crate) use look::Look;
pub(crate) use part::environment;
pub(crate) use recorder::Recorder;
pub use recorder::{Delegated, Said, Start};
pub use request::Request;
pub use verdict::{Answer, Verdict, keep, look};

#[cfg(test)]
mod tests;
