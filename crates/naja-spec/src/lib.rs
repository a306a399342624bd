//! The published standards of Python packaging as types.
//!
//! Nothing here reads a file, a clock, an environment variable or a socket.

mod calendar;
mod digest;
mod direct_url;
mod entry_points;
mod filename;
mod headers;
mod marker;
mod metadata;
mod name;
mod platform;
mod record;
mod requirement;
mod script;
mod simple;
mod specifier;
mod syntax;
mod tag;
pub mod target;
mod url;
mod version;
mod wheel;

pub use calendar::CivilDate;
pub use digest::{Digest, DigestError, HashAlgorithm, Sha256};
pub use direct_url::{DirectUrl, DirectUrlError, DirectUrlKind};
pub use entry_points::{EntryPoint, EntryPoints, EntryPointsError, OtherEntryPoint};
pub use filename::{
    BuildTag, DistFileName, FileNameError, SdistExtension, SdistName, WheelName, WheelParts,
};
pub use headers::Headers;
pub use marker::{
    LockStyle, Marker, MarkerComparison, MarkerEnvironment, MarkerError, MarkerOperand,
    MarkerOperator, MarkerReason, MarkerScope, MarkerSet, MarkerTree, MarkerVariable,
};
pub use metadata::{CoreMetadata, MetadataError};
pub use name::{ExtraName, GroupName, NameError, NameReason, PackageName};
pub use platform::{Arch, ImplementationTags, Os, Platform, compatible_tags};
pub use record::{Record, RecordEntry, RecordError};
pub use requirement::{Requirement, RequirementError, RequirementReason, RequirementSource};
pub use script::{
    ScriptBlock, ScriptError, ScriptMetadata, ScriptTrouble, script_block, script_trouble,
};
pub use simple::{
    CoreMeta, EntryRefusal, FileRef, Page, PageBuilder, PageEntry, PageError, ProjectStatus,
    RefusedEntries,
};
pub use specifier::{
    Operator, SpecifierError, SpecifierReason, VersionSpecifier, VersionSpecifiers,
};
pub use syntax::{Grammar, SyntaxError};
pub use tag::{Mismatch, Tag, TagError, TagRank, Tags, WheelTags};
pub use target::TargetPlatform;
pub use url::{Credentials, GitUrl, GitUrlError, SafeUrl, UrlError, is_full_commit, mask_urls};
pub use version::{
    LocalSegment, LocalVersion, PreKind, PreRelease, Release, SortKey, Version, VersionError,
    VersionParts, VersionReason,
};
pub use wheel::{WheelFile, WheelFileError, WheelVersion};
