//! The table `addresses`.
use super::AddressKind;
use kernel::{
    Place, RegionCode, Subject,
    id::{AddressId, GridId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "addresses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AddressId,
    pub region_code: RegionCode,
    pub grid_id: Option<GridId>,
    pub kind: AddressKind,
    pub parent_id: Option<AddressId>,
    /// The estate that it lies in or is, and so on: an address never moves, so these never change.
    pub estate_id: Option<AddressId>,
    pub building_id: Option<AddressId>,
    pub unit_id: Option<AddressId>,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The names from the estate down to this one.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    pub lng: Option<f64>,
    pub lat: Option<f64>,
    pub version: i32,
    pub valid_to: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
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
