//! A strict reader of tar archives: what two readers could understand differently is refused.
//!
//! Read are old (V7), POSIX (ustar), pax and GNU archives with long names. Refused are sparse
//! members, sizes that two headers give differently, data behind members that have none,
//! duplicated name headers, and global headers that change names or sizes.

use std::io::{self, Read};

use super::SourceProblem;

/// Size of a block in bytes.
const BLOCK: usize = 512;
/// Longest extended header in bytes.
const MAX_EXTENDED: u64 = 1 << 20;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TarKind {
    /// A file with contents.
    File,
    /// A directory.
    Dir,
    /// Another name for an earlier member.
    HardLink,
    /// A symbolic link.
    SymLink,
}

/// One member; its name is not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TarMember {
    /// The path as written.
    pub(crate) name: Vec<u8>,
    /// What it is.
    pub(crate) kind: TarKind,
    /// Length of the contents in bytes; 0 for anything but files.
    pub(crate) size: u64,
    /// Unix permission bits.
    pub(crate) mode: u32,
    /// Seconds since the Unix epoch.
    pub(crate) modified: u64,
    /// Where a link leads, as written.
    pub(crate) link: Vec<u8>,
}

/// Reads members one after the other.
pub(crate) struct TarReader<R> {
    input: R,
    offset: u64,
    /// Bytes of the current member that were not read.
    left: u64,
    padding: u64,
    ended: bool,
}

/// What extended headers say about the next member.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    any: bool,
}

impl<R: Read> TarReader<R> {
    /// Begins at the start of an archive.
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            offset: 0,
            left: 0,
            padding: 0,
            ended: false,
        }
    }

    /// Goes to the next member; `None` at the end, where the input was read to its very end.
    ///
    /// # Errors
    /// Any rule of this module that is broken; an input that fails.
    pub(crate) fn next_member(&mut self) -> Result<Option<TarMember>, SourceProblem> {
        if self.ended {
            return Ok(None);
        }
        self.skip()?;
        let mut extended = Extended::default();
        loop {
            let at = self.offset;
            let Some(block) = self.block()? else {
                return self.end(at, &extended);
            };
            if block.iter().all(|byte| *byte == 0) {
                return self.end(at, &extended);
            }
            let header = Header { block: &block, at };
            header.check()?;
            let size = header.number(124..136, "its size is not a number")?;
            match block[156] {
                b'x' => self.pax(size, at, &mut extended)?,
                b'g' => self.global(size, at)?,
                b'L' => {
                    let name = self.long_name(size, at)?;
                    set_once(&mut extended.name, name, at)?;
                    extended.any = true;
                }
                b'K' => {
                    let link = self.long_name(size, at)?;
                    set_once(&mut extended.link, link, at)?;
                    extended.any = true;
                }
                kind => return self.member(&header, kind, size, extended).map(Some),
            }
        }
    }

    /// Reads contents of the current member; 0 at their end.
    ///
    /// # Errors
    /// An archive that ends in the middle; an input that fails.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SourceProblem> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let count = read_some(&mut self.input, &mut buffer[..most])?;
        if count == 0 {
            return Err(SourceProblem::Truncated);
        }
        self.left -= count as u64;
        self.offset += count as u64;
        Ok(count)
    }

    fn member(
        &mut self,
        header: &Header<'_>,
        kind: u8,
        size: u64,
        extended: Extended,
    ) -> Result<TarMember, SourceProblem> {
        let name = match extended.name {
            Some(name) => name,
            None => header.name()?,
        };
        let size = match extended.size {
            // The short field of a large file is empty or full of what does not fit.
            Some(larger) if size != larger && size != 0 && larger < (1 << 33) => {
                return Err(header.wrong("two headers give different sizes"));
            }
            Some(larger) => larger,
            None => size,
        };
        let shown = || String::from_utf8_lossy(&name).chars().take(200).collect();
        let refuse = |what| SourceProblem::Kind {
            name: shown(),
            what,
        };
        let kind = match kind {
            b'0' | b'\0' | b'7' if name.ends_with(b"/") => TarKind::Dir,
            b'0' | b'\0' | b'7' => TarKind::File,
            b'1' => TarKind::HardLink,
            b'2' => TarKind::SymLink,
            b'5' => TarKind::Dir,
            b'3' | b'4' => return Err(refuse("a device")),
            b'6' => return Err(refuse("a named pipe")),
            b'S' => return Err(refuse("a sparse file")),
            _ => return Err(refuse("of an unknown kind")),
        };
        if kind != TarKind::File && size != 0 {
            return Err(header.wrong("there is data behind something that is no file"));
        }
        let link = match (kind, extended.link) {
            (TarKind::HardLink | TarKind::SymLink, Some(link)) => link,
            (TarKind::HardLink | TarKind::SymLink, None) => text_of(&header.block[157..257]),
            _ => Vec::new(),
        };
        self.begin(size);
        Ok(TarMember {
            kind,
            size,
            mode: u32::try_from(header.number(100..108, "its mode is not a number")? & 0o7777)
                .unwrap_or(0),
            // A strange time is no reason to refuse anything.
            modified: header.number(136..148, "").unwrap_or(0),
            link,
            name,
        })
    }

    fn begin(&mut self, size: u64) {
        self.left = size;
        let over = size % BLOCK as u64;
        self.padding = if over == 0 { 0 } else { BLOCK as u64 - over };
    }

    /// Reads over what is left of the current member.
    fn skip(&mut self) -> Result<(), SourceProblem> {
        let mut buffer = [0; 8192];
        while self.left > 0 {
            self.read(&mut buffer)?;
        }
        self.left = std::mem::take(&mut self.padding);
        while self.left > 0 {
            self.read(&mut buffer)?;
        }
        Ok(())
    }

    /// Reads the next block; `None` at the end of the input.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, SourceProblem> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match read_some(&mut self.input, &mut block[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(SourceProblem::Truncated),
                count => filled += count,
            }
        }
        self.offset += BLOCK as u64;
        Ok(Some(block))
    }

    /// Reads the input to its end, so that the checksums of the compression are looked at.
    fn end(&mut self, at: u64, extended: &Extended) -> Result<Option<TarMember>, SourceProblem> {
        if extended.any {
            return Err(SourceProblem::Truncated);
        }
        let mut buffer = [0; 8192];
        loop {
            let count = read_some(&mut self.input, &mut buffer)?;
            if count == 0 {
                break;
            }
            if buffer[..count].iter().any(|byte| *byte != 0) {
                return Err(SourceProblem::Header {
                    offset: at,
                    reason: "there is more behind the end",
                });
            }
        }
        self.ended = true;
        Ok(None)
    }

    fn extended_data(&mut self, size: u64, at: u64) -> Result<Vec<u8>, SourceProblem> {
        if size > MAX_EXTENDED {
            return Err(wrong(at, "an extended header is too long"));
        }
        self.begin(size);
        let mut data = Vec::new();
        let mut buffer = [0; 4096];
        while self.left > 0 {
            let count = self.read(&mut buffer)?;
            data.extend_from_slice(&buffer[..count]);
        }
        self.skip()?;
        Ok(data)
    }

    fn long_name(&mut self, size: u64, at: u64) -> Result<Vec<u8>, SourceProblem> {
        let data = self.extended_data(size, at)?;
        let name = data.strip_suffix(b"\0").unwrap_or(&data);
        if name.is_empty() || name.contains(&0) {
            return Err(wrong(at, "a long name is not one"));
        }
        Ok(name.to_vec())
    }

    fn pax(&mut self, size: u64, at: u64, into: &mut Extended) -> Result<(), SourceProblem> {
        let data = self.extended_data(size, at)?;
        into.any = true;
        for record in records(&data, at) {
            let (key, value) = record?;
            match key {
                b"path" => set_once(&mut into.name, value.to_vec(), at)?,
                b"linkpath" => set_once(&mut into.link, value.to_vec(), at)?,
                b"size" => {
                    let text = std::str::from_utf8(value).ok();
                    let number = text.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
                    let number = number.and_then(|text| text.parse().ok());
                    let number = number.ok_or_else(|| wrong(at, "a size is not a number"))?;
                    set_once(&mut into.size, number, at)?;
                }
                _ if key.starts_with(b"GNU.sparse") => {
                    return Err(wrong(at, "sparse files are not unpacked"));
                }
                _ => {}
            }
        }
        if into.name.as_ref().is_some_and(|name| name.contains(&0)) {
            return Err(wrong(at, "a name holds a zero byte"));
        }
        Ok(())
    }

    fn global(&mut self, size: u64, at: u64) -> Result<(), SourceProblem> {
        let data = self.extended_data(size, at)?;
        for record in records(&data, at) {
            let (key, _) = record?;
            if matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(b"GNU.sparse") {
                return Err(wrong(at, "a global header changes names or sizes"));
            }
        }
        Ok(())
    }
}

/// A header block and where it is.
struct Header<'a> {
    block: &'a [u8; BLOCK],
    at: u64,
}

impl Header<'_> {
    fn wrong(&self, reason: &'static str) -> SourceProblem {
        wrong(self.at, reason)
    }

    fn check(&self) -> Result<(), SourceProblem> {
        let expected = self.number(148..156, "its checksum is not a number")?;
        let spaces = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
        let bytes = self.block.iter().enumerate();
        let unsigned: u64 = bytes.clone().map(|(at, b)| u64::from(spaces(at, *b))).sum();
        // Some old writers added up signed bytes.
        let signed: i64 = bytes
            .map(|(at, b)| i64::from(spaces(at, *b).cast_signed()))
            .sum();
        if expected == unsigned || i64::try_from(expected).is_ok_and(|sum| sum == signed) {
            return Ok(());
        }
        Err(self.wrong("its checksum does not fit"))
    }

    /// The name of the short fields; the prefix belongs to it in POSIX archives only.
    fn name(&self) -> Result<Vec<u8>, SourceProblem> {
        let name = text_of(&self.block[..100]);
        let prefix = text_of(&self.block[345..500]);
        if prefix.is_empty() {
            return Ok(name);
        }
        if &self.block[257..263] != b"ustar\0" {
            return Err(self.wrong("a name has a prefix where none can be"));
        }
        Ok([&prefix[..], b"/", &name[..]].concat())
    }

    /// Reads a field: octal digits, or a number in base 256.
    fn number(
        &self,
        field: std::ops::Range<usize>,
        reason: &'static str,
    ) -> Result<u64, SourceProblem> {
        let field = &self.block[field];
        if field[0] & 0x80 != 0 {
            let mut value = u64::from(field[0] & 0x7f);
            for byte in &field[1..] {
                if value >> 56 != 0 {
                    return Err(self.wrong(reason));
                }
                value = value << 8 | u64::from(*byte);
            }
            return Ok(value);
        }
        let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
        let text = field[..end].trim_ascii();
        let mut value = 0_u64;
        for byte in text {
            let digit = byte.wrapping_sub(b'0');
            if digit > 7 || value >> 60 != 0 {
                return Err(self.wrong(reason));
            }
            value = value << 3 | u64::from(digit);
        }
        Ok(value)
    }
}

fn wrong(offset: u64, reason: &'static str) -> SourceProblem {
    SourceProblem::Header { offset, reason }
}

fn set_once<T>(place: &mut Option<T>, value: T, at: u64) -> Result<(), SourceProblem> {
    if place.replace(value).is_some() {
        return Err(wrong(at, "a name or size is given twice"));
    }
    Ok(())
}

fn text_of(field: &[u8]) -> Vec<u8> {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    field[..end].to_vec()
}

/// Takes `LENGTH KEY=VALUE\n` records apart.
fn records(data: &[u8], at: u64) -> impl Iterator<Item = Result<(&[u8], &[u8]), SourceProblem>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        if rest.iter().all(|byte| *byte == 0) {
            return None;
        }
        let record = split_record(&mut rest);
        if record.is_none() {
            rest = &[];
        }
        Some(record.ok_or_else(|| wrong(at, "an extended header is not one")))
    })
}

fn split_record<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let space = rest.iter().take(20).position(|byte| *byte == b' ')?;
    let digits = &rest[..space];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let record = rest.get(space + 1..length)?;
    *rest = rest.get(length..)?;
    let record = record.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..]))
}

/// Reads once; what the decompressor or the disk says becomes a problem of the archive.
fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, SourceProblem> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(SourceProblem::Truncated);
            }
            Err(error) => return Err(problem_of(error)),
            Ok(count) => return Ok(count),
        }
    }
}

fn problem_of(error: io::Error) -> SourceProblem {
    let text = error.to_string();
    let Some(inner) = error.into_inner() else {
        return SourceProblem::Compression(text);
    };
    match inner.downcast::<SourceProblem>() {
        Ok(problem) => *problem,
        Err(_) => SourceProblem::Compression(text),
    }
}
