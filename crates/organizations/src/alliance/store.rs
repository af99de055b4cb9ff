//! Every query of alliances, their members and swaps.

use super::{
    ListAllianceMembers, ListAlliances,
    row::{
        AllianceState,
        alliance::{self, Column as C},
        member::{self, Column as M},
        swap,
    },
    view::{Names, Standing},
};
use crate::row::organization;
use chrono::NaiveDate;
use kernel::{
    Cx, Pager, RegionCode, Result,
    access::Reach,
    id::{AllianceId, AllianceMemberId, OrganizationId},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, SelectStatement},
};
use std::collections::HashMap;

pub(super) async fn find(cx: &Cx, id: AllianceId) -> Result<Option<alliance::Model>> {
    Ok(alliance::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// The alliance as it is now; one change of it, its members and their turns at a time.
pub(super) async fn lock(tx: &DatabaseTransaction, id: AllianceId) -> Result<Option<alliance::Model>> {
    Ok(alliance::Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

pub(super) async fn find_member(cx: &Cx, id: AllianceMemberId) -> Result<Option<member::Model>> {
    Ok(member::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// All periods of all members, in the order of the rotation.
pub(crate) async fn members(conn: &impl ConnectionTrait, id: AllianceId) -> Result<Vec<member::Model>> {
    Ok(member::Entity::find().filter(M::AllianceId.eq(id)).order_by_asc(M::Position).order_by_asc(M::Id).all(conn).await?)
}

/// All swaps, the oldest first.
pub(super) async fn swaps(conn: &impl ConnectionTrait, id: AllianceId) -> Result<Vec<swap::Model>> {
    use swap::Column as S;
    Ok(swap::Entity::find().filter(S::AllianceId.eq(id)).order_by_asc(S::Version).all(conn).await?)
}

/// Whether an organization within reach is a member on this day; without a day, or was.
pub(super) async fn concerns(cx: &Cx, id: AllianceId, reach: &Reach, day: Option<NaiveDate>) -> Result<bool> {
    let select = member::Entity::find()
        .select_only()
        .column(M::Id)
        .filter(M::AllianceId.eq(id))
        .filter(among(reach))
        .apply_if(day, |q, day| q.filter(on(day)))
        .limit(1);
    Ok(select.into_tuple::<AllianceMemberId>().one(cx.reader()).await?.is_some())
}

/// Members that lie within reach.
pub(crate) fn among(reach: &Reach) -> Condition {
    let mut any = Condition::any();
    for region in &reach.regions {
        let (first, last) = region.range();
        any = any.add(M::OrganizationRegion.between(first, last));
    }
    if !reach.organizations.is_empty() {
        any = any.add(M::OrganizationId.is_in(reach.organizations.iter().copied()));
    }
    // An empty "any of" would be everything.
    if any.is_empty() { Condition::all().add(M::Id.is_null()) } else { any }
}

/// Those who are members on this day.
pub(crate) fn on(day: NaiveDate) -> Condition {
    Condition::all().add(M::JoinedOn.lte(day)).add(Condition::any().add(M::LeftOn.is_null()).add(M::LeftOn.gt(day)))
}

/// The alliances in which members lie within reach; today's members only where a day is given.
pub(crate) fn of_members(reach: &Reach, day: Option<NaiveDate>) -> SelectStatement {
    let select = member::Entity::find().select_only().column(M::AllianceId).filter(among(reach));
    select.apply_if(day, |q, day| q.filter(on(day))).into_query()
}

/// The alliances that an organization within reach leads.
pub(crate) fn led_by(reach: &Reach) -> SelectStatement {
    alliance::Entity::find().select_only().column(C::Id).filter(C::LeadId.in_subquery(organizations(reach))).into_query()
}

/// The organizations within reach.
fn organizations(reach: &Reach) -> SelectStatement {
    use organization::Column as O;
    let mut any = Condition::any().add(O::Id.is_in(reach.organizations.iter().copied()));
    for region in &reach.regions {
        let (first, last) = region.range();
        any = any.add(O::RegionCode.between(first, last));
    }
    organization::Entity::find().select_only().column(O::Id).filter(any).into_query()
}

/// Whether an organization is a member on this day.
pub(crate) async fn is_member(cx: &Cx, id: AllianceId, organization: OrganizationId, day: NaiveDate) -> Result<bool> {
    let select = member::Entity::find()
        .select_only()
        .column(M::Id)
        .filter(M::AllianceId.eq(id))
        .filter(M::OrganizationId.eq(organization))
        .filter(on(day))
        .limit(1);
    Ok(select.into_tuple::<AllianceMemberId>().one(cx.reader()).await?.is_some())
}

/// The memberships of an organization in active alliances that last beyond this day, by alliance.
pub(super) async fn lasting(tx: &DatabaseTransaction, id: OrganizationId, day: NaiveDate) -> Result<Vec<member::Model>> {
    let active = alliance::Entity::find().select_only().column(C::Id).filter(C::State.eq(AllianceState::Active)).into_query();
    let select = member::Entity::find()
        .filter(M::OrganizationId.eq(id))
        .filter(Condition::any().add(M::LeftOn.is_null()).add(M::LeftOn.gt(day)))
        .filter(M::AllianceId.in_subquery(active));
    Ok(select.order_by_asc(M::AllianceId).order_by_asc(M::Id).all(tx).await?)
}

/// Whether an organization leads an active alliance.
pub(crate) async fn leads(tx: &DatabaseTransaction, id: OrganizationId) -> Result<bool> {
    let select = alliance::Entity::find().filter(C::LeadId.eq(id)).filter(C::State.eq(AllianceState::Active));
    Ok(select.limit(1).one(tx).await?.is_some())
}

/// How many members each of these has on this day, and which parts they play.
pub(super) async fn standings(cx: &Cx, ids: &[AllianceId], day: NaiveDate) -> Result<HashMap<AllianceId, Standing>> {
    let select = member::Entity::find()
        .select_only()
        .columns([M::AllianceId, M::Part])
        .column_as(M::Id.count(), "count")
        .filter(M::AllianceId.is_in(ids.iter().copied()))
        .filter(on(day))
        .group_by(M::AllianceId)
        .group_by(M::Part);
    let rows: Vec<(AllianceId, Option<String>, i64)> = select.into_tuple().all(cx.reader()).await?;
    let mut all: HashMap<AllianceId, Standing> = HashMap::new();
    for (id, part, count) in rows {
        let standing = all.entry(id).or_default();
        standing.units += count;
        standing.parts.extend(part);
    }
    Ok(all)
}

/// What these organizations are called, whoever asks.
pub(crate) async fn names(cx: &Cx, mut ids: Vec<OrganizationId>) -> Result<Names> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Names::new());
    }
    use organization::Column as O;
    let select = organization::Entity::find().select_only().columns([O::Id, O::Name]).filter(O::Id.is_in(ids));
    let rows: Vec<(OrganizationId, String)> = select.into_tuple().all(cx.reader()).await?;
    Ok(rows.into_iter().collect())
}

/// The alliances of what one may see, by region, the oldest of a region first: a range of the index (region_code, id) for those who
/// read organizations there, and those in which an organization of theirs is a member.
pub(super) async fn alliances(cx: &Cx, reach: &Reach, list: &ListAlliances, pager: &Pager) -> Result<Vec<alliance::Model>> {
    let region = list.region_code.unwrap_or(RegionCode::COUNTRY);
    let (first, last) = region.range();
    let mut seen = Condition::any();
    if !reach.regions.iter().any(|r| r.covers(region)) {
        for inner in &reach.regions {
            let (first, last) = inner.range();
            seen = seen.add(C::RegionCode.between(first, last));
        }
        seen = seen.add(C::LeadId.in_subquery(organizations(reach)));
        seen = seen.add(C::Id.in_subquery(of_members(reach, None)));
    }
    let of = list.organization_id.map(|id| {
        let reach = Reach { organizations: vec![id], ..Reach::default() };
        of_members(&reach, None)
    });
    let mut select = alliance::Entity::find()
        .filter(C::RegionCode.between(first, last))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(of, |q, of| q.filter(C::Id.in_subquery(of)))
        .apply_if(list.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    if !seen.is_empty() {
        select = select.filter(seen);
    }
    if let Some((region, id)) = pager.after::<(RegionCode, AllianceId)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// A page of the members of an alliance, in the order of the rotation.
pub(super) async fn page_of_members(
    cx: &Cx,
    id: AllianceId,
    list: &ListAllianceMembers,
    day: NaiveDate,
    pager: &Pager,
) -> Result<Vec<member::Model>> {
    let stays = (!list.include_left).then(|| Condition::any().add(M::LeftOn.is_null()).add(M::LeftOn.gt(day)));
    let mut select = member::Entity::find().filter(M::AllianceId.eq(id)).apply_if(stays, QueryFilter::filter);
    if let Some((position, id)) = pager.after::<(i32, AllianceMemberId)>()? {
        let key = Expr::tuple([Expr::col(M::Position), Expr::col(M::Id)]);
        select = select.filter(key.gt(Expr::tuple([Expr::val(position), Expr::val(id)])));
    }
    Ok(select.order_by_asc(M::Position).order_by_asc(M::Id).limit(pager.fetch()).all(cx.reader()).await?)
}
