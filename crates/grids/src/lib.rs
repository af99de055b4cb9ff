//! Where things lie: the administrative regions (区划), and the grids (网格) beneath a community.
//!
//! [`region`] holds the five levels from province to community with their periods, loaded from the
//! list that the statistics bureau publishes. [`grid`] holds the grids that communities draw for
//! themselves, and finds the one that a point lies in. Both are public reference data: any
//! signed-in caller may read them, and no personal data lies in them. [`duty`] says who answers for a grid and who serves it,
//! [`rules`] what differs by place.
//!
//! [`address`] is the tree from the estate to the room, [`household`] who lives together, [`resident`] who they are. Those
//! are seen within one's reach only, and personal fields are sealed and masked.

pub mod address;
pub mod duty;
#[doc(hidden)]
pub mod fuzzing;
pub mod grid;
pub mod household;
pub mod region;
pub mod resident;
pub mod rules;
mod sight;
mod table;

pub use address::{
    Address, AddressKind, AddressPath, CloseAddress, CreateAddress, ListAddresses, PutAddress, UpdateAddress, close_address,
    create_address, get_address, list_addresses, put_addresses, update_address,
};
pub use household::{
    CloseHousehold, CreateHousehold, Household, HouseholdKind, ListHouseholds, PutHousehold, UpdateHousehold, close_household,
    create_household, get_household, household_place, households_of, list_households, put_households, update_household,
};
pub use resident::{
    CreateResident, HouseholdMember, Kinship, LeaveReason, LeaveResident, ListHouseholdMembers, ListResidents, LookUpResident, MoveIn,
    MoveOut, PersonalField, Purpose, PutResident, Residence, Resident, ResidentPlace, RevealResident, RevealedResident, UpdateResident,
    create_resident, get_resident, leave_resident, list_household_members, list_residents, look_up_resident, move_in, move_out,
    put_residents, resident_place, reveal_resident, update_resident,
};

pub use duty::{
    AssignDuty, CardDuty, CheckDuties, DoubleDuty, Duty, DutyReport, DutyRole, EndDuty, GridCard, ListDuties, OnDuty, ServiceTeam,
    ThreeLeads, UpdateDuty, WithinRegion, assign_duty, duty_report, end_duty, get_card, is_on_duty, list_double_duties, list_duties,
    list_vacancies, on_duty, service_team, three_leads, update_duty,
};
pub use grid::{
    CloseGrid, CreateGrid, ExternalCode, Grid, GridChange, GridKind, GridLineage, GridPart, GridParts, GridRef, ListGrids, LocateGrid,
    MergeGrids, SplitGrid, Succession, UpdateGrid, close_grid, create_grid, find_grid, get_grid, grid_lineage, grid_region, grids_in_use,
    grids_named, list_grids, locate, merge_grids, place_in, require_grid_in, split_grid, update_grid,
};
pub use region::{
    ImportOptions, ImportReport, ListRegions, Region, get_region, import_regions, list_regions, regions_named, require_community,
    require_open,
};
pub use rules::{CardNames, GridRules, GridSize, GridWarning, GridWarningCode};

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    use kernel::{EventType as T, event::catalogued};
    let mut types = catalogued::<region::event::RegionImported>(&[T::RegionImported]);
    types.extend(catalogued::<grid::event::Facts>(&[T::GridCreated, T::GridUpdated, T::GridClosed]));
    types.extend(catalogued::<grid::event::Succeeded>(&[T::GridSplit, T::GridMerged]));
    types.extend(catalogued::<duty::event::DutyFacts>(&[T::DutyAssigned, T::DutyUpdated, T::DutyEnded]));
    types.extend(catalogued::<address::event::AddressFacts>(&[T::AddressCreated, T::AddressUpdated, T::AddressClosed]));
    types.extend(catalogued::<household::event::HouseholdFacts>(&[T::HouseholdCreated, T::HouseholdUpdated, T::HouseholdClosed]));
    types.extend(catalogued::<resident::event::ResidentEvent>(&resident::event::TYPES));
    types
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    let mut tables = vec![region::table(schema), duty::table(schema), address::table(schema), household::table(schema)];
    tables.extend(grid::tables(schema));
    tables.extend(resident::tables(schema));
    tables
}
