//! The variables and operators of markers.

use std::fmt;

use crate::specifier::Operator;

/// A variable of the marker language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkerVariable {
    /// `os_name`, e.g. `posix`; formerly `os.name`.
    OsName,
    /// `sys_platform`, e.g. `linux`; formerly `sys.platform`.
    SysPlatform,
    /// `platform_machine`, e.g. `x86_64`; formerly `platform.machine`.
    PlatformMachine,
    /// `platform_python_implementation`, e.g. `CPython`; formerly
    /// `platform.python_implementation` and `python_implementation`.
    PlatformPythonImplementation,
    /// `platform_release`, e.g. `6.1.0-13-amd64`.
    PlatformRelease,
    /// `platform_system`, e.g. `Linux`.
    PlatformSystem,
    /// `platform_version`, e.g. `#1 SMP`; formerly `platform.version`.
    PlatformVersion,
    /// `implementation_name`, e.g. `cpython`.
    ImplementationName,
    /// `python_version`, e.g. `3.12`.
    PythonVersion,
    /// `python_full_version`, e.g. `3.12.1`.
    PythonFullVersion,
    /// `implementation_version`, e.g. `3.12.1` or `7.3.15`.
    ImplementationVersion,
    /// `extra`: an extra that was asked for.
    Extra,
    /// `extras`: the set of extras asked for (PEP 751).
    Extras,
    /// `dependency_groups`: the set of groups asked for (PEP 751).
    DependencyGroups,
}

impl MarkerVariable {
    /// Returns the current name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OsName => "os_name",
            Self::SysPlatform => "sys_platform",
            Self::PlatformMachine => "platform_machine",
            Self::PlatformPythonImplementation => "platform_python_implementation",
            Self::PlatformRelease => "platform_release",
            Self::PlatformSystem => "platform_system",
            Self::PlatformVersion => "platform_version",
            Self::ImplementationName => "implementation_name",
            Self::PythonVersion => "python_version",
            Self::PythonFullVersion => "python_full_version",
            Self::ImplementationVersion => "implementation_version",
            Self::Extra => "extra",
            Self::Extras => "extras",
            Self::DependencyGroups => "dependency_groups",
        }
    }

    /// Finds a variable by its current or a former name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "os_name" | "os.name" => Self::OsName,
            "sys_platform" | "sys.platform" => Self::SysPlatform,
            "platform_machine" | "platform.machine" => Self::PlatformMachine,
            "platform_python_implementation"
            | "platform.python_implementation"
            | "python_implementation" => Self::PlatformPythonImplementation,
            "platform_release" => Self::PlatformRelease,
            "platform_system" => Self::PlatformSystem,
            "platform_version" | "platform.version" => Self::PlatformVersion,
            "implementation_name" => Self::ImplementationName,
            "python_version" => Self::PythonVersion,
            "python_full_version" => Self::PythonFullVersion,
            "implementation_version" => Self::ImplementationVersion,
            "extra" => Self::Extra,
            "extras" => Self::Extras,
            "dependency_groups" => Self::DependencyGroups,
            _ => return None,
        })
    }

    /// Tells whether values are compared as versions where both sides are versions.
    #[must_use]
    pub fn is_version(self) -> bool {
        matches!(
            self,
            Self::PythonVersion
                | Self::PythonFullVersion
                | Self::ImplementationVersion
                | Self::PlatformRelease
        )
    }

    /// Tells whether the variable is a set, usable with `in` and `not in` only.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::Extras | Self::DependencyGroups)
    }
}

impl fmt::Display for MarkerVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An operator between the two sides of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkerOperator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `~=`
    Compatible,
    /// `===`
    Arbitrary,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

impl MarkerOperator {
    /// Returns the spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Compatible => "~=",
            Self::Arbitrary => "===",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }

    /// Returns the version operator of the same spelling; there is none for `in` and `not in`.
    #[must_use]
    pub fn as_version_operator(self) -> Option<Operator> {
        Some(match self {
            Self::Equal => Operator::Equal,
            Self::NotEqual => Operator::NotEqual,
            Self::Less => Operator::Less,
            Self::LessEqual => Operator::LessEqual,
            Self::Greater => Operator::Greater,
            Self::GreaterEqual => Operator::GreaterEqual,
            Self::Compatible => Operator::Compatible,
            Self::Arbitrary => Operator::Arbitrary,
            Self::In | Self::NotIn => return None,
        })
    }
}

impl fmt::Display for MarkerOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
