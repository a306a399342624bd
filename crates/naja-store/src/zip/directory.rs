//! All members of an archive, checked against each other and against the file.

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::end::{Found, Location, locate};
use super::error::{MemberProblem, ZipError};
use super::inflate::{self, Scratch, SinkError};
use super::{MAX_WHOLE, Member, central, local};

/// Bounds on what an archive may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most members.
    pub members: u64,
    /// Largest sum of unpacked sizes, in bytes.
    pub total: u64,
    /// Largest sum of unpacked sizes, as a multiple of the archive's size …
    pub ratio: u64,
    /// … which small archives may exceed up to this many bytes.
    pub ratio_free: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 400_000,
            total: 64 << 30,
            ratio: 200,
            ratio_free: 64 << 20,
        }
    }
}

impl Limits {
    pub(crate) fn total_for(&self, archive: u64) -> u64 {
        self.total
            .min(self.ratio_free.max(archive.saturating_mul(self.ratio)))
    }
}

/// The members of one archive, in the order of its central directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    members: Vec<Member>,
    by_name: FxHashMap<Box<str>, u32>,
}

impl Directory {
    /// Reads and checks the directory and every local header of a whole archive.
    ///
    /// The members' contents are not looked at; [`Directory::copy_member`] checks them.
    ///
    /// # Errors
    ///
    /// Refuses the archive when any rule of [`crate::zip`] or one of `limits` is broken.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ZipError> {
        let total = bytes.len() as u64;
        let location = match locate(bytes, total)? {
            Found::At(location) => location,
            Found::More => return Err(ZipError::NoDirectory),
        };
        let headers = slice(bytes, location.offset, location.offset + location.length)
            .ok_or(ZipError::NoDirectory)?;
        let mut directory = Self::from_headers(headers, &location, limits, total)?;
        for member in &mut directory.members {
            let extent = slice(bytes, member.offset, member.end).ok_or(ZipError::NoDirectory)?;
            let start = local::check(member, extent)
                .map_err(|problem| ZipError::member(member.name.as_bytes(), problem))?;
            member.data = member.offset + start as u64;
        }
        Ok(directory)
    }

    /// Reads the central directory alone; local headers are still unchecked.
    pub(super) fn from_headers(
        headers: &[u8],
        location: &Location,
        limits: &Limits,
        archive: u64,
    ) -> Result<Self, ZipError> {
        if location.count > limits.members {
            return Err(ZipError::TooManyMembers {
                count: location.count,
                limit: limits.members,
            });
        }
        let count = usize::try_from(location.count).map_err(|_| ZipError::NoDirectory)?;
        // The smallest header has 46 bytes, so a false count cannot claim much memory.
        let mut members = Vec::with_capacity(count.min(headers.len() / 46));
        let mut rest = headers;
        let mut unpacked = 0_u64;
        let limit = limits.total_for(archive);
        for _ in 0..count {
            let (member, length) = central::read(rest)?;
            unpacked = unpacked.saturating_add(member.size);
            members.push(member);
            rest = &rest[length..];
        }
        if !rest.is_empty() {
            return Err(ZipError::Directory("it is longer than its members"));
        }
        if unpacked > limit {
            return Err(ZipError::TooLarge {
                total: unpacked,
                limit,
            });
        }
        set_extents(&mut members, location.offset)?;
        let by_name = index(&members)?;
        Ok(Self { members, by_name })
    }

    /// All members, in the order of the central directory.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member with exactly this path.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Member> {
        let folded = name.to_ascii_lowercase();
        let found = self.by_name.get(folded.trim_end_matches('/'))?;
        self.members
            .get(*found as usize)
            .filter(|member| &*member.name == name)
    }

    /// Returns one member's contents.
    ///
    /// # Errors
    ///
    /// When there is no such member, it is larger than [`MAX_WHOLE`], or its data is not what
    /// the directory declares.
    pub fn read_member(&self, bytes: &[u8], name: &str) -> Result<Vec<u8>, ZipError> {
        let member = self
            .get(name)
            .ok_or_else(|| ZipError::NoMember(name.to_owned()))?;
        read_whole(member, data_of(member, bytes)?)
    }

    /// Hands one member's contents to `sink`, piece by piece, checking size and checksum.
    ///
    /// What `sink` received must be thrown away when this fails.
    ///
    /// # Errors
    ///
    /// When the data is not what the directory declares, or when `sink` fails.
    pub fn copy_member(
        &self,
        member: &Member,
        bytes: &[u8],
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), SinkError> {
        let data = data_of(member, bytes)?;
        inflate::copy(member, data, scratch, sink)
    }

    /// Returns one member's contents in one piece, checked; `None` when they are too large.
    ///
    /// # Errors
    ///
    /// When the data is not what the directory declares.
    pub(crate) fn contents<'a>(
        &self,
        member: &Member,
        bytes: &'a [u8],
        scratch: &'a mut Scratch,
    ) -> Result<Option<&'a [u8]>, ZipError> {
        inflate::whole(member, data_of(member, bytes)?, scratch)
    }
}

/// Inflates a member into memory.
pub(super) fn read_whole(member: &Member, data: &[u8]) -> Result<Vec<u8>, ZipError> {
    if member.size > MAX_WHOLE {
        return Err(ZipError::TooLarge {
            total: member.size,
            limit: MAX_WHOLE,
        });
    }
    let mut contents = Vec::with_capacity(usize::try_from(member.size).unwrap_or(0));
    let mut sink = |piece: &[u8]| {
        contents.extend_from_slice(piece);
        Ok(())
    };
    match inflate::copy(member, data, &mut Scratch::default(), &mut sink) {
        Ok(()) => Ok(contents),
        Err(SinkError::Zip(error)) => Err(error),
        Err(SinkError::Sink(_)) => Err(ZipError::OutOfMemory),
    }
}

/// The compressed data of a member whose local header was checked.
fn data_of<'a>(member: &Member, bytes: &'a [u8]) -> Result<&'a [u8], ZipError> {
    slice(bytes, member.data, member.data + member.packed)
        .ok_or_else(|| ZipError::member(member.name.as_bytes(), MemberProblem::NoLocalHeader))
}

fn slice(bytes: &[u8], start: u64, end: u64) -> Option<&[u8]> {
    bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// Gives each member the bytes up to the next one, and refuses bytes that belong to none.
///
/// Whether a member really fills its bytes is decided with its local header.
fn set_extents(members: &mut [Member], directory: u64) -> Result<(), ZipError> {
    /// Length of a local header without name and extra fields.
    const LOCAL: u64 = 30;
    let mut order: Vec<u32> = (0_u32..).take(members.len()).collect();
    order.sort_unstable_by_key(|&at| members[at as usize].offset);
    let first = order
        .first()
        .map_or(directory, |&at| members[at as usize].offset);
    if first != 0 {
        return Err(ZipError::Hidden {
            offset: 0,
            length: first,
        });
    }
    for pair in 0..order.len() {
        let at = order[pair] as usize;
        let end = order
            .get(pair + 1)
            .map_or(directory, |&next| members[next as usize].offset);
        let member = &members[at];
        let least = (LOCAL + member.name.len() as u64)
            .checked_add(member.packed)
            .and_then(|length| length.checked_add(member.offset));
        if least.is_none_or(|least| least > end) {
            let second = order.get(pair + 1).map_or("the directory".into(), |&next| {
                members[next as usize].name.to_string()
            });
            return Err(ZipError::Overlap {
                first: member.name.to_string(),
                second,
            });
        }
        members[at].end = end;
    }
    Ok(())
}

/// Indexes members by their path in lower case, refusing paths that collide.
fn index(members: &[Member]) -> Result<FxHashMap<Box<str>, u32>, ZipError> {
    let mut by_name: FxHashMap<Box<str>, u32> =
        FxHashMap::with_capacity_and_hasher(members.len(), FxBuildHasher);
    let clash = |first: u32, second: &Member| ZipError::Duplicate {
        first: members[first as usize].name.to_string(),
        second: second.name.to_string(),
    };
    for (at, member) in (0_u32..).zip(members) {
        let folded = member.name.trim_end_matches('/').to_ascii_lowercase();
        if let Some(other) = by_name.insert(folded.into(), at) {
            return Err(clash(other, member));
        }
    }
    // A file cannot also be a directory some other member lies in.
    for member in members {
        let folded = member.name.trim_end_matches('/').to_ascii_lowercase();
        for (slash, _) in folded.match_indices('/') {
            if let Some(&parent) = by_name.get(&folded[..slash])
                && !members[parent as usize].is_dir()
            {
                return Err(clash(parent, member));
            }
        }
    }
    Ok(by_name)
}
