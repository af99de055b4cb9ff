//! What comes in.

use crate::{MemberRole, OrganizationKind, OrganizationStatus};
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    check::worded,
    id::{AccountId, GridId, OrganizationId},
};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Found an organization (新建组织).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateOrganization {
    /// Its name (名称), unique in its region, closed organizations included.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "康乐社区第三网格党支部")]
    pub name: String,
    /// What kind of organization it is (类别).
    pub kind: OrganizationKind,
    /// The region that it lies in (所在区划), of any level. It never changes.
    pub region_code: RegionCode,
    /// The grid of that region that it lies in (所在网格); absent when it belongs to none.
    pub grid_id: Option<GridId>,
    /// The organization above it (上级组织): active, in the same region or one above; absent at the top.
    pub parent_id: Option<OrganizationId>,
    /// Its unified social credit code (统一社会信用代码), by GB 32100; no other active organization of the region has it.
    #[validate(length(min = 1, max = 30))]
    #[schema(min_length = 1, max_length = 30, example = "91110000600037341L")]
    pub credit_code: Option<String>,
    /// Where it is (地址).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "康乐新村12幢底层")]
    pub address: Option<String>,
}

impl CreateOrganization {
    /// Of this name and kind in this region, with nothing else said.
    #[must_use]
    pub fn new(name: &str, kind: OrganizationKind, region_code: RegionCode) -> Self {
        Self { name: name.to_owned(), kind, region_code, grid_id: None, parent_id: None, credit_code: None, address: None }
    }
}

/// Change an organization (修改组织). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateOrganization {
    /// The new name (名称).
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// The new parent (上级组织); `null` puts it at the top.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OrganizationId>)]
    pub parent_id: Option<Option<OrganizationId>>,
    /// The new grid (所在网格); `null` takes it out of its grid.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<GridId>)]
    pub grid_id: Option<Option<GridId>>,
    /// The new credit code (统一社会信用代码); `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[validate(length(min = 1, max = 30))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 30)]
    pub credit_code: Option<Option<String>>,
    /// The new address (地址); `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = "\\S")]
    pub address: Option<Option<String>>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which organizations to list. `region_code` stands for everything beneath it too.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOrganizations {
    /// Within this region; absent: wherever the caller may see.
    pub region_code: Option<RegionCode>,
    /// Only of this kind.
    pub kind: Option<OrganizationKind>,
    /// Only those directly beneath this organization.
    pub parent_id: Option<OrganizationId>,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which of the organizations beneath one to list (下级组织).
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSubtree {
    /// Only of this kind (类别).
    pub kind: Option<OrganizationKind>,
    /// Only those that are active, or only those that are closed (状态).
    pub status: Option<OrganizationStatus>,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Where to count organizations (组织统计).
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountOrganizations {
    /// In this region (区划), with everything beneath it.
    pub region_code: RegionCode,
}

/// Make an account a member (添加成员).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AddMember {
    /// Who (账号).
    pub account_id: AccountId,
    /// As what (职务). In one role once at a time; in several roles at once.
    pub role: MemberRole,
    /// Since when (起始时间); absent: now. Not later than now.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when (终止时间), if an end is planned.
    pub valid_to: Option<DateTime<Utc>>,
}

impl AddMember {
    /// From now on, in this role.
    #[must_use]
    pub const fn new(account_id: AccountId, role: MemberRole) -> Self {
        Self { account_id, role, valid_from: None, valid_to: None }
    }
}

/// A page of what an account is a member of (任职情况), the oldest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMemberships {
    /// Only those that hold now (仅在任); those of the past too unless told.
    pub current: bool,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of an organization's members.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMembers {
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Tells `null` (take it away) from absent (leave it).
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
