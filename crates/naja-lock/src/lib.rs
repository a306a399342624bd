#![doc = include_str!("../README.md")]

pub mod foreign;
mod graph;
mod origin;
mod pair;
mod part;
mod pin;
pub mod project;
pub mod pylock;
mod reach;
mod selection;
mod text;
mod way;

pub use graph::{Edge, EdgeSource, Graph, Node, NodeId, Note};
pub use origin::Origin;
pub use pair::{InTurn, Pair};
pub use part::{PartKind, ProjectPart};
pub use pin::{DistSource, IndexTag, NoFile, Pin, RemoteFile, SdistRef, WheelRef};
pub use project::ProjectLock;
pub use pylock::Pylock;
pub use selection::Selection;
pub use text::{AnnotationStyle, IndexLines, TextOptions, requirements_text};
pub use way::way;
