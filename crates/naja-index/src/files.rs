//! Files that are not unpacked: source archives.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use naja_spec::{HashAlgorithm, Sha256};

use crate::context::Context;
use crate::download::{Download, Received};
use crate::error::{FetchError, FileFault};
use crate::http::Call;
use crate::local;
use crate::net::Net;
use crate::origin;
use crate::request::{FetchedFile, FileRequest, Ticket};

/// Bytes that are hashed at a time.
const PIECE: usize = 256 << 10;

/// Brings any other file; it lives as long as the answer.
pub(crate) async fn fetch_file(
    net: &Net,
    ticket: Ticket,
    wanted: &FileRequest,
) -> Result<Arc<FetchedFile>, FetchError> {
    let context = &net.context;
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    if context.config.offline {
        return Err(FetchError::Offline {
            url: wanted.url.without_credentials(),
        });
    }
    let call = Call::for_file(&wanted.url, wanted.origin);
    let mut download = Download::new(net, ticket, wanted.size, None);
    let Received::File(received) = net.exchange(&call, &mut download).await? else {
        return Err(FetchError::Stopped);
    };
    let wanted = wanted.clone();
    let job = move || {
        let file = received.file;
        check_file(&wanted, file.path(), file.sha256(), file.len())?;
        Ok(Arc::new(FetchedFile::received(file)))
    };
    context.workers.answer(job).await
}

/// Checks size and digests of a file. For SHA-256, or else for a longer kind of its family, one of
/// the values must be right; weak and other kinds prove nothing.
fn check_file(
    wanted: &FileRequest,
    path: &Path,
    sha256: Sha256,
    size: u64,
) -> Result<(), FetchError> {
    let fault = |fault| FetchError::File {
        url: wanted.url.without_credentials(),
        fault,
    };
    if let Some(expected) = wanted.size.filter(|expected| *expected != size) {
        return Err(fault(FileFault::Size {
            expected,
            found: size,
        }));
    }
    let Some(first) = wanted.digests.first() else {
        return Ok(());
    };
    for algorithm in [
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha512,
        HashAlgorithm::Sha384,
    ] {
        let mut expected = wanted
            .digests
            .iter()
            .filter(|d| d.algorithm() == algorithm)
            .peekable();
        let Some(one) = expected.peek().map(ToString::to_string) else {
            continue;
        };
        let found = match algorithm {
            HashAlgorithm::Sha512 => hashed::<sha2::Sha512>(path)?.0,
            HashAlgorithm::Sha384 => hashed::<sha2::Sha384>(path)?.0,
            _ => sha256.as_bytes().to_vec(),
        };
        if expected.any(|digest| digest.as_bytes() == found) {
            return Ok(());
        }
        let hex: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        return Err(fault(FileFault::Digest {
            expected: one,
            found: format!("{algorithm}:{hex}"),
        }));
    }
    Err(fault(FileFault::WeakDigest(first.algorithm().to_string())))
}

/// Hashes a file; also returns its length.
fn hashed<H: sha2::Digest>(path: &Path) -> Result<(Vec<u8>, u64), FetchError> {
    let fail = |source| FetchError::Local {
        path: path.to_owned(),
        source,
    };
    let mut file = std::fs::File::open(path).map_err(fail)?;
    let (mut hasher, mut size, mut piece) = (H::new(), 0, vec![0; PIECE]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok((hasher.finalize().to_vec(), size)),
            Ok(count) => {
                hasher.update(&piece[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fail(error)),
        }
    }
}
/// Hashes and checks a file of this machine.
pub(crate) fn local_file(
    context: &Context,
    wanted: &FileRequest,
) -> Result<Arc<FetchedFile>, FetchError> {
    origin::check(&context.config, wanted.origin, &wanted.url)?;
    let path = local::path_of(&wanted.url)?;
    let (bytes, size) = hashed::<sha2::Sha256>(&path)?;
    let sha256 = Sha256(bytes.try_into().unwrap_or_default());
    check_file(wanted, &path, sha256, size)?;
    Ok(Arc::new(FetchedFile::local(path, sha256, size)))
}
