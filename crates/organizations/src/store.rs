//! Every query of organizations and memberships.

use crate::{
    CountOrganizations, ListMemberships, ListOrganizations, ListSubtree, MemberRole, OrganizationCount, OrganizationKind,
    OrganizationStatus,
    row::{membership, organization},
    tree,
};
use kernel::{
    Cx, Error, Pager, RegionCode, Result, Time,
    access::Reach,
    id::{AccountId, GridId, MembershipId, OrganizationId},
    page::{Direction, Places, within},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RelationDef,
    sea_query::{Expr, Func, Query, TableCreateStatement, UpdateStatement},
};

const PLACES: Places<organization::Column> =
    Places { region: organization::Column::RegionCode, grid: organization::Column::GridId, organization: Some(organization::Column::Id) };

pub(crate) async fn find_organization(cx: &Cx, id: OrganizationId) -> Result<Option<organization::Model>> {
    Ok(organization::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// The organization as the change sees it.
pub(crate) async fn in_change(tx: &DatabaseTransaction, id: OrganizationId) -> Result<Option<organization::Model>> {
    Ok(organization::Entity::find_by_id(id).one(tx).await?)
}

pub(crate) async fn named(cx: &Cx, ids: &[OrganizationId]) -> Result<Vec<organization::Model>> {
    Ok(organization::Entity::find().filter(organization::Column::Id.is_in(ids.iter().copied())).all(cx.reader()).await?)
}

/// The organization of this name in this region, as the change sees it.
pub(crate) async fn called(tx: &DatabaseTransaction, region: RegionCode, name: &str) -> Result<Option<organization::Model>> {
    use organization::Column as C;
    Ok(organization::Entity::find().filter(C::RegionCode.eq(region)).filter(C::Name.eq(name)).one(tx).await?)
}

/// The active organizations of this name in these regions, as the change sees them.
pub(crate) async fn called_in(tx: &DatabaseTransaction, regions: &[RegionCode], name: &str) -> Result<Vec<organization::Model>> {
    use organization::Column as C;
    let query = organization::Entity::find()
        .filter(C::RegionCode.is_in(regions.iter().copied()))
        .filter(C::Name.eq(name))
        .filter(C::Status.eq(OrganizationStatus::Active));
    Ok(query.order_by_desc(C::RegionCode).all(tx).await?)
}

/// Whether another active organization of the region has this credit code.
pub(crate) async fn has_credit_code(tx: &DatabaseTransaction, region: RegionCode, code: &str, but: OrganizationId) -> Result<bool> {
    use organization::Column as C;
    let query = organization::Entity::find()
        .filter(C::RegionCode.eq(region))
        .filter(C::CreditCode.eq(code))
        .filter(C::Status.eq(OrganizationStatus::Active))
        .filter(C::Id.ne(but));
    Ok(query.one(tx).await?.is_some())
}

/// The organization as it is now, held against change until the transaction ends.
pub(crate) async fn hold(tx: &DatabaseTransaction, id: OrganizationId) -> Result<Option<organization::Model>> {
    Ok(organization::Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

/// These organizations as they are now, held until the transaction ends: from the top down, so that nobody waits for somebody who
/// waits for them.
pub(crate) async fn hold_tree(tx: &DatabaseTransaction, ids: &[OrganizationId]) -> Result<Vec<organization::Model>> {
    use organization::Column as C;
    let query = organization::Entity::find().filter(C::Id.is_in(ids.iter().copied())).order_by_asc(C::Path);
    Ok(query.lock_exclusive().all(tx).await?)
}

/// The length of the longest path of an organization and what stands beneath it.
pub(crate) async fn deepest(tx: &DatabaseTransaction, path: &str) -> Result<usize> {
    use organization::Column as C;
    let (first, end) = tree::beneath(path);
    let longest = Expr::expr(Func::max(Func::char_length(Expr::col(C::Path))));
    let query = organization::Entity::find().select_only().expr_as(longest, "longest").filter(C::Path.gte(first)).filter(C::Path.lt(end));
    let longest: Option<Option<i32>> = query.into_tuple().one(tx).await?;
    usize::try_from(longest.flatten().unwrap_or_default()).map_err(Error::internal)
}

/// Rewrites the paths of what stands beneath an organization whose own path becomes another.
pub(crate) async fn move_beneath(tx: &DatabaseTransaction, old: &str, new: &str) -> Result<()> {
    use organization::Column as C;
    let (first, end) = tree::beneath(old);
    let from = i32::try_from(old.len() + 1).map_err(Error::internal)?;
    let rest = Func::cust("substr").arg(Expr::col(C::Path)).arg(Expr::val(from));
    let path = Func::cust("concat").arg(Expr::val(new)).arg(rest);
    organization::Entity::update_many().col_expr(C::Path, path.into()).filter(C::Path.gt(first)).filter(C::Path.lt(end)).exec(tx).await?;
    Ok(())
}

/// Whether something active stands beneath it. The organization itself is locked, so that nothing
/// can be put beneath it meanwhile.
pub(crate) async fn has_active_child(tx: &DatabaseTransaction, id: OrganizationId) -> Result<bool> {
    hold(tx, id).await?;
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

/// The row as it should be, if it is still at the version that was read. Its path is written only where it moves: of one that stays,
/// somebody may be moving what stands above.
pub(crate) fn update(row: &organization::Model, version: i32, moved: bool) -> UpdateStatement {
    use organization::Column as C;
    let mut update = Query::update();
    update
        .table(organization::Entity)
        .value(C::Name, row.name.clone())
        .value(C::GridId, row.grid_id)
        .value(C::ParentId, row.parent_id)
        .value(C::CreditCode, row.credit_code.clone())
        .value(C::Address, row.address.clone())
        .value(C::Status, row.status)
        .value(C::Version, row.version)
        .value(C::UpdatedAt, row.updated_at)
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(version));
    if moved {
        update.value(C::Path, row.path.clone());
    }
    update
}

/// Writes the row as it should be, within a change that holds it.
pub(crate) async fn write(tx: &DatabaseTransaction, row: &organization::Model, version: i32, moved: bool) -> Result<()> {
    let done = tx.execute(&update(row, version, moved)).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::new(kernel::Code::VersionStale)) }
}

pub(crate) async fn list_organizations(
    cx: &Cx,
    reach: &Reach,
    list: &ListOrganizations,
    pager: &Pager,
) -> Result<Vec<organization::Model>> {
    use organization::Column as C;
    let after = pager.after::<(i64, OrganizationId)>()?;
    let mut query = organization::Entity::find()
        .filter(within(reach, list.region_code.unwrap_or(RegionCode::COUNTRY), PLACES, after.map(|(region, _)| region), Direction::Up))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.parent_id, |q, parent| q.filter(C::ParentId.eq(parent)));
    if let Some((region, id)) = after {
        query = query.filter(Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]).gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(query.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// What stands beneath an organization: a range of the index of paths.
pub(crate) async fn subtree(
    cx: &Cx,
    reach: &Reach,
    root: &organization::Model,
    list: &ListSubtree,
    pager: &Pager,
) -> Result<Vec<organization::Model>> {
    use organization::Column as C;
    let (first, end) = tree::beneath(&root.path);
    let query = organization::Entity::find()
        .filter(C::Path.gt(pager.after::<String>()?.unwrap_or(first)))
        .filter(C::Path.lt(end))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.status, |q, status| q.filter(C::Status.eq(status)));
    // Who sees the region of the root sees all that stands beneath it, for that lies in the same region.
    let query = if reach.regions.iter().any(|r| r.covers(root.region_code)) {
        query
    } else {
        query.filter(within(reach, root.region_code, PLACES, None, Direction::Up))
    };
    Ok(query.order_by_asc(C::Path).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The active organizations of a region by kind, with their memberships of now.
pub(crate) async fn count(cx: &Cx, query: CountOrganizations) -> Result<Vec<OrganizationCount>> {
    use membership::Column as M;
    use organization::Column as C;
    let (first, last) = query.region_code.range();
    let of = |column: M| Expr::col((membership::Entity, column));
    let its = |column: C| Expr::col((organization::Entity, column));
    let joined = of(M::OrganizationId).equals((organization::Entity, C::Id)).and(holds_now(cx.now()));
    let mut select = organization::Entity::find()
        .select_only()
        .column(C::Kind)
        .expr_as(Func::count_distinct(its(C::Id)), "organizations")
        .expr_as(Func::count(of(M::Id)), "memberships")
        .expr_as(Func::count_distinct(of(M::AccountId)), "members")
        .filter(C::RegionCode.between(first, last))
        .filter(C::Status.eq(OrganizationStatus::Active))
        .group_by(C::Kind)
        .order_by_asc(C::Kind);
    QuerySelect::query(&mut select).join(JoinType::LeftJoin, membership::Entity, joined);
    let rows: Vec<(OrganizationKind, i64, i64, i64)> = select.into_tuple().all(cx.reader()).await?;
    let counted = |(kind, organizations, memberships, members)| OrganizationCount { kind, organizations, memberships, members };
    Ok(rows.into_iter().map(counted).collect())
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

/// That a membership holds at this time: none begins later than now.
pub(crate) fn holds_now(now: Time) -> Expr {
    use membership::Column as M;
    let end = || Expr::col((membership::Entity, M::ValidTo));
    end().is_null().or(end().gt(now))
}

pub(crate) async fn insert_membership(tx: &DatabaseTransaction, row: membership::Model) -> Result<()> {
    membership::Entity::insert(membership::ActiveModel::from(row)).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find_membership(cx: &Cx, id: MembershipId) -> Result<Option<membership::Model>> {
    Ok(membership::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// The memberships of an account in an organization in a role that touch this time, open where it has no end.
pub(crate) async fn overlapping(
    tx: &DatabaseTransaction,
    (organization, account, role): (OrganizationId, AccountId, MemberRole),
    (from, to): (Time, Option<Time>),
) -> Result<Option<membership::Model>> {
    use membership::Column as M;
    let query = membership::Entity::find()
        .filter(M::OrganizationId.eq(organization))
        .filter(M::AccountId.eq(account))
        .filter(M::Role.eq(role))
        .filter(Condition::any().add(M::ValidTo.is_null()).add(M::ValidTo.gt(from)))
        .apply_if(to, |q, to| q.filter(M::ValidFrom.lt(to)));
    Ok(query.order_by_asc(M::Id).limit(1).one(tx).await?)
}

/// Ends it, if it has not ended yet. It never ends before it began, whatever the clock says.
pub(crate) fn end_membership(row: &membership::Model, now: Time) -> UpdateStatement {
    use membership::Column as C;
    Query::update()
        .table(membership::Entity)
        .value(C::ValidTo, Ord::max(now, row.valid_from))
        .and_where(C::Id.eq(row.id))
        .and_where(C::ValidTo.is_null().or(C::ValidTo.gt(now)))
        .to_owned()
}

pub(crate) async fn list_members(cx: &Cx, organization: OrganizationId, pager: &Pager) -> Result<Vec<membership::Model>> {
    use membership::Column as C;
    let mut query = membership::Entity::find().filter(C::OrganizationId.eq(organization)).filter(holds_now(cx.now()));
    if let Some((account, id)) = pager.after::<(AccountId, MembershipId)>()? {
        let key = Expr::tuple([Expr::col(C::AccountId), Expr::col(C::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(account), Expr::val(id)])));
    }
    Ok(query.order_by_asc(C::AccountId).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// What an account is a member of, with the organizations; without `reach`, all of it.
pub(crate) async fn memberships_of(
    cx: &Cx,
    account: AccountId,
    reach: Option<&Reach>,
    list: &ListMemberships,
    pager: &Pager,
) -> Result<Vec<(membership::Model, organization::Model)>> {
    use membership::Column as M;
    let link: RelationDef =
        membership::Entity::belongs_to(organization::Entity).from(M::OrganizationId).to(organization::Column::Id).into();
    let mut query =
        membership::Entity::find().join(JoinType::InnerJoin, link).select_also(organization::Entity).filter(M::AccountId.eq(account));
    if list.current {
        query = query.filter(holds_now(cx.now()));
    }
    if let Some(reach) = reach {
        query = query.filter(within(reach, RegionCode::COUNTRY, PLACES, None, Direction::Up));
    }
    if let Some(id) = pager.after::<MembershipId>()? {
        query = query.filter(M::Id.gt(id));
    }
    let rows = query.order_by_asc(M::Id).limit(pager.fetch()).all(cx.reader()).await?;
    Ok(rows.into_iter().filter_map(|(row, organization)| Some((row, organization?))).collect())
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    let mut tables = vec![schema.create_table_from_entity(organization::Entity), schema.create_table_from_entity(membership::Entity)];
    tables.extend(crate::link::tables(schema));
    tables.extend(crate::post::tables(schema));
    tables.extend(crate::pledge::tables(schema));
    tables.extend(crate::profile::tables(schema));
    tables.extend(crate::venue::tables(schema));
    tables.extend([crate::alliance::tables(schema), crate::meeting::tables(schema), crate::partnership::tables(schema)].concat());
    tables.extend(crate::admission::tables(schema));
    tables.extend(crate::check_in::tables(schema));
    tables.extend(crate::points::tables(schema));
    tables
}
