//! What of a lock file is for one target (PEP 751, "Installing").

use naja_spec::{
    ExtraName, GroupName, Marker, MarkerEnvironment, MarkerScope, PackageName, Tags, Version,
    VersionSpecifiers, WheelName, WheelTags,
};

use super::{LockedFile, LockedPackage, LockedSource, Pylock};

/// What is installed for.
#[derive(Clone, Copy, Debug)]
pub struct LockTarget<'a> {
    /// The values of markers.
    pub environment: &'a MarkerEnvironment,
    /// The tags of wheels that fit, best first.
    pub tags: &'a Tags,
    /// The extras that are asked for.
    pub extras: &'a [ExtraName],
    /// The groups that are asked for; `None` for the default ones.
    pub groups: Option<&'a [GroupName]>,
}

/// A package and what of it is to be installed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice<'a> {
    /// A wheel.
    Wheel(&'a LockedPackage, &'a LockedFile),
    /// The source distribution.
    Sdist(&'a LockedPackage, &'a LockedFile),
    /// An archive, a directory or a repository, as [`LockedPackage::source`] says.
    Direct(&'a LockedPackage),
}

impl<'a> Choice<'a> {
    /// Returns the package.
    #[must_use]
    pub fn package(&self) -> &'a LockedPackage {
        match self {
            Self::Wheel(package, _) | Self::Sdist(package, _) | Self::Direct(package) => package,
        }
    }
}

/// Why a lock file cannot be installed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// Another Python is needed.
    #[error("the lock file requires Python {requires}, and this is {python}")]
    Python {
        /// `requires-python` of the file.
        requires: VersionSpecifiers,
        /// The version of the target.
        python: Version,
    },
    /// The file is for other environments.
    #[error("the lock file is not for this environment, but for: {0}")]
    Environment(String),
    /// An extra the file does not have.
    #[error("the lock file has no extra `{0}`")]
    Extra(ExtraName),
    /// A group the file does not have.
    #[error("the lock file has no dependency group `{0}`")]
    Group(GroupName),
    /// A package needs another Python.
    #[error("{name} requires Python {requires}, and this is {python}")]
    PackagePython {
        /// The package.
        name: PackageName,
        /// Its `requires-python`.
        requires: VersionSpecifiers,
        /// The version of the target.
        python: Version,
    },
    /// Several entries of one package are for the target.
    #[error("the lock file has several entries of {0} for this environment")]
    Ambiguous(PackageName),
    /// A project the lock does not know.
    #[error("the lock file has no project `{0}`")]
    Project(PackageName),
    /// Something is required, and no entry is for this environment.
    #[error("the lock file has no entry of {0} for this environment, and something requires it")]
    Missing(PackageName),
    /// No file of a package fits.
    #[error("{0} has no source distribution and no wheel for this Python and this system")]
    NoFile(PackageName),
}

impl Pylock {
    /// Chooses what is installed for a target, in the order of the file.
    ///
    /// # Errors
    /// The file is not for the target, or says two things about one package.
    pub fn select(&self, target: &LockTarget<'_>) -> Result<Vec<Choice<'_>>, SelectError> {
        let python = &target.environment.python_full_version;
        if let Some(requires) = &self.requires_python
            && !requires.contains(python)
        {
            return Err(SelectError::Python {
                requires: requires.clone(),
                python: python.clone(),
            });
        }
        let groups = self.groups(target)?;
        let scope = MarkerScope {
            environment: target.environment,
            extras: target.extras,
            groups,
        };
        let holds = |marker: &Marker| marker.evaluate_in(&scope);
        if !self.environments.is_empty() && !self.environments.iter().any(holds) {
            let shown: Vec<String> = self
                .environments
                .iter()
                .take(5)
                .map(|marker| format!("`{}`", marker.lockstyle()))
                .collect();
            return Err(SelectError::Environment(shown.join(", ")));
        }
        let mut chosen: Vec<Choice<'_>> = Vec::new();
        let mut names = rustc_hash::FxHashSet::default();
        for package in &self.packages {
            if !package.marker.as_ref().is_none_or(holds) {
                continue;
            }
            if let Some(requires) = &package.requires_python
                && !requires.contains(python)
            {
                return Err(SelectError::PackagePython {
                    name: package.name.clone(),
                    requires: requires.clone(),
                    python: python.clone(),
                });
            }
            if !names.insert(&package.name) {
                return Err(SelectError::Ambiguous(package.name.clone()));
            }
            chosen.push(choice(package, target.tags)?);
        }
        Ok(chosen)
    }

    fn groups<'a>(&'a self, target: &LockTarget<'a>) -> Result<&'a [GroupName], SelectError> {
        if let Some(extra) = target
            .extras
            .iter()
            .find(|extra| !self.extras.contains(extra))
        {
            return Err(SelectError::Extra(extra.clone()));
        }
        let Some(groups) = target.groups else {
            return Ok(&self.default_groups);
        };
        let known = |group: &&GroupName| {
            self.dependency_groups.contains(group) || self.default_groups.contains(group)
        };
        match groups.iter().find(|group| !known(group)) {
            Some(group) => Err(SelectError::Group(group.clone())),
            None => Ok(groups),
        }
    }
}

/// The file of a package that a target takes.
pub(crate) fn choice<'a>(
    package: &'a LockedPackage,
    tags: &Tags,
) -> Result<Choice<'a>, SelectError> {
    let LockedSource::Files { sdist, wheels } = &package.source else {
        return Ok(Choice::Direct(package));
    };
    let ranked = wheels.iter().filter_map(|file| {
        // Most wheels are for other systems: their names are not taken apart any further.
        let rank = tags.rank_tags(WheelTags::of_file_name(&file.name)?)?;
        let name = WheelName::parse(&file.name).ok()?;
        Some((rank, name.build, file))
    });
    let best = ranked.max_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    match (best, sdist) {
        (Some((_, _, file)), _) => Ok(Choice::Wheel(package, file)),
        (None, Some(file)) => Ok(Choice::Sdist(package, file)),
        (None, None) => Err(SelectError::NoFile(package.name.clone())),
    }
}
