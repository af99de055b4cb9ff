//! The table `households`.
use super::HouseholdKind;
use kernel::{
    Place, RegionCode, Subject,
    id::{AddressId, GridId, HouseholdId, ResidentId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "households")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HouseholdId,
    pub region_code: RegionCode,
    pub grid_id: Option<GridId>,
    pub address_id: AddressId,
    /// Those of the address, so that a list of one building is a range of an index.
    pub building_id: Option<AddressId>,
    pub estate_id: Option<AddressId>,
    #[sea_orm(column_type = "Text", nullable)]
    pub code: Option<String>,
    pub kind: HouseholdKind,
    pub head_id: Option<ResidentId>,
    pub member_count: i32,
    pub version: i32,
    pub valid_to: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    /// How often it is to be visited, in a code of the place's own rules.
    #[sea_orm(column_type = "Text", nullable)]
    pub visit_class: Option<String>,
    /// When somebody was last met there.
    pub visited_on: Option<ChronoDate>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) const fn place(&self) -> Place {
        Place { region: Some(self.region_code), grid: self.grid_id, organization: None }
    }

    pub(crate) const fn subject(&self) -> Subject {
        Subject { id: self.id.0, version: self.version, region: self.region_code }
    }
}
