//! Overlaps and gaps (重叠与空白): whether the comprehensive grids of a community divide it without remainder.

use super::{
    plane::{self, Plane},
    row,
    view::{GridCoverage, GridOutside, GridOverlap},
};
use crate::{GridRef, grid, grid::boundary, region};
use geo::{Area, BooleanOps, BoundingRect, Intersects, MultiPolygon, unary_union};
use kernel::{Code, Cx, Error, Permission, Place, RegionCode, RegionLevel, Result};
use sea_orm::EntityTrait;
use serde_json::Value;

/// How the comprehensive grids of a community divide it (网格覆盖核查): which overlap, what none covers, which leave it.
///
/// # Errors
/// `region_not_found`; `permission_missing`; `region_not_community`; `database_unavailable`.
pub async fn grid_coverage(cx: &Cx, code: RegionCode) -> Result<GridCoverage> {
    let region = region::get_region(cx, code).await?;
    cx.actor.require(Permission::GridRead, &Place::from(code))?;
    if region.level != RegionLevel::Community {
        return Err(Error::new(Code::RegionNotCommunity).with("region", code));
    }
    let whole = row::Entity::find_by_id(code).one(cx.reader()).await?;
    let grids = grid::drawn(cx, code).await?;
    let count = u32::try_from(grids.len()).unwrap_or(u32::MAX);
    // It is arithmetic for a moment, or for some seconds where boundaries are long: not on the thread that answers others.
    let measured = tokio::task::spawn_blocking(move || measure(grids, whole.map(|row| row.boundary)));
    let measured = measured.await.map_err(Error::internal)??;
    Ok(GridCoverage { region_code: code, grids: count, ..measured })
}

fn measure(grids: Vec<(GridRef, Option<String>)>, whole: Option<String>) -> Result<GridCoverage> {
    let (mut drawn, mut undrawn) = (Vec::new(), Vec::new());
    for (grid, text) in grids {
        match text {
            Some(text) => drawn.push((grid, boundary::kept(&text)?)),
            None => undrawn.push(grid),
        }
    }
    let whole = whole.map(|text| boundary::kept(&text)).transpose()?;
    let plane = match (&whole, drawn.first()) {
        (Some(whole), _) => Plane::around(whole),
        (None, Some((_, first))) => Plane::around(first),
        (None, None) => Plane::around(&MultiPolygon(Vec::new())),
    };
    let flat: Vec<(GridRef, MultiPolygon<f64>)> = drawn.into_iter().map(|(grid, shape)| (grid, plane.flat(&shape))).collect();
    let mut overlaps = Vec::new();
    for (n, (one, shape)) in flat.iter().enumerate() {
        for (other, beside) in &flat[n + 1..] {
            let near = shape.bounding_rect().zip(beside.bounding_rect()).is_some_and(|(a, b)| a.intersects(&b));
            let shared = if near { plane::land(shape.intersection(beside)) } else { continue };
            if !shared.0.is_empty() {
                let (area, shape) = told(plane, &shared)?;
                overlaps.push(GridOverlap { grids: vec![one.clone(), other.clone()], area, shape });
            }
        }
    }
    let mut report = GridCoverage {
        region_code: RegionCode::COUNTRY,
        grids: 0,
        undrawn,
        overlaps,
        has_boundary: whole.is_some(),
        area: None,
        gap_area: None,
        gap: None,
        outside: Vec::new(),
    };
    if let Some(whole) = whole {
        report.area = Some(plane::square_metres(&whole));
        let whole = plane.flat(&whole);
        let covered = unary_union(flat.iter().map(|(_, shape)| shape));
        let gap = plane::land(whole.difference(&covered));
        let (area, shape) = told(plane, &gap)?;
        report.gap_area = Some(area);
        report.gap = (!gap.0.is_empty()).then_some(shape);
        for (grid, shape) in flat {
            let beyond = plane::land(shape.difference(&whole));
            if beyond.unsigned_area() >= plane::SLIVER {
                let (area, _) = told(plane, &beyond)?;
                report.outside.push(GridOutside { grid, area });
            }
        }
    }
    Ok(report)
}

/// How large a shape on the plane is, and the shape in degrees.
fn told(plane: Plane, shape: &MultiPolygon<f64>) -> Result<(f64, Value)> {
    let round = plane.round(shape);
    let text = boundary::written(&round)?;
    Ok((plane::square_metres(&round), serde_json::from_str(&text).map_err(Error::internal)?))
}
