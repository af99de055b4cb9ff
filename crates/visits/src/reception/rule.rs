//! On which days a reception is held: a recurrence rule of RFC 5545 over days, and what becomes of days off.

use super::DayOff;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use kernel::{Code, Error, Result};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};
use services::calendar::{Calendar, china};
use std::collections::BTreeSet;

/// The days of a rule between its first day and `until`, in order. At most [`MAX_DAYS`].
pub(super) const MAX_DAYS: u16 = 800;

/// The days on which the reception is held.
///
/// # Errors
/// `reception_rule_invalid`.
pub(super) fn days(rule: &str, first: NaiveDate, until: NaiveDate, off: DayOff) -> Result<BTreeSet<NaiveDate>> {
    let invalid = |reason: String| Error::new(Code::ReceptionRuleInvalid).with("reason", reason).at("#/rule");
    // Of a rule over days, the hours are the reception's own.
    let upper = rule.to_uppercase();
    if !upper.starts_with("FREQ=") || ["BYHOUR", "BYMINUTE", "BYSECOND", "\n", "\r"].iter().any(|part| upper.contains(part)) {
        return Err(invalid("an RFC 5545 rule over days, such as FREQ=MONTHLY;BYMONTHDAY=20".to_owned()));
    }
    let start = midnight(first);
    let rule: RRule<Unvalidated> = upper.parse().map_err(|_ignored: rrule::RRuleError| invalid("not an RFC 5545 rule".to_owned()))?;
    if matches!(rule.get_freq(), Frequency::Hourly | Frequency::Minutely | Frequency::Secondly) {
        return Err(invalid("FREQ is DAILY, WEEKLY, MONTHLY or YEARLY".to_owned()));
    }
    let rule = rule.validate(start).map_err(|_ignored| invalid("its parts do not go together".to_owned()))?;
    let found = RRuleSet::new(start).rrule(rule).before(midnight(until)).all(MAX_DAYS);
    if found.limited {
        return Err(invalid(format!("more than {MAX_DAYS} days")));
    }
    let calendar = Calendar::current();
    let held = found.dates.into_iter().map(|at| at.date_naive()).filter(|day| (first..=until).contains(day));
    let held: BTreeSet<NaiveDate> =
        held.filter_map(|day| if calendar.is_working_day(day) { Some(day) } else { off.instead(calendar, day) }).collect();
    if held.is_empty() { Err(invalid(format!("no day between {first} and {until}"))) } else { Ok(held) }
}

impl DayOff {
    /// When a reception that falls on this day off is held.
    fn instead(self, calendar: &Calendar, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Hold => Some(day),
            Self::Skip => None,
            Self::NextWorkingDay => day.iter_days().take(30).find(|d| calendar.is_working_day(*d)),
        }
    }
}

/// The day as the rule sees it: it counts days, not hours.
fn midnight(day: NaiveDate) -> DateTime<Tz> {
    Tz::UTC.from_utc_datetime(&day.and_time(NaiveTime::MIN))
}

/// This time of this day in China.
pub(super) fn in_china(day: NaiveDate, minutes: i16) -> Result<DateTime<Utc>> {
    let at = day.and_time(NaiveTime::MIN) + chrono::TimeDelta::minutes(i64::from(minutes));
    china().from_local_datetime(&at).single().map(|t| t.to_utc()).ok_or_else(|| Error::internal("China has no summer time"))
}

/// The day that it is in China.
pub(super) fn today(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&china()).date_naive()
}

/// A year after this day.
pub(super) fn year_after(day: NaiveDate) -> NaiveDate {
    day + Days::new(366)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn held(rule: &str, until: &str, off: DayOff) -> Vec<String> {
        days(rule, day("2026-11-16"), day(until), off).expect("days").into_iter().map(|d| d.to_string()).collect()
    }

    #[test]
    fn the_twentieth_of_each_month() {
        let rule = "FREQ=MONTHLY;BYMONTHDAY=20";
        assert_eq!(held(rule, "2027-02-28", DayOff::Hold), ["2026-11-20", "2026-12-20", "2027-01-20", "2027-02-20"]);
        // 2026-12-20 is a Sunday, 2027-02-20 a Saturday that is worked in no case the calendar knows of.
        assert_eq!(held(rule, "2027-01-31", DayOff::Skip), ["2026-11-20", "2027-01-20"]);
        assert_eq!(held(rule, "2026-12-31", DayOff::NextWorkingDay), ["2026-11-20", "2026-12-21"]);
    }

    #[test]
    fn each_wednesday_and_the_last_friday() {
        assert_eq!(held("FREQ=WEEKLY;BYDAY=WE", "2026-12-01", DayOff::Hold), ["2026-11-18", "2026-11-25"]);
        assert_eq!(held("freq=monthly;byday=-1FR", "2026-12-31", DayOff::Hold), ["2026-11-27", "2026-12-25"]);
        assert_eq!(held("FREQ=DAILY;COUNT=3", "2027-01-31", DayOff::Hold), ["2026-11-16", "2026-11-17", "2026-11-18"]);
    }

    #[test]
    fn what_names_no_days_is_refused() {
        for bad in [
            "",
            "每月20日",
            "FREQ=HOURLY",
            "FREQ=SECONDLY;INTERVAL=1",
            "FREQ=MONTHLY;BYMONTHDAY=40",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYHOUR=1,2,3",
            "FREQ=DAILY;INTERVAL=0",
            "DTSTART:20261116T000000Z\nRRULE:FREQ=DAILY",
            "FREQ=MONTHLY;BYMONTHDAY=20\nEXDATE:20261120T000000Z",
        ] {
            let refused = days(bad, day("2026-11-16"), day("2027-11-16"), DayOff::Hold).expect_err(bad);
            assert_eq!(refused.code, Code::ReceptionRuleInvalid, "{bad}");
        }
    }
}
