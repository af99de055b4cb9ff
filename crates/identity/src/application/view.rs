//! What goes out about applications and their credentials. A secret goes out once, and is in none of the stored answers.

use super::{ApplicationStatus, CredentialKind, row};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, Permission, RegionCode,
    access::{Permissions, PersonalData},
    error::{Error, Result},
    id::{AccountId, ApplicationId, CredentialId},
    mask,
};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An application (应用): a program that may call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Application {
    /// Its id, which is also its `client_id` (客户端标识).
    pub id: ApplicationId,
    /// The account (账号) that it acts as; nobody can sign in with it.
    pub account_id: AccountId,
    /// What it is called (应用名称).
    #[schema(example = "12345 热线对接")]
    pub name: String,
    /// What it is for (用途).
    pub purpose: String,
    /// Who answers for it (责任人及联系方式); numbers are masked for those who do not manage it.
    pub contact: String,
    /// Where it may act (区划), with everything beneath.
    pub region_code: RegionCode,
    /// What it may do there (应用权限).
    pub scopes: Vec<Permission>,
    /// Where it stands (状态).
    pub status: ApplicationStatus,
    /// How often it may ask (每分钟请求配额); as the server's setting says when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 1)]
    pub requests_per_minute: Option<i32>,
    /// The agreement on personal data that was recorded last (数据共享协议); without one in force everything is masked for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agreement: Option<DataAgreement>,
    /// Counts the changes (版本), from 1.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Who let it in (登记人); absent when the system itself did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub created_by: Option<AccountId>,
    /// When it was let in (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (修改时间).
    pub updated_at: DateTime<Utc>,
}

/// An agreement on personal data (数据共享协议).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DataAgreement {
    /// Its number, or where it is filed (协议编号).
    pub reference: String,
    /// What it lets the application see (个人信息类别).
    pub classes: Vec<PersonalData>,
    /// From when (生效时间).
    pub valid_from: DateTime<Utc>,
    /// Until when (失效时间).
    pub valid_to: DateTime<Utc>,
    /// Who recorded it (登记人); absent when the system itself did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded_by: Option<AccountId>,
    /// When it was recorded (登记时间).
    pub recorded_at: DateTime<Utc>,
}

/// A credential (凭据) of an application, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// Whose it is (应用).
    pub application_id: ApplicationId,
    /// What it is (类型).
    pub kind: CredentialKind,
    /// What it is called (名称).
    pub label: String,
    /// The last four characters of its secret (尾号).
    #[schema(example = "9f3c")]
    pub hint: String,
    /// What it may do (应用权限); all that the application may when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scopes: Option<Vec<Permission>>,
    /// Its successor (后继凭据), once it was rotated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaced_by: Option<CredentialId>,
    /// When it was issued (签发时间).
    pub created_at: DateTime<Utc>,
    /// Until when it is good (失效时间); without end when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked (吊销时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// The day in China on which it was last used (最近使用日期), as far as has been written down; absent if never.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_used_on: Option<NaiveDate>,
}

/// A credential that has just been issued, with its secret (新签发的凭据).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IssuedCredential {
    /// The credential.
    pub credential: Credential,
    /// The key or secret itself (密钥): shown here and never again, also not to who repeats the request with the same
    /// `Idempotency-Key`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "lk_live_019aa1c27d407c3e9f5b2a6e4d1c8b70…")]
    pub secret: Option<String>,
}

pub(super) fn contact_owner(id: ApplicationId) -> String {
    format!("application {id} contact")
}

/// The permissions of a stored list of words.
pub(crate) fn scopes(words: &str) -> Permissions {
    // What an older version of the server knew and this one does not counts for nothing.
    words.split_ascii_whitespace().filter_map(Permission::named).filter(|p| p.for_programs()).collect()
}

/// The classes of a stored list of words.
pub(crate) fn classes(words: &str) -> Vec<PersonalData> {
    words.split_ascii_whitespace().filter_map(|word| PersonalData::try_from_value(&word.to_owned()).ok()).collect()
}

pub(super) fn show(cx: &Cx, row: row::Model) -> Result<Application> {
    let contact = cx.vault().open(&contact_owner(row.id), &row.contact)?;
    let manages = cx.actor.can(Permission::ApplicationManage, &row.region_code.into());
    let agreement = match (row.agreement_reference, row.agreement_classes, row.agreement_from, row.agreement_to, row.agreement_at) {
        (Some(reference), Some(words), Some(valid_from), Some(valid_to), Some(recorded_at)) => {
            Some(DataAgreement { reference, classes: classes(&words), valid_from, valid_to, recorded_by: row.agreement_by, recorded_at })
        }
        (None, ..) => None,
        _ => return Err(Error::internal("half an agreement")),
    };
    Ok(Application {
        id: row.id,
        account_id: row.account_id,
        name: row.name,
        purpose: row.purpose,
        contact: if manages { contact } else { mask::text(&contact) },
        region_code: row.region_code,
        scopes: scopes(&row.scopes).iter().collect(),
        status: row.status,
        requests_per_minute: row.requests_per_minute,
        agreement,
        version: row.version,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

impl From<row::credential::Model> for Credential {
    fn from(row: row::credential::Model) -> Self {
        Self {
            id: row.id,
            application_id: row.application_id,
            kind: row.kind,
            label: row.label,
            hint: row.hint,
            scopes: row.scopes.map(|words| scopes(&words).iter().collect()),
            replaced_by: row.replaced_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_on: row.last_used_on,
        }
    }
}
