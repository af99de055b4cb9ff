//! What comes in.

use super::{Audience, CheckState, MessageState, value};
use kernel::RegionCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Signs in from a mini-program (微信登录).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignInByWechat {
    /// What `wx.login` gave (登录 code); good for five minutes and once.
    #[validate(length(min = 1, max = 128), custom(function = code))]
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    pub code: String,
    /// What a button with `open-type="getPhoneNumber"` gave (手机号 code); needed the first time, to find the account.
    #[validate(length(min = 1, max = 128), custom(function = code))]
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    pub phone_code: Option<String>,
}

/// Binds the caller's account to the WeChat user of the mini-program (绑定微信).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BindWechat {
    /// What `wx.login` gave (登录 code).
    #[validate(length(min = 1, max = 128), custom(function = code))]
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    pub code: String,
}

/// What the user said when the mini-program asked whether they want to be told (订阅结果).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordWechatSubscriptions {
    /// Templates that they accepted, `accept` of `wx.requestSubscribeMessage`: one message more of each (同意).
    #[serde(default)]
    #[validate(length(max = 10), custom(function = template_ids))]
    #[schema(max_items = 10, value_type = Vec<WechatTemplateName>)]
    pub accepted: Vec<String>,
    /// Templates that they refused, `reject` or `ban` (拒绝).
    #[serde(default)]
    #[validate(length(max = 10), custom(function = template_ids))]
    #[schema(max_items = 10, value_type = Vec<WechatTemplateName>)]
    pub refused: Vec<String>,
}

/// The id that WeChat gave a template (模板 ID).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
#[expect(dead_code, reason = "only its schema is looked at")]
struct WechatTemplateName(String);

/// Where the value of a field comes from (取值).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WechatFieldSource)]
pub enum Source {
    /// 订单号
    Number,
    /// 标题, with phone and ID numbers masked.
    Title,
    /// 状态, in Chinese, of at most five characters.
    State,
    /// 时间 of the event.
    HappenedAt,
    /// 答复, with phone and ID numbers masked; 无 while there is none.
    Answer,
    /// 固定文字: what `text` says.
    Text,
}

/// A field of a message (订阅消息参数).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = WechatField)]
pub struct Field {
    /// Its key in the template (参数名): its kind and a number.
    #[validate(length(min = 1, max = 32), custom(function = field_key))]
    #[schema(
        min_length = 1,
        max_length = 32,
        example = "thing1",
        pattern = "^(thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase|enum)[0-9]{1,2}$"
    )]
    pub key: String,
    /// Where its value comes from.
    pub from: Source,
    /// The value itself, where it is always the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    pub text: Option<String>,
}

/// Says what subscribe messages tell whom of which step of an order (设置订阅消息).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetWechatTemplate {
    /// For orders in this region (区划) and beneath, unless a place within has its own.
    pub region_code: RegionCode,
    /// The step (事件类型): an event of orders.
    #[validate(length(min = 1, max = 64), custom(function = order_event))]
    #[schema(min_length = 1, max_length = 64, pattern = "^order[.][a-z_]+$", example = "order.completed")]
    pub event_type: String,
    /// Who is told (接收人).
    pub audience: Audience,
    /// The id that WeChat gave the template (模板 ID).
    #[validate(length(min = 1, max = 64), custom(function = template_id))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    pub template_id: String,
    /// The page of the mini-program that the message opens (跳转页面); `{order_id}` in it is replaced.
    #[validate(length(min = 1, max = 200), custom(function = page_path))]
    #[schema(min_length = 1, max_length = 200, pattern = "^[!-.0-~][!-~]*$", example = "pages/order/order?id={order_id}")]
    pub page: Option<String>,
    /// What each field of the template says (参数).
    #[validate(length(min = 1, max = 10), nested)]
    #[schema(min_items = 1, max_items = 10)]
    pub fields: Vec<Field>,
    /// Whether messages are sent (启用); yes when absent.
    pub enabled: Option<bool>,
}

/// Which templates to list (订阅消息设置).
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWechatTemplates {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which messages to list (订阅消息列表), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWechatMessages {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<MessageState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which checks to list (内容检测列表), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWechatChecks {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<CheckState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Decides on what WeChat found fault with (内容审定).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DecideWechatCheck {
    /// Whether there is nothing against it (通过).
    pub pass: bool,
}

/// Which QR code (小程序码).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MakeWechatQrCode {
    /// Where it is to hang (区划).
    pub region_code: RegionCode,
    /// What the page is told (场景值): 1 to 32 digits, letters and `!#$&'()*+,/:;=?@-._~`.
    #[param(min_length = 1, max_length = 32, pattern = "^[0-9A-Za-z!#$&'()*+,/:;=?@._~-]+$")]
    pub scene: String,
    /// The page (页面), without a leading `/` and without parameters; the first page when absent.
    #[param(min_length = 1, max_length = 128, pattern = "^[0-9A-Za-z][0-9A-Za-z_/-]*$")]
    pub page: Option<String>,
    /// Pixels across (宽度), 280–1280; 430 unless told.
    #[param(minimum = 280, maximum = 1280, default = 430)]
    pub width: Option<u32>,
}

/// How WeChat signs what it tells (消息推送签名).
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReceiveWechatPush {
    /// The signature of a plain message (签名).
    #[param(max_length = 64)]
    pub signature: Option<String>,
    /// When, in seconds since 1970 (时间戳).
    #[param(max_length = 20)]
    pub timestamp: Option<String>,
    /// A random number (随机数).
    #[param(max_length = 64)]
    pub nonce: Option<String>,
    /// What is to be echoed (随机字符串).
    #[param(max_length = 128)]
    pub echostr: Option<String>,
    /// Whom it is about (用户).
    #[param(max_length = 128)]
    pub openid: Option<String>,
    /// `aes` for an encrypted message (加密方式).
    #[param(max_length = 16)]
    pub encrypt_type: Option<String>,
    /// The signature of an encrypted message (消息签名).
    #[param(max_length = 64)]
    pub msg_signature: Option<String>,
}

fn refuse(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

fn code(text: &str) -> Result<(), ValidationError> {
    if text.bytes().all(|b| b.is_ascii_graphic()) { Ok(()) } else { Err(refuse("code", "visible ASCII characters")) }
}

fn template_id(id: &str) -> Result<(), ValidationError> {
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain { Ok(()) } else { Err(refuse("template_id", "letters, digits, - and _")) }
}

fn template_ids(ids: &[String]) -> Result<(), ValidationError> {
    if ids.iter().all(|id| (1..=64).contains(&id.len()) && template_id(id).is_ok()) {
        Ok(())
    } else {
        Err(refuse("template_ids", "each has 1 to 64 letters, digits, - and _"))
    }
}

fn field_key(key: &str) -> Result<(), ValidationError> {
    value::kind(key).map(drop).ok_or_else(|| refuse("key", "a kind of field and a number, such as thing1"))
}

fn order_event(word: &str) -> Result<(), ValidationError> {
    let known = word.starts_with("order.") && kernel::EventType::ALL.iter().any(|t| t.as_str() == word);
    if known { Ok(()) } else { Err(refuse("event_type", "an event of orders")) }
}

fn page_path(page: &str) -> Result<(), ValidationError> {
    let plain = page.bytes().all(|b| b.is_ascii_graphic()) && !page.starts_with('/');
    if plain { Ok(()) } else { Err(refuse("page", "a path of the mini-program without a leading /")) }
}
