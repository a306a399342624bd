//! Platforms, interpreters' binary interfaces, and the list of tags they accept
//! (PEP 425, 600, 656, 703, 730, 738, 803).

mod arch;
mod implementation;
mod list;
mod os;
mod platform_tags;

pub use arch::Arch;
pub use implementation::ImplementationTags;
pub use list::compatible_tags;
pub use os::{Os, Platform};
