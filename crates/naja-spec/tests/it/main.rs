//! Tests of the public face of the crate.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod bombs;
mod page_entries;
mod page_properties;
mod pages;
mod properties;
mod tables;
mod tags;
