//! What comes in.

use super::{ExternalCode, GridKind};
use kernel::{
    RegionCode,
    check::worded,
    geo::{Datum, Point},
    id::GridId,
};
use serde::{Deserialize, Deserializer, Serialize};
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
    /// Its boundary (边界): a GeoJSON Polygon, or a `MultiPolygon` of at most 20 pieces, of at most 2,000 positions and one degree
    /// across, its rings closed and not crossing themselves, within the boundary of the community if that has one. Absent when it
    /// is not drawn yet.
    #[schema(value_type = Option<Object>)]
    pub boundary: Option<Value>,
    /// The datum of the boundary (边界坐标系); `wgs84` unless told.
    #[serde(default)]
    pub datum: Datum,
    /// Its centre (中心点). Absent: the centroid of the boundary, if there is one.
    pub center: Option<Point>,
    /// The grid that it lies in (上级网格): of the same community, in use. Only a micro-grid (微网格) and a neighbourhood (邻里) lie in
    /// another. Absent: directly under the community.
    pub parent_id: Option<GridId>,
    /// How many households it has (户数), as the community counts; absent when that is not known.
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000)]
    pub households: Option<u32>,
    /// Its codes in other systems (外部编码), such as that of CJ/T 349 or of the province. Nothing is derived from them.
    #[serde(default)]
    #[validate(nested, length(max = 10))]
    #[schema(max_items = 10)]
    pub external_codes: Vec<ExternalCode>,
    /// What lies in it, in words (范围), for the public card.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "翡丽中央1至12幢")]
    pub extent: Option<String>,
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
    /// The new parent (上级网格); `null` puts it directly under the community.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<GridId>)]
    pub parent_id: Option<Option<GridId>>,
    /// How many households it has (户数).
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000)]
    pub households: Option<u32>,
    /// Its codes in other systems (外部编码), all of them.
    #[validate(nested, length(max = 10))]
    #[schema(max_items = 10)]
    pub external_codes: Option<Vec<ExternalCode>>,
    /// What lies in it, in words (范围).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub extent: Option<String>,
    /// The version that was read (版本): refused when the grid has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// A field that is there, perhaps as `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<GridId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A grid that takes the place of others (接替网格).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GridPart {
    /// Its name (名称).
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "第三网格")]
    pub name: String,
    /// Its code (编码), unique. Absent: the next free one of the community. Codes of grids that have ended stay taken.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub code: Option<String>,
    /// Its boundary (边界), under the same rules as a grid's first one. Absent for a merged grid: the union of those that it takes
    /// the place of, if each has one and the union is one piece.
    #[schema(value_type = Option<Object>)]
    pub boundary: Option<Value>,
    /// The datum of the boundary (边界坐标系); `wgs84` unless told.
    #[serde(default)]
    pub datum: Datum,
    /// How many households it has (户数). Absent for a merged grid: the sum, if each is known.
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000)]
    pub households: Option<u32>,
}

/// Split a grid (拆分网格) into two or more.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SplitGrid {
    /// The grids that take its place (拆分为): of its kind, community and parent.
    #[validate(nested, length(min = 2, max = 20))]
    #[schema(min_items = 2, max_items = 20)]
    pub parts: Vec<GridPart>,
    /// The version that was read (版本): refused when the grid has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Merge grids (合并网格) of one community and kind into a new one.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MergeGrids {
    /// The grids that end (被合并网格).
    #[validate(length(min = 2, max = 20))]
    #[schema(min_items = 2, max_items = 20)]
    pub grid_ids: Vec<GridId>,
    /// The grid that takes their place (合并为).
    #[validate(nested)]
    pub into: GridPart,
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
    /// Only those that lie in this grid (上级网格).
    pub parent_id: Option<GridId>,
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
