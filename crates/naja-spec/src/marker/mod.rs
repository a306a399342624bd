//! Environment markers (PEP 508, 685, 751): parsing, normal form, evaluation.

mod environment;
mod evaluate;
mod parse;
mod render;
#[cfg(test)]
mod tests;
mod tree;
mod variable;

pub use environment::{MarkerEnvironment, MarkerScope};
pub use parse::{MarkerError, MarkerReason};
pub use tree::{Marker, MarkerComparison, MarkerOperand, MarkerTree};
pub use variable::{MarkerOperator, MarkerVariable};

pub(crate) use parse::whole as whole_marker;
