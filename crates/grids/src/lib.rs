//! Where things lie: the administrative regions (区划), and the grids (网格) beneath a community.
//!
//! [`region`] holds the five levels from province to community with their periods, loaded from the
//! list that the statistics bureau publishes. [`grid`] holds the grids that communities draw for
//! themselves, and finds the one that a point lies in. Both are public reference data: any
//! signed-in caller may read them, and no personal data lies in them.

#[doc(hidden)]
pub mod fuzzing;
pub mod grid;
pub mod region;

pub use grid::{
    CloseGrid, CreateGrid, Grid, GridKind, ListGrids, LocateGrid, UpdateGrid, close_grid, create_grid, get_grid, grid_region, list_grids,
    locate, place_in, require_grid_in, update_grid,
};
pub use region::{
    ImportOptions, ImportReport, ListRegions, Region, get_region, import_regions, list_regions, require_community, require_open,
};

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    use kernel::{EventType as T, event::catalogued};
    let mut types = catalogued::<region::event::RegionImported>(&[T::RegionImported]);
    types.extend(catalogued::<grid::event::Facts>(&[T::GridCreated, T::GridUpdated, T::GridClosed]));
    types
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![region::table(schema), grid::table(schema)]
}
