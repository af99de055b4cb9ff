//! What comes in and what goes out.

use super::row;
use crate::GridRef;
use chrono::{DateTime, Utc};
use kernel::{Error, RegionCode, Result, geo::Datum};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

/// Draw the boundary of a community (划定社区界线).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetRegionBoundary {
    /// The boundary (边界): a GeoJSON Polygon, or a `MultiPolygon` of at most 20 pieces, of at most 2,000 positions and one degree
    /// across, its rings closed and not crossing themselves.
    #[schema(value_type = Object)]
    pub boundary: Value,
    /// The datum of the boundary (边界坐标系); `wgs84` unless told.
    #[serde(default)]
    pub datum: Datum,
    /// The version that was read (版本), 0 when there was none: refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 0)]
    pub version: Option<i32>,
}

/// The boundary of a community (社区界线).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegionBoundary {
    /// Whose (社区、村).
    pub region_code: RegionCode,
    /// The boundary (边界): a GeoJSON Polygon or `MultiPolygon` in WGS-84.
    #[schema(value_type = Object)]
    pub boundary: Value,
    /// How much it encloses, in square metres (面积).
    pub area: f64,
    /// Its version (版本), 1 when first drawn.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was first drawn (划定时间).
    pub created_at: DateTime<Utc>,
    /// When it was last drawn (更新时间).
    pub updated_at: DateTime<Utc>,
}

pub(super) fn boundary(row: row::Model) -> Result<RegionBoundary> {
    Ok(RegionBoundary {
        region_code: row.region_code,
        boundary: serde_json::from_str(&row.boundary).map_err(Error::internal)?,
        area: row.area,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Two grids that overlap (网格重叠).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridOverlap {
    /// The two (网格), the older first.
    pub grids: Vec<GridRef>,
    /// How much they share, in square metres (重叠面积).
    pub area: f64,
    /// What they share (重叠范围): a GeoJSON Polygon or `MultiPolygon` in WGS-84.
    #[schema(value_type = Object)]
    pub shape: Value,
}

/// A grid that leaves the boundary of its community (越界网格).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridOutside {
    /// The grid (网格).
    pub grid: GridRef,
    /// How much of it lies outside, in square metres (越界面积).
    pub area: f64,
}

/// How the comprehensive grids of a community divide it (网格覆盖核查). Areas below a square metre are not told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridCoverage {
    /// The community (社区、村).
    pub region_code: RegionCode,
    /// How many comprehensive grids are in use (在用综合网格数).
    pub grids: u32,
    /// Those that are not drawn yet (未绘边界).
    pub undrawn: Vec<GridRef>,
    /// Which overlap (重叠): every pair.
    pub overlaps: Vec<GridOverlap>,
    /// Whether the community has a boundary of its own (已划界线): without one nothing is said of gaps.
    pub has_boundary: bool,
    /// How much the boundary of the community encloses, in square metres (社区面积).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub area: Option<f64>,
    /// How much of that no grid covers, in square metres (空白面积).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gap_area: Option<f64>,
    /// What no grid covers (空白范围): a GeoJSON `MultiPolygon` or Polygon in WGS-84; absent when all is covered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub gap: Option<Value>,
    /// Which leave the boundary of the community (越界): those drawn before it.
    pub outside: Vec<GridOutside>,
}
