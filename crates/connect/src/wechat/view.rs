//! What goes out: never who somebody is at WeChat.

use super::{
    Audience, CheckKind, CheckState, Field, MessageState, Verdict,
    row::{check, message, template},
};
use chrono::{DateTime, Utc};
use kernel::{
    Error, RegionCode, Result,
    id::{AccountId, OrderId, WechatCheckId, WechatMessageId, WechatTemplateId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// That an account is bound to a WeChat user (微信绑定).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WechatBinding {
    /// The account (账号).
    pub account_id: AccountId,
    /// Since when (绑定时间).
    pub bound_at: DateTime<Utc>,
}

/// Messages that the caller can agree to (可订阅消息).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WechatSubscription {
    /// The id to ask for by `wx.requestSubscribeMessage` (模板 ID).
    pub template_id: String,
    /// The steps of orders that it tells of (事件类型).
    pub event_types: Vec<String>,
    /// Who is told (接收人).
    pub audiences: Vec<Audience>,
    /// How many messages the caller has agreed to and not had yet (剩余次数).
    #[schema(minimum = 0)]
    pub remaining: i32,
}

/// The messages that the caller can agree to (可订阅消息列表).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WechatSubscriptionList {
    /// All of them, one for each template.
    pub items: Vec<WechatSubscription>,
}

/// What subscribe messages tell whom of a step of an order (订阅消息设置).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WechatTemplate {
    /// Its id.
    pub id: WechatTemplateId,
    /// Counts the changes (版本), from 1.
    #[schema(minimum = 1)]
    pub version: i32,
    /// For orders in this region (区划) and beneath.
    pub region_code: RegionCode,
    /// The step (事件类型).
    pub event_type: String,
    /// Who is told (接收人).
    pub audience: Audience,
    /// The id that WeChat gave the template (模板 ID).
    pub template_id: String,
    /// The page that the message opens (跳转页面).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<String>,
    /// What each field says (参数).
    pub fields: Vec<Field>,
    /// Whether messages are sent (启用).
    pub enabled: bool,
    /// When it was last set (设置时间).
    pub updated_at: DateTime<Utc>,
}

/// A subscribe message to one person (订阅消息).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WechatMessage {
    /// Its id.
    pub id: WechatMessageId,
    /// Where its order lies (区划).
    pub region_code: RegionCode,
    /// To whom (接收账号).
    pub account_id: AccountId,
    /// Of which order (订单).
    pub order_id: OrderId,
    /// Of which step (事件类型).
    pub event_type: String,
    /// As what they are told (接收人).
    pub audience: Audience,
    /// By which template (模板 ID).
    pub template_id: String,
    /// Where it stands (状态).
    pub state: MessageState,
    /// How often it was tried (尝试次数).
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// What WeChat said, by number (错误码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub errcode: Option<i64>,
    /// The same in words, with its `rid` (错误说明).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// When it is tried next (下次尝试), at the earliest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<DateTime<Utc>>,
    /// When it was made (生成时间).
    pub created_at: DateTime<Utc>,
    /// When it was sent or given up (完成时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done_at: Option<DateTime<Utc>>,
}

/// A check of a text or a picture by WeChat (内容检测).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WechatCheck {
    /// Its id.
    pub id: WechatCheckId,
    /// What is checked (检测对象).
    pub kind: CheckKind,
    /// Where it belongs (区划).
    pub region_code: RegionCode,
    /// Who wrote or uploaded it (提交账号).
    pub account_id: AccountId,
    /// The order or the attachment (对象).
    pub subject_id: Uuid,
    /// Where it stands (状态).
    pub state: CheckState,
    /// What WeChat says (检测建议).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Verdict>,
    /// Of what kind the fault is, by WeChat's numbers (命中标签): 20001 时政, 20002 色情, 20003 辱骂, 20006 违法, 20008 欺诈 ….
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<i32>,
    /// What WeChat said when it did not check, by number (错误码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub errcode: Option<i64>,
    /// The same in words (说明).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Who decided on it (审定人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided_by: Option<AccountId>,
    /// When it was asked for (时间).
    pub created_at: DateTime<Utc>,
    /// When it was settled (完成时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done_at: Option<DateTime<Utc>>,
}

/// A QR code (小程序码).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QrCode {
    /// What it is: `image/jpeg` or `image/png`.
    pub media_type: String,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// The fields of a template as they are stored.
pub(super) fn fields(json: &str) -> Result<Vec<Field>> {
    serde_json::from_str(json).map_err(Error::internal)
}

impl TryFrom<template::Model> for WechatTemplate {
    type Error = Error;

    fn try_from(row: template::Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            version: row.version,
            region_code: row.region_code,
            event_type: row.event_type,
            audience: row.audience,
            template_id: row.template_id,
            page: row.page,
            fields: fields(&row.fields)?,
            enabled: row.enabled,
            updated_at: row.updated_at,
        })
    }
}

impl From<message::Model> for WechatMessage {
    fn from(row: message::Model) -> Self {
        Self {
            id: row.id,
            region_code: row.region_code,
            account_id: row.account_id,
            order_id: row.order_id,
            event_type: row.event_type,
            audience: row.audience,
            template_id: row.template_id,
            state: row.state,
            attempts: row.attempts,
            errcode: row.errcode,
            reason: row.reason,
            due_at: (row.state == MessageState::Pending).then_some(row.due_at),
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
}

impl From<check::Model> for WechatCheck {
    fn from(row: check::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            region_code: row.region_code,
            account_id: row.account_id,
            subject_id: row.subject_id,
            state: row.state,
            verdict: row.verdict,
            label: row.label,
            errcode: row.errcode,
            reason: row.reason,
            decided_by: row.decided_by,
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
}
