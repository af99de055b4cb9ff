//! What goes out.

use super::row;
use crate::rules::GridWarning;
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
use validator::{Validate, ValidationError};

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
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::Special => 0,
            Self::Comprehensive => 1,
            Self::Neighborhood => 2,
            Self::Micro => 3,
        }
    }

    /// Whether a grid of this kind may lie in one of that: the base grid and the special one divide a community, a
    /// neighbourhood lies in a base grid, a micro-grid in any of them.
    pub(super) const fn lies_in(self, parent: Self) -> bool {
        match self {
            Self::Comprehensive | Self::Special => false,
            Self::Neighborhood => matches!(parent, Self::Comprehensive),
            Self::Micro => !matches!(parent, Self::Micro),
        }
    }
}

/// The code of a grid in another system (外部编码).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = well_formed))]
pub struct ExternalCode {
    /// Which system or standard (系统). A code of `cjt349` (CJ/T 349-2010) has twenty digits.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "cjt349")]
    pub system: String,
    /// The code there (编码).
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "01000032118200101703")]
    pub code: String,
}

fn well_formed(code: &ExternalCode) -> std::result::Result<(), ValidationError> {
    if code.system == "cjt349" && !(code.code.len() == 20 && code.code.bytes().all(|b| b.is_ascii_digit())) {
        return Err(ValidationError::new("code").with_message("a code of CJ/T 349 has twenty digits".into()));
    }
    Ok(())
}

/// What becomes of grids when the map is redrawn (网格变更).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum GridChange {
    /// 拆分
    Split,
    /// 合并
    Merge,
}

/// A grid by name (网格).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridRef {
    /// Its id.
    pub id: GridId,
    /// Its code (编码).
    pub code: String,
    /// Its name (名称).
    pub name: String,
    /// The community or village that it belongs to (所属社区、村).
    pub region_code: RegionCode,
    /// When it ended (撤销时间); absent while it is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
}

impl From<row::Model> for GridRef {
    fn from(row: row::Model) -> Self {
        Self { id: row.id, code: row.code, name: row.name, region_code: row.region_code, valid_to: row.valid_to }
    }
}

/// One step in the history of a grid (沿革).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Succession {
    /// What was done (变更).
    pub change: GridChange,
    /// When (时间).
    pub at: DateTime<Utc>,
    /// The other grid (网格).
    pub grid: GridRef,
}

/// The grids that a grid was split into (拆分结果).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridParts {
    /// The new grids (新网格).
    pub grids: Vec<Grid>,
}

/// Where a grid came from and what became of it (网格沿革).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridLineage {
    /// The grids whose place it took (前身).
    pub predecessors: Vec<Succession>,
    /// The grids that took its place (后继).
    pub successors: Vec<Succession>,
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
    /// Its boundary (边界): a GeoJSON Polygon or `MultiPolygon` in WGS-84. Absent in lists, and when it is not drawn yet.
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
    /// The grid that it lies in (上级网格); absent: directly under the community.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent_id: Option<GridId>,
    /// How many households it has (户数), as the community counts; absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 0)]
    pub households: Option<u32>,
    /// Its codes in other systems (外部编码).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub external_codes: Vec<ExternalCode>,
    /// What lies in it, in words (范围).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extent: Option<String>,
    /// What is unusual about it by the rules of the place (提示); absent in lists.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<GridWarning>,
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
            parent_id: row.parent_id,
            households: row.households.map(i32::unsigned_abs),
            external_codes: serde_json::from_str(&row.external_codes).map_err(Error::internal)?,
            extent: row.extent,
            warnings: Vec::new(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
