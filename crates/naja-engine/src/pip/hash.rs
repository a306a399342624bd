use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use naja_spec::HashAlgorithm;
use serde::Serialize;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::failure::Failure;
use crate::session::Session;

/// What `naja pip hash` shall hash.
#[derive(Clone, Debug)]
pub struct HashRequest {
    /// The algorithm; one that requirements files may use.
    pub algorithm: HashAlgorithm,
    /// The files.
    pub files: Vec<PathBuf>,
}

/// The hash of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HashedFile {
    /// The file as it was named.
    pub file: String,
    /// `sha256`, `sha384` or `sha512`.
    pub algorithm: &'static str,
    /// The digest in hexadecimal digits.
    pub hash: String,
}

/// Hashes files as requirements files want it.
///
/// # Errors
/// A file cannot be read, or nobody should trust the algorithm.
pub fn hash(session: &Session, request: &HashRequest) -> Result<Vec<HashedFile>, Failure> {
    let mut hashed = Vec::with_capacity(request.files.len());
    for file in &request.files {
        session.cancel.check()?;
        let unreadable = |error: &std::io::Error| {
            Failure::environment(format!("could not read `{}`", file.display())).because(error)
        };
        let mut open = File::open(session.process.absolute(file)).map_err(|e| unreadable(&e))?;
        let hash = match request.algorithm {
            HashAlgorithm::Sha256 => hex_of::<Sha256>(&mut open),
            HashAlgorithm::Sha384 => hex_of::<Sha384>(&mut open),
            HashAlgorithm::Sha512 => hex_of::<Sha512>(&mut open),
            other => {
                return Err(Failure::usage(format!(
                    "`{}` cannot be used for requirements",
                    other.as_str()
                ))
                .hint("use sha256, sha384 or sha512"));
            }
        };
        hashed.push(HashedFile {
            file: file.display().to_string(),
            algorithm: request.algorithm.as_str(),
            hash: hash.map_err(|e| unreadable(&e))?,
        });
    }
    Ok(hashed)
}

fn hex_of<D: Digest>(from: &mut impl Read) -> std::io::Result<String> {
    let mut hasher = D::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    let digest = hasher.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_known_ones() {
        let hex = hex_of::<Sha256>(&mut &b"abc"[..]).unwrap();
        assert_eq!(
            hex,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hex_of::<Sha512>(&mut &b""[..]).unwrap().len(), 128);
    }
}
