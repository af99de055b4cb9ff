//! What goes out when somebody has signed in.

use chrono::{DateTime, Utc};
use kernel::id::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A pair of tokens (令牌).
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// Send it as `Authorization: Bearer …` (访问令牌).
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// For how many seconds the access token is good (有效秒数).
    #[schema(minimum = 1, example = 900)]
    pub expires_in: i64,
    /// Buys the next pair (刷新令牌); good for one use.
    pub refresh_token: String,
    /// When the session ends and one must sign in again (会话到期时间).
    pub refresh_expires_at: DateTime<Utc>,
    /// Who has signed in (账号).
    pub account_id: AccountId,
}
