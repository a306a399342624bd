//! The three date forms of HTTP (RFC 9110, section 5.6.7) as seconds since 1970.

use naja_spec::CivilDate;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Parses `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
/// `Sun Nov  6 08:49:37 1994`; `None` for anything else.
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    let (day, month, year, time) = if let Some((_, rest)) = text.split_once(", ") {
        let mut words = rest.split_ascii_whitespace();
        let first = words.next()?;
        if first.contains('-') {
            let mut parts = first.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            let year: i64 = year.parse().ok()?;
            let year = if year < 70 {
                year + 2000
            } else if year < 100 {
                year + 1900
            } else {
                year
            };
            (day, month, year, words.next()?)
        } else {
            let (month, year) = (words.next()?, words.next()?.parse().ok()?);
            (first, month, year, words.next()?)
        }
    } else {
        let mut words = text.split_ascii_whitespace();
        words.next()?;
        let (month, day, time) = (words.next()?, words.next()?, words.next()?);
        (day, month, words.next()?.parse().ok()?, time)
    };
    let month = MONTHS
        .iter()
        .position(|name| name.eq_ignore_ascii_case(month))? as i64
        + 1;
    let day: i64 = day.parse().ok()?;
    let mut clock = time.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let sane = (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second)
        && (1970..10_000).contains(&year);
    let date = CivilDate { year, month, day };
    sane.then(|| date.days_since_1970() * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_agree() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse_http_date(text), Some(784_111_777), "{text}");
        }
        assert_eq!(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(
            parse_http_date("Thu, 29 Feb 2024 12:00:00 GMT"),
            Some(1_709_208_000)
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "0",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            ", ",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }
}
