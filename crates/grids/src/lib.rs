//! Where things lie: the administrative regions (区划), and the grids (网格) beneath a community.
//!
//! [`region`] holds the five levels from province to community with their periods, loaded from the
//! list that the statistics bureau publishes. [`grid`] holds the grids that communities draw for
//! themselves, and finds the one that a point lies in. Both are public reference data: any
//! signed-in caller may read them, and no personal data lies in them. [`duty`] says who answers for a grid and who serves it,
//! [`rules`] what differs by place.
//!
//! [`address`] is the tree from the estate to the room, [`household`] who lives together, [`resident`] who they are. Those
//! are seen within one's reach only, and personal fields are sealed and masked. [`tag`] says what a community must know of them,
//! [`consent`] what they have agreed to. [`link`] says which party member keeps in touch with which household.
//!
//! [`ground`] is the boundary of a community and how its grids divide it, [`checklist`] what grids are held against. Points are
//! found by a map in memory (`map`).

pub mod address;
pub mod checklist;
mod circle;
pub mod consent;
pub mod duty;
#[doc(hidden)]
pub mod fuzzing;
pub mod grid;
pub mod ground;
pub mod household;
pub mod link;
mod map;
pub mod region;
pub mod resident;
mod retention;
pub mod rules;
mod sight;
mod table;
pub mod tag;

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
pub use retention::{purge_consents, purge_residents, purge_tags};

pub use household::visit::{
    HouseholdScope, households_due, households_in, households_named, members_since, not_among, note_visited, set_visit_class,
};

pub use duty::{
    AssignDuty, CardDuty, CheckDuties, DoubleDuty, Duty, DutyReport, DutyRole, EndDuty, GridCard, ListDuties, OnDuty, ServiceTeam,
    ThreeLeads, UpdateDuty, WithinRegion, assign_duty, duty_report, end_duty, get_card, is_on_duty, list_double_duties, list_duties,
    list_vacancies, on_duty, service_team, three_leads, update_duty,
};
pub use grid::{
    BoundaryImport, CloseGrid, CollectionType, CreateGrid, ExternalCode, FeatureFault, FeatureType, Grid, GridChange, GridFeature,
    GridKind, GridLineage, GridPart, GridParts, GridRef, ImportBoundaries, ListGrids, ListUnusualGrids, LocateGrid, MergeGrids, PutGrid,
    SplitGrid, Succession, UpdateGrid, close_grid, create_grid, find_grid, get_grid, grid_lineage, grid_of_address, grid_region,
    grids_in_use, grids_named, import_boundaries, list_grids, list_unusual_grids, locate, merge_grids, place_in, put_grids, region_at,
    require_grid_in, split_grid, update_grid,
};
pub use region::{
    ImportOptions, ImportReport, ListRegions, Region, get_region, import_regions, list_regions, regions_named, require_community,
    require_open,
};
pub use rules::{CardNames, GridRules, GridSize, GridWarning, GridWarningCode};

pub use checklist::{
    Checklist, ChecklistItem, ChecklistReportQuery, ChecklistResult, ChecklistRun, ChecklistStanding, CloseChecklist, CreateChecklist,
    ListChecklistRuns, ListChecklists, RunChecklist, UpdateChecklist, checklist_report, close_checklist, create_checklist, get_checklist,
    get_checklist_run, list_checklist_runs, list_checklists, run_checklist, sees_checklist_run, update_checklist,
};
pub use ground::{
    GridCoverage, GridOutside, GridOverlap, RegionBoundary, SetRegionBoundary, get_region_boundary, grid_coverage, set_region_boundary,
};
pub use link::{
    CheckLink, CreateLink, EndLink, FourKnows, HouseholdLink, LinkReport, LinkRules, ListLinks, Load, MemberLoad, Members, check_link,
    create_link, end_link, get_link, link_report, list_links,
};
pub use map::warm_map;

pub use circle::{Homes, grid_centres, homes};

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
    types.extend(catalogued::<ground::event::RegionBoundarySet>(&[T::RegionBoundarySet]));
    types.extend(catalogued::<link::event::LinkFacts>(&[T::HouseholdLinked, T::HouseholdLinkChecked, T::HouseholdLinkEnded]));
    types.extend(catalogued::<checklist::event::ChecklistFacts>(&[T::ChecklistCreated, T::ChecklistUpdated, T::ChecklistClosed]));
    types.extend(catalogued::<checklist::event::ChecklistWasRun>(&[T::ChecklistRun]));
    types.extend(catalogued::<tag::event::TagFacts>(&[T::TagCreated, T::TagUpdated, T::TagClosed]));
    types.extend(catalogued::<tag::event::ResidentTagEvent>(&[T::ResidentTagged, T::ResidentUntagged]));
    types.extend(catalogued::<consent::event::ConsentEvent>(&[T::ConsentRecorded, T::ConsentWithdrawn]));
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
    tables.extend([ground::table(schema), map::table(schema), link::table(schema)]);
    tables.extend(checklist::tables(schema));
    tables.push(consent::table(schema));
    tables.extend(tag::tables(schema));
    tables
}

/// The sealed columns of this crate.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    vec![
        S::by_id("grid_duties", "person", |key| format!("duty {}", key[0])),
        S::by_id("residents", "name", |key| format!("resident {} name", key[0])),
        S::by_id("residents", "phone", |key| format!("resident {} phone", key[0])),
        S::by_id("residents", "id_number", |key| format!("resident {} id_number", key[0])),
        S::by_id("residents", "birth_date", |key| format!("resident {} birth_date", key[0])),
        S::by_id("consents", "detail", |key| consent::row::owner(&key[0])),
        S::by_id("resident_tags", "note", |key| format!("resident_tag {} note", key[0])),
        S::by_id("checklist_runs", "results", |key| format!("checklist run {}", key[0])),
    ]
}
