//! The ground of a community (社区地界): where its own boundary runs, and how its grids divide what lies within.
//!
//! A community may have a boundary. While it has one, no grid of it is drawn beyond ([`require_within`]), but for some metres
//! that the rules of the place allow: surveys differ. [`grid_coverage`] tells where grids overlap and what none of them covers.

mod coverage;
pub(crate) mod event;
pub(crate) mod plane;
mod row;
mod view;

pub use coverage::grid_coverage;
pub use view::{GridCoverage, GridOutside, GridOverlap, RegionBoundary, SetRegionBoundary};

use crate::{grid::boundary, grid::boundary::Boundary, region, rules::GridRules};
use event::RegionBoundarySet;
use kernel::{Code, Cx, Error, Permission, Place, RegionCode, Result, Subject};
use row::Column as C;
use sea_orm::{EntityTrait, IntoActiveModel, sea_query::OnConflict};
use uuid::Uuid;

/// Draws the boundary of a community, or draws it anew (划定社区界线). Grids that leave it stay as they are; the coverage report
/// names them.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `boundary_invalid`; `point_outside_country`;
/// `version_stale`.
pub async fn set_region_boundary(cx: &Cx, code: RegionCode, command: SetRegionBoundary) -> Result<RegionBoundary> {
    region::get_region(cx, code).await?;
    cx.actor.require(Permission::RegionManage, &Place::from(code))?;
    region::require_community(cx, code).await?;
    let boundary = Boundary::read(&command.boundary, command.datum)?;
    let mut tx = cx.begin();
    let now = tx.now;
    let conn = tx.conn().await?;
    // Of two who draw it at once the second waits here and sees what the first has done.
    region::lock(conn, code).await?;
    let old = row::Entity::find_by_id(code).one(conn).await?;
    if command.version.is_some_and(|seen| seen != old.as_ref().map_or(0, |old| old.version)) {
        return Err(Error::new(Code::VersionStale));
    }
    let row = row::Model {
        region_code: code,
        boundary: boundary.text()?,
        area: plane::square_metres(boundary.shape()),
        version: old.as_ref().map_or(1, |old| old.version + 1),
        created_at: old.as_ref().map_or(now, |old| old.created_at),
        updated_at: now,
    };
    row::Entity::insert(row.clone().into_active_model())
        .on_conflict(OnConflict::column(C::RegionCode).update_columns([C::Boundary, C::Area, C::Version, C::UpdatedAt]).to_owned())
        .exec_without_returning(conn)
        .await?;
    // A region has a code and no id: the code, as the number that it is, is the id of its events.
    let subject = Subject { id: Uuid::from_u128(u128::from(code.as_i64().unsigned_abs())), version: row.version, region: code };
    tx.emit(subject, &RegionBoundarySet { area: row.area })?;
    tx.commit(view::boundary(row)?).await
}

/// The boundary of a community (查询社区界线).
///
/// # Errors
/// `region_not_found`; `boundary_not_found`; `database_unavailable`.
pub async fn get_region_boundary(cx: &Cx, code: RegionCode) -> Result<RegionBoundary> {
    region::get_region(cx, code).await?;
    let row = row::Entity::find_by_id(code).one(cx.reader()).await?;
    view::boundary(row.ok_or_else(|| Error::new(Code::BoundaryNotFound))?)
}

/// The ground of a community, to hold boundaries of its grids against.
pub(crate) struct Ground {
    region: RegionCode,
    /// Absent while the community has no boundary: then everything is within.
    shape: Option<geo::MultiPolygon<f64>>,
    tolerance: f64,
}

impl Ground {
    /// Reads it.
    pub(crate) async fn of(cx: &Cx, region: RegionCode, rules: &GridRules) -> Result<Self> {
        let row = row::Entity::find_by_id(region).one(cx.reader()).await?;
        let shape = row.map(|row| boundary::kept(&row.boundary)).transpose()?;
        Ok(Self { region, shape, tolerance: f64::from(rules.tolerance_metres()) })
    }

    /// Refuses a boundary that leaves it.
    pub(crate) fn holds(&self, boundary: &Boundary) -> Result<()> {
        let Some(shape) = &self.shape else { return Ok(()) };
        let beyond = plane::beyond(boundary.shape(), shape, self.tolerance);
        if beyond < plane::SLIVER {
            return Ok(());
        }
        Err(Error::new(Code::BoundaryOutside).with("region", self.region).with("area", format_args!("{beyond:.0}")).at("#/boundary"))
    }
}

/// Refuses a boundary that leaves its community.
pub(crate) async fn require_within(cx: &Cx, region: RegionCode, boundary: Option<&Boundary>, rules: &GridRules) -> Result<()> {
    match boundary {
        Some(boundary) => Ground::of(cx, region, rules).await?.holds(boundary),
        None => Ok(()),
    }
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
