//! What is remembered about an answer that is kept: its validators and how long it may be used.

use serde::{Deserialize, Serialize};

use crate::http_date::parse_http_date;

/// Age in seconds up to which an answer without any word about caching is used unasked.
pub(crate) const DEFAULT_MAX_AGE: u64 = 600;
/// No answer is used unasked for longer than this (seconds): a year.
const LONGEST_MAX_AGE: u64 = 365 * 86_400;
/// Version of the stored form.
const FORM: u32 = 1;

/// The stamp of a kept answer. Stored beside it as a record of its own, so that a "not modified"
/// rewrites some hundred bytes and not megabytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    form: u32,
    /// Ties the stamp to the very record it describes.
    pub(crate) tag: u64,
    /// `ETag`, as sent.
    pub(crate) etag: Option<String>,
    /// `Last-Modified`, as sent.
    pub(crate) modified: Option<String>,
    /// When the answer was received or confirmed, milliseconds since 1970.
    pub(crate) confirmed_ms: i64,
    /// Seconds for which it may be used unasked.
    pub(crate) max_age: u64,
    /// Whether the index knew the name.
    pub(crate) found: bool,
}

impl Stamp {
    pub(crate) fn new(tag: u64, validators: Validators, now_ms: i64) -> Self {
        Self {
            form: FORM,
            tag,
            etag: validators.etag,
            modified: validators.modified,
            confirmed_ms: now_ms,
            max_age: validators.max_age,
            found: true,
        }
    }

    /// The stamp of "this index does not know this name": never used unasked, but told offline.
    pub(crate) fn not_found(now_ms: i64) -> Self {
        let nothing = Validators {
            etag: None,
            modified: None,
            max_age: 0,
        };
        Self {
            found: false,
            ..Self::new(0, nothing, now_ms)
        }
    }

    /// The stamp after the server confirmed the kept answer (304): headers that it repeated
    /// replace the old ones.
    pub(crate) fn confirmed(self, newer: Validators, now_ms: i64) -> Self {
        Self {
            etag: newer.etag.or(self.etag),
            modified: newer.modified.or(self.modified),
            confirmed_ms: now_ms,
            max_age: newer.max_age,
            ..self
        }
    }

    /// Whether the answer may be used at `now_ms` without asking. A stamp from the future is not
    /// trusted.
    pub(crate) fn is_fresh(&self, now_ms: i64) -> bool {
        let age = now_ms.saturating_sub(self.confirmed_ms);
        let limit = i64::try_from(self.max_age.saturating_mul(1000)).unwrap_or(i64::MAX);
        self.found && (0..limit).contains(&age)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes)
            .ok()
            .filter(|stamp| stamp.form == FORM)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The caching headers of one response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validators {
    pub(crate) etag: Option<String>,
    pub(crate) modified: Option<String>,
    pub(crate) max_age: u64,
}

impl Validators {
    /// Reads the caching headers through `header` (lower-case names).
    pub(crate) fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self {
            etag: header("etag").map(str::to_owned),
            modified: header("last-modified").map(str::to_owned),
            max_age: max_age(&header),
        }
    }

    /// The strongest validator usable for byte ranges (`If-Range`, RFC 9110 section 13.1.5): a
    /// strong `ETag`, else the date of the last change.
    pub(crate) fn for_ranges(&self) -> Option<&str> {
        self.etag
            .as_deref()
            .filter(|tag| !tag.starts_with("W/"))
            .or(self.modified.as_deref())
    }
}

fn max_age<'a>(header: &impl Fn(&str) -> Option<&'a str>) -> u64 {
    let age = header("age")
        .and_then(|age| age.trim().parse::<u64>().ok())
        .unwrap_or(0);
    if let Some(control) = header("cache-control") {
        let mut seconds = None;
        for directive in control.split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            if matches!(directive.as_str(), "no-cache" | "no-store") {
                return 0;
            }
            if let Some(value) = directive.strip_prefix("max-age=") {
                // Larger than a number can say means "for ever"; nonsense means "do not".
                let value = value.trim_matches('"');
                let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
                seconds = Some(if digits {
                    value.parse().unwrap_or(u64::MAX)
                } else {
                    0
                });
            }
        }
        if let Some(seconds) = seconds {
            return seconds.min(LONGEST_MAX_AGE).saturating_sub(age);
        }
    }
    let date = header("date").and_then(parse_http_date);
    match (header("expires"), date) {
        (Some(expires), Some(date)) => parse_http_date(expires)
            .and_then(|at| u64::try_from(at - date).ok())
            .unwrap_or(0)
            .min(LONGEST_MAX_AGE),
        _ => DEFAULT_MAX_AGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &'static str)]) -> Validators {
        Validators::read(|name| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v))
    }

    #[test]
    fn ages() {
        assert_eq!(read(&[]).max_age, DEFAULT_MAX_AGE);
        assert_eq!(read(&[("cache-control", "max-age=60, public")]).max_age, 60);
        assert_eq!(
            read(&[("cache-control", "max-age=60"), ("age", "50")]).max_age,
            10
        );
        assert_eq!(
            read(&[("cache-control", "max-age=60"), ("age", "90")]).max_age,
            0
        );
        assert_eq!(
            read(&[("cache-control", "No-Cache, max-age=60")]).max_age,
            0
        );
        assert_eq!(
            read(&[("cache-control", "private")]).max_age,
            DEFAULT_MAX_AGE
        );
        assert_eq!(read(&[("cache-control", "max-age=soon")]).max_age, 0);
        assert_eq!(
            read(&[("cache-control", "max-age=99999999999999999999999")]).max_age,
            LONGEST_MAX_AGE
        );
        assert_eq!(
            read(&[
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("expires", "Sun, 06 Nov 1994 08:50:37 GMT")
            ])
            .max_age,
            60
        );
        assert_eq!(
            read(&[("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("expires", "0")]).max_age,
            0
        );
    }

    #[test]
    fn stamps_are_fresh_within_their_age_only() {
        let stamp = Stamp::new(7, read(&[("cache-control", "max-age=10")]), 1_000_000);
        assert!(stamp.is_fresh(1_000_000));
        assert!(stamp.is_fresh(1_009_999));
        assert!(!stamp.is_fresh(1_010_000));
        assert!(!stamp.is_fresh(999_999), "from the future");
        assert!(!Stamp::not_found(1_000_000).is_fresh(1_000_000));
    }

    #[test]
    fn stored_form_goes_round() {
        let stamp = Stamp::new(u64::MAX, read(&[("etag", "\"x\"")]), 5);
        assert_eq!(Stamp::from_bytes(&stamp.to_bytes()), Some(stamp.clone()));
        assert_eq!(Stamp::from_bytes(b"{}"), None);
        assert_eq!(Stamp::from_bytes(b"\xff"), None);
        let other = Stamp { form: 2, ..stamp };
        assert_eq!(Stamp::from_bytes(&other.to_bytes()), None);
    }

    #[test]
    fn confirmation_keeps_what_was_not_repeated() {
        let old = Stamp::new(1, read(&[("etag", "\"a\""), ("last-modified", "then")]), 5);
        let new = old.confirmed(read(&[("cache-control", "max-age=1")]), 9);
        assert_eq!(new.etag.as_deref(), Some("\"a\""));
        assert_eq!(new.modified.as_deref(), Some("then"));
        assert_eq!((new.max_age, new.confirmed_ms, new.tag), (1, 9, 1));
    }

    #[test]
    fn range_validators() {
        assert_eq!(read(&[("etag", "\"a\"")]).for_ranges(), Some("\"a\""));
        assert_eq!(read(&[("etag", "W/\"a\"")]).for_ranges(), None);
        assert_eq!(
            read(&[("etag", "W/\"a\""), ("last-modified", "d")]).for_ranges(),
            Some("d")
        );
    }
}
