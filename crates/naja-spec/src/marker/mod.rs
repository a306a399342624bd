//! Environment markers (PEP 508, 685, 751): parsing, normal form, evaluation.

mod atom;
mod axis;
mod clauses;
mod diagram;
mod environment;
mod evaluate;
mod parse;
mod render;
mod set;
#[cfg(test)]
mod set_tests;
#[cfg(test)]
mod tests;
mod tree;
mod variable;

pub use environment::{MarkerEnvironment, MarkerScope};
pub use parse::{MarkerError, MarkerReason};
pub use render::LockStyle;
pub use set::MarkerSet;
pub use tree::{Marker, MarkerComparison, MarkerOperand, MarkerTree};
pub use variable::{MarkerOperator, MarkerVariable};

pub(crate) use parse::whole as whole_marker;
