//! From a wheel file to an archive of the store.
//!
//! A wheel is checked completely against its file name, the promised digests, the zip rules
//! and its own RECORD, unpacked beside, and renamed into place. A refused wheel leaves nothing.

mod crew;
mod digest;
mod extract;
mod layout;
mod put;
mod record;

pub use crew::Crew;
pub(crate) use digest::check as check_digests;
pub(crate) use extract::Buffers;
pub use layout::{remote_metadata, wheel_metadata};
pub use put::WheelExpectation;
