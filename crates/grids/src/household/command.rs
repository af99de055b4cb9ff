//! What comes in.

use super::HouseholdKind;
use crate::address::AddressPath;
use kernel::{
    RegionCode,
    id::{AddressId, GridId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Enter a household (立户).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateHousehold {
    /// The community or village that it belongs to (所属社区、村); it never changes.
    pub region_code: RegionCode,
    /// Where it lives (地址): an address of the same community.
    pub address_id: AddressId,
    /// The grid that it belongs to (网格), one of its own community. Absent: that of the address.
    pub grid_id: Option<GridId>,
    /// What kind of household it is (户类别).
    #[serde(default)]
    pub kind: HouseholdKind,
    /// Its code in the community (户编号), unique there; absent if it has none.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "XL-0401")]
    pub code: Option<String>,
}

/// Change a household (修改户). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateHousehold {
    /// The new address (地址), of the same community: the household moves there with all its members.
    pub address_id: Option<AddressId>,
    /// The new grid (网格). Absent with a new address: that of the address.
    pub grid_id: Option<GridId>,
    /// The new kind (户类别).
    pub kind: Option<HouseholdKind>,
    /// The new code (户编号).
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub code: Option<String>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Close a household (销户).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseHousehold {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which households to list (户列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHouseholds {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only those of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only those of this estate (小区).
    pub estate_id: Option<AddressId>,
    /// Only those of this building (楼栋).
    pub building_id: Option<AddressId>,
    /// Only those at exactly this address (地址).
    pub address_id: Option<AddressId>,
    /// Whether closed ones are listed too (含已销户); they are not unless told.
    #[param(default = false)]
    pub include_closed: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A household as a row of a file says it. It is found by its code or, without one, by its address, if only one lives there.
#[derive(Clone, Debug)]
pub struct PutHousehold {
    /// Its community or village (所属社区、村).
    pub region_code: RegionCode,
    /// Its code (户编号).
    pub code: Option<String>,
    /// Its address; made where it is missing.
    pub path: AddressPath,
    /// The code of its grid (网格编码). Absent: the grid of the address.
    pub grid_code: Option<String>,
    /// Its kind (户类别).
    pub kind: Option<HouseholdKind>,
}
