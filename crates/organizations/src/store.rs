//! Every query of organizations and memberships.

use crate::{
    ListOrganizations, OrganizationKind, OrganizationStatus,
    row::{membership, organization},
};
use kernel::{
    Cx, Pager, RegionCode, Result, Time,
    access::Reach,
    id::{AccountId, GridId, MembershipId, OrganizationId},
    page::{Direction, Places, within},
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Query, TableCreateStatement, UpdateStatement},
};

pub(crate) async fn find_organization(cx: &Cx, id: OrganizationId) -> Result<Option<organization::Model>> {
    Ok(organization::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(crate) async fn named(cx: &Cx, ids: &[OrganizationId]) -> Result<Vec<organization::Model>> {
    Ok(organization::Entity::find().filter(organization::Column::Id.is_in(ids.iter().copied())).all(cx.reader()).await?)
}

/// The organization as it is now, held against change until the transaction ends.
pub(crate) async fn hold(tx: &DatabaseTransaction, id: OrganizationId) -> Result<Option<organization::Model>> {
    Ok(organization::Entity::find_by_id(id).lock_shared().one(tx).await?)
}

/// Whether something active stands beneath it. The organization itself is locked, so that nothing
/// can be put beneath it meanwhile.
pub(crate) async fn has_active_child(tx: &DatabaseTransaction, id: OrganizationId) -> Result<bool> {
    organization::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    let child = organization::Entity::find()
        .filter(organization::Column::ParentId.eq(id))
        .filter(organization::Column::Status.eq(OrganizationStatus::Active))
        .one(tx)
        .await?;
    Ok(child.is_some())
}

pub(crate) async fn insert_organization(tx: &DatabaseTransaction, row: organization::Model) -> Result<()> {
    organization::Entity::insert(organization::ActiveModel::from(row)).exec_without_returning(tx).await?;
    Ok(())
}

/// The row as it should be, if it is still at the version that was read.
pub(crate) fn update(row: &organization::Model, version: i32) -> UpdateStatement {
    use organization::Column as C;
    Query::update()
        .table(organization::Entity)
        .value(C::Name, row.name.clone())
        .value(C::GridId, row.grid_id)
        .value(C::ParentId, row.parent_id)
        .value(C::Status, row.status)
        .value(C::Version, row.version)
        .value(C::UpdatedAt, row.updated_at)
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(version))
        .to_owned()
}

pub(crate) async fn list_organizations(
    cx: &Cx,
    reach: &Reach,
    list: &ListOrganizations,
    pager: &Pager,
) -> Result<Vec<organization::Model>> {
    use organization::Column as C;
    let after = pager.after::<(i64, OrganizationId)>()?;
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: Some(C::Id) };
    let mut query = organization::Entity::find()
        .filter(within(reach, list.region_code.unwrap_or(RegionCode::COUNTRY), places, after.map(|(region, _)| region), Direction::Up))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.parent_id, |q, parent| q.filter(C::ParentId.eq(parent)));
    if let Some((region, id)) = after {
        query = query.filter(Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]).gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(query.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The grids of a region with an active party organization of these kinds, and how many each has.
pub(crate) async fn bound_grids(cx: &Cx, region: RegionCode) -> Result<Vec<(GridId, OrganizationKind, i64)>> {
    use organization::Column as C;
    let (first, last) = region.range();
    let query = organization::Entity::find()
        .select_only()
        .columns([C::GridId, C::Kind])
        .column_as(C::Id.count(), "count")
        .filter(C::RegionCode.between(first, last))
        .filter(C::GridId.is_not_null())
        .filter(C::Kind.is_in([OrganizationKind::GridBranch, OrganizationKind::PartyGroup]))
        .filter(C::Status.eq(OrganizationStatus::Active))
        .group_by(C::GridId)
        .group_by(C::Kind);
    Ok(query.into_tuple().all(cx.reader()).await?)
}

pub(crate) async fn insert_membership(tx: &DatabaseTransaction, row: membership::Model) -> Result<()> {
    membership::Entity::insert(membership::ActiveModel::from(row)).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find_membership(cx: &Cx, id: MembershipId) -> Result<Option<membership::Model>> {
    Ok(membership::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Ends it, if it has not ended yet. It never ends before it began, whatever the clock says.
pub(crate) fn end_membership(row: &membership::Model, now: Time) -> UpdateStatement {
    use membership::Column as C;
    Query::update()
        .table(membership::Entity)
        .value(C::ValidTo, Ord::max(now, row.valid_from))
        .and_where(C::Id.eq(row.id))
        .and_where(C::ValidTo.is_null())
        .to_owned()
}

pub(crate) async fn list_members(cx: &Cx, organization: OrganizationId, pager: &Pager) -> Result<Vec<membership::Model>> {
    use membership::Column as C;
    let mut query = membership::Entity::find().filter(C::OrganizationId.eq(organization)).filter(C::ValidTo.is_null());
    if let Some(account) = pager.after::<AccountId>()? {
        query = query.filter(C::AccountId.gt(account));
    }
    Ok(query.order_by_asc(C::AccountId).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(organization::Entity), schema.create_table_from_entity(membership::Entity)]
}
