//! What markers are evaluated against.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::variable::MarkerVariable;
use crate::name::{ExtraName, GroupName};
use crate::version::Version;

/// The values of the marker variables for one interpreter on one machine (PEP 508).
///
/// A Python that reports a version like `3.14.0+` is entered as `3.14.0+local`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MarkerEnvironment {
    /// `os.name`
    pub os_name: String,
    /// `sys.platform`
    pub sys_platform: String,
    /// `platform.machine()`
    pub platform_machine: String,
    /// `platform.python_implementation()`
    pub platform_python_implementation: String,
    /// `platform.release()`
    pub platform_release: String,
    /// `platform.system()`
    pub platform_system: String,
    /// `platform.version()`
    pub platform_version: String,
    /// `sys.implementation.name`
    pub implementation_name: String,
    /// Major and minor version of Python.
    pub python_version: Version,
    /// `platform.python_version()`
    pub python_full_version: Version,
    /// `sys.implementation.version` as a version.
    pub implementation_version: Version,
}

impl MarkerEnvironment {
    /// Returns the value of a variable as text; empty for `extra` and the two sets, which are not
    /// part of the environment.
    #[must_use]
    pub fn text(&self, variable: MarkerVariable) -> Cow<'_, str> {
        let text = match variable {
            MarkerVariable::OsName => &self.os_name,
            MarkerVariable::SysPlatform => &self.sys_platform,
            MarkerVariable::PlatformMachine => &self.platform_machine,
            MarkerVariable::PlatformPythonImplementation => &self.platform_python_implementation,
            MarkerVariable::PlatformRelease => &self.platform_release,
            MarkerVariable::PlatformSystem => &self.platform_system,
            MarkerVariable::PlatformVersion => &self.platform_version,
            MarkerVariable::ImplementationName => &self.implementation_name,
            MarkerVariable::PythonVersion => return self.python_version.to_string().into(),
            MarkerVariable::PythonFullVersion => {
                return self.python_full_version.to_string().into();
            }
            MarkerVariable::ImplementationVersion => {
                return self.implementation_version.to_string().into();
            }
            MarkerVariable::Extra | MarkerVariable::Extras | MarkerVariable::DependencyGroups => "",
        };
        text.into()
    }

    /// Returns the value of a variable that is compared as a version; `None` for other variables
    /// and where `platform_release` is no version.
    #[must_use]
    pub fn version(&self, variable: MarkerVariable) -> Option<Cow<'_, Version>> {
        match variable {
            MarkerVariable::PythonVersion => Some(Cow::Borrowed(&self.python_version)),
            MarkerVariable::PythonFullVersion => Some(Cow::Borrowed(&self.python_full_version)),
            MarkerVariable::ImplementationVersion => {
                Some(Cow::Borrowed(&self.implementation_version))
            }
            MarkerVariable::PlatformRelease => Version::parse_part(&self.platform_release)
                .ok()
                .map(Cow::Owned),
            _ => None,
        }
    }
}

/// All that a marker can ask about.
#[derive(Debug, Clone, Copy)]
pub struct MarkerScope<'a> {
    /// The interpreter and its machine.
    pub environment: &'a MarkerEnvironment,
    /// The extras asked for, as `extra` and `extras` see them.
    pub extras: &'a [ExtraName],
    /// The dependency groups asked for.
    pub groups: &'a [GroupName],
}

impl<'a> MarkerScope<'a> {
    /// A scope without dependency groups.
    #[must_use]
    pub fn new(environment: &'a MarkerEnvironment, extras: &'a [ExtraName]) -> Self {
        Self {
            environment,
            extras,
            groups: &[],
        }
    }
}
