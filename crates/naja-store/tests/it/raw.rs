//! A zip writer that lies on request: every field of every header can be set apart.

use std::io::Write as _;

/// One header's fields; the local and the central one are written from two of these.
#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: u32,
    pub(crate) size: u32,
    pub(crate) extra: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) local: Header,
    pub(crate) central: Header,
    pub(crate) data: Vec<u8>,
    /// After the data.
    pub(crate) descriptor: Vec<u8>,
    /// Before the local header: bytes of no member.
    pub(crate) gap: Vec<u8>,
    pub(crate) attributes: u32,
    pub(crate) disk: u16,
    /// Instead of the true place of the local header.
    pub(crate) offset: Option<u32>,
    pub(crate) in_directory: bool,
}

/// An archive to be written.
#[derive(Clone, Default)]
pub(crate) struct Archive {
    pub(crate) entries: Vec<Entry>,
    pub(crate) before: Vec<u8>,
    /// Between the directory and the end record.
    pub(crate) between: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) after: Vec<u8>,
    pub(crate) count: Option<u16>,
    pub(crate) directory_offset: Option<u32>,
    pub(crate) disk: u16,
    pub(crate) zip64: Option<Zip64>,
}

/// The zip64 end records; `None` means the true value.
#[derive(Clone, Default)]
pub(crate) struct Zip64 {
    pub(crate) count: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) locator_offset: Option<u64>,
    pub(crate) record_size: Option<u64>,
    /// Whether the plain end record holds only marks.
    pub(crate) marks: bool,
}

pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

impl Entry {
    pub(crate) fn stored(name: &str, data: &[u8]) -> Self {
        Self::new(name, 0, data, data.to_vec())
    }

    pub(crate) fn deflated(name: &str, data: &[u8]) -> Self {
        Self::new(name, 8, data, deflate(data))
    }

    fn new(name: &str, method: u16, data: &[u8], packed: Vec<u8>) -> Self {
        let header = Header {
            name: name.as_bytes().to_vec(),
            flags: if name.is_ascii() { 0 } else { 1 << 11 },
            method,
            crc: crc32fast::hash(data),
            packed: u32::try_from(packed.len()).unwrap(),
            size: u32::try_from(data.len()).unwrap(),
            extra: Vec::new(),
        };
        Self {
            local: header.clone(),
            central: header,
            data: packed,
            descriptor: Vec::new(),
            gap: Vec::new(),
            attributes: 0o100_644 << 16,
            disk: 0,
            offset: None,
            in_directory: true,
        }
    }

    pub(crate) fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    pub(crate) fn local(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        self
    }

    pub(crate) fn mode(mut self, mode: u32) -> Self {
        self.attributes = mode << 16;
        self
    }

    /// Moves checksum and sizes behind the data, as a streaming writer does.
    pub(crate) fn streamed(mut self, signed: bool, wide: bool) -> Self {
        let Header {
            crc, packed, size, ..
        } = self.central;
        for header in [&mut self.local, &mut self.central] {
            header.flags |= 1 << 3;
        }
        (self.local.crc, self.local.packed, self.local.size) = (0, 0, 0);
        if signed {
            self.descriptor.extend(0x0807_4b50_u32.to_le_bytes());
        }
        self.descriptor.extend(crc.to_le_bytes());
        for number in [packed, size] {
            self.descriptor.extend(number.to_le_bytes());
            if wide {
                self.descriptor.extend([0; 4]);
            }
        }
        self
    }
}

/// An extra field.
pub(crate) fn extra(id: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    bytes.extend(body);
    bytes
}

/// A zip64 extra field with these values.
pub(crate) fn zip64_extra(values: &[u64]) -> Vec<u8> {
    let body: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    extra(1, &body)
}

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put64(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

impl Archive {
    pub(crate) fn of(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            ..Self::default()
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.before.clone();
        let mut directory = Vec::new();
        let mut listed = 0_u16;
        for entry in &self.entries {
            out.extend(&entry.gap);
            let offset = u32::try_from(out.len()).unwrap();
            write_local(&mut out, &entry.local);
            out.extend(&entry.data);
            out.extend(&entry.descriptor);
            if entry.in_directory {
                listed += 1;
                write_central(&mut directory, entry, entry.offset.unwrap_or(offset));
            }
        }
        let start = u32::try_from(out.len()).unwrap();
        let start = self.directory_offset.unwrap_or(start);
        let length = u32::try_from(directory.len()).unwrap();
        out.extend(directory);
        out.extend(&self.between);
        let count = self.count.unwrap_or(listed);
        let marks = self.zip64.as_ref().is_some_and(|zip64| zip64.marks);
        if let Some(zip64) = &self.zip64 {
            write_zip64(
                &mut out,
                zip64,
                (u64::from(count), u64::from(start), u64::from(length)),
            );
        }
        put32(&mut out, &[0x0605_4b50]);
        if marks {
            put16(&mut out, &[u16::MAX; 4]);
            put32(&mut out, &[u32::MAX; 2]);
        } else {
            put16(&mut out, &[self.disk, self.disk, count, count]);
            put32(&mut out, &[length, start]);
        }
        put16(&mut out, &[u16::try_from(self.comment.len()).unwrap()]);
        out.extend(&self.comment);
        out.extend(&self.after);
        out
    }
}

fn write_zip64(out: &mut Vec<u8>, zip64: &Zip64, (count, start, length): (u64, u64, u64)) {
    let at = out.len() as u64;
    let count = zip64.count.unwrap_or(count);
    put32(out, &[0x0606_4b50]);
    put64(out, &[zip64.record_size.unwrap_or(44)]);
    put16(out, &[45, 45]);
    put32(out, &[0, 0]);
    put64(out, &[count, count, length, zip64.offset.unwrap_or(start)]);
    put32(out, &[0x0706_4b50, 0]);
    put64(out, &[zip64.locator_offset.unwrap_or(at)]);
    put32(out, &[1]);
}

fn write_local(out: &mut Vec<u8>, header: &Header) {
    put32(out, &[0x0403_4b50]);
    put16(out, &[20, header.flags, header.method, 0, 0x21]);
    put32(out, &[header.crc, header.packed, header.size]);
    let lengths = [header.name.len(), header.extra.len()];
    put16(out, &lengths.map(|length| u16::try_from(length).unwrap()));
    out.extend(&header.name);
    out.extend(&header.extra);
}

fn write_central(out: &mut Vec<u8>, entry: &Entry, offset: u32) {
    let header = &entry.central;
    put32(out, &[0x0201_4b50]);
    put16(
        out,
        &[3 << 8 | 20, 20, header.flags, header.method, 0, 0x21],
    );
    put32(out, &[header.crc, header.packed, header.size]);
    let lengths = [header.name.len(), header.extra.len(), 0];
    put16(out, &lengths.map(|length| u16::try_from(length).unwrap()));
    put16(out, &[entry.disk, 0]);
    put32(out, &[entry.attributes, offset]);
    out.extend(&header.name);
    out.extend(&header.extra);
}
