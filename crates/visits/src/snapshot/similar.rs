//! What may tell of the same thing: the same category, near by and not long ago, as the rules of the place say.

use super::{
    FindSimilarSnapshots, SimilarSnapshot,
    row::{Column as C, Entity},
    view,
};
use kernel::{
    Cx, Error, Page, PageQuery, Pager, Permission, Place, Result,
    geo::{Point, Position},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use services::policy;

/// How many are looked at for what may tell of the same thing.
const MOST_CANDIDATES: u64 = 500;

/// What may have been sent of the same thing (查找相似随手拍): of the same category, near enough and not too long ago by the rules of the
/// place; the nearest first.
///
/// # Errors
/// `permission_missing`; `point_outside_country`; `query_parameter_invalid`.
pub async fn find_similar_snapshots(cx: &Cx, query: FindSimilarSnapshots) -> Result<Page<SimilarSnapshot>> {
    let region = query.region_code;
    cx.actor.require(Permission::SnapshotSend, &Place::from(region))?;
    let pager = Pager::new("similar_snapshots", &(), PageQuery { limit: query.limit, cursor: None })?;
    let at = Point { lng: query.lng, lat: query.lat, datum: query.datum }.to_wgs84()?;
    let rules = policy::snapshot_rules(cx, region).await?;
    let reach = f64::from(rules.similar_meters);
    // A degree of latitude is 111 km; one of longitude is shorter by the cosine of the latitude.
    let (lat, lng) = (reach / 110_000.0, reach / (110_000.0 * at.lat.to_radians().cos().max(0.1)));
    let rows = Entity::find()
        .filter(C::RegionCode.eq(region))
        .filter(C::Category.eq(&query.category))
        .filter(C::CreatedAt.gte(cx.now() - chrono::Duration::days(i64::from(rules.similar_days))))
        .filter(C::Lat.between(at.lat - lat, at.lat + lat))
        .filter(C::Lng.between(at.lng - lng, at.lng + lng))
        .order_by_desc(C::CreatedAt)
        .limit(MOST_CANDIDATES)
        .all(cx.reader())
        .await?;
    let mut near: Vec<_> = rows.iter().map(|row| (meters(at, Position { lng: row.lng, lat: row.lat }), row)).collect();
    near.retain(|(meters, _)| *meters <= reach);
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let most = usize::try_from(pager.limit()).map_err(Error::internal)?;
    let items = near.into_iter().take(most).map(|(meters, row)| view::similar(cx, row, meters)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: None, has_more: false })
}

/// How far two positions lie apart, on a sphere.
fn meters(a: Position, b: Position) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let (lat, lng) = ((lat_b - lat_a) / 2.0, (b.lng - a.lng).to_radians() / 2.0);
    let half = lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * lng.sin().powi(2);
    2.0 * 6_371_000.0 * half.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_of_a_degree_north_is_a_good_kilometre() {
        let here = Position { lng: 119.815, lat: 32.24 };
        assert!((meters(here, Position { lat: 32.25, ..here }) - 1112.0).abs() < 1.0);
        assert!((meters(here, Position { lng: 119.825, ..here }) - 940.5).abs() < 1.0);
        assert!(meters(here, here) < 0.001);
    }
}
