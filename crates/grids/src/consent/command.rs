//! What comes in.

use super::{ConsentChannel, ConsentGiver};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Record a consent (登记同意). A new purpose or another kind of data needs a consent of its own (PIPL 14).
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordConsent {
    /// What for (处理目的).
    #[validate(length(min = 1, max = 200), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "残疾人帮扶走访")]
    pub purpose: String,
    /// Which kinds of data (信息种类): codes of tags (标签编码), or words of your own; none twice.
    #[validate(length(min = 1, max = 20), custom(function = codes))]
    #[schema(min_items = 1, max_items = 20, value_type = Vec<ConsentKind>)]
    pub kinds: Vec<String>,
    /// The version of the text that was agreed to (告知书版本).
    #[validate(length(min = 1, max = 50), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S", example = "2026-01")]
    pub text_version: String,
    /// The text itself (告知内容), where it is kept here. Stored sealed.
    #[validate(length(min = 1, max = 4000))]
    #[schema(min_length = 1, max_length = 4000)]
    pub text: Option<String>,
    /// Who agreed (同意人); for a child under 14 it must be a guardian (监护人).
    #[serde(default)]
    pub given_by: ConsentGiver,
    /// The name of the guardian (监护人姓名); with `given_by` = `guardian` only, and then needed. Stored sealed.
    #[validate(length(min = 1, max = 50), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S")]
    pub guardian_name: Option<String>,
    /// How (同意方式).
    pub channel: ConsentChannel,
    /// What shows it (凭证), for instance where the paper lies. Stored sealed.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub evidence: Option<String>,
    /// When (同意时间), not in the future; now unless told.
    pub given_at: Option<DateTime<Utc>>,
    /// Until when it holds (有效期至); until it is withdrawn when absent.
    pub valid_to: Option<DateTime<Utc>>,
}

/// A kind of data (信息种类).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 50)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct ConsentKind(String);

fn codes(codes: &[String]) -> Result<(), ValidationError> {
    let wrong = |what: &'static str| Err(ValidationError::new("kinds").with_message(what.into()));
    if codes.iter().any(|c| !(1..=50).contains(&c.chars().count()) || c.trim() != c || c.chars().any(char::is_control)) {
        return wrong("a kind has 1 to 50 characters, without blanks around them");
    }
    if codes.iter().enumerate().any(|(n, c)| codes[..n].contains(c)) {
        return wrong("a kind is named twice");
    }
    Ok(())
}

/// Withdraw a consent (撤回同意). As easy as giving it (PIPL 15): no reason is asked.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WithdrawConsent {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which consents to list (同意记录).
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConsents {
    /// Whether withdrawn ones are listed too (含已撤回); they are not unless told.
    #[param(default = false)]
    pub include_withdrawn: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
