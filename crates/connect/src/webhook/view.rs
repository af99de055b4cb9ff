//! What goes out: an endpoint without its secrets, which are shown once, when they are made.

use super::{
    Action, DeliveryState, EndpointState, Format, Outcome, Secret, StopReason, flow,
    row::{attempt, delivery, endpoint},
};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, RegionCode, Result, Time,
    event::Pattern,
    id::{AccountId, WebhookDeliveryId, WebhookEndpointId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook endpoint (推送地址): an address that is told of events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Whether it gets anything (状态).
    pub state: EndpointState,
    /// Why it gets nothing (停止原因).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<StopReason>,
    /// It is told of events in this region (区划) and everything beneath it.
    pub region_code: RegionCode,
    /// What it is called (名称).
    pub name: String,
    /// Where messages are sent (地址).
    pub url: String,
    /// Only these types (事件类型); all when empty.
    pub types: Vec<Pattern>,
    /// How messages are written (格式).
    pub format: Format,
    /// Who set it up last (负责人): it is told of what they may read.
    pub owner_id: AccountId,
    /// The secret (密钥); shown only when it is made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<String>,
    /// Until when messages are signed with the secret before this one too (旧密钥有效期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_secret_until: Option<DateTime<Utc>>,
    /// Since when nothing has got through (持续失败起始).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failing_since: Option<DateTime<Utc>>,
    /// The receiver asked to be left alone until then (限流至).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_until: Option<DateTime<Utc>>,
    /// Since when it gets nothing (停止时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stopped_at: Option<DateTime<Utc>>,
    /// When it was entered (新增时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What can be done with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// What an endpoint is told of one event (推送).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookDelivery {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// The endpoint (推送地址).
    pub endpoint_id: WebhookEndpointId,
    /// The event's number in the log (事件编号).
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub event_id: i64,
    /// The event's type (事件类型).
    #[serde(rename = "type")]
    pub kind: String,
    /// The header `webhook-id` (消息编号), the same at every attempt.
    pub message_id: String,
    /// Where it stands (状态).
    pub state: DeliveryState,
    /// How often it was tried (尝试次数).
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// What came of the last attempt (最近结果).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// The HTTP status of the last attempt (状态码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 100, maximum = 999)]
    pub status: Option<i16>,
    /// When it is tried next (下次尝试), at the earliest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<DateTime<Utc>>,
    /// When it was made (生成时间).
    pub created_at: DateTime<Utc>,
    /// When it was delivered or given up (完成时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done_at: Option<DateTime<Utc>>,
}

/// One attempt to deliver (推送尝试).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookAttempt {
    /// 1, 2, 3 … of its delivery (次序).
    #[schema(minimum = 1)]
    pub number: i32,
    /// When (时间).
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds (耗时).
    #[schema(minimum = 0)]
    pub duration_ms: i32,
    /// What came of it (结果).
    pub outcome: Outcome,
    /// The HTTP status of the answer (状态码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 100, maximum = 999)]
    pub status: Option<i16>,
    /// How the answer begins, if it was no success (应答摘要); phone and ID numbers are masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<String>,
}

/// A range of events that an endpoint is told of once more (重放).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookReplay {
    /// The endpoint (推送地址).
    pub endpoint_id: WebhookEndpointId,
    /// The number of the event before the first (起始编号).
    #[schema(minimum = 0)]
    pub after_event_id: i64,
    /// The number of the last event (截止编号).
    #[schema(minimum = 0)]
    pub until_event_id: i64,
    /// Whether what has been delivered is left out (仅未送达).
    pub undelivered_only: bool,
    /// When it was asked for (时间).
    pub created_at: DateTime<Utc>,
}

/// A secret as it is kept, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) secret: String,
    /// Absent: for good.
    pub(super) until: Option<Time>,
}

/// The sealed columns. Each is bound to its row and to itself.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Url,
    Secrets,
}

impl Sealed {
    fn owner(self, id: WebhookEndpointId) -> String {
        let column = match self {
            Self::Url => "url",
            Self::Secrets => "secrets",
        };
        format!("webhook_endpoint {id} {column}")
    }

    pub(super) fn seal(self, cx: &Cx, id: WebhookEndpointId, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(id), text)
    }

    pub(super) fn open(self, cx: &Cx, id: WebhookEndpointId, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(id), sealed)
    }
}

impl endpoint::Model {
    pub(super) fn patterns(&self) -> Result<Vec<Pattern>> {
        serde_json::from_str(&self.types).map_err(Error::internal)
    }

    pub(super) fn open_url(&self, cx: &Cx) -> Result<String> {
        Sealed::Url.open(cx, self.id, &self.url)
    }

    /// The newest first.
    pub(super) fn kept(&self, cx: &Cx) -> Result<Vec<Kept>> {
        serde_json::from_str(&Sealed::Secrets.open(cx, self.id, &self.secrets)?).map_err(Error::internal)
    }

    /// What a message is signed with now, the newest first.
    pub(super) fn secrets_at(&self, cx: &Cx, now: Time) -> Result<Vec<Secret>> {
        let kept = self.kept(cx)?.into_iter().filter(|k| k.until.is_none_or(|until| until > now));
        kept.map(|k| Secret::parse(&k.secret).map_err(Error::internal)).collect()
    }
}

/// The endpoint, without its secret.
pub(super) fn shown(cx: &Cx, row: &endpoint::Model) -> Result<WebhookEndpoint> {
    let now = cx.now();
    Ok(WebhookEndpoint {
        id: row.id,
        version: row.version,
        state: row.state,
        reason: row.reason,
        region_code: row.region_code,
        name: row.name.clone(),
        url: row.open_url(cx)?,
        types: row.patterns()?,
        format: row.format,
        owner_id: row.owner_id,
        secret: None,
        old_secret_until: row.kept(cx)?.into_iter().filter_map(|k| k.until).filter(|until| *until > now).max(),
        failing_since: row.failing_since,
        held_until: row.hold_until.filter(|until| *until > now),
        stopped_at: row.stopped_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        allowed_actions: Action::all().filter(|action| flow::next(row.state, *action).is_some()).collect(),
    })
}

impl From<delivery::Model> for WebhookDelivery {
    fn from(row: delivery::Model) -> Self {
        Self {
            id: row.id,
            endpoint_id: row.endpoint_id,
            event_id: row.event_id,
            kind: row.event_type,
            message_id: row.message_id,
            state: row.state,
            attempts: row.attempts,
            outcome: row.outcome,
            status: row.status,
            due_at: (row.state == DeliveryState::Pending).then_some(row.due_at),
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
}

impl From<attempt::Model> for WebhookAttempt {
    fn from(row: attempt::Model) -> Self {
        Self { number: row.number, at: row.at, duration_ms: row.duration_ms, outcome: row.outcome, status: row.status, answer: row.answer }
    }
}
