//! What goes out to a program.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token for a program (应用令牌): RFC 6749, section 5.1.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProgramToken {
    /// The token itself: send it as `Authorization: Bearer`.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds for which it is good (有效期).
    #[schema(example = 900, minimum = 1)]
    pub expires_in: i64,
    /// What it may do (应用权限), words separated by spaces.
    #[schema(example = "order.read")]
    pub scope: String,
}
