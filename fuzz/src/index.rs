//! Targets of `naja-index`. Its pure files are taken in as they are, because the crate itself
//! brings a whole HTTP client along.

#[path = "../../crates/naja-index/src/http_date.rs"]
mod http_date_source;
#[allow(dead_code, reason = "only the parser is used")]
#[path = "../../crates/naja-index/src/netrc.rs"]
mod netrc_source;

use crate::text;

/// Dates in HTTP headers.
pub fn http_date(data: &[u8]) {
    if let Some(seconds) = http_date_source::parse_http_date(&text(data)) {
        assert!((0..253_402_300_800 + 86_400 * 31).contains(&seconds));
    }
}

/// netrc files.
pub fn netrc(data: &[u8]) {
    let text = text(data);
    let netrc = netrc_source::Netrc::parse(&text);
    for word in text.split_whitespace().take(64) {
        let _ = netrc.machine(word);
    }
    let _ = format!("{netrc:?}");
}
