//! RFC 3339 instants, as `upload-time` gives them.

use crate::calendar::CivilDate;

/// Reads an RFC 3339 instant to milliseconds since 1970; digits of a second beyond the third
/// are cut off.
pub(super) fn parse_rfc3339(text: &str) -> Option<i64> {
    let (day, rest) = text.as_bytes().split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *day else {
        return None;
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (clock, rest) = rest.split_at_checked(9)?;
    let [b'T' | b't' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = *clock else {
        return None;
    };
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (millis, rest) = fraction(rest)?;
    let days = CivilDate { year, month, day }.days_since_1970();
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset_seconds(rest)?;
    Some(seconds * 1000 + millis)
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let count = digits
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(digits.len());
    if count == 0 {
        return None;
    }
    let digit = |i: usize| {
        if i < count {
            i64::from(digits[i] - b'0')
        } else {
            0
        }
    };
    Some((digit(0) * 100 + digit(1) * 10 + digit(2), &digits[count..]))
}

fn offset_seconds(rest: &[u8]) -> Option<i64> {
    match *rest {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let seconds = two(h1, h2)? * 3600 + two(m1, m2)? * 60;
            Some(if sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_rfc3339;

    #[test]
    fn instants() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("2024-12-31T23:59:59.9Z", 1_735_689_599_900),
            ("2024-01-01T00:00:00.123456789+05:30", 1_704_047_400_123),
            ("1969-12-31T23:59:59-00:00", -1000),
            ("2024-03-01t00:00:00z", 1_709_251_200_000),
        ] {
            assert_eq!(parse_rfc3339(text), Some(millis), "{text}");
        }
        for text in [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00Zx",
            "2024-01-01T00:00:00+0530",
            "x024-01-01T00:00:00Z",
            "2024-01-0é:00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
