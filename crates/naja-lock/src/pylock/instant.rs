//! Instants in UTC, as lock files have them.

use std::fmt::Write as _;

use naja_spec::CivilDate;
use toml::value::{Date, Datetime, Offset, Time};

/// Makes an instant of milliseconds since 1970; `None` outside of the years that TOML has.
pub(super) fn of(unix_ms: i64) -> Option<Datetime> {
    let (days, ms) = (
        unix_ms.div_euclid(86_400_000),
        unix_ms.rem_euclid(86_400_000),
    );
    let CivilDate { year, month, day } = CivilDate::of_days_since_1970(days);
    let small = |number: i64| u8::try_from(number).ok();
    let second = ms / 1000;
    Some(Datetime {
        date: Some(Date {
            year: u16::try_from(year).ok().filter(|year| *year < 10_000)?,
            month: small(month)?,
            day: small(day)?,
        }),
        time: Some(Time {
            hour: small(second / 3600)?,
            minute: small(second / 60 % 60)?,
            second: Some(small(second % 60)?),
            nanosecond: match ms % 1000 {
                0 => None,
                rest => Some(u32::try_from(rest * 1_000_000).ok()?),
            },
        }),
        offset: Some(Offset::Z),
    })
}

/// Appends a date and time as TOML has it. The usual ones are written digit by digit: a lock has thousands.
pub(super) fn push(out: &mut String, value: &Datetime) {
    let (Some(date), Some(time), Some(Offset::Z)) = (&value.date, &value.time, &value.offset)
    else {
        let _ = write!(out, "{value}");
        return;
    };
    let (Some(second), true) = (time.second, date.year < 10_000) else {
        let _ = write!(out, "{value}");
        return;
    };
    digits(out, u32::from(date.year), 4);
    for (mark, number) in [
        ('-', date.month),
        ('-', date.day),
        ('T', time.hour),
        (':', time.minute),
        (':', second),
    ] {
        out.push(mark);
        digits(out, u32::from(number), 2);
    }
    if let Some(rest) = time.nanosecond {
        out.push('.');
        let start = out.len() + 1;
        digits(out, rest, 9);
        // One digit stays.
        let end = out.trim_end_matches('0').len().max(start);
        out.truncate(end);
    }
    out.push('Z');
}

/// Appends so many digits, with zeros in front.
fn digits(out: &mut String, number: u32, count: u32) {
    for at in (0..count).rev() {
        let digit = number / 10_u32.pow(at) % 10;
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pushed(value: &Datetime) -> String {
        let mut out = String::new();
        push(&mut out, value);
        out
    }

    #[test]
    fn odd_ones_are_written_as_well() {
        for text in [
            "2024-02-03",
            "01:02:03.5",
            "2024-02-03T01:02:03.000000001Z",
            "2024-02-03T01:02:03+01:30",
            "2024-02-03T01:02:03.100",
        ] {
            let value: Datetime = text.parse().unwrap();
            assert_eq!(pushed(&value), value.to_string());
        }
        assert_eq!(of(i64::MAX), None);
        assert_eq!(of(i64::MIN), None);
    }

    proptest! {
        #[test]
        fn instants_are_read_back(ms in -62_000_000_000_000_i64..253_402_300_799_999) {
            let value = of(ms).unwrap();
            let text = pushed(&value);
            prop_assert_eq!(&text, &value.to_string());
            prop_assert_eq!(text.parse::<Datetime>().unwrap(), value);
        }
    }
}
