//! RFC 3339 instants as milliseconds since 1970. Small on purpose: the evaluator needs this one function.

/// `2026-11-22T12:00:00.5+01:00` → milliseconds; digits beyond milliseconds are cut. `T` and `Z` may be lower case, a
/// space may stand for `T` (RFC 3339 §5.6); second 60 is the next minute's second 0.
pub(crate) fn rfc3339_ms(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let (date_time, mut rest) = bytes.split_at_checked(19)?;
    let separators = [(4, b"-" as &[u8]), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":")];
    if !separators.iter().all(|(at, allowed)| date_time.get(*at).is_some_and(|byte| allowed.contains(byte))) {
        return None;
    }
    let year = digits(date_time.get(0..4)?)?;
    let month = digits(date_time.get(5..7)?)?;
    let day = digits(date_time.get(8..10)?)?;
    let hour = digits(date_time.get(11..13)?)?;
    let minute = digits(date_time.get(14..16)?)?;
    let second = digits(date_time.get(17..19)?)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut ms = 0;
    if let [b'.', fraction @ ..] = rest {
        let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return None;
        }
        for place in 0..3 {
            let digit = if place < count { fraction.get(place).map_or(0, |byte| i64::from(byte - b'0')) } else { 0 };
            ms = ms * 10 + digit;
        }
        rest = fraction.get(count..)?;
    }
    let offset_minutes = match rest {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'+' { 1 } else { -1 }
        }
        _ => return None,
    };
    let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    let total = (minutes * 60 + second) * 1000 + ms;
    #[expect(clippy::cast_precision_loss, reason = "years 0 to 9999 stay far below 2^53 ms")]
    Some(total as f64)
}

/// A distance in time from an instant that is not known yet: `-7d`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift {
    months: i64,
    ms: i64,
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

impl Shift {
    /// `[+-]digits` (up to four) and `h`, `d`, `w`, `m` or `y`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = match text.as_bytes() {
            [b'-', rest @ ..] => (-1, rest),
            [b'+', rest @ ..] => (1, rest),
            _ => return None,
        };
        let (unit, number) = rest.split_last().filter(|(_, number)| (1..=4).contains(&number.len()))?;
        let count = sign * digits(number)?;
        let (months, ms) = match unit {
            b'h' => (0, HOUR),
            b'd' => (0, DAY),
            b'w' => (0, 7 * DAY),
            b'm' => (1, 0),
            b'y' => (12, 0),
            _ => return None,
        };
        Some(Self { months: count * months, ms: count * ms })
    }

    /// The instant at this distance, in milliseconds. Months and years keep day and time in UTC; a day that the month does
    /// not have is its last.
    pub(crate) fn from(self, ms: i64) -> f64 {
        let mut ms = ms.saturating_add(self.ms);
        if self.months != 0 {
            let (year, month, day) = date_of(ms.div_euclid(DAY));
            let months = year * 12 + (month - 1) + self.months;
            let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
            let days = days_since_1970(year, month, day.min(days_in(year, month)));
            ms = days.saturating_mul(DAY).saturating_add(ms.rem_euclid(DAY));
        }
        #[expect(clippy::cast_precision_loss, reason = "exact within 285,000 years of 1970")]
        let ms = ms as f64;
        ms
    }
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days in the proleptic Gregorian calendar, counted in years that begin in March so that the leap day comes last
/// (Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day: the other way round.
fn date_of(days_since_1970: i64) -> (i64, i64, i64) {
    let days = days_since_1970 + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = (from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_other() {
        for days in (-1_000_000..1_000_000).step_by(7).chain(-800..800) {
            let (year, month, day) = date_of(days);
            assert!((1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day), "{days}");
            assert_eq!(days_since_1970(year, month, day), days);
        }
    }

    #[test]
    fn distances() {
        for (from, shift, to) in [
            ("2026-11-22T12:00:00Z", "-36h", "2026-11-21T00:00:00Z"),
            ("2026-11-22T12:00:00Z", "+1d", "2026-11-23T12:00:00Z"),
            ("2026-11-22T12:00:00Z", "-1w", "2026-11-15T12:00:00Z"),
            ("2026-03-31T12:00:00.5Z", "-1m", "2026-02-28T12:00:00.5Z"),
            ("2024-02-29T00:00:00Z", "-1y", "2023-02-28T00:00:00Z"),
            ("2024-02-29T00:00:00Z", "+4y", "2028-02-29T00:00:00Z"),
            ("2026-01-15T00:00:00Z", "-1m", "2025-12-15T00:00:00Z"),
            ("2026-12-31T00:00:00Z", "+2m", "2027-02-28T00:00:00Z"),
            ("1970-01-01T00:00:00Z", "-1m", "1969-12-01T00:00:00Z"),
        ] {
            #[expect(clippy::cast_possible_truncation, reason = "an instant of our time")]
            let ms = rfc3339_ms(from).unwrap() as i64;
            assert_eq!(Some(Shift::parse(shift).unwrap().from(ms)), rfc3339_ms(to), "{from} {shift}");
        }
        for ms in [i64::MIN, i64::MAX] {
            for shift in ["-9999y", "+9999y", "-9999w", "+9999m"] {
                assert!(Shift::parse(shift).unwrap().from(ms).is_finite());
            }
        }
        for bad in ["", "-", "7d", "-d", "-7", "-7s", "-12345d", "--7d", "-7D", "-1.5d", "-٧d", "- 7d"] {
            assert!(Shift::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn instants() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", Some(0.0)),
            ("1969-12-31T23:59:59.999Z", Some(-1.0)),
            ("2026-11-22T12:00:00+01:00", Some(1_795_345_200_000.0)),
            ("2026-11-22t11:00:00.5z", Some(1_795_345_200_500.0)),
            ("2026-11-22 11:00:00.123987Z", Some(1_795_345_200_123.0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000.0)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_800_000.0)),
            ("0000-03-01T00:00:00Z", Some(-62_162_035_200_000.0)),
            ("9999-12-31T23:59:59-23:59", Some(253_402_387_139_000.0)),
            ("1900-02-29T00:00:00Z", None),
            ("2026-11-22", None),
            ("2026-11-22T12:00:00", None),
            ("2026-11-22T12:00:00.Z", None),
            ("2026-11-22T24:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-22T12:00:00+1:00", None),
            ("2026-11-22T12:00:00Z ", None),
            ("२०२६-11-22T12:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(rfc3339_ms(text), ms, "{text}");
        }
    }
}
