//! Version specifiers (PEP 440): `>=1.0,!=1.5,<2`.

mod lenient;
mod operator;
mod parse;
mod set;
mod single;
#[cfg(test)]
mod tests;

pub use operator::Operator;
pub use parse::{SpecifierError, SpecifierReason};
pub use set::VersionSpecifiers;
pub use single::VersionSpecifier;

pub(crate) use lenient::list as lenient_list;
pub(crate) use parse::list as strict_list;
