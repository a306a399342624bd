//! The Gregorian calendar, counted in days since 1970-01-01.
//!
//! Years begin in March here, so that the leap day is the last one, and come in eras of 400.

/// Days in 400 years.
const ERA: i64 = 146_097;
/// Days between the first of March of the year 0 and 1970-01-01.
const BEFORE_1970: i64 = 719_468;

/// A day of the calendar, which knows no beginning: dates before its introduction are counted as if it had held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CivilDate {
    /// The year; 0 is the one before the year 1.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: i64,
    /// The day of the month, 1 to 31.
    pub day: i64,
}

impl CivilDate {
    /// Returns the days from 1970-01-01 to this one, negative before it. A day that its month does not have is
    /// counted on into the next. The year is one whose days can be counted in 64 bits.
    #[inline]
    #[must_use]
    pub fn days_since_1970(self) -> i64 {
        let Self { year, month, day } = self;
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * ERA + day_of_era - BEFORE_1970
    }

    /// Returns the date that is so many days after 1970-01-01.
    #[inline]
    #[must_use]
    pub fn of_days_since_1970(days: i64) -> Self {
        let days = days.saturating_add(BEFORE_1970);
        let era = days.div_euclid(ERA);
        let day_of_era = days.rem_euclid(ERA);
        let year =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day = day_of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * day + 2) / 153;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        Self {
            year: year + era * 400 + i64::from(month <= 2),
            month,
            day: day - (153 * shifted + 2) / 5 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::CivilDate;

    #[test]
    fn known_days() {
        for (year, month, day, days) in [
            (1970, 1, 1, 0),
            (1969, 12, 31, -1),
            (2000, 2, 29, 11_016),
            (2000, 3, 1, 11_017),
            (1900, 3, 1, -25_508),
            (1, 1, 1, -719_162),
            (9999, 12, 31, 2_932_896),
        ] {
            let date = CivilDate { year, month, day };
            assert_eq!(date.days_since_1970(), days, "{date:?}");
            assert_eq!(CivilDate::of_days_since_1970(days), date);
        }
    }

    proptest! {
        #[test]
        fn dates_are_read_back(days in -1_000_000_000_i64..1_000_000_000) {
            let date = CivilDate::of_days_since_1970(days);
            prop_assert!((1..=12).contains(&date.month) && (1..=31).contains(&date.day));
            prop_assert_eq!(date.days_since_1970(), days);
            prop_assert!(date < CivilDate::of_days_since_1970(days + 1));
        }
    }
}
