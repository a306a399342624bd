//! Reading one member of an archive that lies elsewhere, from ranges of its bytes.

use std::ops::Range;

use super::directory::{Directory, Limits, read_whole};
use super::end::{Found, locate};
use super::error::ZipError;
use super::{Member, local};

/// The central directory of an archive of which only the end is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteDirectory {
    directory: Directory,
}

/// What the last bytes of an archive reveal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// The whole central directory.
    Complete(RemoteDirectory),
    /// Not all of it; ask again with the bytes from `from` to the end of the file.
    Needs {
        /// Offset from the start of the file.
        from: u64,
    },
}

/// One member and the bytes that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteMember {
    member: Member,
}

impl RemoteDirectory {
    /// Reads the directory from `tail`, the last bytes of a file of `total` bytes.
    ///
    /// Local headers are not at hand, so they are not compared until a member is extracted.
    ///
    /// # Errors
    ///
    /// As [`Directory::read`], for all that can be seen from the directory.
    pub fn from_tail(tail: &[u8], total: u64) -> Result<Tail, ZipError> {
        let start = total.saturating_sub(tail.len() as u64);
        let location = match locate(tail, total)? {
            Found::At(location) => location,
            Found::More => {
                return Ok(Tail::Needs {
                    from: total.saturating_sub(super::end::MAX_END as u64),
                });
            }
        };
        if location.offset < start {
            return Ok(Tail::Needs {
                from: location.offset,
            });
        }
        let range = usize::try_from(location.offset - start)
            .ok()
            .zip(usize::try_from(location.offset - start + location.length).ok());
        let headers = range
            .and_then(|(from, to)| tail.get(from..to))
            .ok_or(ZipError::Directory("it is longer than the file"))?;
        let directory = Directory::from_headers(headers, &location, &Limits::default(), total)?;
        Ok(Tail::Complete(Self { directory }))
    }

    /// The members, in the order of the directory.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        self.directory.members()
    }

    /// The member with exactly this path.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn member(&self, name: &str) -> Result<RemoteMember, ZipError> {
        let member = self.directory.get(name).cloned();
        let member = member.ok_or_else(|| ZipError::NoMember(name.to_owned()))?;
        Ok(RemoteMember { member })
    }
}

impl RemoteMember {
    /// The bytes to fetch, as offsets from the start of the file.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.member.offset..self.member.end
    }

    /// The member's path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.member.name()
    }

    /// Checks the local header against the directory and returns the contents.
    ///
    /// `bytes` must be those of [`RemoteMember::range`].
    ///
    /// # Errors
    ///
    /// When the header differs from the directory, the member is larger than
    /// [`MAX_WHOLE`](super::MAX_WHOLE), or its data is not what the directory declares.
    pub fn extract(&self, bytes: &[u8]) -> Result<Vec<u8>, ZipError> {
        let refuse = |problem| ZipError::member(self.member.name.as_bytes(), problem);
        let start = local::check(&self.member, bytes).map_err(refuse)?;
        let end = usize::try_from(self.member.packed)
            .ok()
            .and_then(|n| start.checked_add(n));
        let data = end
            .and_then(|end| bytes.get(start..end))
            .ok_or_else(|| refuse(super::MemberProblem::NoLocalHeader))?;
        read_whole(&self.member, data)
    }
}
