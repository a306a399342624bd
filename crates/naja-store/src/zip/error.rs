//! Why a zip archive is refused.

/// A reason to refuse a zip archive, or one of its members.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// The file does not end with an end-of-directory record.
    #[error("it does not end with a zip directory")]
    NoDirectory,
    /// The end records or the central directory contradict themselves.
    #[error("its zip directory is inconsistent: {0}")]
    Directory(&'static str),
    /// The archive is split over several files.
    #[error("it is one part of a split archive")]
    Split,
    /// Some bytes belong to no member, where another reader might see one.
    #[error("it has {length} bytes at offset {offset} that belong to no member")]
    Hidden {
        /// Where they begin, from the start of the file.
        offset: u64,
        /// How many there are.
        length: u64,
    },
    /// Two members share bytes.
    #[error("its members `{first}` and `{second}` overlap")]
    Overlap {
        /// The member that begins first.
        first: String,
        /// The member that begins inside it.
        second: String,
    },
    /// Two members have the same path, or paths that differ in ASCII case only, or one is a
    /// file where the other needs a directory.
    #[error("its members `{first}` and `{second}` claim the same path")]
    Duplicate {
        /// The one listed first.
        first: String,
        /// The one listed later.
        second: String,
    },
    /// There are more members than this store accepts.
    #[error("it has {count} members, more than the {limit} allowed")]
    TooManyMembers {
        /// How many it claims.
        count: u64,
        /// How many are accepted.
        limit: u64,
    },
    /// The members together are larger than this store accepts for an archive of this size.
    #[error("it unpacks to {total} bytes, more than the {limit} allowed for its size")]
    TooLarge {
        /// Sum of the declared sizes in bytes.
        total: u64,
        /// The largest sum accepted.
        limit: u64,
    },
    /// The member asked for does not exist.
    #[error("it has no member `{0}`")]
    NoMember(String),
    /// One member is refused.
    #[error("its member `{name}` {problem}")]
    Member {
        /// The member's name, with unprintable characters escaped.
        name: String,
        /// What is wrong with it.
        problem: MemberProblem,
    },
    /// There is no memory left to inflate with.
    #[error("there is not enough memory to read it")]
    OutOfMemory,
}

/// A reason to refuse one member of a zip archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemberProblem {
    /// The path could leave the target directory, or means different things to different readers.
    #[error("has an unsafe name: {0}")]
    Name(NameProblem),
    /// The contents are encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// Flags are set that this reader does not know.
    #[error("has unknown flags {0:#06x}")]
    Flags(u16),
    /// The compression method is neither stored nor deflate.
    #[error("uses compression method {0}, only stored and deflate are allowed")]
    Method(u16),
    /// It is a symbolic link, a device or another special file.
    #[error("is a {0}")]
    FileType(&'static str),
    /// The central directory and the local header disagree.
    #[error("has a different {0} in its local header than in the directory")]
    Mismatch(&'static str),
    /// An extra field is malformed, repeated or contradicts the header.
    #[error("has a bad extra field: {0}")]
    Extra(&'static str),
    /// The local header is not where the directory says, or is cut short.
    #[error("has no local header where the directory says")]
    NoLocalHeader,
    /// The record after the data is absent or differs from the directory.
    #[error("has a wrong data descriptor")]
    Descriptor,
    /// A stored member whose packed and unpacked sizes differ, or a directory with contents.
    #[error("has impossible sizes")]
    Sizes,
    /// The declared size cannot result from so little compressed data.
    #[error("claims to unpack to {size} bytes from {packed}")]
    Ratio {
        /// Declared unpacked size in bytes.
        size: u64,
        /// Packed size in bytes.
        packed: u64,
    },
    /// The compressed data is not a deflate stream.
    #[error("has corrupt compressed data")]
    Corrupt,
    /// The data unpacks to another size than declared.
    #[error("does not unpack to the declared {0} bytes")]
    WrongSize(u64),
    /// Bytes follow the end of the deflate stream.
    #[error("has {0} bytes after the end of its compressed data")]
    Trailing(u64),
    /// The data has another checksum than declared.
    #[error("has a wrong checksum")]
    Checksum,
}

/// A reason to refuse a member's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// It has no characters.
    #[error("it is empty")]
    Empty,
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is not ASCII and not marked as UTF-8, so readers disagree about it.
    #[error("it is not ASCII and not marked as UTF-8")]
    Unmarked,
    /// It begins with a slash.
    #[error("it is absolute")]
    Absolute,
    /// It begins with a drive letter.
    #[error("it begins with a drive letter")]
    Drive,
    /// It contains a backslash.
    #[error("it contains a backslash")]
    Backslash,
    /// It contains NUL or another control character.
    #[error("it contains a control character")]
    Control,
    /// A component is empty.
    #[error("it has an empty component")]
    EmptyComponent,
    /// A component is `.` or `..`.
    #[error("it has a `.` or `..` component")]
    Dots,
    /// A component, or the whole, is too long for a file system.
    #[error("it is too long")]
    TooLong,
    /// It has too many components.
    #[error("it is nested too deeply")]
    TooDeep,
    /// It cannot be a file name on this platform.
    #[error("it is reserved on this platform")]
    Reserved,
}

impl ZipError {
    /// Wraps a problem with the member's name, escaped for display.
    pub(crate) fn member(name: &[u8], problem: MemberProblem) -> Self {
        let name = String::from_utf8_lossy(name).escape_debug().to_string();
        Self::Member { name, problem }
    }
}
