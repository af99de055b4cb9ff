//! How long data of a class is kept (保存期限): a policy of each place, and what is written down when some has gone.
//!
//! The sources name no times, so none ships: what has no time is kept until somebody sets one (PIPL 19, 47). What is still worked on is
//! never due: an order that is not closed, an opinion whose outcome has not been told, a resident who is here or restricted.

use crate::policy;
use kernel::{Cx, Event, EventType, RegionCode, Result, Subject, retention::Ruled};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Days after which data of a class goes (保存期限规则), by class; a class without a number is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RetentionRules {
    /// Contacts of orders (订单联系方式): days after the order was closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 1, max = 36_500))]
    #[schema(minimum = 1, maximum = 36_500)]
    pub order_contact_days: Option<u32>,
    /// Contacts of opinions (意见联系方式): days after their outcome was told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 1, max = 36_500))]
    #[schema(minimum = 1, maximum = 36_500)]
    pub opinion_contact_days: Option<u32>,
    /// What identifies residents (居民身份信息): days after they left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 1, max = 36_500))]
    #[schema(minimum = 1, maximum = 36_500)]
    pub left_resident_days: Option<u32>,
    /// Tags of residents (居民标签): days after they ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 1, max = 36_500))]
    #[schema(minimum = 1, maximum = 36_500)]
    pub ended_tag_days: Option<u32>,
    /// Consents (同意记录): days after they were withdrawn or ended; one that a tag still names is kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 1, max = 36_500))]
    #[schema(minimum = 1, maximum = 36_500)]
    pub ended_consent_days: Option<u32>,
    /// Sessions (登录记录): days after they ended; at least 180, for logs of a network are kept six months (网络安全法 21).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 180, max = 36_500))]
    #[schema(minimum = 180, maximum = 36_500)]
    pub session_days: Option<u32>,
}

/// A class of data that can be kept for a time (数据类别).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// 订单联系方式
    OrderContacts,
    /// 意见联系方式
    OpinionContacts,
    /// 已离开居民
    LeftResidents,
    /// 已结束居民标签
    EndedTags,
    /// 已撤回、到期的同意
    EndedConsents,
    /// 登录记录
    Sessions,
}

impl DataClass {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderContacts => "order_contacts",
            Self::OpinionContacts => "opinion_contacts",
            Self::LeftResidents => "left_residents",
            Self::EndedTags => "ended_tags",
            Self::EndedConsents => "ended_consents",
            Self::Sessions => "sessions",
        }
    }
}

impl RetentionRules {
    /// The classes that have a time, in the order in which they go: tags before the consents that they name.
    #[must_use]
    pub fn classes(&self) -> Vec<(DataClass, u32)> {
        [
            (DataClass::OrderContacts, self.order_contact_days),
            (DataClass::OpinionContacts, self.opinion_contact_days),
            (DataClass::LeftResidents, self.left_resident_days),
            (DataClass::EndedTags, self.ended_tag_days),
            (DataClass::EndedConsents, self.ended_consent_days),
            (DataClass::Sessions, self.session_days),
        ]
        .into_iter()
        .filter_map(|(class, days)| days.map(|days| (class, days)))
        .collect()
    }
}

/// The rules of every place that has its own, each with the part of the country that they rule.
///
/// # Errors
/// `database_unavailable`.
pub async fn retention_rules(cx: &Cx) -> Result<Vec<(Ruled, RetentionRules)>> {
    let all = policy::everywhere::<RetentionRules>(cx, policy::PolicyKind::Retention).await?;
    let regions: Vec<RegionCode> = all.iter().map(|(region, _)| *region).collect();
    let ruled = |region: RegionCode| Ruled {
        region,
        without: regions.iter().copied().filter(|other| *other != region && region.covers(*other)).collect(),
    };
    Ok(all.into_iter().map(|(region, rules)| (ruled(region), rules)).collect())
}

/// That data was deleted because its time was over.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DataPurged {
    /// Which class.
    class: DataClass,
    /// How many.
    count: u64,
    /// After how many days.
    days: u32,
}

impl Event for DataPurged {
    fn kind(&self) -> EventType {
        EventType::DataPurged
    }
}

/// Writes down what has gone.
///
/// # Errors
/// `database_unavailable`.
pub async fn record_purge(cx: &Cx, region: RegionCode, class: DataClass, days: u32, count: u64) -> Result<()> {
    let mut tx = cx.begin();
    let subject = Subject { id: tx.id(), version: 1, region };
    tx.emit(subject, &DataPurged { class, count, days })?;
    tx.conn().await?;
    tx.commit(()).await
}
