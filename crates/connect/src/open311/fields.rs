//! What a client of Open311 sends, read leniently where clients differ and strictly where it matters: names with one value or
//! several, from the query, a form, or both.

use chrono::{DateTime, Duration, Utc};
use kernel::{
    Code, Error, RegionCode, Result,
    geo::{Datum, Point},
};
use services::attribute::moment;
use std::collections::BTreeMap;

/// The most names and values of one request.
const MOST: usize = 500;

/// The names and values of a request. What is empty is as good as absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Adds a value.
    ///
    /// # Errors
    /// `nul_character`; `form_malformed` for too many.
    pub fn add(&mut self, name: String, value: String) -> Result<()> {
        if name.contains('\0') || value.contains('\0') {
            return Err(Error::new(Code::NulCharacter));
        }
        if self.0.len() == MOST {
            return Err(Error::new(Code::FormMalformed).with("reason", format!("it has more than {MOST} fields")));
        }
        self.0.push((name, value));
        Ok(())
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }

    /// The values of a comma-separated list, however often it is given.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.all(name).flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// `attribute[CODE]=…` and `attribute[CODE][]=…`, by code.
    #[must_use]
    pub fn answers(&self) -> BTreeMap<String, Vec<String>> {
        let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.0 {
            if let Some((code, rest)) = name.strip_prefix("attribute[").and_then(|rest| rest.split_once(']'))
                && ["", "[]"].contains(&rest)
            {
                answers.entry(code.to_owned()).or_default().push(value.clone());
            }
        }
        answers
    }

    /// A text of at most so many characters.
    ///
    /// # Errors
    /// `content_invalid`, pointing at it.
    pub fn text(&self, name: &str, longest: usize) -> Result<Option<String>> {
        match self.get(name) {
            Some(text) if text.chars().count() > longest => {
                Err(Error::field_with(format!("#/{name}"), Code::FieldLength, vec![("min", "0".to_owned()), ("max", longest.to_string())]))
            }
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// `content_invalid`, pointing at it.
    pub fn needed(&self, name: &'static str, longest: usize) -> Result<String> {
        self.text(name, longest)?.ok_or_else(|| Error::field_with(format!("#/{name}"), Code::FieldMissing, vec![("name", name.to_owned())]))
    }

    /// A time; see [`moment`].
    ///
    /// # Errors
    /// `content_invalid`, pointing at it.
    pub fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>> {
        let read = |text: &str| moment(text).ok_or_else(|| invalid(name, "a time such as 2026-11-16T01:00:00Z"));
        self.get(name).map(read).transpose()
    }

    /// The region that `jurisdiction_id` names.
    ///
    /// # Errors
    /// `jurisdiction_not_found` for what is no code of a region.
    pub fn jurisdiction(&self) -> Result<Option<RegionCode>> {
        let missing = |e: Error| Error::new(Code::JurisdictionNotFound).because(e);
        self.get("jurisdiction_id").map(|code| code.parse().map_err(missing)).transpose()
    }

    /// `lat` and `long`, which are WGS-84.
    ///
    /// # Errors
    /// `content_invalid` for one without the other, or for what is no number.
    pub fn point(&self) -> Result<Option<Point>> {
        let degrees = |name: &str| {
            let read = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| invalid(name, "a number"));
            self.get(name).map(read).transpose()
        };
        match (degrees("lat")?, degrees("long")?) {
            (Some(lat), Some(lng)) => Ok(Some(Point { lng, lat, datum: Datum::Wgs84 })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(invalid("long", "it comes with lat")),
            (None, Some(_)) => Err(invalid("lat", "it comes with long")),
        }
    }

    /// `page` and `page_size`: what to leave out, and how many.
    ///
    /// # Errors
    /// `content_invalid` for what is no such number; `page_too_far`.
    pub fn page(&self) -> Result<(u64, u64)> {
        let number = |name: &str, most: u64| {
            let reason = format!("a number from 1 to {most}");
            let read = |text: &str| text.parse().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| invalid(name, &reason));
            self.get(name).map(read).transpose()
        };
        let size = number("page_size", LARGEST_PAGE)?.unwrap_or(LARGEST_PAGE);
        let offset = (number("page", u64::from(u32::MAX))?.unwrap_or(1) - 1) * size;
        if offset + size > FARTHEST { Err(Error::new(Code::PageTooFar).with("limit", FARTHEST)) } else { Ok((offset, size)) }
    }

    /// The time between two fields, the second of them included to its second. What is not told lies 90 days from the other,
    /// or now. Nothing when neither is told.
    ///
    /// # Errors
    /// `content_invalid`; `times_too_far_apart`.
    pub fn between(&self, from: &str, to: &str, now: DateTime<Utc>) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
        let span = Duration::days(LONGEST_DAYS);
        let end = |time: DateTime<Utc>| time + Duration::seconds(1);
        let (from, to) = match (self.time(from)?, self.time(to)?) {
            (None, None) => return Ok(None),
            (Some(from), Some(to)) => (from, end(to)),
            (Some(from), None) => (from, end(now.max(from)).min(end(from + span))),
            (None, Some(to)) => (to - span, end(to)),
        };
        // A moment before the year 1 or after 9999 is none that anything happened in.
        if !kernel::clock::has_plain_year(from) || !kernel::clock::has_plain_year(to) {
            return Err(invalid("start_date", "a time of our days"));
        }
        if to - from > span + Duration::seconds(1) {
            return Err(Error::new(Code::TimesTooFarApart).with("days", LONGEST_DAYS));
        }
        Ok(Some((from, to)))
    }
}

/// The most requests of a page, which is also what comes when nothing is said.
const LARGEST_PAGE: u64 = 1000;
/// How far pages lead: what lies behind costs too much to leave out.
const FARTHEST: u64 = 20_000;
/// How far apart two times may lie, in days.
pub(super) const LONGEST_DAYS: i64 = 90;

pub(super) fn invalid(name: &str, reason: &str) -> Error {
    Error::field_with(format!("#/{name}"), Code::FieldInvalid, vec![("reason", reason.to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_is_empty_is_absent_and_lists_may_be_written_in_two_ways() {
        let read = fields(&[("a", " "), ("a", "x "), ("c", "1,2"), ("c", " 3,,"), ("attribute[M][]", "1"), ("attribute[M][]", "2")]);
        assert_eq!((read.get("a"), read.get("b")), (Some("x"), None));
        assert_eq!(read.list("c"), ["1", "2", "3"]);
        assert_eq!(read.answers().get("M"), Some(&vec!["1".to_owned(), "2".to_owned()]));
        assert!(fields(&[("attribute[M][x]", "1"), ("attribute", "1"), ("attribute[M", "1")]).answers().is_empty());
    }

    #[test]
    fn a_place_is_both_numbers_or_none() {
        let point = |lat: &str, long: &str| fields(&[("lat", lat), ("long", long)]).point().map_err(|e| e.fields[0].pointer.clone());
        assert_eq!(point("32.24", "119.815"), Ok(Some(Point { lng: 119.815, lat: 32.24, datum: Datum::Wgs84 })));
        assert_eq!(point("", ""), Ok(None));
        assert_eq!(point("32.24", ""), Err("#/long".to_owned()));
        assert_eq!(point("", "119.815"), Err("#/lat".to_owned()));
        assert_eq!(point("north", "119.815"), Err("#/lat".to_owned()));
        assert_eq!(point("NaN", "119.815"), Err("#/lat".to_owned()));
    }

    #[test]
    fn pages_end_somewhere() {
        let page = |page: &str, size: &str| fields(&[("page", page), ("page_size", size)]).page().map_err(|e| e.code);
        assert_eq!(page("", ""), Ok((0, 1000)));
        assert_eq!(page("3", "50"), Ok((100, 50)));
        assert_eq!(page("20", ""), Ok((19_000, 1000)));
        assert_eq!(page("21", ""), Err(Code::PageTooFar));
        for (n, size) in [("0", "1"), ("-1", "1"), ("1", "0"), ("1", "1001"), ("x", "1"), ("1", "1e3"), ("99999999999999999999", "1")] {
            assert_eq!(page(n, size), Err(Code::ContentInvalid), "{n} {size}");
        }
    }

    #[test]
    fn times_are_at_most_ninety_days_apart() {
        let now = moment("2026-11-16T01:00:00Z").expect("a time");
        let between = |from: &str, to: &str| {
            let read = fields(&[("start_date", from), ("end_date", to)]).between("start_date", "end_date", now);
            read.map(|times| times.map(|(from, to)| (to - from).num_seconds())).map_err(|e| e.code)
        };
        let day = 24 * 3600;
        assert_eq!(between("", ""), Ok(None));
        assert_eq!(between("2026-11-01", "2026-11-02"), Ok(Some(day + 1)));
        assert_eq!(between("2026-11-15T01:00:00Z", ""), Ok(Some(day + 1)));
        assert_eq!(between("2020-01-01", ""), Ok(Some(90 * day + 1)));
        assert_eq!(between("", "2026-11-02"), Ok(Some(90 * day + 1)));
        assert_eq!(between("2026-01-01", "2026-04-01"), Ok(Some(90 * day + 1)));
        assert_eq!(between("2026-01-01", "2026-04-01T00:00:01Z"), Err(Code::TimesTooFarApart));
        assert_eq!(between("yesterday", ""), Err(Code::ContentInvalid));
        assert_eq!(between("", "0001-01-01"), Err(Code::ContentInvalid));
        assert!(between("9999-12-31T23:59:59Z", "").is_err());
        // The wrong way round holds nothing.
        assert_eq!(between("2026-11-02", "2026-11-01"), Ok(Some(1 - day)));
    }
}
