//! What comes in.

use super::AddressKind;
use kernel::{
    RegionCode,
    geo::Point,
    id::{AddressId, GridId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Enter an address (登记地址).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateAddress {
    /// The community or village that it lies in (所属社区、村).
    pub region_code: RegionCode,
    /// What it names (类别).
    pub kind: AddressKind,
    /// What it lies in (上级地址): an address of the same community and of a wider kind. Absent at the top; an estate has none.
    pub parent_id: Option<AddressId>,
    /// Its own name (名称). A bare number gets the usual word: `12` of a building is `12幢`.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "12幢")]
    pub name: String,
    /// The grid that it lies in (所在网格). Absent: that of its parent.
    pub grid_id: Option<GridId>,
    /// Where it is (坐标).
    pub point: Option<Point>,
}

/// Change an address (修改地址). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateAddress {
    /// The new name (名称); the standard address of all beneath it follows.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// The new grid (网格), also of all addresses, households and residents beneath it that were in the same grid as this.
    pub grid_id: Option<GridId>,
    /// Where it is (坐标).
    pub point: Option<Point>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Close an address (停用地址).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseAddress {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which addresses to list (地址列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAddresses {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only those of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only those right beneath this one (上级地址).
    pub parent_id: Option<AddressId>,
    /// Only this kind (类别).
    pub kind: Option<AddressKind>,
    /// Whether closed ones are listed too (含已停用); they are not unless told.
    #[param(default = false)]
    pub include_closed: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// An address by its names, as a row of a file says it: at least one of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct AddressPath {
    /// 小区
    pub estate: Option<String>,
    /// 楼栋
    pub building: Option<String>,
    /// 单元
    pub unit: Option<String>,
    /// 室
    pub room: Option<String>,
}

/// An address as a row of a file says it; what it lies in is made with it.
#[derive(Clone, Debug)]
pub struct PutAddress {
    /// Its community or village (所属社区、村).
    pub region_code: RegionCode,
    /// Its names.
    pub path: AddressPath,
    /// The code of the grid that it lies in (网格编码).
    pub grid_code: Option<String>,
    /// Where it is (坐标).
    pub point: Option<Point>,
}
