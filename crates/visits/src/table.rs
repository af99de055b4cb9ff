//! What every table of this crate does alike: a row that is new, a row at its next version, a list from the newest down.

use kernel::{
    Code, Cx, Error, Guard, Pager, RegionCode, Result, Tx,
    access::Reach,
    page::{Direction, Places, within},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, Iterable, ModelTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
    sea_query::{Expr, Query, UpdateStatement},
};
use uuid::Uuid;

type Columns<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
type Active<M> = <<M as ModelTrait>::Entity as EntityTrait>::ActiveModel;

/// Stages a new row.
pub(crate) fn stage_new<M>(tx: &mut Tx<'_>, row: M)
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
    Active<M>: ActiveModelTrait<Entity = M::Entity>,
{
    let insert = <M::Entity as EntityTrait>::insert(row.into_active_model()).into_query();
    tx.stage(Guard::Insert(insert), Error::internal("an insert wrote no row"));
}

/// Stages what has changed from `before` to `after`, if the row is still at the version that was read.
pub(crate) fn stage_next<M>(tx: &mut Tx<'_>, key: [Columns<M>; 2], before: M, after: M)
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
    Active<M>: ActiveModelTrait<Entity = M::Entity>,
{
    tx.stage(Guard::Update(next(key, before, after)), Error::new(Code::VersionStale));
}

/// The statement that takes a row from `before` to `after`; `key` are the columns (id, version) that it must still have.
pub(crate) fn next<M>(key: [Columns<M>; 2], before: M, after: M) -> UpdateStatement
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
    Active<M>: ActiveModelTrait<Entity = M::Entity>,
{
    let mut update = Query::update();
    update.table(M::Entity::default());
    let (old, new) = (before.into_active_model(), after.into_active_model());
    for column in Columns::<M>::iter() {
        let (Some(was), Some(is)) = (old.get(column).into_value(), new.get(column).into_value()) else { continue };
        if was != is {
            update.value(column, is);
        }
    }
    for column in key {
        if let Some(value) = old.get(column).into_value() {
            update.and_where(Expr::col(column).eq(value));
        }
    }
    update
}

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
