//! Words for what happened: for people on standard error, and nothing else.

pub(crate) mod activation;
mod human;
pub(crate) mod pip_tables;
mod plain;
pub(crate) mod tables;
pub(crate) mod verify;

pub(crate) use human::{Human, Loudness, Twice};
pub(crate) use plain::plain;
