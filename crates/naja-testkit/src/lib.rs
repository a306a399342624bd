//! What tests are made of: wheels built in memory, an index served on loopback
//! that counts its requests, and a sandbox that runs the real program in a
//! scratch home with nothing of the machine's configuration in it.

mod base64;
mod index;
mod large;
mod repository;
mod sandbox;
mod sdist;
mod wheel;

pub use index::{Fault, Index, IndexBuilder, Project};
pub use large::large_inputs;
pub use repository::Repository;
pub use sandbox::{Output, Sandbox, find_pythons};
pub use sdist::{Sdist, Tar, gz};
pub use wheel::{Wheel, sha256_hex};
