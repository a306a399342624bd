//! The list of steps on disk.
//!
//! Layout, version 1, little-endian: magic "NajaJrnl", version u32, crc32 of all bytes from 16
//! on u32, number of steps u32, then per step a kind byte and its paths. A path is a byte for
//! what it is relative to (0 the transaction's own directory, 1 the directory that holds the
//! working directory, 2 absolute), its length u32, and its bytes.

use std::path::{Component, Path, PathBuf};

use super::error::TxnError;
use super::step::Step;

const MAGIC: &[u8; 8] = b"NajaJrnl";
const VERSION: u32 = 1;
const CHECKED_FROM: usize = 16;

const MOVE: u8 = 1;
const SWAP: u8 = 2;
const MAKE_DIR: u8 = 3;
const PRUNE: u8 = 4;

/// What paths in a journal are relative to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bases<'a> {
    /// The transaction's own directory.
    pub(super) own: &'a Path,
    /// The directory that holds the working directory.
    pub(super) home: &'a Path,
}

/// The bytes of a journal.
pub(super) fn encode(steps: &[Step], bases: Bases<'_>) -> Result<Vec<u8>, TxnError> {
    let mut bytes = Vec::with_capacity(64 + steps.len() * 96);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    let count = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&count.to_le_bytes());
    for step in steps {
        match step {
            Step::Move { from, to } => put(&mut bytes, MOVE, &[from, to], bases)?,
            Step::Swap {
                staged,
                dest,
                backup,
            } => {
                put(&mut bytes, SWAP, &[staged, dest, backup], bases)?;
            }
            Step::MakeDir { dir } => put(&mut bytes, MAKE_DIR, &[dir], bases)?,
            Step::Prune { dir, mode } => {
                put(&mut bytes, PRUNE, &[dir], bases)?;
                bytes.extend_from_slice(&mode.to_le_bytes());
            }
        }
    }
    let checksum = crc32fast::hash(&bytes[CHECKED_FROM..]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

fn put(
    bytes: &mut Vec<u8>,
    kind: u8,
    paths: &[&PathBuf],
    bases: Bases<'_>,
) -> Result<(), TxnError> {
    bytes.push(kind);
    for path in paths {
        let (base, rest) = if let Ok(rest) = path.strip_prefix(bases.own) {
            (0, rest)
        } else if let Ok(rest) = path.strip_prefix(bases.home) {
            (1, rest)
        } else {
            (2, path.as_path())
        };
        let unwritable = || TxnError::Unwritable {
            path: PathBuf::clone(path),
        };
        let text = path_bytes(rest).ok_or_else(unwritable)?;
        let length = u32::try_from(text.len()).map_err(|_| unwritable())?;
        bytes.push(base);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(text);
    }
    Ok(())
}

/// The steps in a journal; `None` when it is damaged or of another version.
pub(super) fn decode(bytes: &[u8], bases: Bases<'_>) -> Option<Vec<Step>> {
    let mut reader = Reader { rest: bytes, bases };
    if reader.take(8)? != MAGIC || reader.number()? != VERSION {
        return None;
    }
    if reader.number()? != crc32fast::hash(reader.rest) {
        return None;
    }
    let count = reader.number()?;
    let mut steps = Vec::new();
    for _ in 0..count {
        steps.push(reader.step()?);
    }
    reader.rest.is_empty().then_some(steps)
}

struct Reader<'a> {
    rest: &'a [u8],
    bases: Bases<'a>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn path(&mut self) -> Option<PathBuf> {
        let base = self.byte()?;
        let length = usize::try_from(self.number()?).ok()?;
        let path = bytes_path(self.take(length)?)?;
        let plain = path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        match base {
            0 if plain => Some(self.bases.own.join(path)),
            1 if plain => Some(self.bases.home.join(path)),
            2 if path.is_absolute() => Some(path),
            _ => None,
        }
    }

    fn step(&mut self) -> Option<Step> {
        Some(match self.byte()? {
            MOVE => Step::Move {
                from: self.path()?,
                to: self.path()?,
            },
            SWAP => Step::Swap {
                staged: self.path()?,
                dest: self.path()?,
                backup: self.path()?,
            },
            MAKE_DIR => Step::MakeDir { dir: self.path()? },
            PRUNE => Step::Prune {
                dir: self.path()?,
                mode: self.number()?,
            },
            _ => return None,
        })
    }
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere some paths cannot be written"
)]
fn path_bytes(path: &Path) -> Option<&[u8]> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(path.as_os_str().as_bytes())
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere some paths cannot be read"
)]
fn bytes_path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(std::ffi::OsStr::from_bytes(bytes).into())
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Option<&[u8]> {
    path.to_str().map(str::as_bytes)
}

#[cfg(not(unix))]
fn bytes_path(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DRIVE: &str = if cfg!(windows) { "C:" } else { "" };

    const HOME: &str = if cfg!(windows) { "C:/env" } else { "/env" };

    const OWN: &str = if cfg!(windows) {
        "C:/env/.naja/txn-1"
    } else {
        "/env/.naja/txn-1"
    };

    fn bases() -> Bases<'static> {
        Bases {
            own: Path::new(OWN),
            home: Path::new(HOME),
        }
    }

    fn path() -> impl Strategy<Value = PathBuf> {
        ("(/env/.naja/txn-1|/env|/other)", "(/[a-zé .]{1,8}){1,3}")
            .prop_map(|(base, rest)| {
                let text = format!("{DRIVE}{base}{rest}");
                Path::new(&text).components().collect::<PathBuf>()
            })
            .prop_filter("no dots", |path| {
                path.components()
                    .all(|part| !matches!(part, Component::ParentDir))
                    && path.components().collect::<PathBuf>().as_os_str() == path.as_os_str()
            })
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (path(), path()).prop_map(|(from, to)| Step::Move { from, to }),
            (path(), path(), path()).prop_map(|(staged, dest, backup)| Step::Swap {
                staged,
                dest,
                backup
            }),
            path().prop_map(|dir| Step::MakeDir { dir }),
            (path(), any::<u32>()).prop_map(|(dir, mode)| Step::Prune { dir, mode }),
        ]
    }

    proptest! {
        #[test]
        fn round_trip(steps in prop::collection::vec(step(), 0..8)) {
            let bytes = encode(&steps, bases()).unwrap();
            prop_assert_eq!(decode(&bytes, bases()), Some(steps));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            decode(&bytes, bases());
            let mut framed = b"NajaJrnl\x01\0\0\0".to_vec();
            framed.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
            framed.extend_from_slice(&bytes);
            decode(&framed, bases());
        }
    }

    #[test]
    fn damage_is_noticed() {
        let steps = [Step::MakeDir {
            dir: "/env/a".into(),
        }];
        let good = encode(&steps, bases()).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 4;
            assert_eq!(decode(&bad, bases()), None, "byte {at}");
            assert_eq!(decode(&good[..at], bases()), None, "cut at {at}");
        }
    }

    #[test]
    fn relative_paths_move_with_the_environment() {
        let make_in = |home: &str| Step::MakeDir {
            dir: Path::new(home).join("a"),
        };
        let bytes = encode(&[make_in(HOME)], bases()).unwrap();
        let new = format!("{DRIVE}/new");
        let own = format!("{new}/.naja/txn-1");
        let moved = Bases {
            own: Path::new(&own),
            home: Path::new(&new),
        };
        assert_eq!(decode(&bytes, moved), Some(vec![make_in(&new)]));
    }

    #[cfg(unix)]
    #[test]
    fn a_journal_cannot_climb_out() {
        let steps = [Step::MakeDir {
            dir: "/env/../etc".into(),
        }];
        let bytes = encode(&steps, bases()).unwrap();
        assert_eq!(decode(&bytes, bases()), None);
    }
}
