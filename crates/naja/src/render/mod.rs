//! Words for what happened: for people on standard error, and nothing else.

pub(crate) mod activation;
mod bar;
pub(crate) mod deps;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod environments;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod history;
mod human;
pub(crate) mod import;
pub(crate) mod locks;
pub(crate) mod picker;
pub(crate) mod pip_tables;
mod plain;
pub(crate) mod project;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod tables;
pub(crate) mod upgrade;
pub(crate) mod verify;

pub(crate) use human::{Human, Loudness, Twice};
pub(crate) use plain::plain;
