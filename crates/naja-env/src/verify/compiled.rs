//! Whether compiled code was made from the source text beside it (PEP 552).

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Length of the header: magic number, flags, time, size.
const HEADER: usize = 16;

/// Tells whether a compiled file fits its source; one that cannot be read does not.
///
/// Files that carry a hash of the source instead of its time are taken to fit: whether Python
/// compares it is written in the file itself.
pub(super) fn fits(compiled: &Path, source: &Path) -> bool {
    let mut header = [0; HEADER];
    let read = File::open(compiled).and_then(|mut file| file.read_exact(&mut header));
    let Ok(meta) = fs::metadata(source) else {
        return false;
    };
    if read.is_err() || !meta.is_file() {
        return false;
    }
    let word = |at: usize| {
        let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        u32::from_le_bytes(bytes)
    };
    if word(4) & 1 == 1 {
        return true;
    }
    let seconds = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |time| time.as_secs());
    // Python keeps the low 32 bits of both.
    word(8) == seconds as u32 && word(12) == meta.len() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_size_decide() {
        let dir = tempfile::tempdir().unwrap();
        let (source, compiled) = (dir.path().join("a.py"), dir.path().join("a.pyc"));
        fs::write(&source, "x = 1\n").unwrap();
        let seconds = fs::metadata(&source)
            .unwrap()
            .modified()
            .unwrap()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs() as u32;
        let write = |flags: u32, seconds: u32, size: u32| {
            let words = [0x0a0d_0001, flags, seconds, size];
            let bytes: Vec<u8> = words
                .iter()
                .flat_map(|word: &u32| word.to_le_bytes())
                .collect();
            fs::write(&compiled, bytes).unwrap();
            fits(&compiled, &source)
        };
        assert!(write(0, seconds, 6));
        assert!(!write(0, seconds, 7));
        assert!(!write(0, seconds.wrapping_sub(1), 6));
        assert!(write(1, 0, 0));
        fs::write(&compiled, "short").unwrap();
        assert!(!fits(&compiled, &source));
        assert!(!fits(&compiled, &dir.path().join("gone.py")));
    }
}
