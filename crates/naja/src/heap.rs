//! The heap of a command that has something to do, got from the system at once and in large pages.
//!
//! Resolving and installing take some ten megabytes. Page by page, the system spends as long on handing them out as
//! naja does on using them.
#![allow(
    unsafe_code,
    reason = "the crate's only unsafe module; each block says why it is sound"
)]

/// How much the heap grows at a time (bytes). It is only a claim: what is not used costs nothing.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const PIECE: usize = 32 << 20;

/// From this size on a piece of memory is got from the system alone and given back (bytes).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ALONE: usize = 4 << 20;

/// Whether the process may have much more memory than it claims: where its memory is limited, it claims nothing it
/// may not need.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn has_room() -> bool {
    use rustix::process::{Resource, getrlimit};
    let is_wide = |limit: Option<u64>| limit.is_none_or(|limit| limit >= 32 * PIECE as u64);
    [Resource::As, Resource::Data]
        .into_iter()
        .all(|resource| is_wide(getrlimit(resource).current))
}

/// Lets the heap of the C library grow in one piece, of large pages where the system has them. Nothing is lost where
/// it refuses.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn grow() {
    if !has_room() {
        return;
    }
    let int = |bytes: usize| libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // SAFETY: `mallopt` takes two numbers and changes how memory is got from then on; no other thread runs yet.
    let is_set = unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, int(ALONE)) == 1
            && libc::mallopt(libc::M_TRIM_THRESHOLD, int(1 << 30)) == 1
            && libc::mallopt(libc::M_TOP_PAD, int(PIECE)) == 1
    };
    if !is_set {
        return;
    }
    // Asking for more than the heap has left makes it grow.
    drop(std::hint::black_box(Vec::<u8>::with_capacity(ALONE / 8)));
    // SAFETY: `sbrk(0)` tells where the heap ends and changes nothing.
    let end = unsafe { libc::sbrk(0) } as usize;
    let large = 2 << 20;
    let start = end.saturating_sub(PIECE).next_multiple_of(large);
    if let Some(length) = end.checked_sub(start).filter(|length| *length > 0) {
        // SAFETY: the range lies in the heap, which grew by more than it; the advice changes no content. An error means
        // that there are no large pages.
        unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_HUGEPAGE) };
    }
}

/// Elsewhere the heap is as it is.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn grow() {}
