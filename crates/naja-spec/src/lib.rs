//! The published standards of Python packaging as types.
//!
//! Nothing here reads a file, a clock, an environment variable or a socket.

mod digest;
mod headers;
mod marker;
mod metadata;
mod name;
mod requirement;
mod script;
mod specifier;
mod syntax;
mod url;
mod version;

pub use headers::Headers;
pub use marker::{
    Marker, MarkerComparison, MarkerEnvironment, MarkerError, MarkerOperand, MarkerOperator,
    MarkerReason, MarkerScope, MarkerTree, MarkerVariable,
};
pub use metadata::{CoreMetadata, MetadataError};
pub use name::{ExtraName, GroupName, NameError, NameReason, PackageName};
pub use requirement::{Requirement, RequirementError, RequirementReason, RequirementSource};
pub use script::{ScriptBlock, ScriptError, ScriptMetadata, script_block};
pub use specifier::{
    Operator, SpecifierError, SpecifierReason, VersionSpecifier, VersionSpecifiers,
};
pub use syntax::{Grammar, SyntaxError};
pub use url::{Credentials, SafeUrl, UrlError};
pub use version::{
    LocalSegment, LocalVersion, PreKind, PreRelease, Release, SortKey, Version, VersionError,
    VersionParts, VersionReason,
};
