//! Where a setting's value comes from.

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// The layers a value can come from, lowest first: a higher one hides a lower one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Built into naja.
    Default,
    /// A file for all users of this machine.
    System,
    /// A file of this user.
    User,
    /// The `pip.conf` inside the active virtual environment.
    Site,
    /// A file of this project, or the one that `--config-file` names.
    Project,
    /// An environment variable.
    Environment,
    /// The command line.
    Arguments,
}

/// Says where one value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The layer.
    pub layer: Layer,
    /// The place in that layer.
    pub place: Place,
}

/// The place of a value inside its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the default.
    Default,
    /// A key of a file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line, from 1.
        line: u32,
        /// The key with its tables, as written.
        key: Arc<str>,
    },
    /// An environment variable.
    Variable(Arc<str>),
    /// A flag of the command line.
    Flag(&'static str),
}

impl Origin {
    /// The origin of defaults.
    pub const DEFAULT: Self = Self {
        layer: Layer::Default,
        place: Place::Default,
    };

    /// The origin of a flag of the command line.
    pub const fn flag(flag: &'static str) -> Self {
        Self {
            layer: Layer::Arguments,
            place: Place::Flag(flag),
        }
    }

    /// Returns the file the value was read from, if it was one.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Returns the line in the file, from 1.
    pub fn line(&self) -> Option<u32> {
        match &self.place {
            Place::File { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Default => f.write_str("the default"),
            Place::File { path, line, key } => {
                write!(f, "`{key}` in {}:{line}", path.display())
            }
            Place::Variable(name) => write!(f, "the variable {name}"),
            Place::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value and where it was written. Reads like the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it was written; for lists put together from several layers, the highest of them.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value nobody wrote.
    pub const fn default_of(value: T) -> Self {
        Self {
            value,
            origin: Origin::DEFAULT,
        }
    }

    /// A value given by a flag.
    pub const fn from_flag(value: T, flag: &'static str) -> Self {
        Self {
            value,
            origin: Origin::flag(flag),
        }
    }

    /// Says whether anybody wrote this value down.
    pub fn is_set(&self) -> bool {
        self.origin.layer > Layer::Default
    }
}

impl<T> Deref for Setting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
