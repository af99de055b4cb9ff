//! What goes out.

use super::row;
use chrono::{DateTime, Utc};
use kernel::{
    Error, RegionCode, Result,
    geo::{Datum, Point, Position},
    id::GridId,
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What kind of grid it is (网格类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum GridKind {
    /// 综合网格: the base grid of a community, with its grid member.
    Comprehensive,
    /// 专属网格: a place with a keeper of its own, such as a market, a school or an industrial park.
    Special,
    /// 微网格: an estate or a building within a base grid.
    Micro,
    /// 邻里: a neighbourhood of about 300 households.
    Neighborhood,
}

impl GridKind {
    /// Which grid a point belongs to when several contain it, lowest first: a place with a keeper of its own
    /// is carved out of the base grid, and the base grid has the member who answers for what lies within.
    pub(super) const fn rank(self) -> u8 {
        match self {
            Self::Special => 0,
            Self::Comprehensive => 1,
            Self::Neighborhood => 2,
            Self::Micro => 3,
        }
    }
}

/// A grid (网格) of a community or village.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Grid {
    /// Its id.
    pub id: GridId,
    /// Its code (编码), unique and never used again.
    #[schema(max_length = 40, example = "321182001017W003")]
    pub code: String,
    /// Its name (名称).
    #[schema(max_length = 100, example = "第三网格")]
    pub name: String,
    /// What kind of grid it is (类别).
    pub kind: GridKind,
    /// The community or village that it belongs to (所属社区、村).
    pub region_code: RegionCode,
    /// Its boundary (边界): a GeoJSON Polygon in WGS-84. Absent in lists, and when it is not drawn yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<Object>)]
    pub boundary: Option<Value>,
    /// Its centre (中心点) in WGS-84; absent when neither it nor a boundary has been given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub center: Option<Point>,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was closed (撤销时间); absent while it is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
    /// When it was drawn (建立时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

impl TryFrom<row::Model> for Grid {
    type Error = Error;
    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            code: row.code,
            name: row.name,
            kind: row.kind,
            region_code: row.region_code,
            boundary: row.boundary.map(|text| serde_json::from_str(&text)).transpose().map_err(Error::internal)?,
            center: row.center_lng.zip(row.center_lat).map(|(lng, lat)| Position { lng, lat }.to_datum(Datum::Wgs84)),
            version: row.version,
            valid_to: row.valid_to,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
