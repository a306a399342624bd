//! The solver as a whole, on made-up universes.

mod brute;
mod effort;
mod order;
mod scenarios;
mod universe;
