//! The one strict reader of zip archives.
//!
//! Every route to a wheel (local file, download, remote ranges) goes through this module, so
//! no two readers can disagree about what an archive holds. The rule is to refuse, never to
//! skip: central directory and local headers must say the same, every byte must belong to a
//! member, paths must be plain, and sizes are bounded before anything is inflated.

mod bytes;
mod central;
mod directory;
mod end;
mod error;
mod extra;
mod inflate;
mod local;
mod member;
mod name;
mod remote;

pub use directory::{Directory, Limits};
pub use error::{MemberProblem, NameProblem, ZipError};
pub(crate) use inflate::PIECE;
pub use inflate::{Scratch, SinkError};
pub use member::{Member, Method};
pub use remote::{RemoteDirectory, RemoteMember, Tail};

/// Largest member that is returned as one piece of memory, in bytes.
pub const MAX_WHOLE: u64 = 64 << 20;

/// Reads the whole archive's directory strictly, then returns one member's contents.
///
/// # Errors
///
/// Refuses an archive that breaks any rule of this module, even in other members' headers,
/// a member larger than [`MAX_WHOLE`], and a name that does not occur.
pub fn read_member(bytes: &[u8], name: &str) -> Result<Vec<u8>, ZipError> {
    let directory = Directory::read(bytes, &Limits::default())?;
    directory.read_member(bytes, name)
}
