//! What comes in.

use crate::{MemberRole, OrganizationKind};
use kernel::{
    RegionCode,
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

/// Make an account a member (添加成员).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AddMember {
    /// Who (账号).
    pub account_id: AccountId,
    /// As what (职务).
    pub role: MemberRole,
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
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
