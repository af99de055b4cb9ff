//! What the lists of this crate's subjects do alike: from the newest down, within what the caller may see.

use chrono::{Duration, NaiveDate};
use kernel::{
    Code, Cx, Error, Pager, RegionCode, Result, Time,
    access::Reach,
    page::{Direction, Places, within},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr};
use uuid::Uuid;

/// The columns by which the rows of a list lie somewhere, and its key.
pub(crate) struct Lies<C> {
    pub(crate) region: C,
    pub(crate) organization: C,
    pub(crate) id: C,
}

/// A page from the newest down, the region with the highest code first: a range of an index (region_code, id).
pub(crate) async fn newest<E>(cx: &Cx, select: Select<E>, lies: Lies<E::Column>, pager: &Pager) -> Result<Vec<E::Model>>
where
    E: EntityTrait,
    E::Model: Sync,
{
    let mut select = select;
    if let Some((region, id)) = pager.after::<(i64, Uuid)>()? {
        let key = Expr::tuple([lies.region.into_expr(), lies.id.into_expr()]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_desc(lies.region).order_by_desc(lies.id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// What lies in a region and within reach, or belongs to an organization within reach.
pub(crate) fn seen<C: ColumnTrait>(reach: &Reach, region: Option<RegionCode>, lies: &Lies<C>) -> Condition {
    // No row of these lists lies in a grid: who answers for a grid alone sees what the other columns give.
    let plain = Reach { grids: Vec::new(), ..reach.clone() };
    let places = Places { region: lies.region, grid: lies.id, organization: Some(lies.organization) };
    within(&plain, region.unwrap_or(RegionCode::COUNTRY), places, None, Direction::Down)
}

/// The same, with what holds for a region within reach because it lies above: a county's list is read by its communities.
pub(crate) fn seen_from_below<C: ColumnTrait>(reach: &Reach, region: Option<RegionCode>, lies: &Lies<C>) -> Condition {
    let mut any = Condition::any().add(seen(reach, None, lies));
    for region in &reach.regions {
        let above = std::iter::successors(region.parent(), |r| r.parent());
        any = any.add(lies.region.is_in(above));
    }
    let (first, last) = region.unwrap_or(RegionCode::COUNTRY).range();
    Condition::all().add(any).add(lies.region.between(first, last))
}

/// The day in China of a moment.
pub(crate) fn day(at: Time) -> NaiveDate {
    (at + Duration::hours(8)).date_naive()
}

/// A period of days: plain years, and no end before its beginning.
pub(crate) fn period(from: NaiveDate, to: Option<NaiveDate>) -> Result<()> {
    use chrono::Datelike;
    let plain = |day: NaiveDate| (1900..=9999).contains(&day.year());
    if !plain(from) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_from"));
    }
    if to.is_some_and(|to| to < from || !plain(to)) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_to"));
    }
    Ok(())
}

/// Refuses a change that starts from another version than the present one.
pub(crate) fn require_version(seen: Option<i32>, version: i32) -> Result<()> {
    if seen.is_some_and(|v| v != version) { Err(Error::new(Code::VersionStale)) } else { Ok(()) }
}

/// A time of a query, which must lie in a year of four digits.
pub(crate) fn plain_time(time: Option<Time>) -> Result<()> {
    if time.is_none_or(kernel::clock::has_plain_year) {
        Ok(())
    } else {
        Err(Error::new(Code::QueryParameterInvalid).with("reason", "a year of four digits"))
    }
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
