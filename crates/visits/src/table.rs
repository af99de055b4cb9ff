//! What every table of this crate does alike: a row that is new, a row at its next version, a list from the newest down.

use kernel::{
    Code, Cx, Error, Pager, RegionCode, Result,
    access::Reach,
    page::{Direction, Places, within},
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr};
use uuid::Uuid;

pub(crate) use kernel::stage::{next, stage_new, stage_next};

/// Where the rows of a list lie, and its key.
pub(crate) struct Lies<C> {
    pub(crate) region: C,
    pub(crate) grid: C,
    pub(crate) id: C,
}

/// A page from the newest down, the region with the highest code first: a range of an index (region_code, id). Without
/// `reach`, what `select` leaves is the caller's own.
pub(crate) async fn newest<E>(
    cx: &Cx,
    select: Select<E>,
    reach: Option<&Reach>,
    region: Option<RegionCode>,
    lies: Lies<E::Column>,
    pager: &Pager,
) -> Result<Vec<E::Model>>
where
    E: EntityTrait,
    E::Model: Sync,
{
    let after = pager.after::<(i64, Uuid)>()?;
    let everywhere = Reach { regions: vec![RegionCode::COUNTRY], ..Reach::default() };
    let places = Places { region: lies.region, grid: lies.grid, organization: None };
    let within = within(
        reach.unwrap_or(&everywhere),
        region.unwrap_or(RegionCode::COUNTRY),
        places,
        after.map(|(region, _)| region),
        Direction::Down,
    );
    let mut select = select.filter(within);
    if let Some((region, id)) = after {
        let key = Expr::tuple([lies.region.into_expr(), lies.id.into_expr()]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_desc(lies.region).order_by_desc(lies.id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// Refuses a change that starts from another version than the present one.
pub(crate) fn require_version(seen: Option<i32>, version: i32) -> Result<()> {
    if seen.is_some_and(|v| v != version) { Err(Error::new(Code::VersionStale)) } else { Ok(()) }
}

/// The day in China of a moment.
pub(crate) fn day(at: kernel::Time) -> chrono::NaiveDate {
    at.with_timezone(&services::calendar::china()).date_naive()
}

/// A moment that a client says has been: now unless told.
pub(crate) fn past(now: kernel::Time, given: Option<kernel::Time>, pointer: &str) -> Result<kernel::Time> {
    match given {
        Some(at) if at > now || !kernel::clock::has_plain_year(at) => Err(Error::new(Code::PeriodInvalid).at(pointer)),
        at => Ok(at.unwrap_or(now)),
    }
}

/// Times and days of a query, which must lie in years of four digits.
pub(crate) fn plain_query(times: &[Option<kernel::Time>], days: &[Option<chrono::NaiveDate>]) -> Result<()> {
    use chrono::Datelike;
    let times = times.iter().flatten().all(|time| kernel::clock::has_plain_year(*time));
    let days = days.iter().flatten().all(|day| (1..=9999).contains(&day.year()));
    if times && days { Ok(()) } else { Err(Error::new(Code::QueryParameterInvalid).with("reason", "a year of four digits")) }
}

/// A day that is to come: not before `from`, and within ten years of it.
pub(crate) fn coming(from: chrono::NaiveDate, given: chrono::NaiveDate, pointer: &str) -> Result<chrono::NaiveDate> {
    let days = given.signed_duration_since(from).num_days();
    if (0..=3660).contains(&days) { Ok(given) } else { Err(Error::new(Code::PeriodInvalid).at(pointer)) }
}

/// A refusal for want of a permission.
pub(crate) fn lacking(permission: kernel::Permission) -> Error {
    Error::new(Code::PermissionMissing).with("permission", permission)
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
