//! What tells, without reading, whether something on the disk is as it was.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Clocks of file systems go on in steps; a stamp younger than this says nothing.
const STEP: Duration = Duration::from_millis(30);

/// The same where times are kept in whole seconds, or in pairs of them.
const COARSE_STEP: Duration = Duration::from_secs(3);

/// Whether each change of a file shows in its stamp. The time of modification can be set back by anybody; only the
/// time of change cannot.
const TELLS_CHANGES: bool = cfg!(unix);

/// Size, times, identity and owner of something on the disk. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    modified: i64,
    changed: i64,
    device: u64,
    inode: u64,
    owner: u32,
    /// Whether it was old enough, when it was taken, for any later change to show in it.
    settled: bool,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata, now: SystemTime) -> Self {
        let mut stamp = Self::read(metadata);
        stamp.settled = TELLS_CHANGES && stamp.is_settled(now);
        stamp
    }

    /// The same of something that another machine may change: its clock is another one, and what the system tells
    /// of its times may be old.
    pub(super) fn of_shared(metadata: &Metadata) -> Self {
        Self::read(metadata)
    }

    /// Whether nothing was written since `self` was taken, given what is there now.
    pub(super) fn holds(&self, now: &Self) -> bool {
        self.settled
            && Self {
                settled: true,
                ..*now
            } == *self
    }

    /// Whether later stamps can be compared with it.
    pub(super) fn is_believed(&self) -> bool {
        self.settled
    }

    /// As [`holds`](Self::holds), for programs: one that was only linked from elsewhere is the same.
    pub(super) fn holds_for_program(&self, now: &Self) -> bool {
        self.identity() == now.identity()
    }

    /// What tells one thing from another in its place, as bytes.
    pub(super) fn identity(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let parts = [
            self.size,
            self.modified.cast_unsigned(),
            self.device,
            self.inode,
        ];
        for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        bytes
    }

    /// Whether it belongs to the same user.
    pub(super) fn has_owner_of(&self, other: &Self) -> bool {
        self.owner == other.owner
    }

    fn is_settled(&self, now: SystemTime) -> bool {
        let is_whole = |time: i64| time % 1_000_000_000 == 0;
        let step = match is_whole(self.modified) && is_whole(self.changed) {
            true => COARSE_STEP,
            false => STEP,
        };
        let newest = self.modified.max(self.changed);
        let step = i64::try_from(step.as_nanos()).unwrap_or(i64::MAX);
        nanoseconds(now) > newest.saturating_add(step)
    }

    #[cfg(unix)]
    fn read(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let time =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            size: metadata.len(),
            modified: time(metadata.mtime(), metadata.mtime_nsec()),
            changed: time(metadata.ctime(), metadata.ctime_nsec()),
            device: metadata.dev(),
            inode: metadata.ino(),
            owner: metadata.uid(),
            settled: false,
        }
    }

    #[cfg(not(unix))]
    fn read(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, nanoseconds);
        Self {
            size: metadata.len(),
            modified,
            changed: modified,
            device: 0,
            inode: 0,
            owner: 0,
            settled: false,
        }
    }
}

fn nanoseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified: i64, settled: bool) -> Stamp {
        Stamp {
            size: 1,
            modified,
            changed: modified,
            device: 1,
            inode: 1,
            owner: 0,
            settled,
        }
    }

    #[test]
    fn a_fresh_stamp_is_not_believed() {
        let at = |ns: u64| UNIX_EPOCH + Duration::from_nanos(ns);
        let fine = stamp(1_500_000_000, false);
        assert!(!fine.is_settled(at(1_500_000_001)));
        assert!(!fine.is_settled(at(1_000_000_000)), "the clock went back");
        assert!(fine.is_settled(at(1_540_000_000)));
        let coarse = stamp(1_000_000_000, false);
        assert!(!coarse.is_settled(at(3_000_000_000)));
        assert!(coarse.is_settled(at(5_000_000_000)));
        assert!(!stamp(7, false).holds(&stamp(7, true)));
        assert!(stamp(7, true).holds(&stamp(7, false)));
        assert!(!stamp(7, true).holds(&stamp(8, true)));
    }
}
