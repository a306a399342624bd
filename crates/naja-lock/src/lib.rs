//! What was decided: the graph of a resolution, the selection for one target, and text forms.
//!
//! The crate is pure: it computes, and never reads a file or asks the network.
//!
//! - [`Graph`] is everything a resolution found out: one [`Node`] per distribution, one [`Edge`] per
//!   requirement that brought it in, and [`Note`]s worth telling the user.
//! - [`Pin`] is one distribution that was chosen, with the exact source ([`DistSource`]).
//! - [`Selection`] is the list of pins for one target, in a fixed order.
//! - [`requirements_text`] writes a graph as a pinned requirements file (`pip compile`).

mod graph;
mod origin;
mod pin;
mod selection;
mod text;

pub use graph::{Edge, EdgeSource, Graph, Node, NodeId, Note};
pub use origin::Origin;
pub use pin::{DistSource, IndexTag, Pin, RemoteFile, SdistRef, WheelRef};
pub use selection::Selection;
pub use text::{AnnotationStyle, IndexLines, TextOptions, requirements_text};
