//! What comes in when a program buys a token.

use serde::Deserialize;
use utoipa::ToSchema;

/// Buys a token (获取应用令牌): RFC 6749, section 4.4, as a form. Fields that the RFC does not know are passed over, as it
/// asks.
#[derive(Clone, Deserialize, ToSchema)]
pub struct BuyToken {
    /// Always `client_credentials`.
    #[schema(example = "client_credentials", max_length = 100)]
    pub grant_type: String,
    /// The id of the application (客户端标识), unless it is sent by HTTP Basic.
    #[schema(format = Uuid)]
    pub client_id: Option<String>,
    /// A client secret of the application (客户端密钥), unless it is sent by HTTP Basic.
    #[schema(format = Password, max_length = 200)]
    pub client_secret: Option<String>,
    /// Less than what the secret may do (应用权限), words separated by spaces; all of it when absent.
    #[schema(example = "order.read", max_length = 4000)]
    pub scope: Option<String>,
}
