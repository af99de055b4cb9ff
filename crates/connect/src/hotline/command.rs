//! What comes in from people: hotlines, how they sign and how they are told, and what is done about a work order.

use super::row::{Encoding, HotlineState, MessageKind, MessageState, Scheme};
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    check::worded,
    id::{ApplicationId, HotlineId, HotlineOrderId},
};
use serde::{Deserialize, Serialize};
use services::order::external::plain_system;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Enters a hotline (新增热线对接).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateHotline {
    /// The word by which it names itself when it pushes (热线系统): small letters, digits, `.`, `-` and `_`.
    #[validate(length(min = 1, max = 64), custom(function = plain_system))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$", example = "12345.zhenjiang")]
    pub system: String,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "镇江12345政务服务便民热线")]
    pub name: String,
    /// It pushes work orders of this region (区划) and everything beneath it.
    pub region_code: RegionCode,
    /// The only application that may push for it (应用); any with the scope `hotline.push` there when absent.
    pub application_id: Option<ApplicationId>,
    /// How what it pushes is signed (来单签名); not at all when absent.
    #[validate(nested)]
    pub inbound: Option<SetHotlineSigning>,
    /// Where and how it is told of our steps (回传配置); not at all when absent.
    #[validate(nested)]
    pub outbound: Option<SetHotlineAdapter>,
}

/// Changes a hotline (修改热线对接); what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateHotline {
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    /// The only application that may push for it (应用).
    pub application_id: Option<ApplicationId>,
    /// How what it pushes is signed (来单签名). Of a secret that is replaced the old one is good for another day.
    #[validate(nested)]
    pub inbound: Option<SetHotlineSigning>,
    /// Where and how it is told (回传配置), all of it anew; a secret that is absent stays.
    #[validate(nested)]
    pub outbound: Option<SetHotlineAdapter>,
    /// Whether what it is to be told waits (暂停回传).
    pub paused: Option<bool>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// How a message is signed (签名配置): HMAC-SHA256 over `id.timestamp.body`, where `id` is used once and `timestamp` is in seconds
/// since 1970.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetHotlineSigning {
    /// Whether and how (签名方式).
    pub scheme: Scheme,
    /// The key that both sides hold (密钥), as text; never shown again.
    #[validate(length(min = 16, max = 200), custom(function = plain_text))]
    #[schema(min_length = 16, max_length = 200, pattern = "^[!-~]+$")]
    pub secret: Option<String>,
    /// The header with the id (编号请求头); `x-hotline-id` when absent.
    #[validate(length(min = 1, max = 64), custom(function = header_name))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9-]+$")]
    pub id_header: Option<String>,
    /// The header with the time (时间请求头); `x-hotline-timestamp` when absent.
    #[validate(length(min = 1, max = 64), custom(function = header_name))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9-]+$")]
    pub timestamp_header: Option<String>,
    /// The header with the signature (签名请求头); `x-hotline-signature` when absent.
    #[validate(length(min = 1, max = 64), custom(function = header_name))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9-]+$")]
    pub signature_header: Option<String>,
    /// How the signature is written (签名编码); `hex` when absent.
    pub encoding: Option<Encoding>,
    /// How far the clocks may be apart, in seconds (时间窗口); 300 when absent.
    #[validate(range(min = 30, max = 900))]
    #[schema(minimum = 30, maximum = 900, default = 300)]
    pub window_seconds: Option<i64>,
}

/// Where and how a hotline is told of our steps (回传配置): a POST of JSON for each, with its own names for things.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetHotlineAdapter {
    /// What all addresses begin with (地址): `https://`, and leading into the public internet unless the operator allows more.
    #[validate(length(min = 1, max = 1000))]
    #[schema(min_length = 1, max_length = 1000, example = "https://12345.example.org/api")]
    pub base_url: String,
    /// The path of each step (路径); a step without one is not told.
    #[validate(length(min = 1, max = 7), nested)]
    #[schema(min_items = 1, max_items = 7)]
    pub paths: Vec<HotlinePath>,
    /// What it calls our fields (字段对照); what is not named here keeps our name.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub fields: Vec<HotlineField>,
    /// What it calls our words (值对照).
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub values: Vec<HotlineValue>,
    /// What it wants in each message (固定字段).
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub constants: Vec<HotlineConstant>,
    /// By what of its answer it says that it has the message (成功标志); a status of 200 to 299 is enough when absent.
    #[validate(nested)]
    pub success: Option<HotlineSuccess>,
    /// How messages are signed (回传签名); not at all when absent.
    #[validate(nested)]
    pub signing: Option<SetHotlineSigning>,
}

/// The path of a step (回传路径).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlinePath {
    /// Which step (类型).
    pub kind: MessageKind,
    /// Its path, behind `base_url` (路径); `{external_number}` is replaced by the number.
    #[validate(length(min = 1, max = 300), custom(function = path))]
    #[schema(min_length = 1, max_length = 300, pattern = "^/[!-~]*$", example = "/workorders/{external_number}/sign")]
    pub path: String,
}

/// What the hotline calls a field of ours (字段对照).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineField {
    /// Our field (本系统字段), as in docs/hotline.md.
    #[validate(length(min = 1, max = 64), custom(function = our_field))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z_]+$", example = "external_number")]
    pub ours: String,
    /// Its name there (对方字段); dots make objects within objects. Left out of the message when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 1, max = 128), custom(function = their_field))]
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", example = "data.taskId")]
    pub theirs: Option<String>,
}

/// What the hotline calls a word of ours (值对照).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineValue {
    /// Of which field of ours (本系统字段).
    #[validate(length(min = 1, max = 64), custom(function = our_field))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z_]+$", example = "result")]
    pub field: String,
    /// Our word (本系统值).
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "solved")]
    pub ours: String,
    /// Its word (对方值).
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, example = "0")]
    pub theirs: String,
}

/// What the hotline wants in each message (固定字段).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineConstant {
    /// Its name there (对方字段).
    #[validate(length(min = 1, max = 128), custom(function = their_field))]
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", example = "unitCode")]
    pub theirs: String,
    /// Its value (值).
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "321182001017")]
    pub value: String,
}

/// By what of its answer a hotline says that it has the message (成功标志).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineSuccess {
    /// The field of its answer, which is JSON (字段); dots go into objects.
    #[validate(length(min = 1, max = 128), custom(function = their_field))]
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", example = "code")]
    pub field: String,
    /// What stands there, as text (值).
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "0")]
    pub equals: String,
}

/// Says which service items the categories of a hotline lead to in a region (热线分类对照): a new version.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetHotlineCategories {
    /// Where (区划): here and beneath, unless a place within has its own.
    pub region_code: RegionCode,
    /// Category by category (对照).
    #[validate(length(max = 1000), nested)]
    #[schema(max_items = 1000)]
    pub entries: Vec<HotlineCategory>,
}

/// Which service item a category leads to (分类对照).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineCategory {
    /// The code of the category there (热线分类编码); `B2*` is all that begin in this way, and the longest that fits decides.
    #[validate(length(min = 1, max = 64), custom(function = worded))]
    #[schema(min_length = 1, max_length = 64, pattern = "\\S", example = "B2-3")]
    pub category_code: String,
    /// The code of the service item (服务事项编码).
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32, example = "BM-01-01")]
    pub item_code: String,
}

/// Asks the hotline for more time (申请延期); its answer is a newer version of the work order.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ExtendHotlineOrder {
    /// Why (原因).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "需协调电力部门停电施工。")]
    pub reason: String,
    /// Until when it is to be done (新办结期限).
    pub new_finish_by: DateTime<Utc>,
    /// When the caller was told (告知诉求人时间).
    pub told_claimant_at: Option<DateTime<Utc>>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Records that the caller was called back (回访): by the hotline itself, or by the community, which then tells the hotline.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CallBackHotlineOrder {
    /// When (回访时间).
    pub at: DateTime<Utc>,
    /// Whether the caller was reached (是否联系上).
    pub reached: bool,
    /// Whether the caller says that it is solved (是否解决).
    pub solved: Option<bool>,
    /// How satisfied the caller is (满意度): 1 不满意, 2 基本满意, 3 满意, 4 非常满意.
    #[validate(range(min = 1, max = 4))]
    #[schema(minimum = 1, maximum = 4, example = 3)]
    pub satisfaction: Option<i16>,
    /// What the caller says (说明).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Has a work order done again (二次办理), as the hotline says.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReworkHotlineOrder {
    /// Why (原因).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "诉求人反映路灯仍不亮。")]
    pub reason: String,
    /// Until when it is to be done (办结期限); by the policy of the place when absent.
    pub finish_by: Option<DateTime<Utc>>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which hotlines to list (热线对接列表), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHotlines {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<HotlineState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which mappings to list (分类对照列表), the newest version of a place first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHotlineCategories {
    /// Only of this region itself (区划).
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which work orders to list (热线工单列表), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHotlineOrders {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Of this hotline (热线).
    pub hotline_id: Option<HotlineId>,
    /// With this number there (热线工单编号).
    #[param(max_length = 64)]
    pub external_number: Option<String>,
    /// Only those that are not finished and not returned (`true`), or only the others (未办结).
    pub open: Option<bool>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which messages to list (回传记录), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHotlineMessages {
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<MessageState>,
    /// About this work order (工单).
    pub hotline_order_id: Option<HotlineOrderId>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which work orders to reconcile (对账): those of which the hotline has not acknowledged all, the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReconcileHotline {
    /// Also those of which it has acknowledged all (含一致).
    pub include_settled: Option<bool>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Whose rates (三率), the newest month first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHotlineRates {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// From this month on (起始月份), `2026-11`, in China.
    #[param(max_length = 7, pattern = "^[0-9]{4}-[0-9]{2}$", example = "2026-01")]
    pub from_month: Option<String>,
    /// Up to and with this month (截止月份).
    #[param(max_length = 7, pattern = "^[0-9]{4}-[0-9]{2}$", example = "2026-12")]
    pub until_month: Option<String>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

type Checked = Result<(), ValidationError>;

fn held(sound: bool, code: &'static str, message: &'static str) -> Checked {
    if sound { Ok(()) } else { Err(ValidationError::new(code).with_message(message.into())) }
}

fn plain_text(secret: &str) -> Checked {
    held(secret.bytes().all(|b| b.is_ascii_graphic()), "secret", "visible ASCII characters only")
}

fn header_name(name: &str) -> Checked {
    held(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "header", "letters, digits and '-' only")
}

fn path(path: &str) -> Checked {
    let sound = path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'\\' | b'"' | b'<' | b'>'));
    held(sound, "path", "it begins with '/' and has no spaces")
}

fn our_field(name: &str) -> Checked {
    held(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "field", "small letters and '_' only")
}

fn their_field(name: &str) -> Checked {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    held(name.split('.').all(plain), "field", "letters, digits, '_' and '-', with dots between")
}
