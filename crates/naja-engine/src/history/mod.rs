//! `naja history`, `naja undo`, `naja redo`: what was done to an environment, and the way back.
//!
//! Each applied change writes one entry, in the same transaction (see
//! `docs/reference/formats/history.md`). What the store can give back is named by its archive;
//! what it cannot is kept beside the entry.

mod attic;
mod book;
mod entry;
mod files;
mod goal;
mod known;
mod list;
mod past;
mod python;
mod recipe;
mod remake;
mod scripts;
mod shelf;
mod source;
#[cfg(test)]
mod tests;
mod undo;
mod way;

pub(crate) use attic::put_away;
pub(crate) use book::{Doing, carry, commit};
pub use entry::{Entry, FileChange, Kind, Recorded};
pub(crate) use files::write_files;
pub(crate) use known::Known;
pub use list::{HistoryReport, HistoryRequest, Line, history};
pub use naja_env::FileEdit;
pub(crate) use python::Rebased;
pub(crate) use recipe::owned;
pub(crate) use remake::Remake;
pub(crate) use scripts::{held as hold_scripts, write_script};
pub use undo::{Direction, UndoReport, UndoRequest, apply_edits, undo};
