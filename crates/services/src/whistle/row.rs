//! The table `whistles`.

use kernel::{
    RegionCode,
    id::{AccountId, OrderId, OrganizationId, WhistleId},
};
use sea_orm::entity::prelude::*;

/// Where a whistle stands, as it is stored; that nobody came in time is computed from the limit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum StoredState {
    /// 待报到
    Called,
    /// 已报到
    Arrived,
    /// 已办结
    Done,
    /// 免于报到
    Excused,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "whistles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WhistleId,
    pub version: i32,
    pub order_id: OrderId,
    /// That of the order.
    pub region_code: RegionCode,
    pub department_id: OrganizationId,
    pub state: StoredState,
    /// Sealed, as are the comments.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub called_by: Option<AccountId>,
    pub respond_limit: String,
    pub respond_by: ChronoDateTimeUtc,
    pub arrived_at: Option<ChronoDateTimeUtc>,
    pub arrived_by: Option<AccountId>,
    pub ended_at: Option<ChronoDateTimeUtc>,
    /// What the caller thinks of the department.
    pub department_score: Option<i16>,
    #[sea_orm(column_type = "Text", nullable)]
    pub department_comment: Option<String>,
    /// What the department thinks of the call.
    pub call_score: Option<i16>,
    #[sea_orm(column_type = "Text", nullable)]
    pub call_comment: Option<String>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
