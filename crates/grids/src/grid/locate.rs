//! Which grid is it (定位网格): of a point, by the map or by the database, and of an address.

use super::{Grid, store};
use crate::{
    address,
    map::{self, Among, Freshness},
};
use kernel::{
    Code, Cx, Error, RegionCode, Result,
    geo::{Point, Position},
    id::{AddressId, GridId},
};

/// The current grid that contains a point (定位网格), of this community or of any. Nothing, when no drawn grid
/// does. Where several do: a special grid before the comprehensive one, that before a neighbourhood, that
/// before a micro-grid. What another process has changed within the last second may not count yet.
///
/// # Errors
/// `point_outside_country`; `database_unavailable`.
pub async fn locate(cx: &Cx, point: Point, community: Option<RegionCode>) -> Result<Option<Grid>> {
    let at = point.to_wgs84()?;
    let among = community.map_or(Among::All, Among::Of);
    for freshness in [Freshness::Recent, Freshness::Exact] {
        let Some(found) = map::find(cx, at, among, freshness).await? else { break };
        let Some(hit) = found else { return Ok(None) };
        // The row says whether it is still what the map knows.
        if let Some(row) = store::find(cx, hit.id).await?.filter(|row| row.map_number == hit.number && row.valid_to.is_none()) {
            return Ok(Some(row.try_into()?));
        }
    }
    match store::ask(cx, at, among).await? {
        Some(id) => store::find(cx, id).await?.map(Grid::try_from).transpose(),
        None => Ok(None),
    }
}

/// The current grid of this community that contains a place, or nothing when nothing can be told: by the map, after one look
/// whether it is as new as the database. Places on an edge count as inside; which of several grids is taken, says [`locate`].
///
/// # Errors
/// `point_outside_community` when every current comprehensive grid of the community is drawn and none contains the
/// place, or when a grid of another community does; `database_unavailable`.
pub async fn place_in(cx: &Cx, community: RegionCode, at: Position) -> Result<Option<GridId>> {
    let here = exactly(cx, at, Among::Of(community)).await?;
    if here.is_some() {
        return Ok(here);
    }
    if store::all_drawn(cx, community).await? || exactly(cx, at, Among::Except(community)).await?.is_some() {
        return Err(Error::new(Code::PointOutsideCommunity).with("region", community));
    }
    Ok(None)
}

/// The community of the grid in use that holds a place, for what differs by place; nothing where no drawn grid does. What another
/// process has changed within the last second may not count yet.
///
/// # Errors
/// `database_unavailable`.
pub async fn region_at(cx: &Cx, at: Position) -> Result<Option<RegionCode>> {
    match map::community(cx, at).await? {
        Some(known) => Ok(known),
        None => match store::ask(cx, at, Among::All).await? {
            Some(id) => Ok(store::home(cx, id).await?.map(|home| home.region_code)),
            None => Ok(None),
        },
    }
}

/// The grid that holds a place, as the database has it now.
async fn exactly(cx: &Cx, at: Position, among: Among) -> Result<Option<GridId>> {
    match map::find(cx, at, among, Freshness::Exact).await? {
        Some(found) => Ok(found.map(|hit| hit.id)),
        None => store::ask(cx, at, among).await,
    }
}

/// The grid of an address (地址所在网格): the one that it is entered in, else that of the address above it, else the one in which
/// its point lies. Nothing when none of these can be told.
///
/// # Errors
/// `address_not_found`, also for those who may not know of it; `database_unavailable`.
pub async fn grid_of_address(cx: &Cx, id: AddressId) -> Result<Option<Grid>> {
    let mut at = address::get_address(cx, id).await?;
    loop {
        let mut found = at.grid_id;
        if let (None, Some(point)) = (found, at.point) {
            found = exactly(cx, point.to_wgs84()?, Among::Of(at.region_code)).await?;
        }
        if let Some(grid) = found {
            let row = store::find(cx, grid).await?.ok_or_else(|| Error::new(Code::GridNotFound))?;
            // What has ended says nothing of where the address lies now.
            if row.valid_to.is_none() {
                return Ok(Some(row.try_into()?));
            }
        }
        let Some(parent) = at.parent_id else { return Ok(None) };
        at = address::store::find(cx.reader(), parent).await?.ok_or_else(|| Error::new(Code::AddressNotFound))?.into();
    }
}
