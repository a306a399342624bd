//! Versions (PEP 440): parsing, normal form, order.

mod order;
mod parse;
mod parts;
mod render;
mod repr;
mod sort_key;
#[cfg(test)]
mod tests;

pub use parse::{VersionError, VersionReason};
pub use parts::{LocalSegment, LocalVersion, PreKind, PreRelease, VersionParts};
pub use repr::{Release, Version};
pub use sort_key::SortKey;
