//! What goes out.

use super::row;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    geo::{Datum, Point, Position},
    id::{AddressId, GridId},
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an address names (地址类别), from the widest to the narrowest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// 小区; in a village the hamlet (自然村) or the group (村民小组).
    Estate,
    /// 楼栋; a house with a number of its own.
    Building,
    /// 单元
    Unit,
    /// 室
    Room,
}

impl AddressKind {
    /// All of them, from the widest to the narrowest.
    pub const ALL: [Self; 4] = [Self::Estate, Self::Building, Self::Unit, Self::Room];

    /// What stands behind a bare number: `12` is `12幢`.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Estate => "",
            Self::Building => "幢",
            Self::Unit => "单元",
            Self::Room => "室",
        }
    }
}

/// An address (地址): an estate, a building, a unit or a room of a community.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Address {
    /// Its id.
    pub id: AddressId,
    /// The community or village that it lies in (所属社区、村).
    pub region_code: RegionCode,
    /// The grid that it lies in (所在网格); absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// What it names (类别).
    pub kind: AddressKind,
    /// What it lies in (上级地址); absent at the top.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent_id: Option<AddressId>,
    /// Its own name (名称).
    #[schema(max_length = 100, example = "12幢")]
    pub name: String,
    /// The standard address within the community (标准地址): the names from the estate down.
    #[schema(max_length = 400, example = "康乐新村12幢3单元401室")]
    pub text: String,
    /// Where it is (坐标), in WGS-84; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub point: Option<Point>,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was closed (停用时间); absent while it is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
    /// When it was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

impl From<row::Model> for Address {
    fn from(row: row::Model) -> Self {
        Self {
            id: row.id,
            region_code: row.region_code,
            grid_id: row.grid_id,
            kind: row.kind,
            parent_id: row.parent_id,
            name: row.name,
            text: row.text,
            point: row.lng.zip(row.lat).map(|(lng, lat)| Position { lng, lat }.to_datum(Datum::Wgs84)),
            version: row.version,
            valid_to: row.valid_to,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
