//! What comes in. Every step takes the version that was read: it is refused when the case has moved on since;
//! absent, it applies to whatever the case is now.

use super::{AgreementForm, ApplicationForm, CaseParty, DisputeKind, PerformanceOutcome, State};
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    id::{AccountId, GridId},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Apply for mediation (申请调解).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ApplyCase {
    /// Where it is mediated (所在区划).
    pub region_code: RegionCode,
    /// The grid of that region that it lies in (所在网格); absent when it is not known.
    pub grid_id: Option<GridId>,
    /// What the dispute is about (纠纷类型).
    pub kind: DisputeKind,
    /// A title without names (标题).
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "楼上漏水引起的邻里纠纷")]
    pub title: String,
    /// What happened (纠纷事实). Stored sealed.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    pub facts: String,
    /// Who is in dispute (当事人): 2–20. Stored sealed.
    #[validate(length(min = 2, max = 20), nested)]
    #[schema(min_items = 2, max_items = 20)]
    pub parties: Vec<CaseParty>,
    /// How it came in (申请方式).
    pub applied_how: ApplicationForm,
}

/// Accept an application (受理).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AcceptCase {
    /// Who will mediate (调解员): an account, chosen by the parties or assigned by the committee; absent: named later.
    pub mediator_id: Option<AccountId>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Refuse an application (不予受理).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RefuseCase {
    /// Why (理由). Stored sealed.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Begin to mediate (开始调解).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BeginCase {
    /// Who mediates (调解员); absent: whoever was named at acceptance, else the caller.
    pub mediator_id: Option<AccountId>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Record an agreement (达成协议).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AgreeCase {
    /// Oral or written (协议形式).
    pub form: AgreementForm,
    /// What was agreed (协议内容): content, manner and term of performance. Stored sealed.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    pub content: String,
    /// When it took effect (生效时间): a written one when all have signed it, an oral one when it was reached. Not in the
    /// future; absent: now.
    pub effective_at: Option<DateTime<Utc>>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// End mediation without an agreement: it failed, a party ended it, or it was withdrawn (终结调解).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EndCase {
    /// Why, and which other ways the parties were told of (理由及告知的其他途径). Stored sealed; absent when nothing was said.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Record that performance has begun (开始履行).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PerformCase {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Record how performance ended (履行回访).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordPerformance {
    /// Performed or not (履行结果).
    pub outcome: PerformanceOutcome,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Close a case (归档).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseCase {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which cases to list. `region_code` stands for everything beneath it too.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCases {
    /// Within this region; absent: wherever the caller may see.
    pub region_code: Option<RegionCode>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only disputes of this kind.
    pub kind: Option<DisputeKind>,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
