//! Every query of grids.

use super::{GridKind, ListGrids, boundary, row};
use kernel::{Code, Cx, Error, Pager, RegionCode, Result, geo::Position, id::GridId};
use row::Column;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, InsertStatement, Query, UpdateStatement},
};
use std::collections::HashSet;

pub(super) async fn find(cx: &Cx, id: GridId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Where a grid lies, and whether it is still in use.
#[derive(FromQueryResult)]
pub(super) struct Home {
    pub(super) region_code: RegionCode,
    pub(super) valid_to: Option<kernel::Time>,
}

pub(super) async fn home(cx: &Cx, id: GridId) -> Result<Option<Home>> {
    let select = row::Entity::find_by_id(id).select_only().columns([Column::RegionCode, Column::ValidTo]);
    Ok(select.into_model().one(cx.reader()).await?)
}

/// A range of the index (region_code, id). The boundaries stay where they are.
pub(super) async fn list(cx: &Cx, query: &ListGrids, pager: &Pager) -> Result<Vec<row::Model>> {
    let (first, last) = query.region_code.unwrap_or(RegionCode::COUNTRY).range();
    let listed = <Column as sea_orm::Iterable>::iter().filter(|c| !matches!(c, Column::Boundary));
    let mut select = row::Entity::find()
        .select_only()
        .columns(listed)
        .column_as(Expr::cust("NULL"), Column::Boundary)
        .filter(Column::RegionCode.between(first, last))
        .filter(Condition::all().add_option(query.kind.map(|k| Column::Kind.eq(k))));
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
    /// Absent when it has no boundary.
    min_lng: Option<f64>,
    /// Absent too when the point lies outside of the box around it.
    boundary: Option<String>,
}

/// What a community's current grids say about a point.
pub(super) struct Verdict {
    /// The grid that contains it; the first by rank, then by age, where several do.
    pub(super) grid: Option<GridId>,
    /// Whether there are comprehensive grids, and each has a boundary.
    pub(super) all_drawn: bool,
}

fn in_box(at: Position) -> Condition {
    Condition::all()
        .add(Column::MinLng.lte(at.lng))
        .add(Column::MaxLng.gte(at.lng))
        .add(Column::MinLat.lte(at.lat))
        .add(Column::MaxLat.gte(at.lat))
}

/// Asks the grids of one community: a range of the index (region_code, id).
pub(super) async fn ask_community(cx: &Cx, community: RegionCode, at: Position) -> Result<Verdict> {
    let boundary = Expr::case(in_box(at), Expr::col(Column::Boundary)).finally(Expr::cust("NULL"));
    let candidates: Vec<Candidate> = row::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Kind, Column::MinLng])
        .expr_as(boundary, "boundary")
        .filter(Column::RegionCode.eq(community))
        .filter(Column::ValidTo.is_null())
        .into_model()
        .all(cx.reader())
        .await?;
    // Only comprehensive grids divide a community without remainder; a drawn micro or special grid says nothing
    // about the rest.
    let mut whole = candidates.iter().filter(|c| c.kind == GridKind::Comprehensive).peekable();
    let all_drawn = whole.peek().is_some() && whole.all(|c| c.min_lng.is_some());
    Ok(Verdict { grid: first_containing(candidates, at)?, all_drawn })
}

/// Asks every grid, whatever its community, or all but those of `except`: a range of the index
/// (min_lng, max_lng), no wider than a grid may be.
pub(super) async fn ask_everywhere(cx: &Cx, at: Position, except: Option<RegionCode>) -> Result<Option<GridId>> {
    let candidates = row::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Kind, Column::MinLng, Column::Boundary])
        .filter(Column::MinLng.gte(at.lng - boundary::MAX_SPAN * 1.000_001))
        .filter(in_box(at))
        .filter(Column::ValidTo.is_null())
        .filter(Condition::all().add_option(except.map(|c| Column::RegionCode.ne(c))))
        .into_model()
        .all(cx.reader())
        .await?;
    first_containing(candidates, at)
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
        ])
        .and_where(Column::Id.eq(row.id))
        .and_where(Column::Version.eq(row.version - 1))
        .to_owned()
}
