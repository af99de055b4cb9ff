//! What goes out. An alliance is its members' common affair: whoever may know of it is told who is in it.

use super::{
    AllianceKind, AllianceSeat, AllianceState,
    flow::{self, Action},
    rotation::{Month, Turn},
    row::{alliance, member, swap},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, RegionCode, Result,
    id::{AccountId, AllianceId, AllianceMemberId, AllianceSwapId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// An alliance (联盟) of organizations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Alliance {
    /// Its id (编号).
    pub id: AllianceId,
    /// Its version (版本), one higher after each change of it, its members or their turns.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Whether it lasts (状态).
    pub state: AllianceState,
    /// What kind it is (类别).
    pub kind: AllianceKind,
    /// Its name (名称).
    pub name: String,
    /// The region that it is for (所在区划).
    pub region_code: RegionCode,
    /// The organization that leads it (牵头单位).
    pub lead_id: OrganizationId,
    /// What that is called (牵头单位名称).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lead_name: Option<String>,
    /// Its first day (成立日期).
    pub starts_on: NaiveDate,
    /// Its last day (截止日期); absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends_on: Option<NaiveDate>,
    /// How many months a turn in the chair lasts (轮值周期); absent where the chair does not rotate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 1, maximum = 24)]
    pub rotation_months: Option<i16>,
    /// The month of the first turn (首个轮值月).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rotation_start: Option<Month>,
    /// How many members it has today (成员单位数).
    #[schema(minimum = 0)]
    pub units: i64,
    /// Which parts its members must play among them (应有角色).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub required_parts: Vec<String>,
    /// Which of them nobody plays today (缺少角色).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing_parts: Vec<String>,
    /// When it was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What is possible with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// An organization in an alliance (成员单位), for a period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllianceMember {
    /// Its id (编号).
    pub id: AllianceMemberId,
    /// Of which alliance (联盟).
    pub alliance_id: AllianceId,
    /// Which organization (单位).
    pub organization_id: OrganizationId,
    /// What that is called (单位名称).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_name: Option<String>,
    /// What seat it has (席位).
    pub seat: AllianceSeat,
    /// What part it plays (角色).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<String>,
    /// Its place in the order of the rotation (轮值次序).
    #[schema(minimum = 1)]
    pub position: i32,
    /// Since which day (加入日期).
    pub joined_on: NaiveDate,
    /// The first day on which it is a member no more (退出日期); absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left_on: Option<NaiveDate>,
}

/// The calendar of a chair that rotates (轮值表), as it is computed now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllianceRotation {
    /// The alliance (联盟).
    pub alliance_id: AllianceId,
    /// How many months a turn lasts (轮值周期); absent where the chair does not rotate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 1, maximum = 24)]
    pub rotation_months: Option<i16>,
    /// The months (月份), as far as the alliance lasts.
    pub months: Vec<RotationMonth>,
}

/// A month of the rotation (轮值月).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RotationMonth {
    /// The month (月份).
    pub month: Month,
    /// The first month of the turn that it belongs to (本轮首月).
    pub turn: Month,
    /// Who has the chair (轮值主席单位); absent while there is no member.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<OrganizationId>,
    /// What that is called (单位名称).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_name: Option<String>,
    /// Whose turn it is by order (原轮值单位), where it was swapped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub regular_id: Option<OrganizationId>,
    /// The swap by which they have it (调换记录).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub swap: Option<RotationSwap>,
}

/// A swap of two turns in the chair (轮值调换).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RotationSwap {
    /// Its id (编号).
    pub id: AllianceSwapId,
    /// The first month of the one turn (月份).
    pub month: Month,
    /// Who has it since (单位).
    pub unit_id: OrganizationId,
    /// The first month of the other turn (对调月份).
    pub other_month: Month,
    /// Who has that since (对调单位).
    pub other_unit_id: OrganizationId,
    /// Why (原因).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Who recorded it (登记人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_by: Option<AccountId>,
    /// When it was recorded (登记时间).
    pub created_at: DateTime<Utc>,
}

/// Names of organizations by their ids.
pub(crate) type Names = HashMap<OrganizationId, String>;

/// How many members an alliance has today, and which parts they play.
#[derive(Clone, Default, Debug)]
pub(super) struct Standing {
    pub(super) units: i64,
    pub(super) parts: Vec<String>,
}

pub(super) fn parts(row: &alliance::Model) -> Result<Vec<String>> {
    serde_json::from_str(&row.required_parts).map_err(Error::internal)
}

pub(super) fn alliance(row: alliance::Model, standing: &Standing, names: &Names, manages: bool) -> Result<Alliance> {
    let required_parts = parts(&row)?;
    let missing = |part: &&String| !standing.parts.contains(*part);
    Ok(Alliance {
        missing_parts: required_parts.iter().filter(missing).cloned().collect(),
        allowed_actions: Action::all().filter(|a| manages && flow::next(row.state, *a).is_some()).collect(),
        id: row.id,
        version: row.version,
        state: row.state,
        kind: row.kind,
        name: row.name,
        region_code: row.region_code,
        lead_name: names.get(&row.lead_id).cloned(),
        lead_id: row.lead_id,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        rotation_months: row.rotation_months,
        rotation_start: row.rotation_start.map(Month::of),
        units: standing.units,
        required_parts,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub(super) fn member(row: member::Model, names: &Names) -> AllianceMember {
    AllianceMember {
        id: row.id,
        alliance_id: row.alliance_id,
        organization_name: names.get(&row.organization_id).cloned(),
        organization_id: row.organization_id,
        seat: row.seat,
        part: row.part,
        position: row.position,
        joined_on: row.joined_on,
        left_on: row.left_on,
    }
}

pub(super) fn swap(row: swap::Model) -> RotationSwap {
    RotationSwap {
        id: row.id,
        month: Month::of(row.month),
        unit_id: row.unit_id,
        other_month: Month::of(row.other_month),
        other_unit_id: row.other_unit_id,
        reason: row.reason,
        created_by: row.created_by,
        created_at: row.created_at,
    }
}

pub(super) fn month(turn: &Turn, swaps: &[swap::Model], names: &Names) -> RotationMonth {
    let swapped = turn.swap.and_then(|id| swaps.iter().find(|s| s.id == id));
    RotationMonth {
        month: turn.month,
        turn: turn.first,
        organization_id: turn.unit,
        organization_name: turn.unit.and_then(|unit| names.get(&unit).cloned()),
        regular_id: turn.regular.filter(|_| swapped.is_some()),
        swap: swapped.cloned().map(swap),
    }
}
