//! The table `grants`.

use kernel::{
    RegionCode, Role,
    id::{AccountId, GrantId, GridId, OrganizationId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    #[sea_orm(indexed)]
    pub account_id: AccountId,
    pub role: Role,
    pub region_code: Option<RegionCode>,
    pub grid_id: Option<GridId>,
    pub organization_id: Option<OrganizationId>,
    /// Where it lies: its region, or that of its grid or organization, which never moves.
    #[sea_orm(indexed)]
    pub place_code: RegionCode,
    pub valid_from: ChronoDateTimeUtc,
    pub valid_to: Option<ChronoDateTimeUtc>,
    pub granted_by: Option<AccountId>,
    pub created_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
