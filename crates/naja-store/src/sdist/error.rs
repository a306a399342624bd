//! Why a source archive is refused.

/// A rule for source archives that is broken (PEP 625, PEP 706). Names in here come from the
/// archive and are shown with their control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceProblem {
    /// The ending of the name is none of those that are unpacked.
    #[error("the ending of its name is not that of a source archive")]
    Packing,
    /// It cannot be decompressed.
    #[error("it cannot be decompressed: {0}")]
    Compression(String),
    /// It ends in the middle of a member.
    #[error("it ends too early")]
    Truncated,
    /// A tar header is not one.
    #[error("a tar header at byte {offset} is wrong: {reason}")]
    Header {
        /// Where, in the decompressed data.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A member's path is not one inside the archive.
    #[error("the path {name:?} {reason}")]
    Path {
        /// The path.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A link leads out of the archive, or in a circle.
    #[error("the link {name:?} {reason}")]
    Link {
        /// The path of the link.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A device, a pipe, or something unknown.
    #[error("{name:?} is {what}, which is not unpacked")]
    Kind {
        /// The path.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// Two members want the same path.
    #[error("the path {0:?} is there twice, as different things")]
    Clash(String),
    /// More members than any real archive has.
    #[error("it has more than {0} members")]
    TooMany(u64),
    /// It unpacks to more than it may.
    #[error("it unpacks to more than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
}
