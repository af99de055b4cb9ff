//! What comes in.

use crate::VolunteerKind;
use kernel::{
    RegionCode,
    id::{AccountId, GridId, OrganizationId},
};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// The most characters of one skill.
pub(crate) const SKILL_LENGTH: usize = 30;

/// Register a taker of orders (登记接单人).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RegisterVolunteer {
    /// Whom (账号); absent: oneself.
    pub account_id: Option<AccountId>,
    /// As what (类别). Whoever registers themselves must hold a role of that kind there.
    pub kind: VolunteerKind,
    /// The region served (服务区划), with everything beneath it: a community or above.
    pub region_code: RegionCode,
    /// The one grid of it that is served (服务网格); absent: the whole region.
    pub grid_id: Option<GridId>,
    /// The organization that they belong to (所属组织); absent when to none. Whoever registers themselves must be its staff.
    pub organization_id: Option<OrganizationId>,
    /// What they can do (技能特长): at most 20, each of 1–30 characters.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20, value_type = Vec<Talent>, example = json!(["水电维修", "助老陪护"]))]
    pub skills: Vec<String>,
    /// Whether they take orders now (可接单); absent: yes.
    #[serde(default = "yes")]
    pub available: bool,
}

/// What a taker of orders can do (技能特长).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 30, pattern = "\\S")]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Talent(String);

/// Change a taker of orders (修改接单人). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateVolunteer {
    /// What they can do (技能特长), all of it: at most 20, each of 1–30 characters.
    #[validate(length(max = 20))]
    #[schema(max_items = 20, value_type = Option<Vec<Talent>>)]
    pub skills: Option<Vec<String>>,
    /// The one grid that is served (服务网格); `null`: the whole region.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<GridId>)]
    pub grid_id: Option<Option<GridId>>,
    /// Whether they take orders now (可接单).
    pub available: Option<bool>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which takers to list. `region_code` stands for everything beneath it too.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVolunteers {
    /// Who serve this region or one beneath it; absent: wherever the caller may see.
    pub region_code: Option<RegionCode>,
    /// Only of this kind.
    pub kind: Option<VolunteerKind>,
    /// Only with exactly this skill.
    #[param(max_length = 30)]
    pub skill: Option<String>,
    /// Only those who are available, or who are not.
    pub available: Option<bool>,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

const fn yes() -> bool {
    true
}

/// Tells `null` (take it away) from absent (leave it).
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
