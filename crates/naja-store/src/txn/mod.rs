//! All-or-nothing change of several paths.
//!
//! A [`Transaction`] collects moves: staged entries into place, old entries away. Nothing
//! visible changes until [`Transaction::commit`], which writes the complete list of moves to a
//! journal and then renames. When the process dies in between, [`recover`] walks the journal
//! backwards. Both are safe to be killed at any point, any number of times.
//!
//! The caller holds a lock on what is changed, during the transaction and during recovery.

mod error;
mod transaction;

pub use error::TxnError;
pub use transaction::{Receipt, Recovered, Transaction, recover, recover_within};
