//! What comes in about applications and their credentials.

use super::{ApplicationStatus, CredentialKind};
use chrono::{DateTime, Utc};
use kernel::{Permission, RegionCode, access::PersonalData, check::worded};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Lets a program in (应用登记).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateApplication {
    /// What it is called (应用名称).
    #[validate(length(min = 1, max = 64), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// What it is for (用途).
    #[validate(length(min = 1, max = 500), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 500)]
    pub purpose: String,
    /// Who answers for it, and how to reach them (责任人及联系方式).
    #[validate(length(min = 1, max = 200), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 200)]
    pub contact: String,
    /// Where it may act (区划), with everything beneath.
    pub region_code: RegionCode,
    /// What it may do there (应用权限): nothing that the caller does not hold there.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub scopes: Vec<Permission>,
    /// How often it may ask (每分钟请求配额); as the server's setting says when absent.
    #[validate(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub requests_per_minute: Option<i32>,
}

/// Changes an application (应用变更). What is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateApplication {
    /// The version that was read; refused if the application has changed since.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
    /// What it is called (应用名称).
    #[validate(length(min = 1, max = 64), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 64)]
    pub name: Option<String>,
    /// What it is for (用途).
    #[validate(length(min = 1, max = 500), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 500)]
    pub purpose: Option<String>,
    /// Who answers for it, and how to reach them (责任人及联系方式).
    #[validate(length(min = 1, max = 200), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 200)]
    pub contact: Option<String>,
    /// What it may do (应用权限), all of it anew. What is added must be the caller's there.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub scopes: Option<Vec<Permission>>,
    /// How often it may ask (每分钟请求配额).
    #[validate(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub requests_per_minute: Option<i32>,
}

/// Suspends, resumes or revokes an application.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StepApplication {
    /// The version that was read; refused if the application has changed since.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
    /// Why (原因).
    #[validate(length(min = 1, max = 200), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 200)]
    pub reason: Option<String>,
}

/// Records an agreement on personal data (数据共享协议登记); it takes the place of the one before.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordAgreement {
    /// The version that was read; refused if the application has changed since.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
    /// Its number, or where it is filed (协议编号).
    #[validate(length(min = 1, max = 100), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 100)]
    pub reference: String,
    /// What of personal data it lets the application see (个人信息类别).
    #[validate(length(min = 1, max = 10))]
    #[schema(min_items = 1, max_items = 10)]
    pub classes: Vec<PersonalData>,
    /// From when (生效时间); from now on when absent.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when (失效时间).
    pub valid_to: DateTime<Utc>,
}

/// Which applications to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListApplications {
    /// Only those of this region or beneath it (区划).
    pub region_code: Option<RegionCode>,
    /// Only those of this status (状态).
    pub status: Option<ApplicationStatus>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// How to page through the credentials of an application.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCredentials {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Issues a credential (签发凭据).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct IssueCredential {
    /// A key to send with each request, or a secret to buy tokens with (类型).
    pub kind: CredentialKind,
    /// What to call it (名称).
    #[validate(length(min = 1, max = 64), custom(function = "worded"))]
    #[schema(min_length = 1, max_length = 64)]
    pub label: String,
    /// Less than what the application may do (应用权限); all of it when absent.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub scopes: Option<Vec<Permission>>,
    /// Until when it is good (失效时间); without end when absent.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Gives a credential a successor (轮换凭据).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RotateCredential {
    /// How long the old one goes on beside the new one (重叠期), in seconds; a day unless told, at most thirty.
    #[validate(range(min = 0, max = 2_592_000))]
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub overlap_seconds: Option<i64>,
    /// Until when the new one is good (失效时间); without end when absent.
    pub expires_at: Option<DateTime<Utc>>,
}
