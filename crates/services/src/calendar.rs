//! Which days are worked in China: weekends, public holidays, and the make-up days (调休) that turn
//! a Saturday into a working day.
//!
//! The State Council announces each year's days in the autumn before; `calendar_file` replaces the
//! built-in list when a newer one is out. A year that the list does not know has plain weekends.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Utc, Weekday};
use kernel::{Error, Result};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

/// The working days of China.
#[derive(Debug)]
pub struct Calendar {
    off: HashSet<NaiveDate>,
    on: HashSet<NaiveDate>,
}

static CALENDAR: OnceLock<Calendar> = OnceLock::new();

impl Calendar {
    /// Reads a calendar of the shape of the npm package chinese-days.
    ///
    /// # Errors
    /// `internal_error` when the text is not of that shape.
    pub fn parse(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Days {
            holidays: HashMap<NaiveDate, String>,
            workdays: HashMap<NaiveDate, String>,
        }
        let days: Days = serde_json::from_str(json).map_err(Error::internal)?;
        Ok(Self { off: days.holidays.into_keys().collect(), on: days.workdays.into_keys().collect() })
    }

    /// Makes this the calendar of the process; the first one stays.
    pub fn install(self) {
        // A second start within one process (tests) keeps the first calendar.
        let _ = CALENDAR.set(self);
    }

    /// The calendar of the process: the installed one, or the built-in one.
    pub fn current() -> &'static Self {
        CALENDAR.get_or_init(|| {
            Self::parse(include_str!("../data/chinese-days.json")).unwrap_or(Self { off: HashSet::new(), on: HashSet::new() })
        })
    }

    /// Whether the day is worked.
    #[must_use]
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        self.on.contains(&day) || (!self.off.contains(&day) && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
    }
}

/// China Standard Time, all year and everywhere.
#[must_use]
pub fn china() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| Utc.fix())
}

/// The days that are looked through: more than any limit has, and an end for a calendar without working days.
const HORIZON: usize = 366 * 500;

/// The hours of a working day: periods in China time, in order, without overlap.
pub type Hours = [(NaiveTime, NaiveTime)];

/// The periods worked from `from` on, day after day.
fn periods<'a>(calendar: &'a Calendar, hours: &'a Hours, from: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + 'a {
    let first = from.with_timezone(&china()).date_naive();
    first.iter_days().take(HORIZON).filter(|day| calendar.is_working_day(*day)).flat_map(move |day| {
        hours.iter().filter_map(move |(open, close)| Some((in_china(day, *open)?.max(from), in_china(day, *close)?))).filter(|(a, b)| a < b)
    })
}

fn in_china(day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    china().from_local_datetime(&day.and_time(time)).single().map(|t| t.to_utc())
}

/// The moment at which `amount` of working time has passed since `from`.
#[must_use]
pub fn add_working_time(calendar: &Calendar, hours: &Hours, from: DateTime<Utc>, amount: TimeDelta) -> DateTime<Utc> {
    let mut left = amount;
    for (open, close) in periods(calendar, hours, from) {
        if close - open >= left {
            return open + left;
        }
        left -= close - open;
    }
    from + amount
}

/// The working time between two moments; zero when the second is not later.
#[must_use]
pub fn working_time_between(calendar: &Calendar, hours: &Hours, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    periods(calendar, hours, from).take_while(|(open, _)| *open < to).map(|(open, close)| close.min(to) - open).sum()
}

/// The end of work on the `days`-th working day after the day of `from`, which does not count
/// itself (Civil Code art. 201). Zero days is the end of that day's own work.
#[must_use]
pub fn add_working_days(calendar: &Calendar, hours: &Hours, from: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    let today = from.with_timezone(&china()).date_naive();
    let day = if days == 0 {
        Some(today)
    } else {
        let n = usize::try_from(days).unwrap_or(usize::MAX);
        today.iter_days().skip(1).take(HORIZON).filter(|d| calendar.is_working_day(*d)).nth(n - 1)
    };
    let close = hours.last().map_or(NaiveTime::MIN, |(_, close)| *close);
    day.and_then(|d| in_china(d, close)).unwrap_or(from)
}

/// How many working days lie after the day of `from`, up to and with the day of `to`.
#[must_use]
pub fn working_days_between(calendar: &Calendar, from: DateTime<Utc>, to: DateTime<Utc>) -> u32 {
    let day = |t: DateTime<Utc>| t.with_timezone(&china()).date_naive();
    let count = day(from).iter_days().skip(1).take_while(|d| *d <= day(to)).filter(|d| calendar.is_working_day(*d)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00+08:00").parse().unwrap()
    }

    fn hours() -> Vec<(NaiveTime, NaiveTime)> {
        let time = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
        vec![(time(9), time(12)), (time(13), time(18))]
    }

    #[test]
    fn holidays_are_off_and_make_up_days_are_on() {
        let calendar = Calendar::current();
        let day = |text: &str| calendar.is_working_day(text.parse().unwrap());
        assert!(!day("2026-10-01"), "National Day");
        assert!(!day("2026-11-21"), "a Saturday");
        assert!(day("2026-11-23"), "a Monday");
        let made_up: Vec<_> = calendar.on.iter().filter(|d| d.year() == 2026).collect();
        assert!(!made_up.is_empty() && made_up.iter().all(|d| calendar.is_working_day(**d)), "调休");
        assert!(calendar.on.iter().any(|d| d.weekday() == Weekday::Sat));
    }

    #[test]
    fn working_hours_skip_lunch_nights_and_weekends() {
        let (calendar, hours) = (Calendar::current(), hours());
        let plus = |from: &str, h| add_working_time(calendar, &hours, at(from), TimeDelta::hours(h));
        assert_eq!(plus("2026-11-20T11:00", 2), at("2026-11-20T14:00"));
        assert_eq!(plus("2026-11-20T17:00", 2), at("2026-11-23T10:00"));
        assert_eq!(plus("2026-11-21T03:00", 4), at("2026-11-23T14:00"));
        assert_eq!(working_time_between(calendar, &hours, at("2026-11-20T17:00"), at("2026-11-23T10:00")), TimeDelta::hours(2));
        assert_eq!(working_time_between(calendar, &hours, at("2026-11-23T10:00"), at("2026-11-20T17:00")), TimeDelta::zero());
    }

    #[test]
    fn working_days_count_from_the_next_day_and_across_the_holiday() {
        let (calendar, hours) = (Calendar::current(), hours());
        let plus = |from: &str, d| add_working_days(calendar, &hours, at(from), d);
        assert_eq!(plus("2026-11-20T11:00", 1), at("2026-11-23T18:00"));
        assert_eq!(plus("2026-11-22T11:00", 5), at("2026-11-27T18:00"));
        assert!(plus("2026-09-30T11:00", 100_000) > at("2400-01-01T00:00"), "the longest limit ends late, not at once");
        let after_holiday = plus("2026-09-30T11:00", 1);
        assert!(after_holiday > at("2026-10-07T00:00"), "{after_holiday}");
        assert_eq!(working_days_between(calendar, at("2026-11-20T11:00"), at("2026-11-23T18:00")), 1);
    }
}
