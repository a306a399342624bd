//! File names of wheels (PEP 427, 491) and source distributions (PEP 625).

mod build_tag;
mod dist;
mod error;
mod sdist;
#[cfg(test)]
mod tests;
mod text;
mod wheel;

pub use build_tag::BuildTag;
pub use dist::DistFileName;
pub use error::FileNameError;
pub(crate) use error::MAX_LEN as MAX_FILE_NAME;
pub(crate) use sdist::sdist_version_candidates;
pub use sdist::{SdistExtension, SdistName};
pub(crate) use text::{normalises_to, parse_file_version};
pub use wheel::{WheelName, WheelParts};
