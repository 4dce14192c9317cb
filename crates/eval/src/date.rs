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

#[cfg(test)]
mod tests {
    use super::*;

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
