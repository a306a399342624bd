//! Reading and writing the RECORD of installed distributions.
//!
//! [`Rows`] is lenient, unlike the reader for wheels: other tools wrote these files, and what
//! cannot be understood must not keep a user from removing a distribution. Each path is checked
//! before anything is done with it.

use std::borrow::Cow;

use naja_spec::{Digest, Sha256};

/// Iterates over the rows of a RECORD.
pub(crate) struct Rows<'a> {
    rest: &'a str,
}

/// Returns the rows of a RECORD in their order: each path, and what stands behind it.
pub(crate) fn rows(text: &str) -> Rows<'_> {
    Rows { rest: text }
}

/// Returns the paths of a RECORD in their order.
pub(crate) fn paths(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    rows(text).map(|(path, _)| path)
}

impl<'a> Iterator for Rows<'a> {
    type Item = (Cow<'a, str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let (path, behind) = if let Some(quoted) = self.rest.strip_prefix('"') {
                let (path, after) = unquote(quoted);
                let (behind, rest) = after.split_once('\n').unwrap_or((after, ""));
                self.rest = rest;
                (path, behind)
            } else {
                let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
                self.rest = rest;
                let end = line.find(',').unwrap_or(line.len());
                let path = line[..end].strip_suffix('\r').unwrap_or(&line[..end]);
                (Cow::Borrowed(path), &line[end..])
            };
            if !path.is_empty() {
                return Some((path, behind.trim_end_matches('\r')));
            }
        }
    }
}

/// Reads digest and size, which stand behind a path as `,sha256=...,123`; whatever is missing or
/// no such thing is none.
pub(crate) fn digest_and_size(behind: &str) -> (Option<Digest>, Option<u64>) {
    let mut fields = behind.strip_prefix(',').unwrap_or("").split(',');
    let digest = fields.next().unwrap_or("");
    let size = fields.next().and_then(|size| size.trim().parse().ok());
    (Digest::from_record_text(digest).ok(), size)
}

/// Reads a quoted field after its first quote; a doubled quote stands for one.
fn unquote(text: &str) -> (Cow<'_, str>, &str) {
    let mut owned: Option<String> = None;
    let mut start = 0;
    while let Some(found) = text[start..].find('"') {
        let end = start + found;
        let after = &text[end + 1..];
        if !after.starts_with('"') {
            let last = &text[start..end];
            let path = match owned {
                Some(mut path) => {
                    path.push_str(last);
                    Cow::Owned(path)
                }
                None => Cow::Borrowed(last),
            };
            return (path, after);
        }
        owned.get_or_insert_default().push_str(&text[start..=end]);
        start = end + 2;
    }
    (Cow::Borrowed(text), "")
}

/// Appends a row with digest and size.
pub(crate) fn push_row(out: &mut String, path: &str, sha256: &Sha256, size: u64) {
    push_path(out, path);
    out.push_str(",sha256=");
    push_base64(out, &sha256.0);
    out.push(',');
    push_number(out, size);
    out.push('\n');
}

/// Appends a row as it was read by [`rows`].
pub(crate) fn push_same(out: &mut String, path: &str, behind: &str) {
    push_path(out, path);
    out.push_str(behind);
    out.push('\n');
}

/// Appends the row of RECORD itself, which has neither.
pub(crate) fn push_bare_row(out: &mut String, path: &str) {
    push_path(out, path);
    out.push_str(",,\n");
}

fn push_path(out: &mut String, path: &str) {
    if !path.contains([',', '"', '\n', '\r']) {
        out.push_str(path);
        return;
    }
    out.push('"');
    for part in path.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}

/// Appends a digest in URL-safe base64 without padding.
fn push_base64(out: &mut String, digest: &[u8; 32]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |value: u32| DIGITS[(value & 63) as usize];
    let mut text = [0; 43];
    for (four, three) in text.chunks_mut(4).zip(digest.chunks(3)) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let value = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, place) in four.iter_mut().enumerate() {
            *place = digit(value >> (18 - 6 * at));
        }
    }
    out.push_str(std::str::from_utf8(&text).unwrap_or_default());
}

fn push_number(out: &mut String, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use naja_spec::Record;
    use proptest::prelude::*;

    #[test]
    fn reads_what_other_tools_write() {
        let text = "a.py,sha256=x,1\r\n\"b,\"\"c\"\".py\",,\nd/RECORD,,\n\n\"open";
        let found: Vec<_> = paths(text).collect();
        assert_eq!(found, ["a.py", "b,\"c\".py", "d/RECORD", "open"]);
    }

    proptest! {
        #[test]
        fn rows_are_read_back(
            path in "[a-z,\" é/\\n]{1,20}", bytes: [u8; 32], size: u64,
        ) {
            let mut text = String::new();
            push_row(&mut text, &path, &Sha256(bytes), size);
            push_bare_row(&mut text, &path);
            let record = Record::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(&record.0[0].path, &path);
            prop_assert_eq!(record.0[0].size, Some(size));
            let hash = record.0[0].hash.as_ref().and_then(naja_spec::Digest::as_sha256);
            prop_assert_eq!(hash, Some(Sha256(bytes)));
            prop_assert_eq!(record.0[1].size, None);
            let lenient: Vec<_> = paths(&text).collect();
            prop_assert_eq!(lenient, vec![path.as_str(), path.as_str()]);
        }

        #[test]
        fn any_text_is_read_to_its_end(text in "[\"a,\\n]{0,40}") {
            prop_assert!(paths(&text).count() <= text.len());
        }
    }
}
