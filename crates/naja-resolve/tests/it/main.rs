//! The solver as a whole, on made-up universes.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read files and clocks; the crate does not"
)]

mod brute;
mod effort;
mod grid;
mod order;
mod scenarios;
mod universal;
mod universe;
