//! Scripts with metadata of their own (PEP 723).

mod environment;
mod fetch;
mod read;

pub(crate) use environment::{ScriptPlace, for_run};
pub(crate) use fetch::download;
pub(crate) use read::{metadata, unreadable};
