//! The table `accounts`.

use kernel::id::AccountId;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Whether an account may sign in (账号状态).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, EnumIter, DeriveActiveEnum, utoipa::ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// 启用
    Active,
    /// 停用: nobody can sign in with it, and its sessions have ended.
    Disabled,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    #[sea_orm(column_type = "Text", unique)]
    pub name: String,
    /// Sealed.
    #[sea_orm(column_type = "Text")]
    pub display_name: String,
    /// Sealed.
    #[sea_orm(column_type = "Text", nullable)]
    pub phone: Option<String>,
    /// What the phone is found by.
    #[sea_orm(column_type = "Text", nullable, indexed)]
    pub phone_index: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub password_hash: Option<String>,
    pub status: AccountStatus,
    pub version: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
