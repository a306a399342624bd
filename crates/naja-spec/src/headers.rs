//! The header block of METADATA, PKG-INFO and WHEEL files.

use std::borrow::Cow;

use memchr::memchr;

/// The headers at the start of a file in the form of an e-mail message; the body is not read.
///
/// Names are compared without regard to case. Text that is not UTF-8 is read with replacement
/// characters. Lines that are neither a header nor the continuation of one are passed over.
#[derive(Debug, Clone)]
pub struct Headers<'a>(Vec<Header<'a>>);

/// One header: its name, and its value with the line breaks of folded values kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Reads the headers up to the first empty line.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Self {
        Self(HeaderLines::new(bytes).collect())
    }

    /// Returns the bytes up to the first empty line: nothing behind it is ever read.
    #[must_use]
    pub fn block(bytes: &[u8]) -> &[u8] {
        let mut end = 0;
        while let Some(line) = memchr(b'\n', &bytes[end..]) {
            end += line + 1;
            let rest = &bytes[end..];
            if rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
                return &bytes[..end];
            }
        }
        bytes
    }

    /// Returns the value of the first header of a name, without surrounding white space.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get_all(name).next()
    }

    /// Iterates over the values of all headers of a name, in order.
    pub fn get_all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Cow<'a, str>> + 's {
        self.0
            .iter()
            .filter(move |header| header.is(name))
            .map(Header::text)
    }

    /// Iterates over names, as written, and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + '_ {
        self.0
            .iter()
            .map(|header| (String::from_utf8_lossy(header.name), header.text()))
    }
}

impl<'a> Header<'a> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    pub(crate) fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The value with line breaks as `\n` and the indent of continuation lines kept.
    pub(crate) fn text(&self) -> Cow<'a, str> {
        let text = String::from_utf8_lossy(self.value);
        if memchr(b'\r', self.value).is_some() {
            return text.replace("\r\n", "\n").into();
        }
        text
    }

    /// The value on one line: each line break with the white space around it as one space.
    pub(crate) fn unfolded(&self) -> Cow<'a, str> {
        let text = String::from_utf8_lossy(self.value);
        if memchr(b'\n', self.value).is_none() {
            return text;
        }
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.join(" ").into()
    }
}

/// Iterates over the headers at the start of a file.
pub(crate) struct HeaderLines<'a> {
    rest: &'a [u8],
}

impl<'a> HeaderLines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes),
        }
    }

    /// Splits off one line; its end is not part of it.
    fn line(&mut self) -> &'a [u8] {
        let (line, rest) = match memchr(b'\n', self.rest) {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

impl<'a> Iterator for HeaderLines<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        while !self.rest.is_empty() {
            let start = self.rest;
            let line = self.line();
            if line.is_empty() {
                self.rest = &[];
                return None;
            }
            let Some(colon) = memchr(b':', line) else {
                continue;
            };
            let name = &line[..colon];
            if name.is_empty() || name.iter().any(|byte| !byte.is_ascii_graphic()) {
                continue;
            }
            let mut end = line.len();
            while matches!(self.rest.first(), Some(b' ' | b'\t')) {
                let before = start.len() - self.rest.len();
                end = before + self.line().len();
            }
            return Some(Header {
                name,
                value: start[colon + 1..end].trim_ascii(),
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_names_in_any_case_and_stops_at_the_body() {
        let headers = Headers::parse(b"NAME: foo\r\nversion:1\r\n\r\nName: body\r\n");
        assert_eq!(headers.get("Name").as_deref(), Some("foo"));
        assert_eq!(headers.get("Version").as_deref(), Some("1"));
        assert_eq!(headers.get_all("name").count(), 1);
    }

    #[test]
    fn keeps_the_lines_of_folded_values() {
        let headers = Headers::parse(b"License: MIT\n        second\n\tthird\nName: a\n");
        assert_eq!(
            headers.get("license").as_deref(),
            Some("MIT\n        second\n\tthird")
        );
        assert_eq!(headers.0[0].unfolded(), "MIT second third");
        assert_eq!(headers.get("name").as_deref(), Some("a"));
    }

    #[test]
    fn passes_over_what_is_no_header() {
        let headers = Headers::parse(b"no header\n folded?\n: x\nbad name: x\nA: \xff\nB:\n");
        let read: Vec<_> = headers.iter().collect();
        assert_eq!(
            read,
            [("A".into(), "\u{fffd}".into()), ("B".into(), "".into())]
        );
    }

    proptest! {
        #[test]
        fn the_block_says_all(text in "(a: b|[\r\n ]|\n|c:|d){0,12}") {
            let read = |bytes: &[u8]| -> Vec<(String, String)> {
                let headers = Headers::parse(bytes);
                headers.iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
            };
            prop_assert_eq!(read(Headers::block(text.as_bytes())), read(text.as_bytes()));
        }
    }

    #[test]
    fn a_first_line_that_is_blank_ends_everything() {
        assert_eq!(Headers::parse(b"\nName: a\n").iter().count(), 0);
        assert_eq!(Headers::parse(b"").iter().count(), 0);
        assert_eq!(
            Headers::parse("\u{feff}Name: a".as_bytes())
                .get("name")
                .as_deref(),
            Some("a")
        );
    }
}
