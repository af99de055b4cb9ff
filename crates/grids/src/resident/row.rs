//! The tables `residents` and `household_members`, and what binds a sealed field to its row.

use super::{Kinship, LeaveReason, Residence};
use kernel::{
    Cx, Place, RegionCode, Result, Subject,
    id::{AccountId, AddressId, GridId, HouseholdId, ResidentId},
    person::Sex,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "residents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResidentId,
    pub region_code: RegionCode,
    /// Those of the household, so that a list of one grid or building is a range of an index.
    pub grid_id: Option<GridId>,
    /// The household joined last, of those that the resident belongs to.
    pub household_id: Option<HouseholdId>,
    pub building_id: Option<AddressId>,
    /// Sealed, as are phone, ID number and day of birth.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_index: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub id_number: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub id_index: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub birth_date: Option<String>,
    pub sex: Sex,
    pub residence: Residence,
    pub account_id: Option<AccountId>,
    /// Kept, and neither shown nor changed (限制处理).
    pub restricted: bool,
    pub version: i32,
    pub left_on: Option<ChronoDate>,
    pub left_why: Option<LeaveReason>,
    /// When what identifies the person was erased (匿名化).
    pub erased_at: Option<ChronoDateTimeUtc>,
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

pub(crate) mod member {
    //! The table `household_members`.
    use super::super::Kinship;
    use kernel::id::{HouseholdId, HouseholdMemberId, ResidentId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "household_members")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: HouseholdMemberId,
        pub household_id: HouseholdId,
        pub resident_id: ResidentId,
        pub relation: Kinship,
        pub valid_from: ChronoDate,
        pub valid_to: Option<ChronoDate>,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The sealed columns. Each is bound to its resident and to itself: moved elsewhere, it does not open.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Name,
    Phone,
    IdNumber,
    BirthDate,
}

impl Sealed {
    fn owner(self, id: ResidentId) -> String {
        let column = match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::IdNumber => "id_number",
            Self::BirthDate => "birth_date",
        };
        format!("resident {id} {column}")
    }

    pub(super) fn seal(self, cx: &Cx, id: ResidentId, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(id), text)
    }

    pub(super) fn open(self, cx: &Cx, id: ResidentId, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(id), sealed)
    }
}

impl Kinship {
    /// Whether this is the head itself.
    pub(super) fn leads(self) -> bool {
        self == Self::Head
    }
}
