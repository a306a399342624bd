//! Settings: one table of options, layers of values, and where each value was written.

mod arguments;
mod build_tables;
mod cutoff;
mod env_files;
mod error;
mod hashed;
mod index;
mod index_table;
mod key_edit;
mod kinds;
mod lists;
mod load;
mod origin;
mod pip_conf;
mod pip_edit;
mod places;
mod read_files;
mod sources;
mod table;
mod targets;
mod value;

pub use arguments::ArgumentLayer;
pub use build_tables::{
    DependencyMetadata, ExtraBuildDependencies, ExtraBuildDependency, ExtraBuildVariables,
    GivenMetadata, PackageConfigSettings,
};
pub use cutoff::{Cutoff, CutoffError};
pub use env_files::{EnvFile, EnvFiles};
pub use error::{SettingsError, SettingsWarning};
pub use hashed::HashedRequirement;
pub(crate) use index::scheme_of;
pub use index::{
    Authenticate, GivenPath, IndexEntry, IndexFormat, IndexOrder, Location, LocationError,
};
pub use key_edit::{KeyEditError, SettingsFile, set_setting, setting_key, unset_setting};
pub use kinds::{
    AddBounds, AnnotationStyle, Color, EnvironmentLink, EnvironmentStorage, ForkStrategy,
    IndexStrategy, KeyringProvider, LinkMode, Prerelease, PythonDownloads, PythonPreference,
    Resolution, UnknownWord, UpgradeStrategy, WrongEnvironment,
};
pub use lists::{ConfigSettings, Pairs, PerPackage};
pub use load::{ConfigFiles, Interface, Loaded, ScriptTables, SettingsInput, load, load_for};
pub use origin::{Layer, Origin, Place, Setting};
pub use pip_edit::{PipEditError, pip_name, set_pip_value, unset_pip_value};
pub use places::{ConfigPlaces, ConfigPlatform};
pub(crate) use read_files::line_and_column;
pub use sources::{SourceIndex, SourceIndexes};
pub use table::{OptionRow, Partial, Settings, VariableName, VariableRule, options};
pub use targets::{ConflictPart, ConflictPartKind, Conflicts, Environments};
pub use value::{Count, Milliseconds, PathList};

pub use crate::formats::PackageChoice;

#[cfg(test)]
mod tests;
