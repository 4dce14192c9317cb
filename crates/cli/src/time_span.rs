//! Lengths of time as people write them, in arguments and in the settings file.

use std::time::Duration;

use serde::Deserialize;

/// `500ms`, `90s`, `30m`, `12h`, `7d`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TimeSpan(pub(crate) Duration);

impl std::str::FromStr for TimeSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit_ms = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        let ms = unit_ms.and_then(|unit_ms: u64| number.parse::<u64>().ok()?.checked_mul(unit_ms));
        let ms = ms.ok_or_else(|| format!("{text:?} is no time such as 500ms, 90s, 30m, 12h or 7d"))?;
        Ok(Self(Duration::from_millis(ms)))
    }
}

impl TryFrom<String> for TimeSpan {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// In milliseconds, for what the API is sent; more than nothing.
pub(crate) fn duration_ms(text: &str) -> Result<i64, String> {
    let TimeSpan(span) = text.parse()?;
    let ms = i64::try_from(span.as_millis()).map_err(|_| "must be less than for ever".to_owned())?;
    if ms == 0 { Err("must be more than nothing".to_owned()) } else { Ok(ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds() {
        for (text, ms) in [
            ("90d", Some(7_776_000_000)),
            ("12h", Some(43_200_000)),
            ("1m", Some(60_000)),
            ("90s", Some(90_000)),
            ("5ms", Some(5)),
        ] {
            assert_eq!(duration_ms(text).ok(), ms, "{text}");
        }
        for text in ["", "d", "0d", "-1d", "1", "1y", "1µ", "99999999999999999d"] {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }
}
