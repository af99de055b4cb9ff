//! What comes in.

use super::{AllianceKind, AllianceSeat, AllianceState, common::given, rotation::Month};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{RegionCode, check::worded, id::OrganizationId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// The word of a part (角色).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9_]*$")]
#[expect(dead_code, reason = "only its schema is looked at")]
struct AlliancePart(String);

/// The words of parts are of the place's own choice, in one spelling, each once.
fn part_words(words: &[String]) -> Result<(), ValidationError> {
    for (n, word) in words.iter().enumerate() {
        part_word(word)?;
        if words[..n].contains(word) {
            return Err(ValidationError::new("twice").with_message("a part is named twice".into()));
        }
    }
    Ok(())
}

/// The word of one part.
fn part_word(word: &str) -> Result<(), ValidationError> {
    let plain = word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.len() <= 40
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { Ok(()) } else { Err(ValidationError::new("part").with_message("1 to 40 of a-z, 0-9 and _, beginning with a letter".into())) }
}

/// Founds an alliance (成立联盟).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateAlliance {
    /// Its name (名称), the brand of the place, unique in its region.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "宝龙商圈红色联盟")]
    pub name: String,
    /// What kind it is (类别).
    pub kind: AllianceKind,
    /// The region that it is for (所在区划), of any level. It never changes.
    pub region_code: RegionCode,
    /// The organization that leads it (牵头单位): active, in that region or one above or beneath it.
    pub lead_id: OrganizationId,
    /// Its first day (成立日期); today unless told.
    pub starts_on: Option<NaiveDate>,
    /// Its last day (截止日期); open unless told.
    pub ends_on: Option<NaiveDate>,
    /// How many months a turn in the chair lasts (轮值周期); as is usual for the kind unless told, `0` where the chair does not rotate.
    #[validate(range(min = 0, max = 24))]
    #[schema(minimum = 0, maximum = 24)]
    pub rotation_months: Option<i16>,
    /// The month of the first turn (首个轮值月); that of the first day unless told.
    pub rotation_start: Option<Month>,
    /// Which parts its members must play among them (应有角色); as is usual for the kind unless told.
    #[validate(length(max = 20), custom(function = part_words))]
    #[schema(max_items = 20, value_type = Option<Vec<AlliancePart>>, example = json!(["street_party", "community_party", "property_branch", "owners", "volunteers"]))]
    pub required_parts: Option<Vec<String>>,
}

/// Changes an alliance (修改联盟). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateAlliance {
    /// The new name (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    /// The organization that leads it (牵头单位).
    pub lead_id: Option<OrganizationId>,
    /// Its last day (截止日期); `null` leaves it open.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<NaiveDate>)]
    pub ends_on: Option<Option<NaiveDate>>,
    /// How many months a turn in the chair lasts (轮值周期), from `rotation_start` on; `0`: the chair rotates no more.
    #[validate(range(min = 0, max = 24))]
    #[schema(minimum = 0, maximum = 24)]
    pub rotation_months: Option<i16>,
    /// The month from which that counts (首个轮值月); the next month unless told. What was before is not computed any more.
    pub rotation_start: Option<Month>,
    /// Which parts its members must play among them (应有角色).
    #[validate(length(max = 20), custom(function = part_words))]
    #[schema(max_items = 20, value_type = Option<Vec<AlliancePart>>)]
    pub required_parts: Option<Vec<String>>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Ends an alliance (解散联盟).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseAlliance {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which alliances to list (联盟列表), by region, the oldest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAlliances {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only of this kind (类别).
    #[param(inline)]
    pub kind: Option<AllianceKind>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<AllianceState>,
    /// Only those in which this organization is a member, or was (成员单位).
    pub organization_id: Option<OrganizationId>,
    /// Only those that have changed since (更新时间).
    pub updated_after: Option<DateTime<Utc>>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Makes an organization a member of an alliance (单位加入联盟).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct JoinAlliance {
    /// Which organization (成员单位): active, in the region of the alliance or one above or beneath it.
    pub organization_id: OrganizationId,
    /// What seat it has (席位); a member's unless told.
    pub seat: Option<AllianceSeat>,
    /// What part it plays (角色): one of those that the alliance needs, or another.
    #[validate(custom(function = part_word))]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9_]*$", example = "property_branch")]
    pub part: Option<String>,
    /// Its place in the order of the rotation (轮值次序), the lowest first; behind all others unless told.
    #[validate(range(min = 1, max = 10_000))]
    #[schema(minimum = 1, maximum = 10_000)]
    pub position: Option<i32>,
    /// Since which day (加入日期); today unless told.
    pub joined_on: Option<NaiveDate>,
    /// The first day on which it is a member no more (退出日期); open unless told.
    pub left_on: Option<NaiveDate>,
    /// The version of the alliance that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Ends the membership of an organization in an alliance (单位退出联盟).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LeaveAlliance {
    /// The first day on which it is a member no more (退出日期); today unless told.
    pub left_on: Option<NaiveDate>,
    /// The version of the alliance that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which members of an alliance to list (成员单位列表), in the order of the rotation.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAllianceMembers {
    /// Those who have left too (含已退出).
    #[serde(default)]
    #[param(default = false)]
    pub include_left: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which months of the rotation to compute (轮值表).
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadRotation {
    /// The first month (起始月), not before the rotation begins and at most a hundred years after; this month unless told.
    pub from: Option<Month>,
    /// How many months (月数), 1–60; 12 unless told.
    #[param(minimum = 1, maximum = 60, default = 12)]
    pub months: Option<i32>,
}

/// Swaps two turns in the chair (轮值调换): those of two months, or that of a month with the next one of a member.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SwapTurns {
    /// A month of the one turn (月份), this month or later.
    pub month: Month,
    /// A month of the other turn (对调月份).
    pub other_month: Option<Month>,
    /// Instead of a month: the member (对调单位) whose next turn after `month` is given for it.
    pub organization_id: Option<OrganizationId>,
    /// Why (原因).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "班子换届")]
    pub reason: Option<String>,
    /// The version of the alliance that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}
