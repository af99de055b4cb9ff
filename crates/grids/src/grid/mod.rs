//! Grids (网格): the patches that a community is divided into, each with somebody who answers for it.
//!
//! A grid belongs to exactly one community or village and never moves to another; when the map is redrawn,
//! grids are closed, [split](split_grid) or [merged](merge_grids) and new ones take their place, so that old orders still
//! know where they lay; a code is never used again. Micro-grids and neighbourhoods may lie in another grid. A boundary is
//! optional. Where boundaries are drawn they decide: [`place_in`] finds the grid of a point, and
//! refuses a point that clearly lies elsewhere.

pub(crate) mod boundary;
mod bulk;
mod command;
pub(crate) mod event;
mod import;
mod lineage;
mod locate;
mod report;
mod row;
mod store;
mod view;

pub use bulk::{PutGrid, put_grids};
pub use command::{CloseGrid, CreateGrid, GridPart, ListGrids, LocateGrid, MergeGrids, SplitGrid, UpdateGrid};
pub use import::{BoundaryImport, CollectionType, FeatureFault, FeatureType, GridFeature, ImportBoundaries, import_boundaries};
pub(crate) use lineage::successors;
pub use lineage::{grid_lineage, merge_grids, split_grid};
pub use locate::{grid_of_address, locate, place_in, region_at};
pub use report::{ListUnusualGrids, list_unusual_grids};
pub(crate) use row::{Column as GridRow, Entity as Grids};
pub(crate) use store::open_by_code;
pub use view::{ExternalCode, Grid, GridChange, GridKind, GridLineage, GridParts, GridRef, Succession};

use crate::{duty, ground, map, region, rules::GridRules};
use boundary::Boundary;
use event::{Facts, GridClosed, GridCreated, GridUpdated};
use kernel::{
    Code, Cx, Error, Guard, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Tx,
    access::Reach,
    geo::{Point, Position},
    id::GridId,
};

/// Draws a grid under a community (新建网格).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `boundary_invalid`;
/// `boundary_outside_community`; `point_outside_country`; `grid_code_taken`; `grid_parent_invalid`; `field_invalid` for a code that
/// belongs to another community.
pub async fn create_grid(cx: &Cx, command: CreateGrid, rules: &GridRules) -> Result<Grid> {
    let region = command.region_code;
    cx.actor.require(Permission::GridManage, &Place::from(region))?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    require_code(region, command.code.as_deref(), "#/code")?;
    require_parent(cx, command.parent_id, region, command.kind).await?;
    let boundary = command.boundary.map(|b| Boundary::read(&b, command.datum)).transpose()?;
    ground::require_within(cx, region, boundary.as_ref(), rules).await?;
    let center = center(command.center)?;
    let mut tx = cx.begin();
    let code = match command.code {
        Some(code) => code,
        None => store::next_code(tx.conn().await?, region).await?,
    };
    let mut row = row::Model {
        parent_id: command.parent_id,
        households: stored(command.households)?,
        external_codes: serde_json::to_string(&command.external_codes).map_err(Error::internal)?,
        extent: command.extent,
        ..row::Model::new(&tx, region, code, command.name, command.kind)
    };
    row.draw(boundary, center)?;
    if row.boundary.is_some() {
        row.map_number = map::bump(&mut tx).await?;
    }
    let code = row.code.clone();
    tx.emit(row.subject(), &GridCreated(Facts::from(&row)))?;
    tx.stage(Guard::Insert(store::insert(row.clone())), Error::internal("an insert writes its row"));
    let grid = tx.commit_created(rules.judge(Grid::try_from(row)?)).await.map_err(|e| e.when_taken(Code::GridCodeTaken, "code", code))?;
    map::touch(cx);
    Ok(grid)
}

/// Changes a grid (修改网格).
///
/// # Errors
/// `grid_not_found`; `permission_missing`; `grid_closed`; `version_stale`; `boundary_invalid`; `boundary_outside_community`;
/// `point_outside_country`; `grid_parent_invalid`.
pub async fn update_grid(cx: &Cx, id: GridId, command: UpdateGrid, rules: &GridRules) -> Result<Grid> {
    let mut row = manageable(cx, id, command.version).await?;
    if command.parent_id.is_some() || command.kind.is_some() {
        let parent = command.parent_id.unwrap_or(row.parent_id);
        if parent == Some(id) {
            return Err(parent_invalid("it would lie in itself"));
        }
        require_parent(cx, parent, row.region_code, command.kind.unwrap_or(row.kind)).await?;
        row.parent_id = parent;
    }
    let boundary = command.boundary.map(|b| Boundary::read(&b, command.datum)).transpose()?;
    ground::require_within(cx, row.region_code, boundary.as_ref(), rules).await?;
    let center = center(command.center)?;
    let mapped = boundary.is_some() || (row.boundary.is_some() && command.kind.is_some_and(|kind| kind != row.kind));
    let mut tx = cx.begin();
    if mapped {
        hold(&mut tx, id).await?;
        map::publish(&mut tx, &[id]).await?;
    }
    row.name = command.name.unwrap_or(row.name);
    row.kind = command.kind.unwrap_or(row.kind);
    row.draw(boundary, center)?;
    row.households = stored(command.households)?.or(row.households);
    row.extent = command.extent.or(row.extent);
    if let Some(codes) = &command.external_codes {
        row.external_codes = serde_json::to_string(codes).map_err(Error::internal)?;
    }
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &GridUpdated(Facts::from(&row)))?;
    tx.stage(Guard::Update(store::update(&row)), Error::new(Code::VersionStale));
    let grid = tx.commit(rules.judge(Grid::try_from(row)?)).await?;
    map::touch(cx);
    Ok(grid)
}

/// Closes a grid (撤销网格): it stays readable, but no point and no new order falls into it any more. Duties in it end, and
/// what lay in it lies directly under the community.
///
/// # Errors
/// `grid_not_found`; `permission_missing`; `grid_closed`; `version_stale`.
pub async fn close_grid(cx: &Cx, id: GridId, command: CloseGrid) -> Result<Grid> {
    let mut row = manageable(cx, id, command.version).await?;
    let mut tx = cx.begin();
    hold(&mut tx, id).await?;
    row.valid_to = Some(tx.now);
    row.version += 1;
    row.updated_at = tx.now;
    duty::end_all(&mut tx, &[id]).await?;
    lineage::rehang(&mut tx, &[id], |_| None).await?;
    if row.boundary.is_some() {
        map::publish(&mut tx, &[id]).await?;
    }
    tx.emit(row.subject(), &GridClosed(Facts::from(&row)))?;
    tx.stage(Guard::Update(store::update(&row)), Error::new(Code::VersionStale));
    let grid = tx.commit(Grid::try_from(row)?).await?;
    map::touch(cx);
    Ok(grid)
}

/// One grid with its boundary, closed ones included (查询网格).
///
/// # Errors
/// `grid_not_found`; `database_unavailable`.
pub async fn get_grid(cx: &Cx, id: GridId) -> Result<Grid> {
    find(cx, id).await?.try_into()
}

/// Those of these grids that there are, closed ones included, without their boundaries, in one query.
///
/// # Errors
/// `database_unavailable`.
pub async fn grids_named(cx: &Cx, ids: &[GridId]) -> Result<Vec<Grid>> {
    store::named(cx, ids).await?.into_iter().map(Grid::try_from).collect()
}

/// Grids by community and, within one, by age; without their boundaries (网格列表).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`; `database_unavailable`.
pub async fn list_grids(cx: &Cx, query: ListGrids) -> Result<Page<Grid>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("grids", &(query.region_code, query.kind, query.parent_id, query.include_closed), page)?;
    let rows = store::list(cx, &query, &pager).await?;
    let grids = rows.into_iter().map(Grid::try_from).collect::<Result<Vec<_>>>()?;
    pager.page(grids, |g| (g.region_code, g.id))
}

/// The community that a grid belongs to, closed grids included; nothing when there is no such grid.
///
/// # Errors
/// `database_unavailable`.
pub async fn grid_region(cx: &Cx, id: GridId) -> Result<Option<RegionCode>> {
    Ok(store::home(cx, id).await?.map(|home| home.region_code))
}

/// Requires that a grid is in use and lies in this region: for an order, in its community.
///
/// # Errors
/// `grid_foreign` when it lies elsewhere or does not exist; `grid_ended`; `database_unavailable`.
pub async fn require_grid_in(cx: &Cx, id: GridId, region: RegionCode) -> Result<()> {
    let home = store::home(cx, id).await?.filter(|home| region.covers(home.region_code));
    match home {
        None => Err(Error::new(Code::GridForeign).with("region", region)),
        Some(store::Home { valid_to: Some(end), code, .. }) => Err(ended(&code, end)),
        Some(_) => Ok(()),
    }
}

fn ended(code: &str, end: kernel::Time) -> Error {
    Error::new(Code::GridEnded).with("code", code).with("date", region::day(end))
}

/// One grid by its code or its id, for the public card: no permission is asked.
///
/// # Errors
/// `grid_not_found`; `database_unavailable`.
pub async fn find_grid(cx: &Cx, code: &str) -> Result<Grid> {
    let row = match code.parse() {
        Ok(id) => store::find(cx, id).await?,
        Err(_) => store::by_code(cx, code).await?,
    };
    row.ok_or_else(|| Error::new(Code::GridNotFound))?.try_into()
}

/// The comprehensive grids in use of a region (在用综合网格), by community and age, at most so many: for reports of crates above.
///
/// # Errors
/// `database_unavailable`.
pub async fn grids_in_use(cx: &Cx, region: RegionCode, limit: u64) -> Result<Vec<GridRef>> {
    Ok(store::refs(cx, region, limit).await?.into_iter().map(GridRef::from).collect())
}

/// The same with their centres.
pub(crate) async fn centres(cx: &Cx, region: RegionCode, limit: u64) -> Result<Vec<(GridRef, Option<Position>)>> {
    let rows = store::refs(cx, region, limit).await?;
    let centre = |row: &row::Model| row.center_lng.zip(row.center_lat).map(|(lng, lat)| Position { lng, lat });
    Ok(rows.into_iter().map(|row| (centre(&row), row)).map(|(at, row)| (GridRef::from(row), at)).collect())
}

/// The comprehensive grids in use of a community with their boundaries as the database keeps them.
pub(crate) async fn drawn(cx: &Cx, community: RegionCode) -> Result<Vec<(GridRef, Option<String>)>> {
    let rows = store::in_use_whole(cx, community).await?;
    Ok(rows.into_iter().map(|mut row| (row.boundary.take(), row)).map(|(text, row)| (GridRef::from(row), text)).collect())
}

pub(crate) async fn find(cx: &Cx, id: GridId) -> Result<row::Model> {
    store::find(cx, id).await?.ok_or_else(|| Error::new(Code::GridNotFound))
}

/// The grid, if it is in use.
pub(crate) async fn home(cx: &Cx, id: GridId) -> Result<row::Model> {
    let row = find(cx, id).await?;
    match row.valid_to {
        Some(end) => Err(ended(&row.code, end)),
        None => Ok(row),
    }
}

/// Holds a grid in use until the change is done: of two changes of what hangs on it the second waits.
pub(crate) async fn hold(tx: &mut Tx<'_>, id: GridId) -> Result<row::Model> {
    let row = store::hold(tx.conn().await?, id).await?.ok_or_else(|| Error::new(Code::GridNotFound))?;
    match row.valid_to {
        Some(end) => Err(ended(&row.code, end)),
        None => Ok(row),
    }
}

/// The ids of the comprehensive grids in use of a region, for a query of this crate.
pub(crate) fn in_use(region: RegionCode) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::{QuerySelect, QueryTrait};
    store::in_use(region).select_only().column(row::Column::Id).into_query()
}

/// A page of those, with one more to know whether there are more.
pub(crate) async fn page_in_use(cx: &Cx, region: RegionCode, pager: &Pager) -> Result<Vec<GridRef>> {
    Ok(store::page_in_use(cx, region, pager).await?.into_iter().map(GridRef::from).collect())
}

pub(crate) async fn count_in_use(cx: &Cx, region: RegionCode) -> Result<i64> {
    store::count_in_use(cx, region).await
}

/// The comprehensive grids in use that are not among these.
pub(crate) async fn without(
    cx: &Cx,
    reach: &Reach,
    region: RegionCode,
    among: sea_orm::sea_query::SelectStatement,
    pager: &Pager,
) -> Result<Page<Grid>> {
    let rows = store::without(cx, reach, region, among, pager).await?;
    let grids = rows.into_iter().map(Grid::try_from).collect::<Result<Vec<_>>>()?;
    pager.page(grids, |g| (g.region_code, g.id))
}

fn parent_invalid(reason: &str) -> Error {
    Error::new(Code::GridParentInvalid).with("reason", reason).at("#/parent_id")
}

/// A parent is in use, of the same community, and of a kind that holds this one.
async fn require_parent(cx: &Cx, parent: Option<GridId>, region: RegionCode, kind: GridKind) -> Result<()> {
    let Some(parent) = parent else { return Ok(()) };
    let row = store::find(cx, parent).await?.filter(|row| row.region_code == region);
    let Some(row) = row else { return Err(parent_invalid("there is none")) };
    if let Some(end) = row.valid_to {
        return Err(ended(&row.code, end).at("#/parent_id"));
    }
    if kind.lies_in(row.kind) { Ok(()) } else { Err(parent_invalid("its kind does not hold this one")) }
}

/// A code that looks handed out belongs to its community.
fn require_code(region: RegionCode, code: Option<&str>, pointer: &str) -> Result<()> {
    if code.is_some_and(|code| !may_bear(region, code)) {
        let params = vec![("reason", format!("a code of this form begins with {region}"))];
        return Err(Error::field_with(pointer, Code::FieldInvalid, params));
    }
    Ok(())
}

fn stored(households: Option<u32>) -> Result<Option<i32>> {
    households.map(i32::try_from).transpose().map_err(Error::internal)
}

/// The grid, if the caller may change it and it has not changed since it was read.
async fn manageable(cx: &Cx, id: GridId, version: Option<i32>) -> Result<row::Model> {
    let row = store::find(cx, id).await?.ok_or_else(|| Error::new(Code::GridNotFound))?;
    cx.actor.require(Permission::GridManage, &Place { region: Some(row.region_code), grid: Some(id), organization: None })?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.valid_to.is_some() { Err(Error::new(Code::GridClosed)) } else { Ok(row) }
}

/// Codes of the form that [`store::next_code`] hands out are kept for their community.
fn may_bear(region: RegionCode, code: &str) -> bool {
    let handed_out = code
        .split_once('W')
        .is_some_and(|(front, n)| front.len() == 12 && n.len() == 3 && front.bytes().chain(n.bytes()).all(|b| b.is_ascii_digit()));
    !handed_out || code.starts_with(&region.to_string())
}

fn center(point: Option<Point>) -> Result<Option<Position>> {
    point.map(Point::to_wgs84).transpose().map_err(|e| e.at("#/center"))
}

impl row::Model {
    /// Takes a new boundary and a new centre, where given.
    fn draw(&mut self, boundary: Option<Boundary>, center: Option<Position>) -> Result<()> {
        let center = center.or_else(|| boundary.as_ref().map(Boundary::centroid));
        if let Some(boundary) = boundary {
            let (south_west, north_east) = boundary.corners();
            self.boundary = Some(boundary.text()?);
            (self.min_lng, self.min_lat) = (Some(south_west.lng), Some(south_west.lat));
            (self.max_lng, self.max_lat) = (Some(north_east.lng), Some(north_east.lat));
        }
        if let Some(center) = center {
            (self.center_lng, self.center_lat) = (Some(center.lng), Some(center.lat));
        }
        Ok(())
    }

    const fn subject(&self) -> Subject {
        Subject { id: self.id.0, version: self.version, region: self.region_code }
    }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity), schema.create_table_from_entity(row::succession::Entity)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_small_kinds_lie_in_another() {
        use GridKind::{Comprehensive as C, Micro as M, Neighborhood as N, Special as S};
        let may: Vec<_> = [C, S, M, N].iter().flat_map(|k| [C, S, M, N].map(|p| (*k, p))).filter(|(k, p)| k.lies_in(*p)).collect();
        assert_eq!(may, [(M, C), (M, S), (M, N), (N, C)]);
    }

    #[test]
    fn a_code_that_looks_handed_out_stays_in_its_community() {
        let xinlian: RegionCode = "321182001017".parse().unwrap();
        for (code, may) in [("321182001017W003", true), ("321182001018W003", false), ("JK-7", true), ("321182001018W3", true), ("W", true)]
        {
            assert_eq!(may_bear(xinlian, code), may, "{code}");
        }
    }
}
