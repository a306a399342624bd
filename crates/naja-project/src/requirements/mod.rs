//! pip's requirements files: lines, options, hashes, inclusion, and the origin of everything.

mod decode;
mod entry;
mod error;
mod file_options;
mod line_reader;
mod lines;
mod manifest;
mod option;
mod reader;
mod words;

pub use decode::decode_text;
pub use entry::{
    LineOrigin, LockText, ProjectDependencies, ProjectPlace, RequirementEntry, RequirementItem,
    UnnamedRequirement, parse_argument,
};
pub use error::{ErrorPlace, RequirementsError, RequirementsErrorKind};
pub use file_options::{FileOptions, Noted};
pub use manifest::ManifestChoice;
pub use reader::{RequirementsFile, RequirementsReader};

#[cfg(test)]
mod tests;
