//! What comes in.

use super::GridKind;
use kernel::{
    RegionCode,
    geo::{Datum, Point},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Draw a grid (新建网格) under a community.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateGrid {
    /// The community or village that it belongs to (所属社区、村); it never changes.
    pub region_code: RegionCode,
    /// Its name (名称).
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "第三网格")]
    pub name: String,
    /// What kind of grid it is (类别).
    pub kind: GridKind,
    /// Its code (编码), unique. Absent: the next free one of the community, such as `321182001017W003`.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "321182001017W003")]
    pub code: Option<String>,
    /// Its boundary (边界): a GeoJSON Polygon of at most 2,000 positions and one degree across, its rings
    /// closed and not crossing themselves. Absent when it is not drawn yet.
    #[schema(value_type = Option<Object>)]
    pub boundary: Option<Value>,
    /// The datum of the boundary (边界坐标系); `wgs84` unless told.
    #[serde(default)]
    pub datum: Datum,
    /// Its centre (中心点). Absent: the centroid of the boundary, if there is one.
    pub center: Option<Point>,
}

/// Change a grid (修改网格). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateGrid {
    /// The new name (名称).
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// The new kind (类别).
    pub kind: Option<GridKind>,
    /// The new boundary (边界), under the same rules as a grid's first one.
    #[schema(value_type = Option<Object>)]
    pub boundary: Option<Value>,
    /// The datum of the new boundary (边界坐标系); `wgs84` unless told.
    #[serde(default)]
    pub datum: Datum,
    /// The new centre (中心点). Absent with a new boundary: the centroid of that.
    pub center: Option<Point>,
    /// The version that was read (版本): refused when the grid has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Close a grid (撤销网格).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseGrid {
    /// The version that was read (版本): refused when the grid has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which grids to list (网格列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListGrids {
    /// Within this region (区划), of any level. Absent: the whole country.
    pub region_code: Option<RegionCode>,
    /// Only this kind (类别).
    pub kind: Option<GridKind>,
    /// Whether closed grids are listed too (含已撤销); they are not unless told.
    #[serde(default)]
    #[param(default = false)]
    pub include_closed: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which point to find the grid of (定位网格).
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LocateGrid {
    /// Longitude (经度), degrees east.
    #[param(minimum = -180, maximum = 180, example = 119.474_831)]
    pub lng: f64,
    /// Latitude (纬度), degrees north.
    #[param(minimum = -90, maximum = 90, example = 32.196_036)]
    pub lat: f64,
    /// The datum of the two (坐标系); `wgs84` unless told.
    #[serde(default)]
    #[param(default = "wgs84")]
    pub datum: Datum,
    /// Only a grid of this community or village (所属社区、村).
    pub region_code: Option<RegionCode>,
}

impl LocateGrid {
    /// The point itself.
    #[must_use]
    pub const fn point(&self) -> Point {
        Point { lng: self.lng, lat: self.lat, datum: self.datum }
    }
}
