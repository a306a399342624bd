//! Until when a version of Python gets security fixes.

/// Minor versions of Python 3, and the end of their support (year, month) as the release schedules
/// say.
const ENDS: [(u64, (i32, i32)); 9] = [
    (6, (2021, 12)),
    (7, (2023, 6)),
    (8, (2024, 10)),
    (9, (2025, 10)),
    (10, (2026, 10)),
    (11, (2027, 10)),
    (12, (2028, 10)),
    (13, (2029, 10)),
    (14, (2030, 10)),
];

/// Returns the month in which the support of a version ended, as `2024-10`, if it has by `now_ms`
/// (Unix milliseconds).
pub(super) fn ended(version: &str, now_ms: i64) -> Option<String> {
    let mut parts = version.split('.');
    let major: u64 = parts.next()?.parse().ok()?;
    let minor: u64 = parts.next()?.parse().ok()?;
    if major < 3 {
        return Some("2020-01".to_owned());
    }
    let (year, month) = if minor < 6 {
        (2020, 9)
    } else {
        ENDS.iter().find(|(known, _)| *known == minor)?.1
    };
    let now = jiff::Timestamp::from_millisecond(now_ms).ok()?;
    let now = now.to_zoned(jiff::tz::TimeZone::UTC);
    let is_over = (i32::from(now.year()), i32::from(now.month())) > (year, month);
    is_over.then(|| format!("{year}-{month:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_ends_with_its_month() {
        let at = |text: &str| {
            let time: jiff::Timestamp = text.parse().unwrap();
            time.as_millisecond()
        };
        let october = at("2025-10-31T00:00:00Z");
        let november = at("2025-11-01T00:00:00Z");
        assert_eq!(ended("3.9.18", october), None);
        assert_eq!(ended("3.9.18", november).as_deref(), Some("2025-10"));
        assert_eq!(ended("2.7.18", november).as_deref(), Some("2020-01"));
        assert_eq!(ended("3.4.1", november).as_deref(), Some("2020-09"));
        assert_eq!(ended("3.99.0", november), None);
        assert_eq!(ended("nonsense", november), None);
    }
}
