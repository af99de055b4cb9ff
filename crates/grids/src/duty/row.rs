//! The table `grid_duties`.
use super::DutyRole;
use kernel::{
    RegionCode,
    id::{AccountId, DutyId, GridId, OrganizationId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grid_duties")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DutyId,
    pub grid_id: GridId,
    pub region_code: RegionCode,
    pub role: DutyRole,
    pub account_id: Option<AccountId>,
    pub organization_id: Option<OrganizationId>,
    /// Name and private phone, sealed.
    #[sea_orm(column_type = "Text")]
    pub person: String,
    /// A keyed digest of who it is.
    #[sea_orm(column_type = "Text")]
    pub person_key: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub duty_phone: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub building: Option<String>,
    /// A JSON list of strings.
    #[sea_orm(column_type = "Text")]
    pub skills: String,
    pub version: i32,
    pub valid_from: ChronoDateTimeUtc,
    pub valid_to: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
