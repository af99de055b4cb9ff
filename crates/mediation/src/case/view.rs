//! What goes out, and to whom how much of it.

use super::{
    Action, AgreementForm, ApplicationForm, DisputeKind, State, flow,
    row::{Model, Sealed},
};
use chrono::{DateTime, Duration, Utc};
use kernel::{
    Cx, Error, Permission, RegionCode, Result,
    access::PersonalData,
    id::{AccountId, CaseId, GridId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// How long both parties may together ask the court to confirm an agreement (People's Mediation Law, art. 33).
const CONFIRMATION: Duration = Duration::days(30);

/// Somebody in dispute (当事人).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CaseParty {
    /// The name (姓名或名称); masked for those who do not conduct cases here.
    #[validate(length(min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50, example = "张三")]
    pub name: String,
    /// The phone number (电话), masked likewise; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 3, max = 20))]
    #[schema(min_length = 3, max_length = 20, example = "13812341234")]
    pub phone: Option<String>,
}

/// Whether an agreement was performed (履行结果).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PerformanceOutcome {
    /// 已履行
    Performed,
    /// 未履行
    Breached,
}

/// A mediation case (调解案件).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MediationCase {
    /// Its id (编号).
    pub id: CaseId,
    /// Its version (版本), one higher after each step.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it stands (状态).
    pub state: State,
    /// Where it is mediated (所在区划).
    pub region_code: RegionCode,
    /// The grid that it lies in (所在网格); absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_id: Option<GridId>,
    /// What the dispute is about (纠纷类型).
    pub kind: DisputeKind,
    /// How it came in (申请方式).
    pub applied_how: ApplicationForm,
    /// Its title (标题).
    pub title: String,
    /// What happened (纠纷事实); only for those who conduct cases here, and not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<String>,
    /// Who is in dispute (当事人); masked for those who do not conduct cases here.
    pub parties: Vec<CaseParty>,
    /// Who mediates (调解员); absent until one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mediator_id: Option<AccountId>,
    /// Why it was refused or ended (理由); shown like `facts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the agreement is oral or written (协议形式); absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement_form: Option<AgreementForm>,
    /// What was agreed (协议内容); shown like `facts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// When the agreement took effect (生效时间); absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<DateTime<Utc>>,
    /// Until when both parties may together ask the court to confirm the agreement (司法确认期限): 30 days from
    /// `effective_at`; absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm_by: Option<DateTime<Utc>>,
    /// The state that it was closed from (归档前状态): how it ended. Absent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_from: Option<State>,
    /// When it was entered (申请时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// When it was closed (归档时间); absent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<Utc>>,
    /// What the caller may do with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// The case as it reads by itself.
pub(super) fn whole(cx: &Cx, row: &Model) -> Result<MediationCase> {
    let mut view = brief(cx, row)?;
    if conducts(cx, row) {
        view.facts = Some(Sealed::Facts.open(cx, row.id, &row.facts)?);
        view.reason = row.reason.as_ref().map(|r| Sealed::Reason.open(cx, row.id, r)).transpose()?;
        view.agreement = row.agreement.as_ref().map(|a| Sealed::Agreement.open(cx, row.id, a)).transpose()?;
    }
    Ok(view)
}

/// The case as it reads in a list.
pub(super) fn brief(cx: &Cx, row: &Model) -> Result<MediationCase> {
    let open = conducts(cx, row);
    let parties = Sealed::Parties.open(cx, row.id, &row.parties)?;
    let mut parties: Vec<CaseParty> = serde_json::from_str(&parties).map_err(Error::internal)?;
    if !open {
        parties = parties.into_iter().map(masked).collect();
    }
    let possible = |a: &&Action| !flow::outcomes(row.state, **a).is_empty() && cx.actor.can(a.permission(), &super::place(row));
    Ok(MediationCase {
        id: row.id,
        version: row.version,
        state: row.state,
        region_code: row.region_code,
        grid_id: row.grid_id,
        kind: row.kind,
        applied_how: row.applied_how,
        title: if open { row.title.clone() } else { mask::text(&row.title) },
        facts: None,
        parties,
        mediator_id: row.mediator_id,
        reason: None,
        agreement_form: row.agreement_form,
        agreement: None,
        effective_at: row.effective_at,
        confirm_by: row.effective_at.map(|at| at + CONFIRMATION),
        closed_from: row.closed_from,
        created_at: row.created_at,
        updated_at: row.updated_at,
        closed_at: row.closed_at,
        allowed_actions: Action::ALL.iter().filter(possible).copied().collect(),
    })
}

/// Whether the caller conducts cases where this one lies, and may see who the parties are.
fn conducts(cx: &Cx, row: &Model) -> bool {
    cx.actor.can(Permission::MediationManage, &super::place(row)) && cx.actor.sees(PersonalData::Mediation)
}

fn masked(party: CaseParty) -> CaseParty {
    CaseParty { name: mask::name(&party.name), phone: party.phone.map(|p| mask::phone(&p)) }
}
