//! What visits (走访) ask of households: which of them a campaign goes over, which are due, who belongs to one, and that
//! somebody was met there. None of this asks a permission unless it says so: the callers do.

use super::{Household, HouseholdEvent, row, shown, store};
use crate::{address, resident::store::members_of, sight};
use chrono::NaiveDate;
use kernel::{
    Code, Cx, Error, EventType, Page, Pager, Permission, RegionCode, Result,
    id::{AddressId, GridId, HouseholdId, ResidentId},
    page::Places,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use std::collections::{HashMap, HashSet};
use store::C;

/// Which households of a region are meant: those of any of these grids and buildings, and these; all when none is named.
#[derive(Clone, Copy, Debug)]
pub struct HouseholdScope<'a> {
    /// The region that they lie in.
    pub region: RegionCode,
    /// Grids.
    pub grids: &'a [GridId],
    /// Buildings.
    pub buildings: &'a [AddressId],
    /// Single households.
    pub households: &'a [HouseholdId],
}

/// The households in use of a scope, as a query of five columns that another crate can insert from: id, region, grid, building,
/// and how many belong to it.
#[must_use]
pub fn households_in(scope: HouseholdScope<'_>) -> SelectStatement {
    let (first, last) = scope.region.range();
    let named = [
        (!scope.grids.is_empty()).then(|| C::GridId.is_in(scope.grids.iter().copied())),
        (!scope.buildings.is_empty()).then(|| C::BuildingId.is_in(scope.buildings.iter().copied())),
        (!scope.households.is_empty()).then(|| C::Id.is_in(scope.households.iter().copied())),
    ];
    let named: Vec<_> = named.into_iter().flatten().collect();
    // An "any of" nothing is never so.
    let meant = if named.is_empty() { Condition::all() } else { named.into_iter().fold(Condition::any(), Condition::add) };
    row::Entity::find()
        .select_only()
        .columns([C::Id, C::RegionCode, C::GridId, C::BuildingId, C::MemberCount])
        .filter(C::RegionCode.between(first, last))
        .filter(C::ValidTo.is_null())
        .filter(meant)
        .into_query()
}

/// The place in the list of the first building or household that is not in use within a region.
///
/// # Errors
/// `database_unavailable`.
pub async fn not_among(cx: &Cx, region: RegionCode, buildings: &[AddressId], households: &[HouseholdId]) -> Result<[Option<usize>; 2]> {
    let (first, last) = region.range();
    let homes: HashSet<HouseholdId> = if households.is_empty() {
        HashSet::new()
    } else {
        let select = row::Entity::find().select_only().column(C::Id).filter(C::Id.is_in(households.iter().copied()));
        let select = select.filter(C::RegionCode.between(first, last)).filter(C::ValidTo.is_null());
        select.into_tuple().all(cx.reader()).await?.into_iter().collect()
    };
    let known = address::store::buildings_within(cx, region, buildings).await?;
    Ok([buildings.iter().position(|b| !known.contains(b)), households.iter().position(|h| !homes.contains(h))])
}

/// Households by their ids, closed ones included, the name of the head masked.
///
/// # Errors
/// `database_unavailable`.
pub async fn households_named(cx: &Cx, ids: &[HouseholdId]) -> Result<HashMap<HouseholdId, Household>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = row::Entity::find().filter(C::Id.is_in(ids.iter().copied())).all(cx.reader()).await?;
    Ok(shown(cx.reader(), cx, rows).await?.into_iter().map(|h| (h.id, h)).collect())
}

/// Which of these residents belong to a household now, and since when.
///
/// # Errors
/// `database_unavailable`.
pub async fn members_since(cx: &Cx, home: HouseholdId, ids: &[ResidentId]) -> Result<HashMap<ResidentId, NaiveDate>> {
    members_of(cx, home, ids).await
}

/// Notes within a change that somebody was met at a household on this day.
///
/// # Errors
/// `database_unavailable`.
pub async fn note_visited(tx: &DatabaseTransaction, id: HouseholdId, day: NaiveDate) -> Result<()> {
    row::Entity::update_many()
        .col_expr(C::VisitedOn, Expr::val(day))
        .filter(C::Id.eq(id))
        .filter(Condition::any().add(C::VisitedOn.is_null()).add(C::VisitedOn.lt(day)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Sets how often a household is visited (走访类别), or that no rule asks for it. Whether the place has this class is asked before.
///
/// # Errors
/// `household_not_found`; `permission_missing`; `household_closed`; `version_stale`.
pub async fn set_visit_class(cx: &Cx, id: HouseholdId, class: Option<String>, version: Option<i32>) -> Result<Household> {
    let missing = Code::HouseholdNotFound;
    let mut row = store::find(cx.reader(), id).await?.ok_or_else(|| Error::new(missing))?;
    cx.actor.require_sight(Permission::VisitManage, Permission::HouseholdRead, &row.place(), missing)?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.valid_to.is_some() {
        return Err(Error::new(Code::HouseholdClosed));
    }
    let mut tx = cx.begin();
    row.visit_class = class;
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &HouseholdEvent::of(EventType::HouseholdUpdated, &row))?;
    let conn = tx.conn().await?;
    store::write(conn, &row).await?;
    let shown = shown(conn, cx, vec![row]).await?.pop();
    tx.commit(shown.ok_or_else(|| Error::internal("the household is shown"))?).await
}

/// The households in use of a region that are to be visited again, by community and, within one, by age: of each class those
/// where nobody was met after its day. Only where the caller may read visits.
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `database_unavailable`.
pub async fn households_due(
    cx: &Cx,
    region: RegionCode,
    grid: Option<GridId>,
    classes: &[(String, NaiveDate)],
    pager: &Pager,
) -> Result<Page<Household>> {
    let after = pager.after::<(RegionCode, HouseholdId)>()?;
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: None };
    let seen = sight::within_reach(cx, Permission::VisitRead, Some(region), places, after.map(|(r, _)| r.as_i64())).await?;
    let mut due = Condition::any();
    for (class, day) in classes {
        let waiting = Condition::any().add(C::VisitedOn.is_null()).add(C::VisitedOn.lte(*day));
        due = due.add(Condition::all().add(C::VisitClass.eq(class)).add(waiting));
    }
    let rows = if classes.is_empty() {
        Vec::new()
    } else {
        let mut select = row::Entity::find()
            .filter(seen)
            .filter(C::VisitClass.is_not_null())
            .filter(C::ValidTo.is_null())
            .filter(due)
            .apply_if(grid, |q, grid| q.filter(C::GridId.eq(grid)));
        if let Some((region, id)) = after {
            select = select.filter(store::key().gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
        }
        select.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?
    };
    let page = pager.page(rows, |row| (row.region_code, row.id))?;
    let items = shown(cx.reader(), cx, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}
