//! HTML pages (PEP 503), scanned for the few elements that matter.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::builder::{PageBuilder, PageEntry};
use super::page::PageError;
use super::status::{CoreMeta, ProjectStatus};
use crate::digest::{Digest, HashAlgorithm, Sha256};

/// Elements whose contents are text, not elements.
const RAW_TEXT: [&str; 4] = ["script", "style", "textarea", "title"];

/// Reads a page into the builder.
pub(super) fn read(body: &[u8], builder: &mut PageBuilder) -> Result<(), PageError> {
    let text = String::from_utf8_lossy(body);
    let mut status = None;
    let mut reason = None;
    let mut based = false;
    // A `base` counts for the whole document, so links have to wait for the end of a first
    // pass.
    for element in Elements::new(&text) {
        if element.is("base") && !based {
            if let Some(href) = element.attribute("href") {
                builder.rebase(&href);
                based = true;
            }
        } else if element.is("meta") {
            let (Some(name), Some(content)) =
                (element.attribute("name"), element.attribute("content"))
            else {
                continue;
            };
            match name.as_ref() {
                "pypi:repository-version" => builder.set_api_version(&content)?,
                "pypi:project-status" => status = Some(ProjectStatus::parse(&content)),
                "pypi:project-status-reason" => reason = Some(content.into_owned()),
                "pypi:tracks" => builder.push_tracks(&content),
                "pypi:alternate-locations" => builder.push_alternate_location(&content),
                _ => {}
            }
        }
    }
    builder.set_status(status.unwrap_or_default(), reason.as_deref());
    for element in Elements::new(&text).filter(|element| element.is("a")) {
        push_anchor(&element, builder);
    }
    Ok(())
}

/// The attributes of an anchor that matter, raw.
#[derive(Default)]
struct Anchor<'a> {
    href: Option<&'a str>,
    requires_python: Option<&'a str>,
    yanked: Option<&'a str>,
    core_metadata: Option<&'a str>,
    legacy_metadata: Option<&'a str>,
    provenance: Option<&'a str>,
}

impl<'a> Anchor<'a> {
    /// The first of two attributes of one name counts, as in browsers.
    fn of(element: &Element<'a>) -> Self {
        let mut anchor = Self::default();
        for (name, value) in element.attributes() {
            let slot = if name.eq_ignore_ascii_case("href") {
                &mut anchor.href
            } else if name.eq_ignore_ascii_case("data-requires-python") {
                &mut anchor.requires_python
            } else if name.eq_ignore_ascii_case("data-yanked") {
                &mut anchor.yanked
            } else if name.eq_ignore_ascii_case("data-core-metadata") {
                &mut anchor.core_metadata
            } else if name.eq_ignore_ascii_case("data-dist-info-metadata") {
                &mut anchor.legacy_metadata
            } else if name.eq_ignore_ascii_case("data-provenance") {
                &mut anchor.provenance
            } else {
                continue;
            };
            slot.get_or_insert(value);
        }
        anchor
    }
}

fn push_anchor(element: &Element<'_>, builder: &mut PageBuilder) {
    let anchor = Anchor::of(element);
    let Some(href) = anchor.href.map(unescape) else {
        return;
    };
    let href = href.trim_ascii();
    let (address, fragment) = href.split_once('#').unwrap_or((href, ""));
    let path = address.split('?').next().unwrap_or(address);
    let segment = path.rsplit('/').next().unwrap_or(path);
    let Ok(file_name) = percent_decode_str(segment).decode_utf8() else {
        builder.drop_entry();
        return;
    };
    let requires_python = anchor.requires_python.map(unescape);
    let yanked = anchor.yanked.map(unescape);
    let provenance = anchor.provenance.map(unescape);
    let metadata = anchor.core_metadata.or(anchor.legacy_metadata);
    let (sha256, digests) = digests(fragment);
    builder.push(&PageEntry {
        file_name: &file_name,
        url: address,
        sha256,
        digests,
        requires_python: requires_python.as_deref(),
        yanked: yanked.as_deref(),
        core_metadata: metadata.map_or(CoreMeta::No, core_metadata),
        provenance: provenance.as_deref().filter(|url| !url.is_empty()),
        ..PageEntry::default()
    });
}

fn digests(fragment: &str) -> (Option<Sha256>, Vec<Digest>) {
    let mut sha256 = None;
    let mut others = Vec::new();
    for (name, hex) in fragment.split('&').filter_map(|pair| pair.split_once('=')) {
        match name.parse() {
            Ok(HashAlgorithm::Sha256) => sha256 = sha256.or(Sha256::from_hex(hex.as_bytes())),
            Ok(algorithm) => others.extend(Digest::from_hex(algorithm, hex)),
            Err(_) => {}
        }
    }
    (sha256, others)
}

/// `true`, or `algorithm=hex` (PEP 714); a digest of another algorithm than SHA-256 says no
/// more than `true`.
fn core_metadata(value: &str) -> CoreMeta {
    let value = unescape(value);
    if value.is_empty() || value.eq_ignore_ascii_case("true") {
        return CoreMeta::Yes;
    }
    match Digest::parse(&value) {
        Ok(digest) => digest.as_sha256().map_or(CoreMeta::Yes, CoreMeta::Hash),
        Err(_) => CoreMeta::No,
    }
}

/// A start tag.
struct Element<'a> {
    name: &'a str,
    /// What stands between the name and the closing `>`.
    inside: &'a str,
}

impl<'a> Element<'a> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.inside }
    }

    fn attribute(&self, wanted: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self
            .attributes()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(unescape(value))
    }
}

/// The start tags of a document.
struct Elements<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Elements<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn skip_past(&mut self, end: &str) {
        let rest = &self.text.as_bytes()[self.at..];
        let found = memchr::memmem::find(rest, end.as_bytes());
        self.at = found.map_or(self.text.len(), |found| self.at + found + end.len());
    }

    /// Skips the contents of an element that holds text only.
    fn skip_raw_text(&mut self, name: &str) {
        while self.at < self.text.len() {
            self.skip_past("</");
            let rest = &self.text.as_bytes()[self.at..];
            if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            {
                return;
            }
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let rest = self.text.get(self.at..)?;
            let start = memchr::memchr(b'<', rest.as_bytes())?;
            self.at += start + 1;
            let rest = &self.text[self.at..];
            if rest.starts_with("!--") {
                self.at += 3;
                self.skip_past("-->");
                continue;
            }
            if rest.starts_with(['!', '/', '?']) {
                self.skip_past(">");
                continue;
            }
            if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                continue;
            }
            let name_len = rest
                .bytes()
                .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
                .unwrap_or(rest.len());
            let (name, rest) = rest.split_at(name_len);
            let inside_len = tag_len(rest)?;
            self.at += name_len + inside_len + 1;
            if let Some(raw) = RAW_TEXT.iter().find(|raw| name.eq_ignore_ascii_case(raw)) {
                self.skip_raw_text(raw);
            }
            return Some(Element {
                name,
                inside: &rest[..inside_len],
            });
        }
    }
}

/// Length up to the `>` that closes a tag, skipping quoted values; `None` when it is not
/// closed.
fn tag_len(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', &bytes[at..])?;
        let quote = bytes[at];
        if quote == b'>' {
            return Some(at);
        }
        // A quote opens a value only behind `=`; elsewhere it is a stray character.
        let opens = rest[..at].trim_ascii_end().ends_with('=');
        at += 1;
        if opens {
            at += memchr::memchr(quote, &bytes[at..])? + 1;
        }
    }
}

/// Names and raw values of a tag's attributes; a value that is absent is empty.
struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let rest = self
            .rest
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\''));
        if rest.is_empty() {
            return None;
        }
        let name_len = rest
            .bytes()
            .skip(1)
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'/'))
            .map_or(rest.len(), |at| at + 1);
        let (name, rest) = match rest.split_at_checked(name_len) {
            Some(parts) => parts,
            None => (rest, ""),
        };
        let Some(value) = rest.trim_ascii_start().strip_prefix('=') else {
            self.rest = rest;
            return Some((name, ""));
        };
        let value = value.trim_ascii_start();
        let (value, rest) = match value.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => {
                let inside = &value[1..];
                inside
                    .split_once(char::from(*quote))
                    .unwrap_or((inside, ""))
            }
            _ => {
                let len = value.bytes().position(|byte| byte.is_ascii_whitespace());
                value.split_at(len.unwrap_or(value.len()))
            }
        };
        self.rest = rest;
        Some((name, value))
    }
}

/// Replaces character references: numeric ones and the few named ones that occur in links.
fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(&rest[1..]) {
            Some((c, len)) => {
                out.push(c);
                rest = &rest[1 + len..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Reads what follows a `&`: the character and the length of the reference with its `;`.
fn reference(rest: &str) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 6] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{a0}'),
    ];
    if let Some(number) = rest.strip_prefix('#') {
        let end = number.bytes().take(10).position(|byte| byte == b';')?;
        let code = match number[..end].strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number[..end].parse().ok()?,
        };
        return Some((char::from_u32(code)?, end + 2));
    }
    let (name, c) = NAMED.iter().find(|(name, _)| rest.starts_with(name))?;
    let closed = rest[name.len()..].starts_with(';');
    // Without `;` a name may be the start of a query parameter.
    let bare = !rest[name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '=');
    (closed || bare).then_some((*c, name.len() + usize::from(closed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_references() {
        for (text, wanted) in [
            ("&gt;=3.8&#44;&#x3c;4 &lt 5", ">=3.8,<4 < 5"),
            (
                "a&amp;b&copy;&;&#;&#x110000;&#99999999999;",
                "a&b&copy;&;&#;&#x110000;&#99999999999;",
            ),
            ("?lt=1&lt=2&gtx", "?lt=1&lt=2&gtx"),
            ("&quot;&apos;&#39;", "\"''"),
            ("&#é;&", "&#é;&"),
        ] {
            assert_eq!(unescape(text), wanted);
        }
    }

    #[test]
    fn tags_of_all_kinds() {
        let text = "<!DOCTYPE html><!-- <a href=no> --><SCRIPT>'<a href=no>'</script>\
            <A HREF = 'x>y' b c=d/e f=\"\" \">z</a><a/href=q><1><br><a href=u v>< a><a href=\"";
        let found: Vec<_> = Elements::new(text)
            .map(|e| {
                (
                    e.name.to_owned(),
                    e.attributes().map(|(n, v)| format!("{n}:{v}")).collect(),
                )
            })
            .collect::<Vec<(String, Vec<String>)>>();
        let list = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                ("SCRIPT".to_owned(), list(&[])),
                ("A".to_owned(), list(&["HREF:x>y", "b:", "c:d/e", "f:"])),
                ("a".to_owned(), list(&["href:q"])),
                ("br".to_owned(), list(&[])),
                ("a".to_owned(), list(&["href:u", "v:"])),
            ]
        );
    }
}
