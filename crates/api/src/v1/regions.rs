//! Regions (区划): the administrative levels that everything lies in.

use crate::prelude::*;
use grids::{GridCoverage, ListRegions, Region, RegionBoundary, SetRegionBoundary};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_regions).service(get_region);
    config.service(get_region_boundary).service(set_region_boundary).service(get_grid_coverage);
}

/// List regions (区划列表).
///
/// Provinces, cities, counties, townships and communities (省、市、县、乡镇街道、社区村) by code ascending. `parent` alone gives
/// the direct children of a region (下级区划); `parent` with `level` gives everything of that level within it, such as
/// every community of a county; `level` alone gives that level of the whole country. Regions that have ended (已撤销) are left
/// out unless `include_closed` is set. The list is public reference data: whoever is signed in reads all of it.
#[utoipa::path(tag = "regions", operation_id = "list_regions", params(ListRegions), responses((status = 200, body = Page<Region>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/regions")]
async fn list_regions(call: Call, query: Query<ListRegions>) -> Answer {
    ok(grids::list_regions(&call.cx, query.into_inner()).await?)
}

/// Read one region (查询区划).
///
/// By its code (统计用区划代码). A region that has ended (已撤销) is still found, with the day of its end (`valid_to`, 撤销日期) and,
/// where known, the region that took its place (`replaced_by`, 接替区划).
#[utoipa::path(tag = "regions", operation_id = "get_region", params(("code" = RegionCode, Path, description = "Region code (区划代码): 12 digits, or 2, 4, 6 or 9 that are padded with zeros")),
    responses((status = 200, body = Region), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/regions/{code}")]
async fn get_region(call: Call, code: Path<RegionCode>) -> Answer {
    ok(grids::get_region(&call.cx, *code).await?)
}

/// Read the boundary of a community (查询社区界线).
///
/// A GeoJSON Polygon or `MultiPolygon` in WGS-84; 404 `boundary_not_found` while none is drawn. Public reference data.
#[utoipa::path(tag = "regions", operation_id = "get_region_boundary", params(("code" = RegionCode, Path, description = "Region code (区划代码) of a community or village")),
    responses((status = 200, body = RegionBoundary), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/regions/{code}/boundary")]
async fn get_region_boundary(call: Call, code: Path<RegionCode>) -> Answer {
    ok(grids::get_region_boundary(&call.cx, *code).await?)
}

/// Draw the boundary of a community (划定社区界线).
///
/// In any datum (坐标系). From then on no boundary of a grid (网格边界) of the community is taken that leaves it by more metres than the
/// rules of the place allow (`boundary_tolerance`, 越界容差). Grids that leave it already stay; the coverage report names them. Drawn
/// again, it is replaced.
#[utoipa::path(tag = "regions", operation_id = "set_region_boundary", params(("code" = RegionCode, Path, description = "Region code (区划代码) of a community or village")),
    request_body(content = SetRegionBoundary, example = json!({
        "boundary": { "type": "Polygon", "coordinates": [[[119.81, 32.23], [119.83, 32.23], [119.83, 32.25], [119.81, 32.25], [119.81, 32.23]]] },
        "datum": "wgs84", "version": 0
    })),
    responses((status = 200, body = RegionBoundary), WriteProblems), extensions(("x-permission" = json!("region.manage"))))]
#[post("/regions/{code}/boundary")]
async fn set_region_boundary(call: Call, code: Path<RegionCode>, body: Body<SetRegionBoundary>) -> Answer {
    ok(grids::set_region_boundary(&call.cx, *code, body.0).await?)
}

/// Check how grids cover a community (网格覆盖核查).
///
/// Which comprehensive grids (综合网格) overlap (重叠), with the square metres that they share; what of the community's boundary (社区界线)
/// no grid covers (空白); which grids leave it (越界), and which are not drawn yet.
#[utoipa::path(tag = "regions", operation_id = "get_grid_coverage", params(("code" = RegionCode, Path, description = "Region code (区划代码) of a community or village")),
    responses((status = 200, body = GridCoverage), ReadProblems, (status = 422, body = crate::problem::ProblemBody, content_type = "application/problem+json", description = "The region is no community (不是社区或村).")),
    extensions(("x-permission" = json!("grid.read"))))]
#[get("/regions/{code}/coverage")]
async fn get_grid_coverage(call: Call, code: Path<RegionCode>) -> Answer {
    ok(grids::grid_coverage(&call.cx, *code).await?)
}
