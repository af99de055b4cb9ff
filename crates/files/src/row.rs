//! The table `attachments`.

use kernel::id::{AccountId, AttachmentId};
use sea_orm::{DeriveActiveEnum, EnumIter, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// What can use a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum OwnerKind {
    /// 订单
    Order,
    /// 清单检查
    ChecklistRun,
    /// 随手拍
    Snapshot,
    /// 巡查发现
    Finding,
}

/// What a file is to what uses it (附件用途).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = AttachmentPart)]
pub enum Part {
    /// 诉求附件: shows what is wanted.
    Request,
    /// 过程附件: shows how far it has come.
    Progress,
    /// 办结佐证: shows that it is done.
    Evidence,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    /// The bytes are on their way; never shown.
    Uploading,
    /// All of it is there.
    Ready,
    /// The bytes are going; never shown again.
    Deleting,
}

/// Why a file is shown to nobody (隔离).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = AttachmentQuarantine)]
pub enum Quarantine {
    /// 检测中: it is being checked.
    Checking,
    /// 待人工审核: the check found something, or could not be made.
    Review,
    /// 违规: it is never shown again.
    Blocked,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttachmentId,
    pub uploaded_by: AccountId,
    pub state: State,
    pub purpose: Option<String>,
    pub media_type: String,
    pub size: i64,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub has_thumbnail: bool,
    /// Absent until it is used.
    pub owner_kind: Option<OwnerKind>,
    pub owner_id: Option<Uuid>,
    pub part: Option<Part>,
    pub created_at: ChronoDateTimeUtc,
    pub used_at: Option<ChronoDateTimeUtc>,
    /// Absent: it is shown to whoever may see it.
    pub quarantine: Option<Quarantine>,
}

impl ActiveModelBehavior for ActiveModel {}
