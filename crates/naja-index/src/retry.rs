//! When to ask again, and how long to wait before.

use std::time::Duration;

use crate::http_date::parse_http_date;

/// The longest pause a server may ask for (`Retry-After`) before naja gives up instead.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause naja chooses itself.
const LONGEST_OWN_PAUSE: Duration = Duration::from_secs(8);

/// How often and how patiently a failed request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Repetitions after the first attempt.
    pub(crate) retries: u32,
    /// Pause before the first repetition; doubled each time.
    pub(crate) first_pause: Duration,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask again after this pause.
    Wait(Duration),
    /// Report the failure.
    GiveUp,
}

impl RetryPolicy {
    /// Decides what follows failed attempt number `attempt` (from 1). `asked` is the server's
    /// `Retry-After`, `noise` any number: it spreads the pauses of many clients.
    pub(crate) fn after(self, attempt: u32, asked: Option<Duration>, noise: u64) -> Next {
        if attempt > self.retries {
            return Next::GiveUp;
        }
        if let Some(pause) = asked {
            return if pause <= LONGEST_ASKED_PAUSE {
                Next::Wait(pause)
            } else {
                Next::GiveUp
            };
        }
        let doubled = self.first_pause.saturating_mul(1 << (attempt - 1).min(16));
        let full = doubled.min(LONGEST_OWN_PAUSE);
        // Between half of the pause and all of it.
        let part = u32::try_from(noise % 1024).unwrap_or(0);
        Next::Wait(full / 2 + (full / 2) * part / 1024)
    }
}

/// Tells whether a status is worth another attempt: time-outs, "slow down", and server failures.
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 507 | 509 | 520..=530 | 598 | 599)
}

/// Reads a `Retry-After` value: whole seconds, or a date compared with `now` (seconds since 1970).
pub(crate) fn retry_after(value: &str, now: i64) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|b| b.is_ascii_digit()) && !value.is_empty() {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = parse_http_date(value)?;
    Some(Duration::from_secs(
        u64::try_from(date.saturating_sub(now)).unwrap_or(0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        retries: 3,
        first_pause: Duration::from_millis(200),
    };

    #[test]
    fn pauses_grow_and_end() {
        for noise in [0, 1, 512, 1023, u64::MAX] {
            for attempt in 1..=3_u32 {
                let Next::Wait(pause) = POLICY.after(attempt, None, noise) else {
                    panic!("gave up at {attempt}")
                };
                let full = Duration::from_millis(200 << (attempt - 1));
                assert!(pause >= full / 2 && pause <= full, "{pause:?}");
            }
            assert_eq!(POLICY.after(4, None, noise), Next::GiveUp);
        }
        let long = RetryPolicy {
            retries: 1000,
            ..POLICY
        };
        assert!(matches!(long.after(900, None, 7), Next::Wait(p) if p <= LONGEST_OWN_PAUSE));
    }

    #[test]
    fn the_server_is_obeyed_within_reason() {
        let seconds = Duration::from_secs;
        assert_eq!(POLICY.after(1, Some(seconds(2)), 9), Next::Wait(seconds(2)));
        assert_eq!(POLICY.after(1, Some(seconds(0)), 9), Next::Wait(seconds(0)));
        assert_eq!(POLICY.after(1, Some(seconds(3600)), 9), Next::GiveUp);
        assert_eq!(POLICY.after(4, Some(seconds(0)), 9), Next::GiveUp);
    }

    #[test]
    fn retry_after_forms() {
        assert_eq!(retry_after(" 120 ", 0), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_999),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("soon", 0), None);
        assert_eq!(retry_after("-1", 0), None);
        assert_eq!(
            retry_after("99999999999999999999999", 0),
            Some(Duration::from_secs(u64::MAX))
        );
    }

    #[test]
    fn transient_statuses() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(is_transient(status));
        }
        for status in [200, 301, 304, 400, 401, 403, 404, 410, 416, 501] {
            assert!(!is_transient(status));
        }
    }
}
