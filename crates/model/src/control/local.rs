//! Local times: a wall clock in a time zone, as an instant.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::Serialize;

/// The instant that a local time is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalInstant {
    /// Milliseconds since 1970.
    pub instant: i64,
    /// From UTC at that instant: `+02:00`.
    pub offset: String,
    /// What was chosen where the clock is changed: the time is there twice, or not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why a local time is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalTimeError {
    /// Not `2026-12-20T18:00` or `2026-12-20T18:00:30`.
    #[error("{0:?} is not a local time like 2026-12-20T18:00, without an offset")]
    Time(String),
    /// Not in the IANA database.
    #[error("there is no time zone {0:?}; write it like Europe/Berlin or UTC")]
    Zone(String),
    /// Beyond the years that can be told.
    #[error("{0:?} is beyond the years that can be told")]
    Range(String),
}

/// Reads a local time in an IANA time zone. Where clocks are put back and it is there twice, the first is meant; where they
/// are put forward and it is not there, the time as much later as the clock jumps is meant. Both are noted.
pub fn local_instant(local: &str, zone: &str) -> Result<LocalInstant, LocalTimeError> {
    let time = civil(local).ok_or_else(|| LocalTimeError::Time(local.to_owned()))?;
    let zone_of = time_zone(zone).ok_or_else(|| LocalTimeError::Zone(zone.to_owned()))?;
    let range = || LocalTimeError::Range(local.to_owned());
    let ambiguous = zone_of.to_ambiguous_timestamp(time);
    let offset = ambiguous.offset();
    let instant = ambiguous.compatible().map_err(|_| range())?;
    let offset_there = zone_of.to_offset(instant);
    let shown = instant.to_zoned(zone_of.clone()).strftime("%H:%M").to_string();
    let note = match offset {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => {
            Some(format!("{local} is not there in {zone}, because the clock is put forward: {shown} is meant"))
        }
        AmbiguousOffset::Fold { .. } => {
            Some(format!("{local} is there twice in {zone}, because the clock is put back: the first one is meant"))
        }
    };
    Ok(LocalInstant { instant: instant.as_millisecond(), offset: offset_text(offset_there), note })
}

fn offset_text(offset: jiff::tz::Offset) -> String {
    let seconds = offset.seconds();
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

/// A date and a time of day without an offset.
pub(crate) fn civil(text: &str) -> Option<DateTime> {
    let format = if text.len() == 16 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
    DateTime::strptime(format, text).ok()
}

/// A zone of the IANA database, which is part of the program.
pub(crate) fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The earlier, or the later, of the instants that a local time may be.
pub(crate) fn bound(time: DateTime, zone: &TimeZone, later: bool) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    if later { ambiguous.later() } else { ambiguous.earlier() }.ok()
}
