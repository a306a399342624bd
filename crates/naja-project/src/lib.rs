//! What the user wrote: requirements files, scripts, settings.
//!
//! Nothing here touches a disk, a network, a clock or the process: files come through [`Files`],
//! variables through [`Variables`], the time as a number.
//!
//! - [`settings`]: the option table, the layers, and where each value was written.
//! - [`requirements`]: pip's `requirements.txt`, with everything in it and each line's origin.
//! - [`manifest`]: `pyproject.toml`: what a project declares, workspaces, and changes of the text.
//! - [`script`]: changes of the metadata of scripts.
//! - [`dotenv`]: `.env` files.
//! - [`import`]: projects of other tools.
//! - [`imports`]: what files of Python import.
//! - [`tasks`]: commands with names, their language, and in which order they run.

mod cache_keys;
pub mod dotenv;
mod files;
mod formats;
pub mod import;
pub mod imports;
mod line_starts;
pub mod manifest;
mod nearest;
mod project_file;
pub mod requirements;
pub mod script;
pub mod settings;
pub mod tasks;
mod template;
mod text_shape;
mod variables;

pub use cache_keys::CacheKey;
pub use files::{FileError, FileOwner, Files, SourceName};
pub use formats::{AllowedFormats, ChoiceError, FormatControl, PackageChoice};
pub use nearest::nearest;
pub use project_file::{BuildSystem, ProjectFile, ProjectFileError};
pub use template::{TemplateError, TemplateValues};
pub use variables::Variables;
