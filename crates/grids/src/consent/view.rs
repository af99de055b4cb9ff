//! What goes out.

use super::row;
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{AccountId, ConsentId, ResidentId},
    mask,
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who agreed (同意人).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ConsentGiver {
    /// 本人
    #[default]
    Oneself,
    /// 监护人
    Guardian,
}

/// How somebody agreed (同意方式).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ConsentChannel {
    /// 书面
    Written,
    /// 线上
    Online,
    /// 口头
    Oral,
    /// 电话
    Phone,
}

/// What of a consent is sealed.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) guardian_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) evidence: Option<String>,
}

/// A consent (同意).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where the resident belongs (所属社区、村); absent for a consent of an account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region_code: Option<RegionCode>,
    /// Whose data it is (居民); absent for a consent of an account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resident_id: Option<ResidentId>,
    /// Whose data it is (账号); absent for a consent of a resident.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<AccountId>,
    /// What for (处理目的).
    pub purpose: String,
    /// Which kinds of data (信息种类).
    pub kinds: Vec<String>,
    /// The version of the text that was agreed to (告知书版本).
    pub text_version: String,
    /// The text itself (告知内容); absent in lists, and where it is not kept here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Who agreed (同意人).
    pub given_by: ConsentGiver,
    /// The name of the guardian (监护人姓名), masked for all but the person itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guardian_name: Option<String>,
    /// How (同意方式).
    pub channel: ConsentChannel,
    /// What shows it (凭证).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<String>,
    /// When (同意时间).
    pub given_at: DateTime<Utc>,
    /// Until when it holds (有效期至); absent: until it is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
    /// Who recorded it (登记人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded_by: Option<AccountId>,
    /// When it was withdrawn (撤回时间); absent while it stands.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// When it was recorded (登记时间).
    pub created_at: DateTime<Utc>,
    /// When the entry last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// How much of a consent is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// In a list.
    Outline,
    /// By itself, for those who work with it.
    Masked,
    /// To the person itself.
    Own,
}

pub(super) fn show(cx: &Cx, row: row::Model, sight: Sight) -> Result<Consent> {
    let detail: Detail = match row.detail.as_deref().filter(|_| sight != Sight::Outline) {
        Some(sealed) => serde_json::from_str(&row::open(cx, row.id, sealed)?).map_err(Error::internal)?,
        None => Detail::default(),
    };
    Ok(Consent {
        id: row.id,
        version: row.version,
        region_code: row.resident_id.map(|_| row.region_code),
        resident_id: row.resident_id,
        account_id: row.account_id,
        purpose: row.purpose,
        kinds: serde_json::from_str(&row.kinds).map_err(Error::internal)?,
        text_version: row.text_version,
        text: detail.text,
        given_by: row.given_by,
        guardian_name: detail.guardian_name.map(|name| if sight == Sight::Own { name } else { mask::name(&name) }),
        channel: row.channel,
        evidence: detail.evidence,
        given_at: row.given_at,
        valid_to: row.valid_to,
        recorded_by: row.recorded_by,
        withdrawn_at: row.withdrawn_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
