//! What goes out: hotlines without their secrets, what they are told, and how that adds up.

use super::{
    adapter::Adapter,
    command::{HotlineCategory, HotlineConstant, HotlineField, HotlinePath, HotlineSuccess, HotlineValue},
    row::{Encoding, HotlineState, MessageKind, MessageState, Outcome, Scheme, category, hotline, message},
    signature::Signing,
};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{ApplicationId, HotlineId, HotlineMessageId, HotlineOrderId, OrderId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use services::order::State;
use utoipa::ToSchema;

/// A hotline (热线对接): a system that pushes work orders and is told what becomes of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Hotline {
    /// Its id.
    pub id: HotlineId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Whether it is told of our steps (状态).
    pub state: HotlineState,
    /// The word by which it names itself (热线系统).
    pub system: String,
    /// What it is called (名称).
    pub name: String,
    /// It pushes work orders of this region (区划) and everything beneath it.
    pub region_code: RegionCode,
    /// The only application that may push for it (应用); absent: any with the scope.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub application_id: Option<ApplicationId>,
    /// How what it pushes is signed (来单签名).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inbound: Option<HotlineSigning>,
    /// Where and how it is told (回传配置).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outbound: Option<HotlineAdapter>,
    /// Since when nothing has got through (持续失败起始).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failing_since: Option<DateTime<Utc>>,
    /// When it was entered (新增时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// How messages are signed (签名配置), without the secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineSigning {
    /// Whether and how (签名方式).
    pub scheme: Scheme,
    /// Whether there is a secret (已设密钥).
    pub has_secret: bool,
    /// The header with the id (编号请求头).
    pub id_header: String,
    /// The header with the time (时间请求头).
    pub timestamp_header: String,
    /// The header with the signature (签名请求头).
    pub signature_header: String,
    /// How the signature is written (签名编码).
    pub encoding: Encoding,
    /// How far the clocks may be apart, in seconds (时间窗口).
    #[schema(minimum = 30, maximum = 900)]
    pub window_seconds: i64,
}

/// Where and how a hotline is told (回传配置), without the secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineAdapter {
    /// What all addresses begin with (地址).
    pub base_url: String,
    /// The path of each step (路径).
    pub paths: Vec<HotlinePath>,
    /// What it calls our fields (字段对照).
    pub fields: Vec<HotlineField>,
    /// What it calls our words (值对照).
    pub values: Vec<HotlineValue>,
    /// What it wants in each message (固定字段).
    pub constants: Vec<HotlineConstant>,
    /// By what of its answer it says that it has the message (成功标志).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub success: Option<HotlineSuccess>,
    /// How messages are signed (回传签名).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signing: Option<HotlineSigning>,
}

/// Which service items the categories of a hotline lead to in a region (热线分类对照), one version of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineCategories {
    /// The hotline (热线).
    pub hotline_id: HotlineId,
    /// Where (区划).
    pub region_code: RegionCode,
    /// 1, 2, 3 … for this hotline and region (版本); the newest holds.
    #[schema(minimum = 1)]
    pub mapping_version: i32,
    /// Category by category (对照).
    pub entries: Vec<HotlineCategory>,
    /// Since when it holds (生效时间).
    pub created_at: DateTime<Utc>,
}

/// What a hotline is told of one step (回传).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineMessage {
    /// Its id, also in the message as `message_id` (消息编号), the same at every attempt.
    pub id: HotlineMessageId,
    /// The hotline (热线).
    pub hotline_id: HotlineId,
    /// The work order (工单).
    pub hotline_order_id: HotlineOrderId,
    /// Which step (类型).
    pub kind: MessageKind,
    /// The number of the event that it tells of (事件编号).
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub event_id: i64,
    /// The hotline's version of the work order then (版本).
    #[schema(minimum = 1)]
    pub external_version: i32,
    /// Where it stands (状态).
    pub state: MessageState,
    /// How often it was tried (尝试次数).
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// What came of the last attempt (最近结果).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// The HTTP status of the last answer (状态码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 100, maximum = 999)]
    pub status: Option<i16>,
    /// How the last answer begins, if it was no success (应答摘要); phone and ID numbers are masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<String>,
    /// When it was last tried (最近尝试).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tried_at: Option<DateTime<Utc>>,
    /// When it is tried next (下次尝试), at the earliest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<DateTime<Utc>>,
    /// When it was made (生成时间).
    pub created_at: DateTime<Utc>,
    /// When it was acknowledged or given up (完成时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done_at: Option<DateTime<Utc>>,
}

/// What we believe of a work order against what the hotline has acknowledged (对账).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineReconciliation {
    /// The work order (工单).
    pub hotline_order_id: HotlineOrderId,
    /// Its number there (工单编号).
    pub external_number: String,
    /// Its version there (版本).
    #[schema(minimum = 1)]
    pub external_version: i32,
    /// The order that is worked on (订单).
    pub order_id: OrderId,
    /// Where that stands here (本系统状态).
    pub order_state: State,
    /// The last step that there is to tell (最近步骤).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_step: Option<MessageKind>,
    /// The last step that the hotline has acknowledged (最近确认).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_acknowledged: Option<MessageKind>,
    /// When it did (确认时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Messages that are tried (待回传).
    #[schema(minimum = 0)]
    pub pending: u32,
    /// Messages that were given up (已失败).
    #[schema(minimum = 0)]
    pub failed: u32,
    /// Since when the oldest of them waits (最早未确认).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unsettled_since: Option<DateTime<Utc>>,
    /// Whether the hotline has acknowledged all (一致).
    pub settled: bool,
}

/// How many messages are told once more (重新回传).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineRedelivery {
    /// So many (条数).
    #[schema(minimum = 0)]
    pub messages: u64,
}

/// A part of a whole (比率).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineRate {
    /// How many of them (分子).
    #[schema(minimum = 0)]
    pub numerator: i64,
    /// Of how many (分母).
    #[schema(minimum = 0)]
    pub denominator: i64,
    /// The one divided by the other, to four places (比率); absent where there is nothing to divide by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 0, maximum = 1)]
    pub rate: Option<f64>,
}

impl HotlineRate {
    /// So many of so many.
    #[must_use]
    pub fn of(numerator: i64, denominator: i64) -> Self {
        // Work orders of a month: far below what a float holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "counts of a month")]
        let rate = (denominator > 0).then(|| (numerator as f64 / denominator as f64 * 10_000.0).round() / 10_000.0);
        Self { numerator, denominator, rate }
    }
}

/// The three rates (三率) of a community, a unit and a month.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineRates {
    /// The month in which the work orders came, in China (月份).
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$", example = "2026-11")]
    pub month: String,
    /// The community or village (区划).
    pub region_code: RegionCode,
    /// The organization that led (主办组织); absent: people of the community did, or nobody yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit_id: Option<OrganizationId>,
    /// How many work orders came and were not returned (接收数).
    #[schema(minimum = 0)]
    pub received: i64,
    /// 响应率: of those that were not returned and have been answered or should have been, those that were answered by `reply_by`.
    pub response: HotlineRate,
    /// 解决率: of those of which a caller said whether it is solved, those of which it is.
    pub solution: HotlineRate,
    /// 满意率: of those of which a caller said how satisfied they are, those that count as satisfied.
    pub satisfaction: HotlineRate,
}

impl From<&Signing> for HotlineSigning {
    fn from(signing: &Signing) -> Self {
        Self {
            scheme: signing.scheme,
            has_secret: signing.has_secret(),
            id_header: signing.id_header.clone(),
            timestamp_header: signing.timestamp_header.clone(),
            signature_header: signing.signature_header.clone(),
            encoding: signing.encoding,
            window_seconds: signing.window_seconds,
        }
    }
}

impl From<Adapter> for HotlineAdapter {
    fn from(adapter: Adapter) -> Self {
        Self {
            signing: adapter.signing.as_ref().map(HotlineSigning::from),
            base_url: adapter.base_url,
            paths: adapter.paths,
            fields: adapter.fields,
            values: adapter.values,
            constants: adapter.constants,
            success: adapter.success,
        }
    }
}

/// The sealed columns. Each is bound to its row and to itself.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Inbound(HotlineId),
    Outbound(HotlineId),
    Payload(HotlineOrderId, i32),
    Message(HotlineMessageId),
}

impl Sealed {
    fn owner(self) -> String {
        match self {
            Self::Inbound(id) => format!("hotline {id} inbound"),
            Self::Outbound(id) => format!("hotline {id} outbound"),
            Self::Payload(id, version) => format!("hotline_order {id} payload {version}"),
            Self::Message(id) => format!("hotline_message {id} payload"),
        }
    }

    pub(super) fn seal(self, cx: &Cx, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(), text)
    }

    pub(super) fn open(self, cx: &Cx, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(), sealed)
    }
}

impl hotline::Model {
    pub(super) fn signing(&self, cx: &Cx) -> Result<Option<Signing>> {
        let Some(sealed) = &self.inbound else { return Ok(None) };
        serde_json::from_str(&Sealed::Inbound(self.id).open(cx, sealed)?).map(Some).map_err(Error::internal)
    }

    pub(super) fn adapter(&self, cx: &Cx) -> Result<Option<Adapter>> {
        let Some(sealed) = &self.outbound else { return Ok(None) };
        serde_json::from_str(&Sealed::Outbound(self.id).open(cx, sealed)?).map(Some).map_err(Error::internal)
    }
}

/// The hotline, without its secrets.
pub(super) fn shown(cx: &Cx, row: &hotline::Model) -> Result<Hotline> {
    Ok(Hotline {
        id: row.id,
        version: row.version,
        state: row.state,
        system: row.system.clone(),
        name: row.name.clone(),
        region_code: row.region_code,
        application_id: row.application_id,
        inbound: row.signing(cx)?.as_ref().map(HotlineSigning::from),
        outbound: row.adapter(cx)?.map(HotlineAdapter::from),
        failing_since: row.failing_since,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

impl TryFrom<category::Model> for HotlineCategories {
    type Error = Error;
    fn try_from(row: category::Model) -> Result<Self> {
        Ok(Self {
            hotline_id: row.hotline_id,
            region_code: row.region_code,
            mapping_version: row.version,
            entries: serde_json::from_str(&row.entries).map_err(Error::internal)?,
            created_at: row.created_at,
        })
    }
}

impl From<message::Model> for HotlineMessage {
    fn from(row: message::Model) -> Self {
        Self {
            id: row.id,
            hotline_id: row.hotline_id,
            hotline_order_id: row.hotline_order_id,
            kind: row.kind,
            event_id: row.event_id,
            external_version: row.external_version,
            due_at: (row.state == MessageState::Pending).then_some(row.due_at),
            state: row.state,
            attempts: row.attempts,
            outcome: row.outcome,
            status: row.status,
            answer: row.answer,
            tried_at: row.tried_at,
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
}
