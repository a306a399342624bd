//! The real shells: activating, leaving, the hook, subshells, completions. A shell that this
//! machine does not have is named and passed over.

mod activation;
mod completion;
mod driver;
mod hooks;
mod parsers;
mod subshell;
