//! The table `household_links`.
use kernel::{
    RegionCode,
    id::{AccountId, HouseholdId, HouseholdLinkId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household_links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HouseholdLinkId,
    pub region_code: RegionCode,
    pub household_id: HouseholdId,
    pub member_id: AccountId,
    /// The four answers of the last check, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub knows: Option<String>,
    pub checked_at: Option<ChronoDateTimeUtc>,
    pub version: i32,
    pub valid_from: ChronoDateTimeUtc,
    pub valid_to: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
