//! Whether something lies where another machine may change it.
//!
//! A stamp of such a place says little: the system shows times that it asked for a while ago, and they are those of
//! another clock. Opening a file asks again.

use std::path::Path;

/// Kinds of file systems that only this machine writes, and that keep times of change: FAT does not. Whatever is not
/// among them counts as shared.
#[cfg(target_os = "linux")]
const OWN: &[i128] = &[
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // Btrfs
    0x0102_1994, // tmpfs
    0x8584_58F6, // ramfs
    0x794C_7630, // overlay
    0x2FC1_2FC1, // ZFS
    0xCA45_1A4E, // bcachefs
    0xF2F5_2010, // F2FS
    0x3153_464A, // JFS
    0x5265_4973, // ReiserFS
    0x7371_7368, // squashfs
    0xE0F5_E1E2, // EROFS
    0x9660,      // CDs
    0x7366_746E, // NTFS
    0xF15F,      // eCryptfs
    0x3434,      // NILFS
    0x2405_1905, // UBIFS
];

/// Whether another machine may change what is at a path; also where nobody can tell.
#[cfg(target_os = "linux")]
pub(super) fn is_shared(path: &Path) -> bool {
    rustix::fs::statfs(path).map_or(true, |system| !OWN.contains(&system.f_type.into()))
}

/// Whether another machine may change what is at a path; also where nobody can tell.
#[cfg(target_os = "macos")]
pub(super) fn is_shared(path: &Path) -> bool {
    /// The system's own mark.
    const LOCAL: u32 = 0x1000;
    rustix::fs::statfs(path).map_or(true, |system| system.f_flags & LOCAL == 0)
}

/// Elsewhere stamps are not believed anyway.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn is_shared(_path: &Path) -> bool {
    true
}
