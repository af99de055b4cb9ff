//! What comes in to sign in and to stay signed in.

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// Signs in (登录).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The name (账号名).
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// The password (密码).
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password)]
    pub password: String,
}

/// Buys the next pair of tokens (刷新令牌).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token of the last answer (刷新令牌).
    #[validate(length(min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256, format = Password)]
    pub refresh_token: String,
}
