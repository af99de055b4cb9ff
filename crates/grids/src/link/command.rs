//! What comes in.

use super::FourKnows;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    id::{AccountId, HouseholdId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Link a party member with a household (党员联户).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateLink {
    /// The community or village of both (所属社区、村).
    pub region_code: RegionCode,
    /// The household (户), of this community.
    pub household_id: HouseholdId,
    /// The account of the party member (党员), who is one in this community.
    pub member_id: AccountId,
    /// From when on (联系起); now when absent.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when (联系止); open when absent.
    pub valid_to: Option<DateTime<Utc>>,
}

/// Keep what a party member was found to know of a household (四知检查).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CheckLink {
    /// 提户知人: of the household, its people.
    pub people: bool,
    /// 提人知事: of its people, what concerns them.
    pub matters: bool,
    /// 提事知情: of what concerns them, how it stands.
    pub circumstances: bool,
    /// 提情知策: of how it stands, which policies apply.
    pub policies: bool,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

impl CheckLink {
    pub(super) const fn knows(&self) -> FourKnows {
        FourKnows { people: self.people, matters: self.matters, circumstances: self.circumstances, policies: self.policies }
    }
}

/// End a link (结束联户).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndLink {
    /// When (联系止); now when absent. Not before it began, and not later than it would end anyway.
    pub at: Option<DateTime<Utc>>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which links to list (联户列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListLinks {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only those of this party member (党员).
    pub member_id: Option<AccountId>,
    /// Only those of this household (户).
    pub household_id: Option<HouseholdId>,
    /// Whether those that have ended are listed too (含已结束); they are not unless told.
    #[param(default = false)]
    pub include_ended: bool,
    /// Only those that changed after this (更新时间晚于).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
