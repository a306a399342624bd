//! URLs that cannot print the secrets they carry.

mod git;
mod mask;
mod safe;
#[cfg(test)]
mod tests;

pub use git::{GitUrl, GitUrlError, is_full_commit};
pub use mask::mask_urls;
pub use safe::{Credentials, SafeUrl, UrlError};
