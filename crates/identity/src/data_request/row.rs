//! The table `data_requests`.

use super::{DataRequestKind, DataRequestState};
use kernel::{
    RegionCode, Subject,
    id::{AccountId, DataRequestId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DataRequestId,
    pub version: i32,
    pub account_id: AccountId,
    /// Where the account belongs, by its grants.
    pub region_code: RegionCode,
    pub kind: DataRequestKind,
    pub state: DataRequestState,
    /// Sealed.
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    /// Sealed.
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) const fn subject(&self) -> Subject {
        Subject { id: self.id.0, version: self.version, region: self.region_code }
    }
}
