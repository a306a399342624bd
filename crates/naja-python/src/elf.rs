//! Reads the few ELF facts that decide which Linux wheels fit: the loader and the ARM float ABI.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Holds what was read from an ELF header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ElfFacts {
    /// The dynamic loader (`PT_INTERP`); `None` for a static program.
    pub(crate) loader: Option<PathBuf>,
    /// 32-bit ARM with version 5 of the EABI and hardware floating point, as `manylinux` demands.
    pub(crate) arm_hard_float: bool,
}

/// The type of a program header that names the loader.
const PT_INTERP: u64 = 3;
/// The machine number of 32-bit ARM.
const EM_ARM: u64 = 40;

/// Reads the facts of an executable. `None`: not an ELF file, or a damaged one.
pub(crate) fn read(path: &Path) -> Option<ElfFacts> {
    let mut file = File::open(path).ok()?;
    let mut header = [0_u8; 64];
    let length = read_up_to(&mut file, &mut header).ok()?;
    let layout = Layout::of(header.get(..length)?)?;
    let count = layout.number(&header, layout.pick(0x2c, 0x38), 2)?.min(64);
    let size = layout.number(&header, layout.pick(0x2a, 0x36), 2)?;
    let table = layout.number(&header, layout.pick(0x1c, 0x20), layout.word())?;
    let flags = layout.number(&header, layout.pick(0x24, 0x30), 4)?;
    let machine = layout.number(&header, 0x12, 2)?;
    let mut loader = None;
    for index in 0..count {
        let mut entry = [0_u8; 56];
        file.seek(SeekFrom::Start(table.checked_add(index * size)?))
            .ok()?;
        let length = read_up_to(&mut file, &mut entry).ok()?;
        let entry = entry.get(..length)?;
        if layout.number(entry, 0, 4)? != PT_INTERP {
            continue;
        }
        let offset = layout.number(entry, layout.pick(0x04, 0x08), layout.word())?;
        let length = layout.number(entry, layout.pick(0x10, 0x20), layout.word())?;
        loader = text_at(&mut file, offset, length);
        break;
    }
    let hard_float = flags & 0xff00_0000 == 0x0500_0000 && flags & 0x400 != 0;
    Some(ElfFacts {
        loader,
        arm_hard_float: machine == EM_ARM && !layout.wide && hard_float,
    })
}

/// Says how numbers are laid out in one file.
#[derive(Clone, Copy)]
struct Layout {
    wide: bool,
    big_endian: bool,
}

impl Layout {
    fn of(header: &[u8]) -> Option<Self> {
        if header.get(..4)? != b"\x7fELF" {
            return None;
        }
        let wide = match header.get(4)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        Some(Self {
            wide,
            big_endian: *header.get(5)? == 2,
        })
    }

    fn pick(self, narrow: usize, wide: usize) -> usize {
        if self.wide { wide } else { narrow }
    }

    fn word(self) -> usize {
        self.pick(4, 8)
    }

    fn number(self, bytes: &[u8], offset: usize, width: usize) -> Option<u64> {
        let field = bytes.get(offset..offset + width)?;
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.big_endian {
            field.iter().fold(0, join)
        } else {
            field.iter().rev().fold(0, join)
        })
    }
}

/// Reads a NUL-terminated path of bounded length.
fn text_at(file: &mut File, offset: u64, length: u64) -> Option<PathBuf> {
    let length = usize::try_from(length)
        .ok()
        .filter(|length| (1..4096).contains(length))?;
    let mut bytes = vec![0_u8; length];
    file.seek(SeekFrom::Start(offset)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(length);
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    (!text.is_empty()).then(|| PathBuf::from(text))
}

/// Fills as much of the buffer as the file has.
fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_loader_of_this_program_is_found() {
        let Some(facts) = read(Path::new("/proc/self/exe")) else {
            panic!("no ELF facts")
        };
        if let Some(loader) = facts.loader {
            assert!(loader.to_string_lossy().contains("ld"), "{loader:?}");
        }
    }

    #[test]
    fn damaged_files_give_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(64, 0xff);
        for bytes in [
            &b""[..],
            b"#!/bin/sh\n",
            b"\x7fELF",
            b"\x7fELF\x09\x01",
            &elf,
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_narrow_big_endian_header_is_read() {
        let mut elf = vec![0_u8; 52];
        elf[..6].copy_from_slice(b"\x7fELF\x01\x02");
        elf[0x13] = 40;
        elf[0x1f] = 52;
        elf[0x24..0x28].copy_from_slice(&0x0500_0400_u32.to_be_bytes());
        elf[0x2b] = 32;
        elf[0x2d] = 1;
        let mut entry = [0_u8; 32];
        entry[3] = 3;
        entry[7] = 84;
        entry[0x13] = 9;
        elf.extend(entry);
        elf.extend(b"/lib/ld.so.3\0");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, &elf).unwrap();
        let facts = read(&path).unwrap();
        assert_eq!(facts.loader, Some(PathBuf::from("/lib/ld.s")));
        assert!(facts.arm_hard_float);
    }
}
