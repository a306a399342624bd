//! URLs that cannot print the secrets they carry.

mod mask;
mod safe;
#[cfg(test)]
mod tests;

pub use mask::mask_urls;
pub use safe::{Credentials, SafeUrl, UrlError};
