//! Which kinds of distributions may be used for which package (`--no-binary`, `--only-binary`).

use std::collections::BTreeSet;

use naja_spec::PackageName;

/// Some packages, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackageChoice {
    /// Whether every package is meant.
    pub all: bool,
    /// The packages that are meant otherwise.
    pub names: BTreeSet<PackageName>,
}

/// Says that a text is neither a package name nor `:all:` nor `:none:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected package names, `:all:` or `:none:`")]
pub struct ChoiceError;

impl PackageChoice {
    /// Every package.
    pub fn everything() -> Self {
        Self {
            all: true,
            names: BTreeSet::new(),
        }
    }

    /// Adds `NAME`, `:all:`, or forgets all by `:none:`.
    ///
    /// # Errors
    /// A text that is none of these.
    pub fn add(&mut self, text: &str) -> Result<(), ChoiceError> {
        match text.trim() {
            ":all:" => *self = Self::everything(),
            ":none:" => *self = Self::default(),
            name => {
                let name = PackageName::parse(name).map_err(|_| ChoiceError)?;
                self.names.insert(name);
            }
        }
        Ok(())
    }

    /// Says whether a package is meant.
    pub fn contains(&self, package: &PackageName) -> bool {
        self.all || self.names.contains(package)
    }

    /// Says whether no package is meant.
    pub fn is_empty(&self) -> bool {
        !self.all && self.names.is_empty()
    }
}

/// What may be used for one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedFormats {
    /// Wheels and source distributions.
    Both,
    /// Wheels only.
    Wheels,
    /// Source distributions only.
    Sdists,
}

/// pip's format control: the last word about a package counts, a name beats `:all:`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormatControl {
    /// Packages whose wheels are not used.
    pub no_binary: PackageChoice,
    /// Packages of which only wheels are used.
    pub only_binary: PackageChoice,
}

impl FormatControl {
    /// Takes the value of a `--no-binary` (names separated by commas, `:all:`, `:none:`).
    ///
    /// # Errors
    /// A name that is none.
    pub fn add_no_binary(&mut self, value: &str) -> Result<(), ChoiceError> {
        change(value, &mut self.no_binary, &mut self.only_binary)
    }

    /// Takes the value of an `--only-binary`.
    ///
    /// # Errors
    /// A name that is none.
    pub fn add_only_binary(&mut self, value: &str) -> Result<(), ChoiceError> {
        change(value, &mut self.only_binary, &mut self.no_binary)
    }

    /// Says what may be used for a package.
    pub fn allowed(&self, package: &PackageName) -> AllowedFormats {
        if self.only_binary.names.contains(package) {
            AllowedFormats::Wheels
        } else if self.no_binary.names.contains(package) {
            AllowedFormats::Sdists
        } else if self.only_binary.all {
            AllowedFormats::Wheels
        } else if self.no_binary.all {
            AllowedFormats::Sdists
        } else {
            AllowedFormats::Both
        }
    }
}

fn change(
    value: &str,
    target: &mut PackageChoice,
    other: &mut PackageChoice,
) -> Result<(), ChoiceError> {
    for part in value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match part {
            ":all:" => {
                *other = PackageChoice::default();
                *target = PackageChoice::everything();
            }
            name => {
                target.add(name)?;
                if let Ok(added) = PackageName::parse(name) {
                    other.names.remove(&added);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        PackageName::parse(text).unwrap()
    }

    #[test]
    fn last_word_counts() {
        let mut control = FormatControl::default();
        control.add_no_binary(":all:").unwrap();
        control.add_only_binary("harry,Sirius").unwrap();
        assert_eq!(control.allowed(&name("harry")), AllowedFormats::Wheels);
        assert_eq!(control.allowed(&name("sirius")), AllowedFormats::Wheels);
        assert_eq!(control.allowed(&name("remus")), AllowedFormats::Sdists);
        control.add_no_binary("harry").unwrap();
        assert_eq!(control.allowed(&name("harry")), AllowedFormats::Sdists);
        control.add_no_binary(":none:").unwrap();
        assert_eq!(control.allowed(&name("harry")), AllowedFormats::Both);
        control.add_only_binary(":all:").unwrap();
        assert_eq!(control.allowed(&name("remus")), AllowedFormats::Wheels);
        assert_eq!(control.add_only_binary("a b"), Err(ChoiceError));
    }
}
