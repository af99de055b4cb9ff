//! The first start: there is nobody yet, so whoever reads the server's console is trusted once.
//!
//! The server prints a one-time token and keeps only its digest. Who brings the token becomes the
//! first administrator of the whole country, and the token is burnt in the same transaction.

use crate::{
    account::{self, Account},
    grant::{self, CreateGrant},
    password, setting,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{
    Core, Cx, Place, RegionCode, Role,
    error::{Code, Error, Result},
};
use rand::Rng;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use validator::Validate;

const SETTING: &str = "setup_token";

/// Makes the first administrator (系统初始化).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The one-time token that the server printed (初始化令牌).
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128)]
    pub token: String,
    /// The name to sign in with (账号名): a–z, 0–9, `_`, `.`, `-`.
    #[validate(length(min = 3, max = 64), custom(function = "account::login_name"))]
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9_.-]+$")]
    pub name: String,
    /// The password (密码).
    #[validate(length(min = 10, max = 128))]
    #[schema(min_length = 10, max_length = 128, format = Password)]
    pub password: String,
    /// What the person is called (姓名).
    #[validate(length(min = 1, max = 32), custom(function = "account::not_blank"))]
    #[schema(min_length = 1, max_length = 32)]
    pub display_name: String,
}

/// A fresh one-time token to print, if there is no account at all; it replaces an older unused one.
/// Absent when the set-up is done.
///
/// # Errors
/// `database_unavailable`.
pub async fn ensure_setup_token(core: &Core) -> Result<Option<String>> {
    if account::anybody(core.db.reader()).await? {
        return Ok(None);
    }
    let mut bytes = [0u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    let token = URL_SAFE_NO_PAD.encode(bytes);
    setting::set_setting(core, SETTING, &digest(&token)).await?;
    Ok(Some(token))
}

fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// Makes the first administrator and burns the token. Of two who bring it at once, one wins.
///
/// # Errors
/// `setup_token_invalid` for a wrong token, and for every token once there is an account.
pub async fn set_up(core: &Core, command: SetUp) -> Result<Account> {
    account::keep_limits(&command)?;
    let invalid = || Error::new(Code::SetupTokenInvalid);
    let digest = digest(&command.token);
    // Looked at before the costly hash, and again when it is burnt.
    if setting::setting(core, SETTING).await?.as_ref() != Some(&digest) {
        return Err(invalid());
    }
    let hash = password::hash(command.password).await?;
    let cx = Cx::system(core.clone());
    let mut tx = cx.begin();
    let burn = setting::row::Entity::delete_many()
        .filter(setting::row::Column::Name.eq(SETTING))
        .filter(setting::row::Column::Value.eq(digest))
        .exec(tx.conn().await?)
        .await?;
    if burn.rows_affected != 1 || account::anybody(tx.conn().await?).await? {
        return Err(invalid());
    }
    let everywhere = CreateGrant::in_region(Role::Administrator, RegionCode::COUNTRY);
    let grant = grant::decide(&cx.actor, &everywhere, Place::default(), tx.now)?;
    let new = account::New { name: command.name, hash: Some(hash), display_name: command.display_name, phone: None, grants: vec![grant] };
    let view = account::open(&mut tx, new).await?;
    tx.commit(view).await
}
