//! Source archives: unpacked with the rules of PEP 706's "data" filter.

mod put;
mod tree;

pub use tree::SourceTree;
