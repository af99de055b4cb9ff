//! Every query of grids.

use super::{
    GridKind, ListGrids, boundary,
    row::{self, succession},
};
use crate::{map::Among, rules::GridSize};
use kernel::{
    Code, Cx, Error, Pager, RegionCode, Result,
    access::Reach,
    geo::Position,
    id::GridId,
    page::{Direction, Places, within},
};
use row::Column;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
    sea_query::{Expr, ExprTrait, InsertStatement, LockType, Query, SelectStatement, UpdateStatement},
};
use std::collections::{HashMap, HashSet};

pub(super) async fn find(cx: &Cx, id: GridId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Where a grid lies, and whether it is still in use.
#[derive(FromQueryResult)]
pub(super) struct Home {
    pub(super) region_code: RegionCode,
    pub(super) code: String,
    pub(super) valid_to: Option<kernel::Time>,
}

pub(super) async fn home(cx: &Cx, id: GridId) -> Result<Option<Home>> {
    let select = row::Entity::find_by_id(id).select_only().columns([Column::RegionCode, Column::Code, Column::ValidTo]);
    Ok(select.into_model().one(cx.reader()).await?)
}

/// Grids without their boundaries, which stay where they are.
fn brief() -> Select<row::Entity> {
    let listed = <Column as sea_orm::Iterable>::iter().filter(|c| !matches!(c, Column::Boundary));
    row::Entity::find().select_only().columns(listed).column_as(Expr::cust("NULL"), Column::Boundary)
}

pub(super) async fn named(cx: &Cx, ids: &[GridId]) -> Result<Vec<row::Model>> {
    Ok(brief().filter(Column::Id.is_in(ids.iter().copied())).all(cx.reader()).await?)
}

pub(super) async fn by_code(cx: &Cx, code: &str) -> Result<Option<row::Model>> {
    Ok(row::Entity::find().filter(Column::Code.eq(code)).one(cx.reader()).await?)
}

/// The grid as it is now, held until the transaction ends.
pub(super) async fn hold(tx: &DatabaseTransaction, id: GridId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?)
}

/// The comprehensive grids in use of a region.
pub(super) fn in_use(region: RegionCode) -> Select<row::Entity> {
    let (first, last) = region.range();
    row::Entity::find()
        .filter(Column::RegionCode.between(first, last))
        .filter(Column::Kind.eq(GridKind::Comprehensive))
        .filter(Column::ValidTo.is_null())
}

pub(super) async fn count_in_use(cx: &Cx, region: RegionCode) -> Result<i64> {
    let count = in_use(region).select_only().column_as(Column::Id.count(), "count");
    Ok(count.into_tuple::<i64>().one(cx.reader()).await?.unwrap_or_default())
}

/// The comprehensive grids in use that are not among these, by community and, within one, by age.
pub(super) async fn without(cx: &Cx, reach: &Reach, region: RegionCode, among: SelectStatement, pager: &Pager) -> Result<Vec<row::Model>> {
    let after = pager.after::<(RegionCode, GridId)>()?;
    let places = Places { region: Column::RegionCode, grid: Column::Id, organization: None };
    let mut select = brief()
        .filter(within(reach, region, places, after.map(|(region, _)| region.as_i64()), Direction::Up))
        .filter(Column::Kind.eq(GridKind::Comprehensive))
        .filter(Column::ValidTo.is_null())
        .filter(Column::Id.not_in_subquery(among));
    if let Some((region, id)) = after {
        let behind = Expr::tuple([Expr::col(Column::RegionCode), Expr::col(Column::Id)]);
        select = select.filter(behind.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(Column::RegionCode).order_by_asc(Column::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The comprehensive grids in use of a region, at most so many.
pub(super) async fn refs(cx: &Cx, region: RegionCode, limit: u64) -> Result<Vec<row::Model>> {
    let (first, last) = region.range();
    let select = brief()
        .filter(Column::RegionCode.between(first, last))
        .filter(Column::Kind.eq(GridKind::Comprehensive))
        .filter(Column::ValidTo.is_null());
    Ok(select.order_by_asc(Column::RegionCode).order_by_asc(Column::Id).limit(limit).all(cx.reader()).await?)
}

/// A page of the comprehensive grids in use of a region.
pub(super) async fn page_in_use(cx: &Cx, region: RegionCode, pager: &Pager) -> Result<Vec<row::Model>> {
    let (first, last) = region.range();
    let mut select = brief()
        .filter(Column::RegionCode.between(first, last))
        .filter(Column::Kind.eq(GridKind::Comprehensive))
        .filter(Column::ValidTo.is_null());
    if let Some((region, id)) = pager.after::<(RegionCode, GridId)>()? {
        let behind = Expr::tuple([Expr::col(Column::RegionCode), Expr::col(Column::Id)]);
        select = select.filter(behind.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(Column::RegionCode).order_by_asc(Column::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The grids that lie in one of these.
pub(super) async fn children(tx: &DatabaseTransaction, parents: &[GridId]) -> Result<Vec<row::Model>> {
    let inside = Column::ParentId.is_in(parents.iter().copied());
    Ok(row::Entity::find().filter(inside).filter(Column::ValidTo.is_null()).order_by_asc(Column::Id).all(tx).await?)
}

pub(super) async fn record(tx: &DatabaseTransaction, rows: Vec<succession::Model>) -> Result<()> {
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    succession::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The steps that lead to a grid or away from it, with the grids on the other side.
pub(super) async fn successions(cx: &Cx, id: GridId, backwards: bool) -> Result<Vec<(succession::Model, row::Model)>> {
    use succession::Column as S;
    let side = if backwards { S::ToId } else { S::FromId };
    let steps = succession::Entity::find().filter(side.eq(id)).order_by_asc(S::FromId).order_by_asc(S::ToId).all(cx.reader()).await?;
    let other = |s: &succession::Model| if backwards { s.from_id } else { s.to_id };
    let grids = brief().filter(Column::Id.is_in(steps.iter().map(other))).all(cx.reader()).await?;
    let of = |s: succession::Model| grids.iter().find(|g| g.id == other(&s)).cloned().map(|g| (s, g));
    Ok(steps.into_iter().filter_map(of).collect())
}

/// Those in use with these codes, with their communities.
pub(crate) async fn open_by_code(tx: &DatabaseTransaction, codes: &[&str]) -> Result<HashMap<String, (GridId, RegionCode)>> {
    if codes.is_empty() {
        return Ok(HashMap::new());
    }
    let select = row::Entity::find().select_only().columns([Column::Code, Column::Id, Column::RegionCode]);
    let select = select.filter(Column::Code.is_in(codes.iter().copied())).filter(Column::ValidTo.is_null());
    let rows = select.into_tuple::<(String, GridId, RegionCode)>().all(tx).await?;
    Ok(rows.into_iter().map(|(code, id, region)| (code, (id, region))).collect())
}

/// The grids with these codes, ended ones included, with their boundaries.
pub(super) async fn by_codes(tx: &DatabaseTransaction, codes: &[&str]) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find().filter(Column::Code.is_in(codes.iter().copied())).all(tx).await?)
}

/// Those in use of a region with these codes, with their boundaries.
pub(super) async fn in_use_by_code<'a>(
    cx: &Cx,
    region: RegionCode,
    codes: impl Iterator<Item = &'a String>,
) -> Result<HashMap<String, row::Model>> {
    let (first, last) = region.range();
    let codes: HashSet<&str> = codes.map(String::as_str).collect();
    let select = row::Entity::find()
        .filter(Column::Code.is_in(codes))
        .filter(Column::RegionCode.between(first, last))
        .filter(Column::ValidTo.is_null());
    Ok(select.all(cx.reader()).await?.into_iter().map(|row| (row.code.clone(), row)).collect())
}

/// What those in use of a region are called in other systems.
pub(super) async fn external_codes(cx: &Cx, region: RegionCode) -> Result<Vec<(GridId, String)>> {
    let (first, last) = region.range();
    let select = row::Entity::find().select_only().columns([Column::Id, Column::ExternalCodes]);
    let select = select.filter(Column::RegionCode.between(first, last)).filter(Column::ValidTo.is_null());
    Ok(select.filter(Column::ExternalCodes.ne("[]")).into_tuple().all(cx.reader()).await?)
}

/// These, with their boundaries.
pub(super) async fn whole(cx: &Cx, ids: impl Iterator<Item = GridId>) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find().filter(Column::Id.is_in(ids)).all(cx.reader()).await?)
}

/// Those in use of a region outside of these bounds: a range of the index (region_code, id).
pub(super) async fn unusual(cx: &Cx, region: RegionCode, sizes: &[GridSize], pager: &Pager) -> Result<Vec<row::Model>> {
    let (first, last) = region.range();
    let mut outside = Condition::any();
    for size in sizes {
        let few = size.min_households.map(|min| Column::Households.lt(min));
        let many = size.max_households.map(|max| Column::Households.gt(max));
        if few.is_some() || many.is_some() {
            outside = outside.add(Condition::all().add(Column::Kind.eq(size.kind)).add(Condition::any().add_option(few).add_option(many)));
        }
    }
    if outside.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = brief().filter(Column::RegionCode.between(first, last)).filter(Column::ValidTo.is_null()).filter(outside);
    if let Some((region, id)) = pager.after::<(RegionCode, GridId)>()? {
        let behind = Expr::tuple([Expr::col(Column::RegionCode), Expr::col(Column::Id)]);
        select = select.filter(behind.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(Column::RegionCode).order_by_asc(Column::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// A range of the index (region_code, id). The boundaries stay where they are.
pub(super) async fn list(cx: &Cx, query: &ListGrids, pager: &Pager) -> Result<Vec<row::Model>> {
    let (first, last) = query.region_code.unwrap_or(RegionCode::COUNTRY).range();
    let mut select = brief()
        .filter(Column::RegionCode.between(first, last))
        .filter(Condition::all().add_option(query.kind.map(|k| Column::Kind.eq(k))))
        .filter(Condition::all().add_option(query.parent_id.map(|p| Column::ParentId.eq(p))));
    if !query.include_closed {
        select = select.filter(Column::ValidTo.is_null());
    }
    if let Some((region, id)) = pager.after::<(RegionCode, GridId)>()? {
        let behind = Expr::tuple([Expr::col(Column::RegionCode), Expr::col(Column::Id)]);
        select = select.filter(behind.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(Column::RegionCode).order_by_asc(Column::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// A current grid, as far as the question "does it contain this point" goes.
#[derive(FromQueryResult)]
struct Candidate {
    id: GridId,
    kind: GridKind,
    boundary: Option<String>,
}

fn in_box(at: Position) -> Condition {
    Condition::all()
        .add(Column::MinLng.lte(at.lng))
        .add(Column::MaxLng.gte(at.lng))
        .add(Column::MinLat.lte(at.lat))
        .add(Column::MaxLat.gte(at.lat))
}

/// Asks the database instead of the map: a range of the index (region_code, id), or of (min_lng, max_lng), no wider than a
/// grid may be.
pub(super) async fn ask(cx: &Cx, at: Position, among: Among) -> Result<Option<GridId>> {
    let by_place = || Column::MinLng.gte(at.lng - boundary::MAX_SPAN * 1.000_001);
    let where_ = match among {
        Among::All => by_place(),
        Among::Of(community) => Column::RegionCode.eq(community),
        Among::Except(community) => by_place().and(Column::RegionCode.ne(community)),
    };
    let candidates = row::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Kind, Column::Boundary])
        .filter(where_)
        .filter(in_box(at))
        .filter(Column::ValidTo.is_null())
        .into_model()
        .all(cx.reader())
        .await?;
    first_containing(candidates, at)
}

/// Whether a community has comprehensive grids, and each has a boundary. Only they divide a community without remainder; a drawn
/// micro or special grid says nothing about the rest.
pub(super) async fn all_drawn(cx: &Cx, community: RegionCode) -> Result<bool> {
    let whole = in_use(community).select_only().column_as(Column::Id.count(), "grids").column_as(Column::MinLng.count(), "drawn");
    let (grids, drawn) = whole.into_tuple::<(i64, i64)>().one(cx.reader()).await?.unwrap_or_default();
    Ok(grids > 0 && grids == drawn)
}

/// The comprehensive grids in use of a community, with their boundaries, by age.
pub(super) async fn in_use_whole(cx: &Cx, community: RegionCode) -> Result<Vec<row::Model>> {
    Ok(in_use(community).order_by_asc(Column::Id).limit(1000).all(cx.reader()).await?)
}

fn first_containing(mut candidates: Vec<Candidate>, at: Position) -> Result<Option<GridId>> {
    candidates.sort_unstable_by_key(|c| (c.kind.rank(), c.id));
    for candidate in candidates {
        if let Some(text) = &candidate.boundary
            && boundary::contains(text, at)?
        {
            return Ok(Some(candidate.id));
        }
    }
    Ok(None)
}

/// The next free code of a community, `321182001017W003`. Whoever asks second waits for the first.
pub(super) async fn next_code(tx: &DatabaseTransaction, community: RegionCode) -> Result<String> {
    crate::region::lock(tx, community).await?;
    let codes: Vec<_> = (1..=999).map(|n| format!("{community}W{n:03}")).collect();
    let select = row::Entity::find().select_only().column(Column::Code).filter(Column::Code.is_in(&codes));
    let taken: HashSet<String> = select.into_tuple().all(tx).await?.into_iter().collect();
    let last = codes.last().cloned().unwrap_or_default();
    codes.into_iter().find(|c| !taken.contains(c)).ok_or_else(|| Error::new(Code::GridCodeTaken).with("code", last))
}

pub(super) fn insert(row: row::Model) -> InsertStatement {
    row::Entity::insert(row.into_active_model()).into_query()
}

/// Writes what can change, if the grid is still at the version before.
pub(super) fn update(row: &row::Model) -> UpdateStatement {
    Query::update()
        .table(row::Entity)
        .values([
            (Column::Name, Expr::val(row.name.clone())),
            (Column::Kind, Expr::val(row.kind)),
            (Column::Boundary, Expr::val(row.boundary.clone())),
            (Column::CenterLng, Expr::val(row.center_lng)),
            (Column::CenterLat, Expr::val(row.center_lat)),
            (Column::MinLng, Expr::val(row.min_lng)),
            (Column::MinLat, Expr::val(row.min_lat)),
            (Column::MaxLng, Expr::val(row.max_lng)),
            (Column::MaxLat, Expr::val(row.max_lat)),
            (Column::Version, Expr::val(row.version)),
            (Column::ValidTo, Expr::val(row.valid_to)),
            (Column::UpdatedAt, Expr::val(row.updated_at)),
            (Column::ParentId, Expr::val(row.parent_id)),
            (Column::Households, Expr::val(row.households)),
            (Column::ExternalCodes, Expr::val(row.external_codes.clone())),
            (Column::Extent, Expr::val(row.extent.clone())),
        ])
        .and_where(Column::Id.eq(row.id))
        .and_where(Column::Version.eq(row.version - 1))
        .to_owned()
}
