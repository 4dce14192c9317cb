//! When changes that wait for their time happen.

use std::time::Duration;

use clap::Args;
use yardarm_server::settings::Timeouts;

use crate::failure::Failure;
use crate::time_span::TimeSpan;

/// Longest time between two looks: what is due waits for one.
const LONGEST_INTERVAL: Duration = Duration::from_hours(1);
/// As for `--grace`: what is later than this is not what was meant any more.
const LONGEST_GRACE: Duration = Duration::from_hours(7 * 24);

/// When scheduled changes happen.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ScheduleArgs {
    /// Time between two looks at which scheduled changes are due: `500ms`, `1s`, `1m` [default: 1s]
    #[arg(long, env = "YARDARM_SCHEDULE_INTERVAL", value_name = "TIME")]
    schedule_interval: Option<TimeSpan>,
    /// How late a scheduled change may still happen, unless it says otherwise: `0s`, `90s`, `12h`, `7d` [default: 24h]
    #[arg(long, env = "YARDARM_SCHEDULE_GRACE", value_name = "TIME")]
    schedule_grace: Option<TimeSpan>,
}

impl ScheduleArgs {
    /// The deadlines of the server, with these two as the file and the arguments say.
    pub(super) fn resolve(&self, interval: Option<TimeSpan>, grace: Option<TimeSpan>) -> Result<Timeouts, Failure> {
        let usual = Timeouts::default();
        let schedules = self.schedule_interval.or(interval).map_or(usual.schedules, |TimeSpan(time)| time);
        let schedule_grace = self.schedule_grace.or(grace).map_or(usual.schedule_grace, |TimeSpan(time)| time);
        if schedules.is_zero() || schedules > LONGEST_INTERVAL {
            return Err(Failure::usage("schedule_interval is more than nothing and at most 1h"));
        }
        if schedule_grace > LONGEST_GRACE {
            return Err(Failure::usage("schedule_grace is at most 7d"));
        }
        Ok(Timeouts { schedules, schedule_grace, ..usual })
    }
}
