//! Bodies of pages: which language they are in, and their decompression within bounds.

use std::io::Read as _;

use crate::error::PageFault;

/// No page is longer than this, decompressed (bytes). The largest known has about 30 MB.
pub(crate) const MAX_PAGE: u64 = 512 << 20;
/// Deflate cannot shrink anything more than this.
const MAX_RATIO: u64 = 1032;

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// PEP 691.
    Json,
    /// PEP 503.
    Html,
}

/// Decides by the content type (PEP 691); without one, by the first character.
pub(crate) fn language(content_type: Option<&str>, body: &[u8]) -> Result<Language, PageFault> {
    let Some(given) = content_type else {
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        return Ok(if first == Some(&b'{') {
            Language::Json
        } else {
            Language::Html
        });
    };
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/vnd.pypi.simple.v1+json"
        | "application/vnd.pypi.simple.latest+json"
        | "application/json" => Ok(Language::Json),
        "application/vnd.pypi.simple.v1+html"
        | "application/vnd.pypi.simple.latest+html"
        | "text/html"
        | "application/xhtml+xml" => Ok(Language::Html),
        _ => Err(PageFault::ContentType(given.to_owned())),
    }
}

/// Undoes the content encoding.
pub(crate) fn decoded(body: Vec<u8>, encoding: Option<&str>) -> Result<Vec<u8>, PageFault> {
    decoded_into(Vec::new(), body, encoding)
}

/// Undoes the content encoding; what is in `spare` does not matter, its memory may be used.
pub(crate) fn decoded_into(
    spare: Vec<u8>,
    body: Vec<u8>,
    encoding: Option<&str>,
) -> Result<Vec<u8>, PageFault> {
    match encoding
        .map(|name| name.trim().to_ascii_lowercase())
        .as_deref()
    {
        None | Some("" | "identity") => Ok(body),
        Some("gzip" | "x-gzip") => gunzip(&body, spare, MAX_PAGE),
        Some(other) => Err(PageFault::Encoding(format!(
            "unknown content encoding {other:?}"
        ))),
    }
}

/// Decompresses gzip (RFC 1952), check sums included, to at most `limit` bytes.
fn gunzip(packed: &[u8], mut spare: Vec<u8>, limit: u64) -> Result<Vec<u8>, PageFault> {
    // The last four bytes say how long the result is (modulo 2^32); true for one-member files.
    let said = packed
        .last_chunk::<4>()
        .map_or(0, |tail| u64::from(u32::from_le_bytes(*tail)));
    if said <= limit && said <= (packed.len() as u64).saturating_mul(MAX_RATIO) {
        let said = usize::try_from(said).unwrap_or(0);
        let mut out = if spare.capacity() < said {
            vec![0; said]
        } else {
            spare.resize(said, 0);
            spare
        };
        let whole = libdeflater::Decompressor::new().gzip_decompress(packed, &mut out);
        if whole == Ok(out.len()) && is_one_member(packed, &out) {
            return Ok(out);
        }
    }
    let mut out = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(limit.saturating_add(1));
    reader
        .read_to_end(&mut out)
        .map_err(|error| PageFault::Encoding(error.to_string()))?;
    if out.len() as u64 > limit {
        return Err(PageFault::TooLong { limit });
    }
    Ok(out)
}

/// Whether the trailer at the very end is that of what was decompressed: then nothing follows.
fn is_one_member(packed: &[u8], out: &[u8]) -> bool {
    let trailer = packed
        .last_chunk::<8>()
        .map(|tail| [tail[0], tail[1], tail[2], tail[3]]);
    trailer == Some(libdeflater::crc32(out).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn languages() {
        let of = |given| language(given, b"").ok();
        assert_eq!(
            of(Some("application/vnd.pypi.simple.v1+json")),
            Some(Language::Json)
        );
        assert_eq!(of(Some("Text/HTML; charset=utf-8")), Some(Language::Html));
        assert_eq!(of(Some("application/vnd.pypi.simple.v2+json")), None);
        assert_eq!(of(Some("image/png")), None);
        assert_eq!(language(None, b" \n{").ok(), Some(Language::Json));
        assert_eq!(language(None, b"<!doctype").ok(), Some(Language::Html));
    }

    #[test]
    fn gzip_goes_round() {
        for length in [0, 1, 100, 100_000] {
            let plain: Vec<u8> = (0..length).map(|n: u32| (n % 251) as u8).collect();
            assert_eq!(decoded(gzip(&plain), Some("GZIP")).unwrap(), plain);
        }
        assert_eq!(decoded(b"x".to_vec(), None).unwrap(), b"x");
        assert!(decoded(b"x".to_vec(), Some("br")).is_err());
    }

    #[test]
    fn spare_memory_does_not_show() {
        for spare in [vec![7; 3], vec![7; 100], vec![7; 5000]] {
            let text = decoded_into(spare, gzip(b"some text"), Some("gzip"));
            assert_eq!(text.unwrap(), b"some text");
        }
    }

    #[test]
    fn several_members_are_one_text() {
        let mut two = gzip(b"same length");
        two.extend(gzip(b"other words"));
        assert_eq!(
            decoded(two, Some("gzip")).unwrap(),
            b"same lengthother words"
        );
    }

    #[test]
    fn broken_and_bombs_are_refused() {
        let good = gzip(&[7; 5000]);
        for cut in [0, 5, good.len() / 2, good.len() - 1] {
            assert!(
                decoded(good[..cut].to_vec(), Some("gzip")).is_err(),
                "cut at {cut}"
            );
        }
        let mut flipped = good.clone();
        let at = good.len() - 6;
        flipped[at] ^= 1;
        assert!(decoded(flipped, Some("gzip")).is_err(), "check sum");
        assert!(matches!(
            gunzip(&good, Vec::new(), 4999),
            Err(PageFault::TooLong { limit: 4999 })
        ));
        let mut lying = good;
        let end = lying.len();
        lying[end - 4..].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(gunzip(&lying, Vec::new(), MAX_PAGE).is_err(), "length");
    }
}
