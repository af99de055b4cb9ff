//! What goes out.

use super::row::{given, tag};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, RegionCode, Result,
    id::{AccountId, ConsentId, ResidentId, ResidentTagId, TagId},
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a tag is sensitive personal data (标签类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TagClass {
    /// 一般
    Ordinary,
    /// 敏感: health, religion, specific identity, finance, minors and the like (PIPL 28).
    Sensitive,
}

/// Why it is lawful to keep personal data (合法性基础, PIPL 13).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LegalBasisKind {
    /// 单独同意
    Consent,
    /// 履行合同所必需
    Contract,
    /// 履行法定职责或法定义务所必需
    StatutoryDuty,
    /// 应对突发公共卫生事件或紧急情况所必需
    Emergency,
    /// 法律、行政法规规定的其他情形
    OtherLaw,
}

/// Why a resident has a tag no more (标签结束原因).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TagEnd {
    /// 到期: it was given until a day.
    Planned,
    /// 取消
    Removed,
    /// 撤回同意: the consent that it rested on was withdrawn.
    ConsentWithdrawn,
    /// 匿名化
    ResidentErased,
}

/// A tag of the catalogue (标签), as it is now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CatalogueTag)]
pub struct Tag {
    /// Its id, the same for all versions.
    pub id: TagId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it is used (适用区划), with all beneath it.
    pub region_code: RegionCode,
    /// Its code (编码).
    pub code: String,
    /// Its name (名称).
    pub name: String,
    /// Whether it is sensitive (类别).
    pub class: TagClass,
    /// Why there is such a tag (设立依据).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Since when this version holds (生效时间).
    pub valid_from: DateTime<Utc>,
    /// When it was closed (停用时间); absent while it is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
}

impl From<tag::Model> for Tag {
    fn from(row: tag::Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            region_code: row.region_code,
            code: row.code,
            name: row.name,
            class: row.class,
            reason: row.reason,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// A tag of a resident (居民标签).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ResidentTag {
    /// Its id.
    pub id: ResidentTagId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Who has it (居民).
    pub resident_id: ResidentId,
    /// Which tag (标签).
    pub tag_id: TagId,
    /// Its code when it was given (编码).
    pub code: String,
    /// Its name when it was given (名称).
    pub name: String,
    /// Whether it is sensitive: the tag, or the child who has it (敏感).
    pub sensitive: bool,
    /// Why it is lawful (合法性基础); absent for an ordinary tag. A sensitive tag without one was ordinary when it was given: it needs a
    /// basis, or it must be taken away.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<LegalBasisKind>,
    /// The consent (同意记录) that it rests on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub consent_id: Option<ConsentId>,
    /// The law that it rests on (法律条款).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub citation: Option<String>,
    /// The note (备注).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// Since when (起始日期).
    pub valid_from: NaiveDate,
    /// From which day on no more (截止日期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<NaiveDate>,
    /// Why (结束原因).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_why: Option<TagEnd>,
    /// Who gave it (登记人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded_by: Option<AccountId>,
    /// When it was given (登记时间).
    pub created_at: DateTime<Utc>,
    /// When the entry last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

pub(super) fn show(cx: &Cx, row: given::Model, tag: &tag::Model) -> Result<ResidentTag> {
    let note = row.note.as_deref().map(|sealed| given::open(cx, row.id, sealed)).transpose()?;
    Ok(ResidentTag {
        id: row.id,
        version: row.version,
        resident_id: row.resident_id,
        tag_id: row.tag_id,
        code: tag.code.clone(),
        name: tag.name.clone(),
        sensitive: row.sensitive,
        basis: row.basis,
        consent_id: row.consent_id,
        citation: row.citation,
        note,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        ended_why: row.ended_why,
        recorded_by: row.recorded_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
