//! Whether an instant is frozen.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::local::{bound, civil, time_zone};
use crate::document::{Freeze, Weekday};

/// A weekly freeze lasts at most a day and begins at most a day before: with the clock changed, two days are looked back.
const LOOK_BACK: i32 = 2;

/// Until when (milliseconds since 1970) nothing may change, if this freeze holds at `now`. The end itself is free. Weekly
/// windows that touch are told one by one: the end of one may be the beginning of the next.
pub fn frozen_until(freeze: &Freeze, now: i64) -> Option<i64> {
    let Some(days) = &freeze.days else {
        let (from, until) = window(freeze)?;
        return (from <= now && now < until).then_some(until);
    };
    let zone = time_zone(&freeze.time_zone)?;
    let today = Timestamp::from_millisecond(now).ok()?.to_zoned(zone.clone()).date();
    let windows = (-LOOK_BACK..=1).filter_map(|offset| {
        let day = today.checked_add(offset.days()).ok()?;
        days.contains(&weekday(day)).then(|| weekly(freeze, day, &zone)).flatten()
    });
    windows.filter(|(from, until)| *from <= now && now < *until).map(|(_, until)| until).max()
}

/// From when until when a freeze that is there once holds, milliseconds since 1970. `None` for a weekly one, and for
/// times and zones that are none.
pub(crate) fn window(freeze: &Freeze) -> Option<(i64, i64)> {
    if freeze.days.is_some() {
        return None;
    }
    span(civil(&freeze.from)?, civil(&freeze.until)?, &time_zone(&freeze.time_zone)?)
}

/// A weekly freeze that begins on a day.
fn weekly(freeze: &Freeze, day: Date, zone: &TimeZone) -> Option<(i64, i64)> {
    let (from, _) = clock_time(&freeze.from, false)?;
    let (until, next_day) = clock_time(&freeze.until, true)?;
    let ends = if next_day || until <= from { day.tomorrow().ok()? } else { day };
    span(day.to_datetime(from), ends.to_datetime(until), zone)
}

fn span(from: DateTime, until: DateTime, zone: &TimeZone) -> Option<(i64, i64)> {
    Some((bound(from, zone, false)?.as_millisecond(), bound(until, zone, true)?.as_millisecond()))
}

/// A time of day `18:00`; with `midnight`, `24:00` is the first moment of the next day.
pub(crate) fn clock_time(text: &str, midnight: bool) -> Option<(Time, bool)> {
    if midnight && text == "24:00" {
        return Some((Time::midnight(), true));
    }
    let plain = text.len() == 5 && text.is_ascii();
    Some((Time::strptime("%H:%M", text).ok().filter(|_| plain)?, false))
}

fn weekday(day: Date) -> Weekday {
    match day.weekday() {
        jiff::civil::Weekday::Monday => Weekday::Monday,
        jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
        jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
        jiff::civil::Weekday::Thursday => Weekday::Thursday,
        jiff::civil::Weekday::Friday => Weekday::Friday,
        jiff::civil::Weekday::Saturday => Weekday::Saturday,
        jiff::civil::Weekday::Sunday => Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn freeze(days: Option<Vec<Weekday>>, from: &str, until: &str, zone: &str) -> Freeze {
        Freeze { name: "f".into(), days, from: from.into(), until: until.into(), time_zone: zone.into() }
    }

    #[test]
    fn a_freeze_begins_and_ends_by_the_clock_of_its_zone() {
        let christmas = freeze(None, "2026-12-20T00:00", "2027-01-04T09:00", "Europe/Berlin");
        let end = at("2027-01-04T08:00:00Z");
        for (now, until) in [
            ("2026-12-19T22:59:59.999Z", None),
            ("2026-12-19T23:00:00Z", Some(end)),
            ("2027-01-04T07:59:59.999Z", Some(end)),
            ("2027-01-04T08:00:00Z", None),
        ] {
            assert_eq!(frozen_until(&christmas, at(now)), until, "{now}");
        }
    }

    #[test]
    fn weekly_freezes_go_over_midnight_and_to_its_end() {
        use Weekday::{Friday, Saturday, Sunday, Tuesday};
        let night = freeze(Some(vec![Tuesday]), "22:00", "06:00", "America/New_York");
        let friday = freeze(Some(vec![Friday]), "16:00", "24:00", "UTC");
        let weekend = freeze(Some(vec![Saturday, Sunday]), "00:00", "24:00", "UTC");
        let all_day = freeze(Some(vec![Tuesday]), "10:00", "10:00", "UTC");
        for (freeze, now, until) in [
            (&night, "2026-06-03T01:59:59Z", None), // Tuesday, 21:59:59
            (&night, "2026-06-03T02:00:00Z", Some("2026-06-03T10:00:00Z")),
            (&night, "2026-06-03T09:59:59Z", Some("2026-06-03T10:00:00Z")), // Wednesday, 05:59:59
            (&night, "2026-06-03T10:00:00Z", None),
            (&night, "2026-06-04T03:00:00Z", None), // Wednesday, 23:00
            (&friday, "2026-06-05T15:59:59Z", None),
            (&friday, "2026-06-05T23:59:59Z", Some("2026-06-06T00:00:00Z")),
            (&friday, "2026-06-06T00:00:00Z", None),
            (&weekend, "2026-06-06T00:00:00Z", Some("2026-06-07T00:00:00Z")),
            (&weekend, "2026-06-07T23:59:59Z", Some("2026-06-08T00:00:00Z")),
            (&weekend, "2026-06-08T00:00:00Z", None),
            (&all_day, "2026-06-03T09:59:59Z", Some("2026-06-03T10:00:00Z")),
            (&all_day, "2026-06-03T10:00:00Z", None),
        ] {
            assert_eq!(frozen_until(freeze, at(now)), until.map(at), "{freeze:?} {now}");
        }
    }

    #[test]
    fn where_the_clock_changes_it_is_frozen_in_doubt() {
        // 2026-10-25 in Berlin: 02:00 to 03:00 is there twice, at 00:00Z and at 01:00Z.
        let twice = freeze(None, "2026-10-25T02:30", "2026-10-25T02:45", "Europe/Berlin");
        let end = Some(at("2026-10-25T01:45:00Z"));
        for (now, until) in [
            ("2026-10-25T00:29:59Z", None),
            ("2026-10-25T00:30:00Z", end),
            ("2026-10-25T01:44:59Z", end),
            ("2026-10-25T01:45:00Z", None),
        ] {
            assert_eq!(frozen_until(&twice, at(now)), until, "{now}");
        }
        // 2026-03-29 in Berlin: 02:00 to 03:00 is not there; the clock jumps at 01:00Z.
        let never = freeze(Some(vec![Weekday::Sunday]), "02:15", "02:45", "Europe/Berlin");
        let end = Some(at("2026-03-29T01:45:00Z"));
        for (now, until) in [
            ("2026-03-29T00:14:59Z", None),
            ("2026-03-29T00:15:00Z", end),
            ("2026-03-29T01:44:59Z", end),
            ("2026-03-29T01:45:00Z", None),
        ] {
            assert_eq!(frozen_until(&never, at(now)), until, "{now}");
        }
    }
}
