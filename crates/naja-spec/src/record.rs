//! `RECORD`, the list of a distribution's files (PEP 376, 427, 627).

use crate::digest::{Digest, DigestError};

/// Why a RECORD file cannot be read. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The file is not UTF-8.
    #[error("RECORD is not UTF-8")]
    Encoding,
    /// A quote stands where CSV does not allow one, or is not closed.
    #[error("line {0} of RECORD has a misplaced quote")]
    Quote(usize),
    /// A row does not have three columns.
    #[error("line {line} of RECORD has {columns} columns instead of 3")]
    Columns {
        /// The line on which the row begins.
        line: usize,
        /// How many columns it has.
        columns: usize,
    },
    /// A row's path is empty.
    #[error("line {0} of RECORD has no path")]
    Path(usize),
    /// A row's hash cannot be read.
    #[error("line {line} of RECORD: {source}")]
    Hash {
        /// The line on which the row begins.
        line: usize,
        /// What is wrong with the hash.
        source: DigestError,
    },
    /// A row's size is not a number.
    #[error("line {0} of RECORD has an invalid size")]
    Size(usize),
}

/// One row of a RECORD file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordEntry {
    /// Path with `/`, relative to the directory that holds the `.dist-info`; not checked here.
    pub path: String,
    /// Digest of the contents. It may be an insecure one: see [`Digest::is_secure`].
    pub hash: Option<Digest>,
    /// Size in bytes.
    pub size: Option<u64>,
}

/// The rows of a RECORD file, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record(pub Vec<RecordEntry>);

impl Record {
    /// Reads a RECORD file: strict CSV with commas, double quotes and three columns; empty
    /// lines are skipped. Paths are taken as they are, also when they repeat.
    ///
    /// # Errors
    /// When the text is not UTF-8, or a row breaks the form.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|_| RecordError::Encoding)?;
        let mut rows = Rows {
            rest: text,
            line: 1,
        };
        let mut entries = Vec::with_capacity(text.len() / 90);
        while let Some(entry) = rows.next_entry()? {
            entries.push(entry);
        }
        Ok(Self(entries))
    }

    /// Writes the file, one row a line, quoting where necessary. [`Record::parse`] reads it
    /// back to the same rows.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::with_capacity(self.0.len() * 100);
        for entry in &self.0 {
            push_field(&entry.path, &mut out);
            out.push(',');
            if let Some(hash) = &entry.hash {
                out.push_str(&hash.to_record_text());
            }
            out.push(',');
            if let Some(size) = entry.size {
                out.push_str(&size.to_string());
            }
            out.push('\n');
        }
        out
    }
}

fn push_field(text: &str, out: &mut String) {
    if text.contains([',', '"', '\r', '\n']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// What ends a field.
#[derive(PartialEq)]
enum End {
    Comma,
    Row,
}

struct Rows<'a> {
    rest: &'a str,
    line: usize,
}

impl Rows<'_> {
    fn next_entry(&mut self) -> Result<Option<RecordEntry>, RecordError> {
        while let Some(rest) = self
            .rest
            .strip_prefix('\n')
            .or_else(|| self.rest.strip_prefix("\r\n"))
        {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        let mut fields: [String; 3] = Default::default();
        let mut columns = 0;
        loop {
            let (field, end) = self.field()?;
            if let Some(slot) = fields.get_mut(columns) {
                *slot = field;
            }
            columns += 1;
            if end == End::Row {
                break;
            }
        }
        if columns != 3 {
            return Err(RecordError::Columns { line, columns });
        }
        entry(fields, line).map(Some)
    }

    fn field(&mut self) -> Result<(String, End), RecordError> {
        let text = if self.rest.starts_with('"') {
            self.quoted()?
        } else {
            self.plain()?
        };
        if let Some(rest) = self.rest.strip_prefix(',') {
            self.rest = rest;
            return Ok((text, End::Comma));
        }
        if !self.rest.is_empty() {
            let line_end = ["\r\n", "\n"]
                .into_iter()
                .find_map(|end| self.rest.strip_prefix(end));
            self.rest = line_end.ok_or(RecordError::Quote(self.line))?;
            self.line += 1;
        }
        Ok((text, End::Row))
    }

    fn plain(&mut self) -> Result<String, RecordError> {
        let mut end =
            memchr::memchr3(b',', b'\n', b'"', self.rest.as_bytes()).unwrap_or(self.rest.len());
        match self.rest.as_bytes().get(end) {
            Some(b'"') => return Err(RecordError::Quote(self.line)),
            Some(b'\n') if self.rest[..end].ends_with('\r') => end -= 1,
            _ => {}
        }
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(text.to_owned())
    }

    fn quoted(&mut self) -> Result<String, RecordError> {
        let start = self.line;
        let mut out = String::new();
        self.rest = &self.rest[1..];
        loop {
            let end = self.rest.find('"').ok_or(RecordError::Quote(start))?;
            let part = &self.rest[..end];
            self.line += part.matches('\n').count();
            out.push_str(part);
            self.rest = &self.rest[end + 1..];
            let Some(rest) = self.rest.strip_prefix('"') else {
                return Ok(out);
            };
            out.push('"');
            self.rest = rest;
        }
    }
}

fn entry([path, hash, size]: [String; 3], line: usize) -> Result<RecordEntry, RecordError> {
    if path.is_empty() {
        return Err(RecordError::Path(line));
    }
    let hash = match hash.as_str() {
        "" => None,
        text => Some(
            Digest::from_record_text(text).map_err(|source| RecordError::Hash { line, source })?,
        ),
    };
    let size = match size.as_str() {
        "" => None,
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(text.parse().map_err(|_| RecordError::Size(line))?)
        }
        _ => return Err(RecordError::Size(line)),
    };
    Ok(RecordEntry { path, hash, size })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::{HashAlgorithm, Sha256};

    #[test]
    fn an_ordinary_file() {
        let hash = Digest::from(Sha256::of(b"x"));
        let text = format!(
            "a/b.py,{h},12\r\n\r\n\"odd \"\"name\"\", with\ncomma\",{h},0\na.dist-info/RECORD,,",
            h = hash.to_record_text()
        );
        let record = Record::parse(text.as_bytes()).unwrap();
        assert_eq!(record.0.len(), 3);
        assert_eq!(record.0[0].size, Some(12));
        assert_eq!(record.0[1].path, "odd \"name\", with\ncomma");
        assert_eq!(
            record.0[2],
            RecordEntry {
                path: "a.dist-info/RECORD".into(),
                hash: None,
                size: None
            }
        );
        assert_eq!(Record::parse(record.to_text().as_bytes()).unwrap(), record);
    }

    #[test]
    fn weak_hashes_are_known_as_such() {
        let record = Record::parse(b"a,md5=1B2M2Y8AsgTpgAmY7PhCfg,0\n").unwrap();
        let hash = record.0[0].hash.as_ref().unwrap();
        assert_eq!(hash.algorithm(), HashAlgorithm::Md5);
        assert!(!hash.is_secure());
    }

    #[test]
    fn faults_name_their_line() {
        let columns = |line, columns| RecordError::Columns { line, columns };
        for (text, error) in [
            (&b"a,,\nb,,,\n"[..], columns(2, 4)),
            (b"a,\n", columns(1, 2)),
            (b"a", columns(1, 1)),
            (b"\n\n,,\n", RecordError::Path(3)),
            (b"a,,-1\n", RecordError::Size(1)),
            (b"a,,+1\n", RecordError::Size(1)),
            (b"a,,99999999999999999999999\n", RecordError::Size(1)),
            (b"a\"b,,\n", RecordError::Quote(1)),
            (b"\"a\"b,,\n", RecordError::Quote(1)),
            (b"a,,\n\"b\n,,\n", RecordError::Quote(2)),
            (b"\"a\nb\",,\nc\n", columns(3, 1)),
            (b"\xff,,\n", RecordError::Encoding),
        ] {
            assert_eq!(
                Record::parse(text).unwrap_err(),
                error,
                "{}",
                text.escape_ascii()
            );
        }
        let error = Record::parse(b"a,sha256=x,\n").unwrap_err();
        assert!(matches!(error, RecordError::Hash { line: 1, .. }));
    }

    proptest! {
        #[test]
        fn written_rows_come_back(rows in proptest::collection::vec(
            ("[\\PC,\"\n\r]{1,12}", proptest::option::of(any::<[u8; 32]>()),
             proptest::option::of(any::<u64>())),
            0..8,
        )) {
            let record = Record(
                rows.into_iter()
                    .map(|(path, hash, size)| RecordEntry {
                        path,
                        hash: hash.map(|bytes| Digest::from(Sha256(bytes))),
                        size,
                    })
                    .collect(),
            );
            prop_assert_eq!(Record::parse(record.to_text().as_bytes()).unwrap(), record);
        }

        #[test]
        fn any_bytes_are_read_without_panic(text in "[a,\"\n\r=0é]{0,40}") {
            let _ = Record::parse(text.as_bytes());
        }
    }
}
