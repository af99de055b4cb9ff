//! Time limits (时限): a number and a unit, because a limit of "4 working hours" (工作时) and one of
//! "4 hours" end at different moments.

use crate::{
    calendar::{self, Calendar, Hours},
    policy::WorkingTime,
};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;
use validator::Validate;

/// A time limit (时限).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many.
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000, example = 4)]
    pub value: u32,
    /// Of what (单位).
    pub unit: LimitUnit,
}

/// The unit of a limit (时限单位).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// 分钟, running day and night.
    Minutes,
    /// 工作时: only working time runs.
    WorkingHours,
    /// 工作日: ends with work on the n-th working day after today.
    WorkingDays,
    /// 自然日: n times 24 hours.
    NaturalDays,
}

impl LimitUnit {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Minutes, "minutes"),
        (Self::WorkingHours, "working_hours"),
        (Self::WorkingDays, "working_days"),
        (Self::NaturalDays, "natural_days"),
    ];
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = LimitUnit::ALL.iter().find(|(unit, _)| *unit == self.unit).map_or("", |(_, word)| word);
        write!(f, "{} {word}", self.value)
    }
}

impl FromStr for Limit {
    type Err = Error;
    /// Reads what the database stores: `4 working_hours`.
    fn from_str(text: &str) -> Result<Self> {
        let broken = || Error::internal(format!("{text:?} is no stored limit"));
        let (value, word) = text.split_once(' ').ok_or_else(broken)?;
        let unit = LimitUnit::ALL.iter().find(|(_, w)| *w == word).map(|(unit, _)| *unit).ok_or_else(broken)?;
        Ok(Self { value: value.parse().map_err(Error::internal)?, unit })
    }
}

impl Limit {
    /// When the limit ends if it begins to run at `from`.
    #[must_use]
    pub fn end(self, from: DateTime<Utc>, working_time: &WorkingTime) -> DateTime<Utc> {
        let (calendar, hours) = (Calendar::current(), working_time.hours());
        let n = i64::from(self.value);
        match self.unit {
            LimitUnit::Minutes => from + TimeDelta::minutes(n),
            LimitUnit::NaturalDays => from + TimeDelta::days(n),
            LimitUnit::WorkingHours => calendar::add_working_time(calendar, &hours, from, TimeDelta::hours(n)),
            LimitUnit::WorkingDays => calendar::add_working_days(calendar, &hours, from, self.value),
        }
    }

    /// The end of a limit whose clock stood from `stopped` to `resumed`: what was left then is left now.
    /// A limit that had already ended stays ended.
    #[must_use]
    pub fn resume(self, end: DateTime<Utc>, stopped: DateTime<Utc>, resumed: DateTime<Utc>, working_time: &WorkingTime) -> DateTime<Utc> {
        if end <= stopped {
            return end;
        }
        let calendar = Calendar::current();
        let hours: &Hours = &working_time.hours();
        match self.unit {
            LimitUnit::Minutes | LimitUnit::NaturalDays => resumed + (end - stopped),
            LimitUnit::WorkingHours => {
                let left = calendar::working_time_between(calendar, hours, stopped, end);
                calendar::add_working_time(calendar, hours, resumed, left)
            }
            LimitUnit::WorkingDays => {
                calendar::add_working_days(calendar, hours, resumed, calendar::working_days_between(calendar, stopped, end))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00+08:00").parse().unwrap()
    }

    #[test]
    fn a_stopped_clock_keeps_what_was_left() {
        let time = WorkingTime::example();
        let limit = |value, unit| Limit { value, unit };
        let four = limit(4, LimitUnit::WorkingHours);
        let end = four.end(at("2026-11-20T10:00"), &time);
        assert_eq!(end, at("2026-11-20T15:00"));
        assert_eq!(four.resume(end, at("2026-11-20T11:00"), at("2026-11-23T09:00"), &time), at("2026-11-23T12:00"));
        assert_eq!(four.resume(end, at("2026-11-20T16:00"), at("2026-11-23T09:00"), &time), end, "already over");
        let days = limit(3, LimitUnit::WorkingDays);
        let end = days.end(at("2026-11-20T10:00"), &time);
        assert_eq!(end, at("2026-11-25T18:00"));
        assert_eq!(days.resume(end, at("2026-11-23T10:00"), at("2026-11-30T10:00"), &time), at("2026-12-02T18:00"));
        let minutes = limit(30, LimitUnit::Minutes);
        assert_eq!(minutes.resume(at("2026-11-20T10:30"), at("2026-11-20T10:20"), at("2026-11-20T12:00"), &time), at("2026-11-20T12:10"));
    }

    #[test]
    fn stored_limits_read_back() {
        for (unit, _) in LimitUnit::ALL {
            let limit = Limit { value: 15, unit };
            assert_eq!(limit.to_string().parse::<Limit>().unwrap(), limit);
        }
        assert!("15 moons".parse::<Limit>().is_err());
    }
}
