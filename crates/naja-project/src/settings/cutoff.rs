//! `exclude-newer`: an instant, a date, or an age.

use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp, Unit};

/// The latest moment at which a distribution may have been published to be considered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutoff {
    /// The moment, in milliseconds since 1970-01-01T00:00:00Z. Files published at or after it are
    /// left out.
    pub unix_ms: i64,
    /// The text as it was written.
    pub text: String,
}

/// Says that a text is no moment and no age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CutoffError {
    /// Nothing we know.
    #[error(
        "expected an RFC 3339 timestamp (`2026-01-31T12:00:00Z`), a date (`2026-01-31`) or an \
         age (`7 days`, `P7D`)"
    )]
    Unknown,
    /// Months and years have no fixed length.
    #[error("expected an age in weeks, days, hours, minutes or seconds: months and years vary")]
    Calendar,
    /// Beyond what a calendar can hold.
    #[error("the moment is out of range")]
    OutOfRange,
}

impl Cutoff {
    /// Reads a cutoff. `now_ms` is the clock that ages count back from, in Unix milliseconds.
    ///
    /// A date includes its whole day, in UTC, so that the same file means the same everywhere.
    /// Days have 24 hours.
    ///
    /// # Errors
    /// A text that is none of the three forms, an age in months or years, an impossible moment.
    pub fn parse(text: &str, now_ms: i64) -> Result<Self, CutoffError> {
        let trimmed = text.trim();
        let unix_ms = if let Ok(instant) = trimmed.parse::<Timestamp>() {
            instant.as_millisecond()
        } else if let Ok(date) = trimmed.parse::<Date>() {
            date.tomorrow()
                .map_err(|_| CutoffError::OutOfRange)?
                .in_tz_utc()
                .ok_or(CutoffError::OutOfRange)?
        } else {
            let age = trimmed.parse::<Span>().map_err(|_| CutoffError::Unknown)?;
            now_ms
                .checked_sub(age_ms(&age)?)
                .ok_or(CutoffError::OutOfRange)?
        };
        Ok(Self {
            unix_ms,
            text: trimmed.to_owned(),
        })
    }
}

/// The start of a day in UTC; jiff's own function needs its time zone feature.
trait StartOfDay {
    fn in_tz_utc(self) -> Option<i64>;
}

impl StartOfDay for Date {
    fn in_tz_utc(self) -> Option<i64> {
        let midnight = self.to_datetime(jiff::civil::Time::midnight());
        let instant = jiff::tz::Offset::UTC.to_timestamp(midnight).ok()?;
        Some(instant.as_millisecond())
    }
}

fn age_ms(age: &Span) -> Result<i64, CutoffError> {
    if age.get_years() != 0 || age.get_months() != 0 {
        return Err(CutoffError::Calendar);
    }
    let days = i64::from(age.get_weeks()) * 7 + i64::from(age.get_days());
    let below = age.weeks(0).days(0);
    let time: SignedDuration = below
        .total(Unit::Millisecond)
        .map_err(|_| CutoffError::OutOfRange)
        .map(|ms| SignedDuration::from_millis(ms as i64))?;
    let total = i128::from(days) * 86_400_000 + time.as_millis();
    i64::try_from(total.abs()).map_err(|_| CutoffError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const DAY: i64 = 86_400_000;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("2006-12-02T02:07:43Z", 1_165_025_263_000),
            ("2006-12-02T02:07:43+02:00", 1_165_018_063_000),
            ("2006-12-02", 1_165_104_000_000),
            ("7 days", NOW - 7 * DAY),
            ("7d", NOW - 7 * DAY),
            ("P7D", NOW - 7 * DAY),
            ("1 week", NOW - 7 * DAY),
            ("P1W", NOW - 7 * DAY),
            ("PT24H", NOW - DAY),
            ("24 hours", NOW - DAY),
            (" 30 days ", NOW - 30 * DAY),
        ] {
            assert_eq!(
                Cutoff::parse(text, NOW).map(|c| c.unix_ms),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn refusals() {
        for (text, expected) in [
            ("yesterday", CutoffError::Unknown),
            ("", CutoffError::Unknown),
            ("2006-13-02", CutoffError::Unknown),
            ("1 month", CutoffError::Calendar),
            ("P1Y", CutoffError::Calendar),
        ] {
            assert_eq!(
                Cutoff::parse(text, NOW).map(|c| c.unix_ms),
                Err(expected),
                "{text}"
            );
        }
        assert!(Cutoff::parse(&"9".repeat(100_000), NOW).is_err());
    }
}
