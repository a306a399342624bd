//! Source archives: unpacked with the rules of PEP 706's "data" filter.
//!
//! Absolute paths, `..`, links that lead out, devices and pipes are refused; of the mode only
//! the execution bit is kept; owners are ignored; members, bytes, expansion and paths are
//! bounded. Files and directories are written first and links last, so that nothing is ever
//! written through a link. Two readers must not understand an archive differently: see [`tar`].

mod decode;
mod error;
mod links;
mod path;
mod put;
mod seal;
pub(crate) mod tar;
mod tree;
mod unpack;
mod write;

pub use error::SourceProblem;
pub(crate) use seal::Seal;
pub use seal::tree_look;
pub use tree::SourceTree;

/// Unpacks an archive below an empty directory, for the fuzz targets.
pub(crate) fn unpack_for_fuzzing(
    bytes: &[u8],
    packing: naja_spec::SdistExtension,
    root: &std::path::Path,
) -> Result<String, String> {
    let limits = crate::zip::Limits {
        members: 200,
        total: 1 << 20,
        ratio: 1000,
        ratio_free: 1 << 20,
    };
    unpack::unpack(bytes, packing, root, &limits).map_err(|fault| match fault {
        write::Fault::Archive(problem) => problem.to_string(),
        write::Fault::Disk(error) => error.to_string(),
    })
}
