//! From bytes to text, as pip finds the encoding.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::error::RequirementsErrorKind;

/// Decodes a requirements file: a byte order mark decides, then a coding line (PEP 263) among the
/// first two lines, then UTF-8, and Latin-1 for what is not UTF-8.
///
/// # Errors
/// A coding line with an unknown encoding, or bytes that contradict mark or coding line.
pub fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, RequirementsErrorKind> {
    // The mark of UTF-32 little endian starts with that of UTF-16.
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe\0\0") {
        return utf32(rest, u32::from_le_bytes).map(Cow::Owned);
    }
    if let Some(rest) = bytes.strip_prefix(b"\0\0\xfe\xff") {
        return utf32(rest, u32::from_be_bytes).map(Cow::Owned);
    }
    for (mark, encoding) in [
        (&b"\xef\xbb\xbf"[..], UTF_8),
        (&b"\xff\xfe"[..], UTF_16LE),
        (&b"\xfe\xff"[..], UTF_16BE),
    ] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            return decode_as(rest, encoding);
        }
    }
    if let Some(label) = coding_line(bytes) {
        if is_latin1(label) {
            return Ok(encoding_rs::mem::decode_latin1(bytes));
        }
        let encoding = Encoding::for_label(label)
            .or_else(|| python_label(label))
            .ok_or_else(|| {
                let shown = String::from_utf8_lossy(&label[..label.len().min(40)]);
                RequirementsErrorKind::UnknownEncoding(shown.into_owned())
            })?;
        return decode_as(bytes, encoding);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => Ok(encoding_rs::mem::decode_latin1(bytes)),
    }
}

fn decode_as<'b>(
    bytes: &'b [u8],
    encoding: &'static Encoding,
) -> Result<Cow<'b, str>, RequirementsErrorKind> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or(RequirementsErrorKind::WrongEncoding(encoding.name()))
}

fn utf32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> Result<String, RequirementsErrorKind> {
    let wrong = RequirementsErrorKind::WrongEncoding("UTF-32");
    let (units, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(wrong);
    }
    units
        .iter()
        .map(|unit| char::from_u32(read(*unit)))
        .collect::<Option<_>>()
        .ok_or(wrong)
}

/// Finds the encoding's name in `# … coding: NAME` or `# … coding=NAME` of the first two lines.
fn coding_line(bytes: &[u8]) -> Option<&[u8]> {
    let lines = bytes.split(|byte| *byte == b'\n').take(2);
    lines
        .filter(|line| line.starts_with(b"#"))
        .find_map(|line| {
            let line = &line[..line.len().min(512)];
            let at = line.windows(6).position(|window| window == b"coding")?;
            let (separator, rest) = line[at + 6..].split_first()?;
            if !matches!(separator, b':' | b'=') {
                return None;
            }
            let rest = rest.trim_ascii_start();
            let is_name =
                |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            let end = rest
                .iter()
                .position(|byte| !is_name(byte))
                .unwrap_or(rest.len());
            (end > 0).then(|| &rest[..end])
        })
}

/// The names Python has for Latin-1, which the web's table reads as Windows-1252.
fn is_latin1(label: &[u8]) -> bool {
    let label = label.to_ascii_lowercase();
    [
        &b"latin-1"[..],
        b"latin1",
        b"latin_1",
        b"iso-8859-1",
        b"iso8859-1",
        b"iso_8859_1",
        b"l1",
    ]
    .contains(&label.as_slice())
}

/// The names of Python that the web's table does not have.
fn python_label(label: &[u8]) -> Option<&'static Encoding> {
    let label = label.to_ascii_lowercase();
    let label: Vec<u8> = label
        .iter()
        .map(|b| if *b == b'_' { b'-' } else { *b })
        .collect();
    match label.as_slice() {
        b"utf-8-sig" | b"u8" | b"utf" => Some(UTF_8),
        other => Encoding::for_label(other).or_else(|| {
            let number = other.strip_prefix(b"cp")?;
            let mut windows = b"windows-".to_vec();
            windows.extend_from_slice(number);
            Encoding::for_label(&windows)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let utf16le: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("harry é".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let utf16be: Vec<u8> = [0xfe, 0xff]
            .into_iter()
            .chain("harry é".encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        let utf32: Vec<u8> = [0xff, 0xfe, 0, 0]
            .into_iter()
            .chain("harry é".chars().flat_map(|c| u32::from(c).to_le_bytes()))
            .collect();
        for bytes in [
            "harry é".as_bytes().to_vec(),
            "\u{feff}harry é".as_bytes().to_vec(),
            utf16le,
            utf16be,
            utf32,
            b"harry \xe9".to_vec(),
        ] {
            assert_eq!(decode_text(&bytes).unwrap(), "harry é", "{bytes:?}");
        }
        for label in ["latin-1", "cp1252", "iso-8859-15", "windows_1252"] {
            let mut bytes = format!("# -*- coding: {label} -*-\n").into_bytes();
            bytes.extend_from_slice(b"\xe9");
            assert!(decode_text(&bytes).unwrap().ends_with('é'), "{label}");
        }
        assert!(
            decode_text("# vim: set fileencoding=utf-8 :\né".as_bytes())
                .unwrap()
                .ends_with('é')
        );
    }

    #[test]
    fn contradictions() {
        assert!(matches!(
            decode_text(b"# coding: klingon\n"),
            Err(RequirementsErrorKind::UnknownEncoding(name)) if name == "klingon"
        ));
        assert!(matches!(
            decode_text(b"# coding: utf-8\n\xe9"),
            Err(RequirementsErrorKind::WrongEncoding("UTF-8"))
        ));
        assert!(decode_text(b"\xff\xfe\0\0abc").is_err());
        assert!(decode_text(b"\xff\xfea").is_err());
    }
}
