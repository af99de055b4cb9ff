//! Where grids, buildings and households lie, for reports on what is within reach of them: positions and numbers, nobody's name.

use crate::{address, grid, grid::GridRef, household};
use kernel::{Cx, RegionCode, Result, geo::Position, id::AddressId};
use std::collections::HashMap;

/// The comprehensive grids in use of a region with their centres, at most so many. No permission is asked: the caller has asked.
///
/// # Errors
/// `database_unavailable`.
pub async fn grid_centres(cx: &Cx, region: RegionCode, limit: u64) -> Result<Vec<(GridRef, Option<Position>)>> {
    grid::centres(cx, region, limit).await
}

/// The homes of a region.
#[derive(Clone, PartialEq, Debug)]
pub struct Homes {
    /// How many buildings are in use.
    pub buildings: u64,
    /// How many households there are.
    pub households: u64,
    /// Where buildings are, as far as that is known, and how many households are in each.
    pub placed: Vec<(Position, u64)>,
}

/// The homes of a region, of buildings with a point at most so many. No permission is asked.
///
/// # Errors
/// `database_unavailable`.
pub async fn homes(cx: &Cx, region: RegionCode, limit: u64) -> Result<Homes> {
    let counts: HashMap<Option<AddressId>, i64> = household::store::by_building(cx, region).await?.into_iter().collect();
    let at =
        |(id, lng, lat): (AddressId, f64, f64)| (Position { lng, lat }, counts.get(&Some(id)).copied().unwrap_or_default().unsigned_abs());
    Ok(Homes {
        buildings: address::store::count_buildings(cx, region).await?.unsigned_abs(),
        households: counts.values().sum::<i64>().unsigned_abs(),
        placed: address::store::placed_buildings(cx, region, limit).await?.into_iter().map(at).collect(),
    })
}
