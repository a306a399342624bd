//! Pages of the simple repository API (PEP 503, 592, 691, 700, 708, 714, 792) and the flat
//! record they are kept in.

mod builder;
mod html;
mod json;
mod layout;
mod link;
mod page;
mod refused;
mod status;
mod time;

pub use builder::{PageBuilder, PageEntry};
pub use page::{FileRef, Page, PageError};
pub use refused::{EntryRefusal, RefusedEntries};
pub use status::{CoreMeta, ProjectStatus};
