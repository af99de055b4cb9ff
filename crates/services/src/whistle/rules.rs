//! What differs by place about whistles. No source says within which time a department must come: the country's rules name none, and
//! each place its own.

use crate::limit::Limit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Within which time a department that is called must come (吹哨规则).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WhistleRules {
    /// The limit for arriving (报到时限); absent: whoever calls names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub respond_limit: Option<Limit>,
}
