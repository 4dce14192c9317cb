//! When changes that wait for their time happen.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use yardarm_server::settings::Timeouts;

use crate::failure::Failure;

/// Longest time between two looks: what is due waits for one.
const LONGEST_INTERVAL: Duration = Duration::from_hours(1);
/// As for `--grace`: what is later than this is not what was meant any more.
const LONGEST_GRACE: Duration = Duration::from_hours(7 * 24);

/// When scheduled changes happen.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ScheduleArgs {
    /// Time between two looks at which scheduled changes are due: `500ms`, `1s`, `1m` [default: 1s]
    #[arg(long, env = "YARDARM_SCHEDULE_INTERVAL", value_name = "TIME")]
    schedule_interval: Option<Time>,
    /// How late a scheduled change may still happen, unless it says otherwise: `0s`, `90s`, `12h`, `7d` [default: 24h]
    #[arg(long, env = "YARDARM_SCHEDULE_GRACE", value_name = "TIME")]
    schedule_grace: Option<Time>,
}

impl ScheduleArgs {
    /// The deadlines of the server, with these two as the file and the arguments say.
    pub(super) fn resolve(&self, interval: Option<Time>, grace: Option<Time>) -> Result<Timeouts, Failure> {
        let usual = Timeouts::default();
        let schedules = self.schedule_interval.or(interval).map_or(usual.schedules, |Time(time)| time);
        let schedule_grace = self.schedule_grace.or(grace).map_or(usual.schedule_grace, |Time(time)| time);
        if schedules.is_zero() || schedules > LONGEST_INTERVAL {
            return Err(Failure::usage("schedule_interval is more than nothing and at most 1h"));
        }
        if schedule_grace > LONGEST_GRACE {
            return Err(Failure::usage("schedule_grace is at most 7d"));
        }
        Ok(Timeouts { schedules, schedule_grace, ..usual })
    }
}

/// `500ms`, `90s`, `30m`, `12h`, `7d`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Time(Duration);

impl std::str::FromStr for Time {
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

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
