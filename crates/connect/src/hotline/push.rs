//! A work order as a hotline pushes it (热线工单), in the canonical fields of handbook 2, B.4.

use chrono::{DateTime, SubsecRound, Utc};
use kernel::{
    Code, Error, RegionCode, Result,
    check::{dialable, worded},
    clock::has_plain_year,
    geo::Point,
    mask,
};
use serde::{Deserialize, Serialize};
use services::{
    hotline::HotlineKind,
    order::{
        Contact, Priority,
        external::{plain_number, plain_system},
    },
};
use utoipa::ToSchema;
use validator::Validate;

macro_rules! plain_words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
    )+};
}

plain_words! {
    /// The way by which it reached the hotline (来源渠道).
    HotlineSource {
        /// 电话
        Phone
        /// 网站
        Web
        /// 客户端
        App
        /// 微信
        Wechat
        /// 信件
        Letter
        /// 转办: from another hotline or office.
        Transfer
    }
    /// How urgent it is (紧急程度).
    HotlineUrgency {
        /// 一般
        Normal
        /// 紧急
        Urgent
        /// 特急
        Special
    }
    /// What is wanted of whoever gets it (办理方式).
    HandlingMode {
        /// 转办
        Transfer
        /// 督办
        Supervise
        /// 回访复核
        Recheck
    }
    /// What a caller is (诉求人类别).
    ClaimantKind {
        /// 个人
        Person
        /// 企业
        Company
    }
    /// 性别
    ClaimantGender {
        /// 未知
        Unknown
        /// 男
        Male
        /// 女
        Female
    }
}

/// Pushes a work order (推送热线工单): a new one, or a newer version of one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PushHotlineOrder {
    /// The hotline's word (热线系统).
    #[validate(length(min = 1, max = 64), custom(function = plain_system))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$", example = "12345.zhenjiang")]
    pub external_system: String,
    /// Its number there (工单编号).
    #[validate(length(min = 1, max = 64), custom(function = plain_number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^\\S+$", example = "ZJ202611160001")]
    pub external_number: String,
    /// Its version there (版本): 1, 2, 3 … The same again changes nothing, an older one is refused.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub external_version: i32,
    /// How it reached the hotline (来源渠道).
    pub source_channel: HotlineSource,
    /// What the caller wants (工单类型).
    pub kind: HotlineKind,
    /// The code of its category there (分类编码).
    #[validate(length(min = 1, max = 64), custom(function = worded))]
    #[schema(min_length = 1, max_length = 64, pattern = "\\S", example = "B2-3")]
    pub category_code: Option<String>,
    /// The names of its category from the top (分类路径).
    #[serde(default)]
    #[validate(length(max = 6), custom(function = short_names))]
    #[schema(max_items = 6, value_type = Vec<HotlineName>)]
    pub category_path: Vec<String>,
    /// What it is about (标题).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "路灯不亮")]
    pub title: String,
    /// What the caller says (内容).
    #[validate(length(min = 1, max = 4000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S", example = "小区东门路灯坏了一周,晚上出行不便。")]
    pub content: String,
    /// When it happened (发生时间).
    pub occurred_at: Option<DateTime<Utc>>,
    /// Where (地点).
    #[validate(nested)]
    pub place: HotlinePlace,
    /// Who called (诉求人); absent: nobody knows.
    #[validate(nested)]
    pub claimant: Option<HotlineClaimant>,
    /// How urgent it is (紧急程度); `normal` when absent.
    pub urgency: Option<HotlineUrgency>,
    /// What is wanted (办理方式); `transfer` when absent.
    pub handling_mode: Option<HandlingMode>,
    /// The unit that leads (主办单位), as the hotline calls it.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub lead_unit: Option<String>,
    /// The units that help (协办单位).
    #[serde(default)]
    #[validate(length(max = 20), custom(function = short_names))]
    #[schema(max_items = 20, value_type = Vec<HotlineName>)]
    pub co_units: Vec<String>,
    /// Whether the unit was named after a dispute (指定承办): then it may not return the work order.
    #[serde(default)]
    pub designated: bool,
    /// When the hotline took it (受理时间).
    pub accepted_at: Option<DateTime<Utc>>,
    /// When the hotline sent it off (派单时间).
    pub dispatched_at: Option<DateTime<Utc>>,
    /// Until when it is taken in hand (签收期限); by the policy of the place when absent.
    pub sign_by: Option<DateTime<Utc>>,
    /// Until when the caller is answered first (响应期限); by the policy of the place when absent.
    pub reply_by: Option<DateTime<Utc>>,
    /// Until when it is done (办结期限); by the policy of the place when absent.
    pub finish_by: Option<DateTime<Utc>>,
    /// Where the limits come from (时限依据).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub limit_basis: Option<String>,
    /// Files that the hotline holds (附件); they are not fetched.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub attachments: Vec<HotlineAttachment>,
    /// The number of the work order that this one repeats (重复工单).
    #[validate(length(min = 1, max = 64), custom(function = plain_number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^\\S+$")]
    pub repeat_of: Option<String>,
    /// The number of the work order that it was merged into (并入工单).
    #[validate(length(min = 1, max = 64), custom(function = plain_number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^\\S+$")]
    pub merged_into: Option<String>,
}

/// Where it is (地点).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlinePlace {
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The address (地址).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub address: Option<String>,
    /// The point, in any datum (坐标).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub point: Option<Point>,
}

/// Who called (诉求人).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineClaimant {
    /// 姓名
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 1, max = 32), custom(function = worded))]
    #[schema(min_length = 1, max_length = 32, pattern = "\\S", example = "张三")]
    pub name: Option<String>,
    /// 电话
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$", example = "13812341234")]
    pub phone: Option<String>,
    /// 备用电话
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$")]
    pub alt_phone: Option<String>,
    /// 性别
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gender: Option<ClaimantGender>,
    /// 诉求人类别
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<ClaimantKind>,
    /// Whether whoever does the work may not learn who called (保密).
    #[serde(default)]
    pub confidential: bool,
    /// Whether the caller wants to be called back (要求回访).
    #[serde(default)]
    pub callback_wanted: bool,
}

/// A file that the hotline holds (附件).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineAttachment {
    /// Its name (名称).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub name: String,
    /// Where the hotline has it (地址). Linli does not fetch it.
    #[validate(length(min = 1, max = 1000), custom(function = web_address))]
    #[schema(min_length = 1, max_length = 1000, pattern = "^https?://[!-~]+$", example = "https://12345.example.org/files/1.jpg")]
    pub url: String,
}

/// A name as the hotline has it (名称).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 100)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct HotlineName(String);

fn short_names(names: &[String]) -> std::result::Result<(), validator::ValidationError> {
    if names.iter().all(|n| (1..=100).contains(&n.chars().count())) {
        Ok(())
    } else {
        Err(validator::ValidationError::new("names").with_message("a name has 1 to 100 characters".into()))
    }
}

fn web_address(url: &str) -> std::result::Result<(), validator::ValidationError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic())) {
        Ok(())
    } else {
        Err(validator::ValidationError::new("url").with_message("an address that begins with http:// or https://".into()))
    }
}

impl PushHotlineOrder {
    /// Whether nobody who does the work may learn who called.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.claimant.as_ref().is_some_and(|c| c.confidential)
    }

    /// The times in it, to the microsecond as the database keeps them, with years of four digits.
    ///
    /// # Errors
    /// `content_invalid`, naming the field.
    pub fn plain(mut self) -> Result<Self> {
        let times = [
            ("occurred_at", &mut self.occurred_at),
            ("accepted_at", &mut self.accepted_at),
            ("dispatched_at", &mut self.dispatched_at),
            ("sign_by", &mut self.sign_by),
            ("reply_by", &mut self.reply_by),
            ("finish_by", &mut self.finish_by),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                *time = plain_time(*time).map_err(|e| e.field_at(format!("#/{name}")))?;
            }
        }
        Ok(self)
    }

    /// How to reach the caller: the address of the matter, and the caller's name and phone.
    #[must_use]
    pub fn contact(&self) -> Option<Contact> {
        let claimant = self.claimant.as_ref();
        let contact = Contact {
            name: claimant.and_then(|c| c.name.clone()),
            phone: claimant.and_then(|c| c.phone.clone().or_else(|| c.alt_phone.clone())),
            address: self.place.address.clone(),
        };
        (contact != Contact::default()).then_some(contact)
    }

    /// Title and content as they stand in the order: of a confidential work order without the caller's name and any number, because
    /// whoever does the work reads them.
    #[must_use]
    pub fn texts(&self) -> (String, String) {
        if !self.is_confidential() {
            return (self.title.clone(), self.content.clone());
        }
        (self.veiled(&self.title), self.veiled(&self.content))
    }

    fn veiled(&self, text: &str) -> String {
        let name = self.claimant.as_ref().and_then(|c| c.name.as_deref()).filter(|name| name.chars().count() > 1);
        let text = name.map_or_else(|| text.to_owned(), |name| text.replace(name, &"*".repeat(name.chars().count())));
        mask::text(&text)
    }

    /// How urgent its order is.
    #[must_use]
    pub fn priority(&self) -> Priority {
        match self.urgency {
            None | Some(HotlineUrgency::Normal) => Priority::Normal,
            Some(HotlineUrgency::Urgent) => Priority::High,
            Some(HotlineUrgency::Special) => Priority::Urgent,
        }
    }
}

/// A time as the database keeps it.
///
/// # Errors
/// `field_invalid` for a year of more or less than four digits.
pub(super) fn plain_time(time: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if has_plain_year(time) {
        Ok(time.trunc_subsecs(6))
    } else {
        Err(Error::new(Code::FieldInvalid).with("reason", "a time has a year of four digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pushed(claimant: Value) -> PushHotlineOrder {
        serde_json::from_value(json!({
            "external_system": "12345.zhenjiang", "external_number": "1", "external_version": 1, "source_channel": "phone", "kind": "help",
            "title": "张三丰反映路灯", "content": "张三丰(13812341234)反映路灯不亮。", "place": { "region_code": "321182001017" }, "claimant": claimant,
        }))
        .unwrap()
    }

    #[test]
    fn whoever_does_the_work_does_not_read_who_called() {
        let open = pushed(json!({ "name": "张三丰", "phone": "13812341234" }));
        assert_eq!(open.texts().0, "张三丰反映路灯");
        let secret = pushed(json!({ "name": "张三丰", "phone": "13812341234", "confidential": true }));
        assert_eq!(secret.texts(), ("***反映路灯".to_owned(), "***(138****1234)反映路灯不亮。".to_owned()));
        assert_eq!(pushed(Value::Null).contact(), None);
    }
}
