//! What goes out.

use super::row;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    RegionCode,
    id::{AddressId, GridId, HouseholdId, ResidentId},
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of household it is (户类别), as the census has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum HouseholdKind {
    /// 家庭户
    #[default]
    Family,
    /// 集体户
    Collective,
}

/// A household (户) of a community or village.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Household {
    /// Its id.
    pub id: HouseholdId,
    /// The community or village that it belongs to (所属社区、村).
    pub region_code: RegionCode,
    /// The grid that it belongs to (网格); absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// Where it lives (地址).
    pub address_id: AddressId,
    /// The standard address (标准地址).
    #[schema(max_length = 400, example = "康乐新村12幢3单元401室")]
    pub address: String,
    /// The building that it lives in (楼栋), if the address names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub building_id: Option<AddressId>,
    /// The estate that it lives in (小区), if the address names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub estate_id: Option<AddressId>,
    /// Its code in the community (户编号), if it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(max_length = 40)]
    pub code: Option<String>,
    /// What kind of household it is (户类别).
    pub kind: HouseholdKind,
    /// Its head (户主); absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub head_id: Option<ResidentId>,
    /// The name of its head, masked (户主姓名).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "张*")]
    pub head_name: Option<String>,
    /// How many people belong to it (人口数).
    #[schema(minimum = 0)]
    pub member_count: i32,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was closed (销户时间); absent while it is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
    /// When it was entered (立户时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// How often it is visited (走访类别), in a code of the place's own visit rules; absent while none is set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(max_length = 40)]
    pub visit_class: Option<String>,
    /// When somebody was last met there on a visit (最近走访日期); absent while nobody was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub visited_on: Option<NaiveDate>,
}

pub(super) fn view(row: row::Model, address: String, head_name: Option<String>) -> Household {
    Household {
        id: row.id,
        region_code: row.region_code,
        grid_id: row.grid_id,
        address_id: row.address_id,
        address,
        building_id: row.building_id,
        estate_id: row.estate_id,
        code: row.code,
        kind: row.kind,
        head_id: row.head_id,
        head_name,
        member_count: row.member_count,
        version: row.version,
        valid_to: row.valid_to,
        created_at: row.created_at,
        updated_at: row.updated_at,
        visit_class: row.visit_class,
        visited_on: row.visited_on,
    }
}
