//! The settings that choose one of a few words.

use std::fmt;
use std::str::FromStr;

/// Says that a word is none of those a setting knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct UnknownWord {
    /// The words that would do.
    pub expected: &'static str,
}

/// Declares an enum of words: the enum, its parser, its display, and the list of its words.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident, $expected:literal,
     $($(#[$inner:meta])* $variant:ident = $word:literal $(| $also:literal)*),+ $(,)?) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$inner])* $variant),+ }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            /// The words as a sentence, for messages.
            pub const EXPECTED: &'static str = $expected;

            /// Returns the word that is written for this value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text.to_ascii_lowercase().as_str() {
                    $($word $(| $also)* => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { expected: $expected }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// Which bounds a requirement gets that is added without any.
    AddBounds, "lower, major, minor or exact",
    /// `>=1.2.3`
    Lower = "lower",
    /// `>=1.2.3,<2`
    Major = "major",
    /// `>=1.2.3,<1.3`
    Minor = "minor",
    /// `==1.2.3`
    Exact = "exact",
);

words!(
    /// What `--upgrade` is about.
    UpgradeStrategy, "only-if-needed or eager",
    /// What was named, and of the rest only what has to move.
    OnlyIfNeeded = "only-if-needed",
    /// What was named and all that it needs.
    Eager = "eager",
);

words!(
    /// What happens when a command would change the environment of another project.
    WrongEnvironment, "stop, warn or allow",
    /// The command stops.
    Stop = "stop",
    /// It says so and goes on.
    Warn = "warn",
    /// It goes on.
    Allow = "allow" | "off",
);

words!(
    /// Where `naja venv` makes the environment of a project.
    EnvironmentStorage, "project or central",
    /// In the project.
    Project = "project",
    /// In one directory for all projects.
    Central = "central",
);

words!(
    /// What leads from a project to an environment that lies elsewhere.
    EnvironmentLink, "redirect, symlink or none",
    /// A `.venv` file with its path (as an early draft of PEP 832 has it).
    Redirect = "redirect" | "file",
    /// A `.venv` that is a symbolic link.
    Symlink = "symlink" | "link",
    /// Nothing.
    None = "none",
);

words!(
    /// Which of the versions that fit is taken.
    Resolution, "highest, lowest or lowest-direct",
    /// The newest.
    Highest = "highest",
    /// The oldest of everything.
    Lowest = "lowest",
    /// The oldest of what was named, the newest of what that needs.
    LowestDirect = "lowest-direct",
);

words!(
    /// When pre-releases are considered (PEP 440).
    Prerelease, "disallow, allow, if-necessary, explicit or if-necessary-or-explicit",
    /// Never.
    Disallow = "disallow",
    /// Always.
    Allow = "allow",
    /// When a package has published nothing else.
    IfNecessary = "if-necessary",
    /// When a first-party requirement mentions one.
    Explicit = "explicit",
    /// Either of the two.
    IfNecessaryOrExplicit = "if-necessary-or-explicit",
);

words!(
    /// How several indexes with the same package are treated.
    IndexStrategy, "first-index, unsafe-first-match or unsafe-best-match",
    /// Only the first index that has the package counts.
    FirstIndex = "first-index",
    /// The first index with a version that fits.
    UnsafeFirstMatch = "unsafe-first-match",
    /// The best version of all indexes.
    UnsafeBestMatch = "unsafe-best-match",
);

words!(
    /// Who is asked for the credentials of an index.
    KeyringProvider, "disabled or subprocess",
    /// Nobody.
    Disabled = "disabled" | "native",
    /// The `keyring` program.
    Subprocess = "subprocess" | "auto" | "import",
);

words!(
    /// How files come from the cache into an environment.
    LinkMode, "clone, copy, hardlink or symlink",
    /// Copy on write, where the file system can.
    Clone = "clone",
    /// Copies.
    Copy = "copy",
    /// Hard links.
    Hardlink = "hardlink",
    /// Symbolic links.
    Symlink = "symlink",
);

words!(
    /// Which Pythons are preferred.
    PythonPreference, "only-managed, managed, system or only-system",
    /// Only those that naja installed.
    OnlyManaged = "only-managed",
    /// Those that naja installed, then the others.
    Managed = "managed",
    /// The others, then those that naja installed.
    System = "system",
    /// Only the others.
    OnlySystem = "only-system",
);

words!(
    /// When a Python may be downloaded.
    PythonDownloads, "automatic, manual or never",
    /// When one is needed.
    Automatic = "automatic" | "auto" | "true" | "1",
    /// When it was asked for.
    Manual = "manual",
    /// Never.
    Never = "never" | "false" | "0",
);

words!(
    /// Whether output is coloured.
    Color, "auto, always or never",
    /// On a terminal.
    Auto = "auto",
    /// Always.
    Always = "always",
    /// Never.
    Never = "never",
);

words!(
    /// How many versions of one package a universal resolution keeps.
    ForkStrategy, "fewest or requires-python",
    /// As few as possible.
    Fewest = "fewest",
    /// The best for each supported Python.
    RequiresPython = "requires-python",
);

words!(
    /// Where `pip compile` notes what needs a package.
    AnnotationStyle, "line or split",
    /// Behind the requirement.
    Line = "line",
    /// On lines of their own.
    Split = "split",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for word in Prerelease::WORDS {
            assert_eq!(word.parse::<Prerelease>().unwrap().as_str(), *word);
            assert!(Prerelease::EXPECTED.contains(word));
        }
        assert_eq!("Hardlink".parse(), Ok(LinkMode::Hardlink));
        assert_eq!("auto".parse(), Ok(PythonDownloads::Automatic));
        let wrong: Result<Resolution, _> = "newest".parse();
        assert_eq!(
            wrong.unwrap_err().to_string(),
            "expected highest, lowest or lowest-direct"
        );
    }
}
