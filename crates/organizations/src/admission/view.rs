//! What goes out.

use super::{
    AdmissionKind, AdmissionState, DutyNature, flow,
    row::{duty, item},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    RegionCode,
    id::{AccountId, AdmissionItemId, DutyItemId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An item of an admission list (准入事项).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AdmissionItem {
    /// Its id.
    pub id: AdmissionItemId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it holds, with everything beneath (区划).
    pub region_code: RegionCode,
    /// A task, or something that communities are not assessed by (清单类别).
    pub kind: AdmissionKind,
    /// Whose task it is (部门).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department_id: Option<OrganizationId>,
    /// What it is (事项名称).
    pub title: String,
    /// The nature of the task (任务性质).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nature: Option<String>,
    /// On what it rests (依据).
    pub basis: String,
    /// What money comes with it, in fen (经费, 分).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub budget_fen: Option<i64>,
    /// Its first day (起始日).
    pub valid_from: NaiveDate,
    /// Its last day (截止日); absent: until another list replaces it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<NaiveDate>,
    /// Where it stands today (状态).
    pub state: AdmissionState,
    /// Which body decided (审批单位).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approver: Option<String>,
    /// What was said with the decision (审批意见).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// Who proposed it (申报人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proposed_by: Option<AccountId>,
    /// Who entered the decision (审批人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided_by: Option<AccountId>,
    /// When it was decided (审批时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided_at: Option<DateTime<Utc>>,
    /// When it was proposed (申报时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// An item of a duty list (职责事项).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DutyItem {
    /// Its id.
    pub id: DutyItemId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it holds, with everything beneath (区划).
    pub region_code: RegionCode,
    /// Whose duty it is (部门).
    pub department_id: OrganizationId,
    /// By law, or with the community only helping (职责性质).
    pub nature: DutyNature,
    /// What it is (事项名称).
    pub title: String,
    /// On what it rests (依据).
    pub basis: String,
    /// Its first day (起始日).
    pub valid_from: NaiveDate,
    /// Its last day (截止日); absent: until it is ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<NaiveDate>,
    /// When it was ended before its time (终止时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether it holds today (是否有效).
    pub in_force: bool,
    /// When it was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

pub(super) fn item(row: item::Model, today: NaiveDate) -> AdmissionItem {
    AdmissionItem {
        state: flow::on(row.state, row.valid_to, today),
        id: row.id,
        version: row.version,
        region_code: row.region_code,
        kind: row.kind,
        department_id: row.department_id,
        title: row.title,
        nature: row.nature,
        basis: row.basis,
        budget_fen: row.budget_fen,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        approver: row.approver,
        note: row.note,
        proposed_by: row.proposed_by,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

pub(super) fn duty(row: duty::Model, today: NaiveDate) -> DutyItem {
    DutyItem {
        in_force: row.in_force(today),
        id: row.id,
        version: row.version,
        region_code: row.region_code,
        department_id: row.department_id,
        nature: row.nature,
        title: row.title,
        basis: row.basis,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        ended_at: row.ended_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
