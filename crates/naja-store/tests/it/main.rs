//! The store as its users see it, on real directories.

mod real;
