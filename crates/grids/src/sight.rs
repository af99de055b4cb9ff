//! Which rows of a community's people somebody may see: the one filter of every list of addresses, households and residents.

use crate::grid;
use kernel::{
    Code, Cx, Error, Permission, RegionCode, Result,
    access::Reach,
    page::{Direction, Places, within},
};
use sea_orm::{ColumnTrait, Condition, sea_query::ExprTrait};

/// What lies within the caller's reach for this permission, of this region. Who holds it nowhere is refused.
///
/// Somebody whose reach is a few grids gets the communities of those as ranges: without them the database would walk
/// the whole country, looking for the rows of one grid.
///
/// # Errors
/// `permission_missing`; `database_unavailable`.
pub(crate) async fn within_reach<C: ColumnTrait>(
    cx: &Cx,
    permission: Permission,
    region: Option<RegionCode>,
    columns: Places<C>,
    cursor: Option<i64>,
) -> Result<Condition> {
    let reach = cx.actor.reach(permission);
    if reach.regions.is_empty() && reach.grids.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", permission));
    }
    let region = region.unwrap_or(RegionCode::COUNTRY);
    if reach.regions.iter().any(|r| r.covers(region)) || reach.grids.is_empty() {
        let reach = Reach { grids: Vec::new(), ..reach };
        return Ok(within(&reach, region, columns, cursor, Direction::Up));
    }
    let mut any = Condition::any();
    let (first, last) = region.range();
    for inner in reach.regions.iter().filter(|r| region.covers(**r)) {
        let (from, to) = inner.range();
        any = any.add(columns.region.between(from, to));
    }
    for grid in &reach.grids {
        if let Some(home) = grid::grid_region(cx, *grid).await?.filter(|home| (first..=last).contains(home)) {
            any = any.add(columns.region.eq(home).and(columns.grid.eq(*grid)));
        }
    }
    Ok(if any.is_empty() { Condition::all().add(columns.region.is_null()) } else { any })
}
