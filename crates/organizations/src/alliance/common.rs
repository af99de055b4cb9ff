//! What alliances, their meetings and what is offered and needed do alike.

use kernel::{Code, Cx, Error, RegionCode, Result, Time};

/// The day in China.
pub(crate) fn today(cx: &Cx) -> chrono::NaiveDate {
    let china = chrono::FixedOffset::east_opt(8 * 3600);
    china.map_or_else(|| cx.now().date_naive(), |offset| cx.now().with_timezone(&offset).date_naive())
}

/// Refuses a change that starts from another version than the present one.
pub(crate) fn require_version(seen: Option<i32>, version: i32) -> Result<()> {
    if seen.is_some_and(|v| v != version) { Err(Error::new(Code::VersionStale)) } else { Ok(()) }
}

/// A day that a client names, in a year of four digits and within a hundred years of `near`.
pub(crate) fn plausible(near: chrono::NaiveDate, given: chrono::NaiveDate, pointer: &str) -> Result<chrono::NaiveDate> {
    let days = given.signed_duration_since(near).num_days();
    if (-36_600..=36_600).contains(&days) { Ok(given) } else { Err(Error::new(Code::PeriodInvalid).at(pointer)) }
}

/// A time of a query, which must lie in a year of four digits.
pub(crate) fn plain_query(time: Option<Time>) -> Result<()> {
    if time.is_none_or(kernel::clock::has_plain_year) {
        Ok(())
    } else {
        Err(Error::new(Code::QueryParameterInvalid).with("reason", "a year of four digits"))
    }
}

/// Whether one of the two regions lies in the other.
pub(crate) fn related(one: RegionCode, other: RegionCode) -> bool {
    one.covers(other) || other.covers(one)
}

/// The region and those above it.
pub(crate) fn upwards(region: RegionCode) -> impl Iterator<Item = RegionCode> {
    std::iter::successors(Some(region), |r| r.parent())
}

/// Tells `null` (take it away) from absent (leave it).
pub(crate) fn given<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    <Option<T> as serde::Deserialize>::deserialize(deserializer).map(Some)
}

/// Declares an enum whose variants each have their word, as stored and as sent.
macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $word:literal)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $word),+ })
            }
        }
    )+};
}
pub(crate) use words;
