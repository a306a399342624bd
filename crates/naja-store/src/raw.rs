//! The two things that need `unsafe`: mapping a file, and calling libdeflate
//! in the form that says how much input it used.
#![allow(
    unsafe_code,
    reason = "the crate's only unsafe module; each block says why it is sound"
)]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr::NonNull;

use libdeflate_sys as sys;
use memmap2::{Mmap, MmapOptions};

/// Maps a whole file for reading and, with `eager`, brings in all its pages at once.
pub(crate) fn map(file: &File, eager: bool) -> io::Result<Mmap> {
    let mut options = MmapOptions::new();
    if eager {
        options.populate();
    }
    // SAFETY: the mapping is read-only and private to this process. Files of the store are
    // published by rename and never truncated or rewritten afterwards by this program, so the
    // bytes stay as they are while mapped. A wheel handed in by the user could be truncated by
    // another program meanwhile; that ends this process with SIGBUS, as for any mapped file,
    // and cannot make a slice dangle, because the mapping itself stays in place.
    unsafe { options.map(file) }
}

/// Why a deflate stream was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateFault {
    /// The bytes are not a deflate stream.
    Corrupt,
    /// The stream holds more than the output has room for.
    TooLong,
}

/// How many bytes one call used and produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inflated {
    pub(crate) read: usize,
    pub(crate) written: usize,
}

/// A reusable whole-buffer decompressor.
pub(crate) struct Inflater {
    handle: NonNull<sys::libdeflate_decompressor>,
}

// SAFETY: libdeflate's decompressor is plain memory without ties to a thread; `&mut self` on
// `inflate` keeps two threads from using it at once.
unsafe impl Send for Inflater {}

impl Inflater {
    /// Allocates a decompressor; `None` when there is no memory for it.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: takes no arguments; returns null or a decompressor we own.
        NonNull::new(unsafe { sys::libdeflate_alloc_decompressor() }).map(|handle| Self { handle })
    }

    /// Inflates one raw deflate stream from the start of `input` into `output`.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<Inflated, InflateFault> {
        let (mut read, mut written) = (0_usize, 0_usize);
        // SAFETY: the handle is live until `drop`; both buffers are valid for exactly the
        // lengths given and do not overlap (one is borrowed shared, the other exclusively);
        // the two results point to local variables.
        let answer = unsafe {
            sys::libdeflate_deflate_decompress_ex(
                self.handle.as_ptr(),
                input.as_ptr().cast::<c_void>(),
                input.len(),
                output.as_mut_ptr().cast::<c_void>(),
                output.len(),
                &raw mut read,
                &raw mut written,
            )
        };
        match answer {
            sys::libdeflate_result_LIBDEFLATE_SUCCESS => Ok(Inflated { read, written }),
            sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Err(InflateFault::TooLong),
            _ => Err(InflateFault::Corrupt),
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: the handle came from `libdeflate_alloc_decompressor` and is freed once.
        unsafe { sys::libdeflate_free_decompressor(self.handle.as_ptr()) };
    }
}
