//! What the operating systems do differently.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{
    file_system, free_room, is_program, is_writable, private_dirs, private_file, program_at,
};
#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{
    file_system, free_room, is_program, is_writable, private_dirs, private_file, program_at,
};
