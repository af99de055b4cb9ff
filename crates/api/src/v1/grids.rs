//! Grids (网格): the patches that a community is divided into.

use crate::prelude::*;
use ::grids::{self as domain, CloseGrid, CreateGrid, Grid, ListGrids, LocateGrid, UpdateGrid};
use kernel::{Code, Error, id::GridId};

pub(super) fn routes(config: &mut ServiceConfig) {
    // `locate` before `{id}`, which would take it for an id.
    config.service(list_grids).service(create_grid).service(locate_grid).service(get_grid).service(update_grid).service(close_grid);
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
/// (中心点) the centroid of the boundary is taken.
#[utoipa::path(tag = "grids", operation_id = "create_grid",
    request_body(content = CreateGrid, example = json!({
        "region_code": "321182001017", "name": "第三网格", "kind": "comprehensive", "datum": "gcj02",
        "boundary": { "type": "Polygon", "coordinates": [[[119.801, 32.239], [119.806, 32.239], [119.806, 32.243], [119.801, 32.243], [119.801, 32.239]]] }
    })),
    responses((status = 201, body = Grid), WriteProblems), extensions(("x-permission" = json!("grid.manage"))))]
#[post("/grids")]
async fn create_grid(call: Call, body: Body<CreateGrid>) -> Answer {
    created(domain::create_grid(&call.cx, body.0).await?)
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

/// Read one grid (查询网格).
///
/// With its boundary (边界). A closed grid (已撤销) is still found, with the time of its end in `valid_to`.
#[utoipa::path(tag = "grids", operation_id = "get_grid", params(("id" = GridId, Path, description = "Grid id (网格标识)")),
    responses((status = 200, body = Grid), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/grids/{id}")]
async fn get_grid(call: Call, id: Path<GridId>) -> Answer {
    ok(domain::get_grid(&call.cx, *id).await?)
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
    ok(domain::update_grid(&call.cx, *id, body.0).await?)
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
