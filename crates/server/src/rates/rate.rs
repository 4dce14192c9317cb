//! How many requests in which time: `2000/s`, `100/m`, `2000/s burst 4000`.

use std::fmt;
use std::str::FromStr;

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// A rate in the long run, and how many may come at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    window: u64,
    burst: u32,
}

impl Rate {
    /// So many a second, and so many at once.
    pub const fn per_second(count: u32, burst: u32) -> Self {
        Self { count, window: 1, burst }
    }

    /// So many a minute, and so many at once.
    pub const fn per_minute(count: u32, burst: u32) -> Self {
        Self { count, window: 60, burst }
    }

    /// So many an hour, and so many at once.
    pub const fn per_hour(count: u32, burst: u32) -> Self {
        Self { count, window: 3_600, burst }
    }

    /// What one request costs, nanoseconds.
    pub(super) fn each(self) -> u64 {
        (self.window * SECOND / u64::from(self.count.max(1))).max(1)
    }

    /// What a whole budget is worth, nanoseconds.
    pub(super) fn whole(self) -> u64 {
        self.each().saturating_mul(u64::from(self.burst.max(1)))
    }

    /// Requests at once.
    pub fn burst(self) -> u32 {
        self.burst.max(1)
    }

    /// Seconds until a spent budget is whole again.
    pub(super) fn refill_seconds(self) -> u64 {
        self.whole().div_ceil(SECOND)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = match self.window {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(out, "{}/{window} burst {}", self.count, self.burst)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no rate: write 2000/s, 100/m or 100/h, and burst 4000 after it if you like");
        let (rate, burst) = match text.trim().split_once(" burst ") {
            Some((rate, burst)) => (rate, Some(burst.trim().parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let (count, window) = rate.trim().split_once('/').ok_or_else(wrong)?;
        let count: u32 = count.trim().parse().map_err(|_| wrong())?;
        let window = match window.trim() {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            _ => return Err(wrong()),
        };
        let burst = burst.unwrap_or(count);
        if count == 0 || burst == 0 {
            return Err(format!("{text:?} lets nothing through; \"off\" takes a limit away"));
        }
        Ok(Self { count, window, burst })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written() {
        for (text, shown, each) in [
            ("2000/s", "2000/s burst 2000", 500_000),
            (" 10/m burst 3 ", "10/m burst 3", 6 * SECOND),
            ("3600/h burst 10", "3600/h burst 10", SECOND),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.to_string().as_str(), rate.each()), (shown, each));
            assert_eq!(rate.to_string().parse(), Ok(rate));
        }
        for wrong in ["", "10", "10/d", "0/s", "10/s burst 0", "-1/s", "10/s bursts 3", "99999999999/s", "ten/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }
}
