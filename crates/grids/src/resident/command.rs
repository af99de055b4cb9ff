//! What comes in.

use super::{Kinship, LeaveReason, Residence};
use crate::address::AddressPath;
use chrono::NaiveDate;
use kernel::{
    RegionCode,
    id::{AddressId, GridId, HouseholdId, ResidentId, TagId},
    person::Sex,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Enter a resident (登记居民).
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateResident {
    /// The community or village (所属社区、村); it never changes.
    pub region_code: RegionCode,
    /// The name (姓名). Stored sealed.
    #[validate(length(min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50, example = "张三丰")]
    pub name: String,
    /// A mobile number or a fixed line (电话). Stored sealed.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "13812341234")]
    pub phone: Option<String>,
    /// The ID number (身份证号码, GB 11643): its check digit must be right, and no other resident of the community who is here may
    /// have it. Birth and sex follow from it. Stored sealed.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "321102198002290014")]
    pub id_number: Option<String>,
    /// The day of birth (出生日期), for somebody without an ID number; with one, it must be that of the number.
    pub birth_date: Option<NaiveDate>,
    /// Sex (性别), for somebody without an ID number; with one, it must be that of the number.
    pub sex: Option<Sex>,
    /// How the resident lives here (居住类别).
    #[serde(default)]
    pub residence: Residence,
    /// The household that the resident belongs to (户), of the same community.
    pub household_id: Option<HouseholdId>,
    /// What the resident is to its head (与户主关系); only with `household_id`.
    pub relation: Option<Kinship>,
    /// Since when the resident belongs to it (迁入日期); today unless told.
    pub moved_in: Option<NaiveDate>,
}

/// Change a resident's entry (修改居民). What is absent stays.
#[derive(Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateResident {
    /// The new name (姓名).
    #[validate(length(min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50)]
    pub name: Option<String>,
    /// The new phone (电话).
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20)]
    pub phone: Option<String>,
    /// The new ID number (身份证号码); birth and sex follow from it.
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20)]
    pub id_number: Option<String>,
    /// The new day of birth (出生日期), for somebody without an ID number.
    pub birth_date: Option<NaiveDate>,
    /// The new sex (性别), for somebody without an ID number.
    pub sex: Option<Sex>,
    /// How the resident lives here now (居住类别).
    pub residence: Option<Residence>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Join a household (迁入).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MoveIn {
    /// The household (户), of the same community.
    pub household_id: HouseholdId,
    /// What the resident is to its head (与户主关系).
    #[serde(default)]
    pub relation: Kinship,
    /// The first day (迁入日期), not in the future; today unless told.
    pub valid_from: Option<NaiveDate>,
}

/// Leave a household (迁出).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MoveOut {
    /// The household (户).
    pub household_id: HouseholdId,
    /// The last day (迁出日期), not in the future; today unless told.
    pub valid_to: Option<NaiveDate>,
}

/// Leave the community (离开): every membership in a household ends.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LeaveResident {
    /// Why (离开原因).
    pub reason: LeaveReason,
    /// The last day (离开日期), not in the future; today unless told.
    pub left_on: Option<NaiveDate>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// A personal field (个人信息字段).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonalField {
    /// 姓名
    Name,
    /// 电话
    Phone,
    /// 身份证号码
    IdNumber,
    /// 出生日期
    BirthDate,
}

/// What personal data is needed for (用途).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// 上门走访
    Visit,
    /// 办理服务
    Service,
    /// 信息核对
    Verification,
    /// 应急处置
    Emergency,
    /// 法定职责
    StatutoryDuty,
    /// 本人申请
    OwnRequest,
}

/// Show personal fields in full (查看明文).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RevealResident {
    /// What for (用途); it is logged.
    pub purpose: Purpose,
    /// Which fields (字段).
    #[validate(length(min = 1, max = 4))]
    #[schema(min_items = 1, max_items = 4)]
    pub fields: Vec<PersonalField>,
}

/// Look for a resident by exactly this number (精确查找): either a phone or an ID number.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LookUpResident {
    /// Within this region (区划), where the caller may look.
    pub region_code: RegionCode,
    /// What for (用途); it is logged.
    pub purpose: Purpose,
    /// The phone (电话).
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "13812341234")]
    pub phone: Option<String>,
    /// The ID number (身份证号码).
    #[validate(length(min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20)]
    pub id_number: Option<String>,
}

/// Which residents to list (居民列表), by community and, within one, by age of the entry.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListResidents {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only those of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only those of this building (楼栋).
    pub building_id: Option<AddressId>,
    /// Only those of this household (户).
    pub household_id: Option<HouseholdId>,
    /// Only these (居住类别).
    pub residence: Option<Residence>,
    /// Only those who have this tag today (标签); a sensitive one needs `resident.read_sensitive`.
    pub tag_id: Option<TagId>,
    /// Whether those who have left are listed too (含已离开); they are not unless told.
    #[param(default = false)]
    pub include_left: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which memberships of a household to list (户成员).
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHouseholdMembers {
    /// Whether past ones are listed too (含已迁出); they are not unless told.
    #[param(default = false)]
    pub include_past: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A resident as a row of a file says it: found by the ID number or, without one, by name within the household.
#[derive(Clone)]
pub struct PutResident {
    /// The community or village (所属社区、村).
    pub region_code: RegionCode,
    /// The code of the household (户编号).
    pub household_code: Option<String>,
    /// The address of the household, where it has no code and lives there alone.
    pub path: Option<AddressPath>,
    /// What the resident is to its head (与户主关系).
    pub relation: Option<Kinship>,
    /// The name (姓名).
    pub name: String,
    /// The phone (电话).
    pub phone: Option<String>,
    /// The ID number (身份证号码).
    pub id_number: Option<String>,
    /// Sex (性别), for somebody without an ID number.
    pub sex: Option<Sex>,
    /// How the resident lives here (居住类别).
    pub residence: Option<Residence>,
    /// Since when the resident belongs to the household (迁入日期).
    pub moved_in: Option<NaiveDate>,
}

/// Whom an import or another crate means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResidentPlace {
    /// The resident.
    pub id: ResidentId,
    /// The community.
    pub region_code: RegionCode,
    /// The grid.
    pub grid_id: Option<GridId>,
    /// The household.
    pub household_id: Option<HouseholdId>,
}
