//! What alliances, their meetings and what is offered and needed do alike.

pub(crate) use crate::{
    command::given,
    paging::{plain_time as plain_query, require_version, words},
};
use kernel::{Code, Cx, Error, RegionCode, Result};

/// The day in China.
pub(crate) fn today(cx: &Cx) -> chrono::NaiveDate {
    crate::paging::day(cx.now())
}

/// A day that a client names, in a year of four digits and within a hundred years of `near`.
pub(crate) fn plausible(near: chrono::NaiveDate, given: chrono::NaiveDate, pointer: &str) -> Result<chrono::NaiveDate> {
    let days = given.signed_duration_since(near).num_days();
    if (-36_600..=36_600).contains(&days) { Ok(given) } else { Err(Error::new(Code::PeriodInvalid).at(pointer)) }
}

/// Whether one of the two regions lies in the other.
pub(crate) fn related(one: RegionCode, other: RegionCode) -> bool {
    one.covers(other) || other.covers(one)
}

/// The region and those above it.
pub(crate) fn upwards(region: RegionCode) -> impl Iterator<Item = RegionCode> {
    std::iter::successors(Some(region), |r| r.parent())
}
