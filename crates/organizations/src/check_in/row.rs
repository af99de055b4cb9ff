//! The table `check_ins`.

use crate::paging::words;
use kernel::{
    RegionCode,
    id::{AccountId, CheckInId, GrantId, OrganizationId},
};
use sea_orm::entity::prelude::*;

words! {
    /// Where somebody checks in (报到类别).
    CheckInKind {
        /// 居住地报到: where they live.
        Residence "residence"
        /// 工作单位报到: where they work.
        Workplace "workplace"
        /// 组织报到: an organization that they also belong to.
        Organization "organization"
    }
    /// Where a check-in stands (报到状态).
    CheckInState {
        /// 待确认
        Filed "filed"
        /// 已确认
        Confirmed "confirmed"
        /// 已结束
        Ended "ended"
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_ins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CheckInId,
    pub version: i32,
    pub account_id: AccountId,
    pub kind: CheckInKind,
    pub state: CheckInState,
    pub region_code: RegionCode,
    /// Absent where they live.
    pub organization_id: Option<OrganizationId>,
    /// A JSON list.
    #[sea_orm(column_type = "Text")]
    pub skills: String,
    /// Sealed JSON of what they say of themselves; absent if nothing, or erased.
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    /// Sealed: what the community says of them.
    #[sea_orm(column_type = "Text", nullable)]
    pub words: Option<String>,
    /// The right to take orders that came with the confirmation; absent if they had it already.
    pub grant_id: Option<GrantId>,
    pub confirmed_by: Option<AccountId>,
    pub confirmed_at: Option<ChronoDateTimeUtc>,
    pub ended_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
