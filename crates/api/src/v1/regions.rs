//! Regions (区划): the administrative levels that everything lies in.

use crate::prelude::*;
use grids::{ListRegions, Region};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_regions).service(get_region);
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
