//! Why a version cannot be taken.

use crate::Unavailable;

/// Why a version cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It was yanked (PEP 592), with this explanation, which may be empty.
    Yanked(String),
    /// It needs another Python; the text is its `Requires-Python`.
    RequiresPython(String),
    /// It has wheels for other systems only; the texts are some of their platform tags.
    OtherPlatform(Vec<String>),
    /// It has wheels for other Pythons only; the texts are some of their Python and ABI tags.
    OtherPython(Vec<String>),
    /// It would have to be built, and the rules forbid it.
    BuildForbidden,
    /// It has only wheels, and the rules forbid them.
    WheelsForbidden,
    /// It would have to be built, which is not done.
    NeedsBuild,
    /// It was uploaded at or after the cut-off.
    TooNew,
    /// There is a cut-off, and the index gives no upload time.
    NoUploadTime,
    /// None of its files has a digest the user gave.
    OtherDigest,
    /// The user gave no digest, and digests are required.
    NoDigest,
    /// It is a pre-release, and those are not wanted.
    Prerelease,
    /// The index holds the whole project back as unsafe (PEP 792).
    Quarantined,
    /// It has no file that can be used at all.
    NoFiles,
    /// Its metadata cannot be had, because of this.
    NoMetadata(String),
    /// It asks for something from a direct reference, which only the user may.
    DirectReference(String),
}

impl Reason {
    /// Words a missing answer.
    pub(crate) fn of_unavailable(why: &Unavailable) -> Self {
        match why {
            Unavailable::NotFound => Self::NoMetadata("the file is gone from the index".to_owned()),
            Unavailable::Offline => {
                Self::NoMetadata("it is not in the cache, and the network is off".to_owned())
            }
            Unavailable::NeedsBuild => Self::NeedsBuild,
            Unavailable::Invalid(text) => Self::NoMetadata(text.clone()),
        }
    }
}
