//! Grids (网格): the patches that a community is divided into.

use crate::prelude::*;
use ::grids::{
    self as domain, BoundaryImport, CloseGrid, CreateGrid, Grid, GridLineage, GridParts, ImportBoundaries, ListGrids, ListUnusualGrids,
    LocateGrid, MergeGrids, SplitGrid, UpdateGrid,
};
use kernel::{Code, Error, id::GridId};
use services::policy;

pub(super) fn routes(config: &mut ServiceConfig) {
    // `locate` and its like before `{id}`, which would take them for an id.
    config.service(list_grids).service(create_grid).service(locate_grid).service(merge_grids);
    config.service(import_boundaries).service(list_unusual_grids);
    config.service(get_grid).service(update_grid).service(close_grid).service(split_grid).service(get_grid_lineage);
}

/// List grids (网格列表).
///
/// The grids of a region (区划) of any level, by community and within one by age. Boundaries (边界) are left out; read a
/// single grid to get its own. Closed grids (已撤销) are left out unless `include_closed` is set. Public reference data: whoever is
/// signed in reads all of it.
#[utoipa::path(tag = "grids", operation_id = "list_grids", params(ListGrids), responses((status = 200, body = Page<Grid>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/grids")]
async fn list_grids(call: Call, query: Query<ListGrids>) -> Answer {
    ok(domain::list_grids(&call.cx, query.into_inner()).await?)
}

/// Draw a grid (新建网格).
///
/// Under a community or village (社区、村), never under anything else. Without a `code` (编码) it gets the next free one of
/// the community. The boundary (边界) is a GeoJSON Polygon in any datum (坐标系) and is kept in WGS-84; without a `center`
/// (中心点) the centroid of the boundary is taken. A grid with fewer or more households (户数) than the rules of the place have it
/// is drawn all the same; `warnings` says so.
#[utoipa::path(tag = "grids", operation_id = "create_grid",
    request_body(content = CreateGrid, example = json!({
        "region_code": "321182001017", "name": "第三网格", "kind": "comprehensive", "datum": "gcj02",
        "boundary": { "type": "Polygon", "coordinates": [[[119.801, 32.239], [119.806, 32.239], [119.806, 32.243], [119.801, 32.243], [119.801, 32.239]]] }
    })),
    responses((status = 201, body = Grid), WriteProblems), extensions(("x-permission" = json!("grid.manage"))))]
#[post("/grids")]
async fn create_grid(call: Call, body: Body<CreateGrid>) -> Answer {
    let rules = policy::grid_rules(&call.cx, body.0.region_code).await?;
    created(domain::create_grid(&call.cx, body.0, &rules).await?)
}

/// Find the grid of a point (定位网格).
///
/// The grid in use whose boundary (边界) contains the point, its edge included; of one community (社区) if `region_code` names it,
/// else of any. Where several contain it: a special grid (专属网格) before the comprehensive one (综合网格), that before a
/// neighbourhood (邻里), that before a micro-grid (微网格). 404 `grid_not_found` when no drawn grid contains it.
#[utoipa::path(tag = "grids", operation_id = "locate_grid", params(LocateGrid),
    responses((status = 200, body = Grid), ReadProblems, (status = 422, body = crate::problem::ProblemBody, content_type = "application/problem+json", description = "The point lies outside the country (坐标点在境外).")),
    extensions(("x-permission" = json!("signed_in"))))]
#[get("/grids/locate")]
async fn locate_grid(call: Call, query: Query<LocateGrid>) -> Answer {
    let found = domain::locate(&call.cx, query.point(), query.region_code).await?;
    ok(found.ok_or_else(|| Error::new(Code::GridNotFound))?)
}

/// Draw the boundaries of many grids (批量导入边界).
///
/// A GeoJSON `FeatureCollection` as programs for maps write it, with some fields of ours beside: each feature is a grid that exists, found
/// by its code (编码) in the property `property`, or with `system` by its code in another system (外部编码). All coordinates are in the
/// one datum (坐标系) that `datum` names. All or nothing: what is wrong is told with a pointer such as `#/features/3/geometry`, unless
/// `good_only` (仅导入合格行) says to leave those features out; `dry_run` (试运行) changes nothing. At most 2,000 features, and no more than
/// a body may hold.
#[utoipa::path(tag = "grids", operation_id = "import_boundaries",
    request_body(content = ImportBoundaries, example = json!({
        "type": "FeatureCollection", "region_code": "321182001017", "datum": "gcj02", "dry_run": true,
        "features": [{ "type": "Feature", "properties": { "code": "321182001017W001" },
            "geometry": { "type": "Polygon", "coordinates": [[[119.815, 32.228], [119.825, 32.228], [119.825, 32.248], [119.815, 32.248], [119.815, 32.228]]] } }]
    })),
    responses((status = 200, body = BoundaryImport), WriteProblems), extensions(("x-permission" = json!("grid.manage")), ("x-long" = json!(true))))]
#[post("/grids/boundaries")]
async fn import_boundaries(call: Call, body: Body<ImportBoundaries>) -> Answer {
    let rules = async |region| policy::grid_rules(&call.cx, region).await;
    ok(domain::import_boundaries(&call.cx, body.0, rules).await?)
}

/// List grids of unusual size (网格规模核查).
///
/// The grids in use of a region with more or fewer households (户数) than its rules have it (`grid_rules.sizes`), each with its
/// `warnings`. Grids whose households are not known are left out.
#[utoipa::path(tag = "grids", operation_id = "list_unusual_grids", params(ListUnusualGrids), responses((status = 200, body = Page<Grid>), ReadProblems), extensions(("x-permission" = json!("grid.read"))))]
#[get("/grids/unusual")]
async fn list_unusual_grids(call: Call, query: Query<ListUnusualGrids>) -> Answer {
    ok(unusual(&call.cx, query.into_inner()).await?)
}

/// A page of them.
pub(super) async fn unusual(cx: &kernel::Cx, query: ListUnusualGrids) -> kernel::Result<Page<Grid>> {
    let rules = policy::grid_rules(cx, query.region_code).await?;
    domain::list_unusual_grids(cx, query, &rules).await
}

/// Read one grid (查询网格).
///
/// With its boundary (边界). A closed grid (已撤销) is still found, with the time of its end in `valid_to`.
#[utoipa::path(tag = "grids", operation_id = "get_grid", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    responses((status = 200, body = Grid), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/grids/{id}")]
async fn get_grid(call: Call, id: Path<GridId>) -> Answer {
    let grid = domain::get_grid(&call.cx, *id).await?;
    ok(policy::grid_rules(&call.cx, grid.region_code).await?.judge(grid))
}

/// Change a grid (修改网格).
///
/// What is absent stays. A grid keeps its code (编码) and its community (所属社区): when the map is redrawn, close the
/// grid and draw new ones, so that old orders still know where they lay.
#[utoipa::path(tag = "grids", operation_id = "update_grid", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    request_body(content = UpdateGrid, example = json!({ "name": "第三网格(东片)", "center": { "lng": 119.8035, "lat": 32.241, "datum": "gcj02" }, "version": 1 })),
    responses((status = 200, body = Grid), WriteProblems), extensions(("x-permission" = json!("grid.manage"))))]
#[post("/grids/{id}")]
async fn update_grid(call: Call, id: Path<GridId>, body: Body<UpdateGrid>) -> Answer {
    let rules = rules_of(&call, *id).await?;
    ok(domain::update_grid(&call.cx, *id, body.0, &rules).await?)
}

/// Close a grid (撤销网格).
///
/// It stays readable, but no point and no new order (订单) falls into it any more. A closed grid does not open again.
#[utoipa::path(tag = "grids", operation_id = "close_grid", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    request_body(content = CloseGrid, example = json!({ "version": 2 })),
    responses((status = 200, body = Grid), WriteProblems), extensions(("x-permission" = json!("grid.manage"))))]
#[post("/grids/{id}/close")]
async fn close_grid(call: Call, id: Path<GridId>, body: Body<CloseGrid>) -> Answer {
    ok(domain::close_grid(&call.cx, *id, body.0).await?)
}

/// Split a grid (拆分网格).
///
/// Into two or more of its kind, community and parent, at once. The grid ends with the duties (任职) in it and keeps its code
/// (编码), which is never used again; the new ones are its successors (后继). What lay in it lies in the part that holds its centre.
#[utoipa::path(tag = "grids", operation_id = "split_grid", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    request_body(content = SplitGrid, example = json!({ "parts": [{ "name": "第三网格(东)", "households": 310 }, { "name": "第三网格(西)", "households": 320 }], "version": 1 })),
    responses((status = 201, body = GridParts), WriteProblems), extensions(("x-permission" = json!("grid.manage"))))]
#[post("/grids/{id}/split")]
async fn split_grid(call: Call, id: Path<GridId>, body: Body<SplitGrid>) -> Answer {
    let rules = rules_of(&call, *id).await?;
    created(domain::split_grid(&call.cx, *id, body.0, &rules).await?)
}

/// Merge grids (合并网格).
///
/// Two or more of one kind and one community (社区) into a new one, never across communities. They end with the duties (任职) in
/// them and keep their codes; the new grid is their successor (后继). Without a boundary of its own it gets the union of theirs.
#[utoipa::path(tag = "grids", operation_id = "merge_grids",
    request_body(content = MergeGrids, example = json!({ "grid_ids": ["019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b71"], "into": { "name": "第一网格" } })),
    responses((status = 201, body = Grid), WriteProblems), extensions(("x-permission" = json!("grid.manage"))))]
#[post("/grids/merge")]
async fn merge_grids(call: Call, body: Body<MergeGrids>) -> Answer {
    let rules = match body.0.grid_ids.first() {
        Some(id) => rules_of(&call, *id).await?,
        None => domain::GridRules::default(),
    };
    created(domain::merge_grids(&call.cx, body.0, &rules).await?)
}

/// Read where a grid came from and what became of it (网格沿革).
///
/// The grids whose place it took (前身) and those that took its place (后继) by splits (拆分) and merges (合并), one step in each
/// direction.
#[utoipa::path(tag = "grids", operation_id = "get_grid_lineage", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    responses((status = 200, body = GridLineage), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/grids/{id}/lineage")]
async fn get_grid_lineage(call: Call, id: Path<GridId>) -> Answer {
    ok(domain::grid_lineage(&call.cx, *id).await?)
}

/// The rules of the place where a grid lies; where there is none, the domain says so.
async fn rules_of(call: &Call, id: GridId) -> kernel::Result<domain::GridRules> {
    match domain::grid_region(&call.cx, id).await? {
        Some(region) => policy::grid_rules(&call.cx, region).await,
        None => Ok(domain::GridRules::default()),
    }
}
