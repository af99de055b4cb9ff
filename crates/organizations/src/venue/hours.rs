//! When a venue is open (开放时间): periods by day of the week, and days that differ (节假日、临时调整), all in China time.
//!
//! Public holidays are named as the days that they are: which of them a venue keeps is its own to say.

use super::row::hours;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Offset, Timelike, Utc};
use kernel::{Code, Error, Result, check::worded, id::VenueId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;
use validator::Validate;

/// The minutes of a day.
const DAY: u16 = 24 * 60;

/// A time of the day in China (时刻), to the minute; `24:00` is the end of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ToSchema)]
#[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]$", example = "09:00")]
pub struct ClockTime(u16);

impl FromStr for ClockTime {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let wrong = "a time of the day such as 09:00, up to 24:00";
        let two = |part: &str| if part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) { part.parse::<u16>().ok() } else { None };
        let (hour, minute) = text.split_once(':').ok_or(wrong)?;
        let (hour, minute) = (two(hour).ok_or(wrong)?, two(minute).ok_or(wrong)?);
        let at = hour * 60 + minute;
        if minute < 60 && at <= DAY { Ok(Self(at)) } else { Err(wrong) }
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A day of the week (星期).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpeningDay {
    /// 周一
    Monday,
    /// 周二
    Tuesday,
    /// 周三
    Wednesday,
    /// 周四
    Thursday,
    /// 周五
    Friday,
    /// 周六
    Saturday,
    /// 周日
    Sunday,
}

impl OpeningDay {
    const ALL: [Self; 7] = [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    const fn number(self) -> i16 {
        self as i16
    }
}

/// A period of a day of the week (开放时段).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningPeriod {
    /// On which day (星期).
    pub day: OpeningDay,
    /// From when (开始).
    pub from: ClockTime,
    /// Until when (结束), later on the same day; what goes on past midnight is two periods.
    pub to: ClockTime,
}

/// A period of a day that differs (当日时段).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningSpan {
    /// From when (开始).
    pub from: ClockTime,
    /// Until when (结束), later on the same day.
    pub to: ClockTime,
}

/// A day that differs from its day of the week (特殊日期), such as a public holiday.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OpeningException {
    /// Which day (日期).
    pub on: NaiveDate,
    /// Why (说明).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 1, max = 50), custom(function = worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S", example = "国庆节")]
    pub note: Option<String>,
    /// When it is open on that day (当日时段); not at all when there are none.
    #[serde(default)]
    #[validate(length(max = 6))]
    #[schema(max_items = 6)]
    pub periods: Vec<OpeningSpan>,
}

/// When a venue is open (开放时间), in China time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OpeningHours {
    /// By day of the week (每周时段), without overlap; closed on a day that has none.
    #[serde(default)]
    #[validate(length(max = 42))]
    #[schema(max_items = 42)]
    pub weekly: Vec<OpeningPeriod>,
    /// Days that differ (特殊日期), each once.
    #[serde(default)]
    #[validate(nested, length(max = 200))]
    #[schema(max_items = 200)]
    pub exceptions: Vec<OpeningException>,
}

/// A moment as hours see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    pub(super) date: NaiveDate,
    pub(super) day: i16,
    pub(super) minute: i16,
}

impl Moment {
    pub(super) fn of(at: DateTime<Utc>) -> Self {
        // China has one time, all year and everywhere.
        let china = FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| Utc.fix());
        let at = at.with_timezone(&china);
        let day = OpeningDay::ALL.get(at.weekday().num_days_from_monday() as usize).map_or(0, |day| day.number());
        Self { date: at.date_naive(), day, minute: i16::try_from(at.hour() * 60 + at.minute()).unwrap_or_default() }
    }
}

fn invalid(pointer: String, reason: &str) -> Error {
    Error::new(Code::VenueHoursInvalid).with("reason", reason).at(pointer)
}

/// Each ends after it begins, and no two share a moment.
fn in_order(periods: &[(ClockTime, ClockTime, String)]) -> Result<()> {
    for (n, (from, to, pointer)) in periods.iter().enumerate() {
        if from >= to {
            return Err(invalid(format!("{pointer}/to"), "a period ends after it begins"));
        }
        if periods[..n].iter().any(|(other_from, other_to, _)| from < other_to && other_from < to) {
            return Err(invalid(format!("{pointer}/from"), "two periods of a day overlap"));
        }
    }
    Ok(())
}

impl OpeningHours {
    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        self.weekly.is_empty() && self.exceptions.is_empty()
    }

    /// Refuses hours that cannot be.
    pub(super) fn check(&self, pointer: &str) -> Result<()> {
        for day in OpeningDay::ALL {
            let here = self.weekly.iter().enumerate().filter(|(_, p)| p.day == day);
            let here: Vec<_> = here.map(|(n, p)| (p.from, p.to, format!("{pointer}/weekly/{n}"))).collect();
            in_order(&here)?;
        }
        for (n, exception) in self.exceptions.iter().enumerate() {
            let at = format!("{pointer}/exceptions/{n}");
            if !(1..=9999).contains(&exception.on.year()) {
                return Err(invalid(format!("{at}/on"), "a year of four digits"));
            }
            if self.exceptions[..n].iter().any(|other| other.on == exception.on) {
                return Err(invalid(format!("{at}/on"), "the day is there twice"));
            }
            let spans = exception.periods.iter().enumerate();
            let spans: Vec<_> = spans.map(|(k, p)| (p.from, p.to, format!("{at}/periods/{k}"))).collect();
            in_order(&spans)?;
        }
        Ok(())
    }

    /// Whether it is open at a moment; nothing where nothing is said of hours.
    pub(super) fn is_open(&self, at: Moment) -> Option<bool> {
        if self.is_empty() {
            return None;
        }
        let holds = |from: ClockTime, to: ClockTime| (i32::from(from.0)..i32::from(to.0)).contains(&i32::from(at.minute));
        if let Some(exception) = self.exceptions.iter().find(|e| e.on == at.date) {
            return Some(exception.periods.iter().any(|p| holds(p.from, p.to)));
        }
        Some(self.weekly.iter().any(|p| p.day.number() == at.day && holds(p.from, p.to)))
    }

    /// The rows by which venues that are open are found; a day without a period has one that holds no moment.
    pub(super) fn rows(&self, venue: VenueId) -> Vec<hours::Model> {
        let minute = |at: ClockTime| i16::try_from(at.0).unwrap_or(i16::MAX);
        let mut rows = Vec::new();
        let mut push = |day: Option<i16>, on_date: Option<NaiveDate>, opens: i16, closes: i16| {
            let n = i16::try_from(rows.len()).unwrap_or(i16::MAX);
            rows.push(hours::Model { venue_id: venue, n, day, on_date, opens, closes });
        };
        for period in &self.weekly {
            push(Some(period.day.number()), None, minute(period.from), minute(period.to));
        }
        for exception in &self.exceptions {
            if exception.periods.is_empty() {
                push(None, Some(exception.on), 0, 0);
            }
            for span in &exception.periods {
                push(None, Some(exception.on), minute(span.from), minute(span.to));
            }
        }
        rows
    }

    /// Reads what a cell of a table says: `周一至周五 09:00-12:00、13:00-17:00;周六 09:00-12:00`. Nothing for what is no such text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text.chars().map(plain).collect();
        let mut weekly = Vec::new();
        for piece in plain.split(';').map(str::trim).filter(|piece| !piece.is_empty()) {
            let times = piece.find(|c: char| c.is_ascii_digit())?;
            let (days, times) = piece.split_at(times);
            let days = days_of(&days.replace("星期", "周").replace(char::is_whitespace, ""))?;
            for span in times.split(',').map(str::trim).filter(|span| !span.is_empty()) {
                let (from, to) = span.split_once('-')?;
                let (from, to) = (padded(from).parse().ok()?, padded(to).parse().ok()?);
                weekly.extend(days.iter().map(|day| OpeningPeriod { day: *day, from, to }));
            }
        }
        (!weekly.is_empty()).then_some(Self { weekly, exceptions: Vec::new() })
    }
}

fn plain(c: char) -> char {
    match c {
        '\u{ff1b}' | '\n' => ';',
        '\u{ff0c}' | '、' => ',',
        '\u{ff1a}' => ':',
        '至' | '到' | '~' | '\u{ff5e}' | '—' | '–' | '\u{ff0d}' => '-',
        c => c,
    }
}

/// `9:00` is `09:00`.
fn padded(time: &str) -> String {
    let time = time.trim();
    if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() }
}

fn days_of(text: &str) -> Option<Vec<OpeningDay>> {
    let day = |text: &str| {
        let name = text.trim_start_matches('周');
        let n = ["一", "二", "三", "四", "五", "六", "日"].iter().position(|d| *d == name).or((name == "天").then_some(6))?;
        OpeningDay::ALL.get(n).copied()
    };
    match text {
        "" | "每天" | "每日" | "全年" => return Some(OpeningDay::ALL.to_vec()),
        "工作日" => return Some(OpeningDay::ALL[..5].to_vec()),
        "周末" | "双休日" => return Some(OpeningDay::ALL[5..].to_vec()),
        _ => {}
    }
    let mut days = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                days.extend(OpeningDay::ALL.iter().filter(|d| (first..=last).contains(d)));
            }
            None => days.push(day(part)?),
        }
    }
    (!days.is_empty()).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::of(format!("{text}:00+08:00").parse().unwrap())
    }

    fn hours(json: &str) -> OpeningHours {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_time_of_the_day_is_written_in_one_way() {
        for (text, minutes) in [("00:00", 0), ("09:05", 545), ("23:59", 1439), ("24:00", 1440)] {
            assert_eq!(text.parse(), Ok(ClockTime(minutes)), "{text}");
            assert_eq!(ClockTime(minutes).to_string(), text);
        }
        for bad in ["", "9:00", "24:01", "25:00", "09:60", "09-00", "0900", "+9:00", "09:00:00", "٠٩:٠٠"] {
            assert!(bad.parse::<ClockTime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn it_is_open_by_the_clock_of_china_and_a_holiday_goes_before() {
        let hours = hours(
            r#"{"weekly":[{"day":"monday","from":"09:00","to":"12:00"},{"day":"monday","from":"13:00","to":"24:00"}],
                "exceptions":[{"on":"2026-11-23"},{"on":"2026-11-24","periods":[{"from":"10:00","to":"11:00"}]}]}"#,
        );
        hours.check("#/hours").unwrap();
        for (moment, open) in [
            ("2026-11-16T08:59", false),
            ("2026-11-16T09:00", true),
            ("2026-11-16T12:00", false),
            ("2026-11-16T23:59", true),
            ("2026-11-17T10:00", false),
            ("2026-11-23T10:00", false),
            ("2026-11-24T10:00", true),
            ("2026-11-24T11:00", false),
        ] {
            assert_eq!(hours.is_open(at(moment)), Some(open), "{moment}");
        }
        // Monday in China is still Sunday in Greenwich.
        assert_eq!(Moment::of("2026-11-15T17:00:00Z".parse().unwrap()).day, 0);
        assert_eq!(OpeningHours::default().is_open(at("2026-11-16T10:00")), None);
        assert_eq!(hours.rows(VenueId(uuid::Uuid::nil())).len(), 4);
    }

    #[test]
    fn hours_that_cannot_be_are_refused_where_they_stand() {
        for (json, pointer) in [
            (r#"{"weekly":[{"day":"monday","from":"12:00","to":"09:00"}]}"#, "#/hours/weekly/0/to"),
            (r#"{"weekly":[{"day":"monday","from":"09:00","to":"09:00"}]}"#, "#/hours/weekly/0/to"),
            (
                r#"{"weekly":[{"day":"friday","from":"09:00","to":"12:00"},{"day":"monday","from":"09:00","to":"12:00"},{"day":"monday","from":"11:59","to":"13:00"}]}"#,
                "#/hours/weekly/2/from",
            ),
            (r#"{"exceptions":[{"on":"2026-10-01"},{"on":"2026-10-01"}]}"#, "#/hours/exceptions/1/on"),
            (r#"{"exceptions":[{"on":"2026-10-01","periods":[{"from":"10:00","to":"09:00"}]}]}"#, "#/hours/exceptions/0/periods/0/to"),
        ] {
            let error = hours(json).check("#/hours").unwrap_err();
            assert_eq!((error.code, error.fields[0].pointer.as_str()), (Code::VenueHoursInvalid, pointer));
        }
        hours(r#"{"weekly":[{"day":"monday","from":"09:00","to":"12:00"},{"day":"monday","from":"12:00","to":"13:00"}]}"#)
            .check("#")
            .unwrap();
    }

    #[test]
    fn offices_write_hours_in_their_own_way() {
        let read = OpeningHours::read("周一至周五 9:00-12:00、13:00-17:00;星期六 09:00—12:00").unwrap();
        assert_eq!(read.weekly.len(), 11);
        read.check("#").unwrap();
        assert_eq!(OpeningHours::read("每天 00:00-24:00").unwrap().weekly.len(), 7);
        assert_eq!(OpeningHours::read("08:30-17:30").unwrap().weekly.len(), 7);
        assert_eq!(OpeningHours::read("周六、周日 09:00~11:00").unwrap().weekly.len(), 2);
        assert_eq!(OpeningHours::read("工作日09:00-11:00").unwrap().weekly.len(), 5);
        for bad in ["", "随时", "周八 09:00-10:00", "周一", "周一 9点-10点", "周一 09:00"] {
            assert!(OpeningHours::read(bad).is_none(), "{bad}");
        }
    }
}
