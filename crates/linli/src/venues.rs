//! The demo's venues: the 23 睦邻点 that the seed tells of 康乐社区, and Dantu's 30 宜之家. The seeds say how many there are and not where:
//! the points are the demo's own, as its grids are.

use grids::ListRegions;
use kernel::{
    Cx, Error, RegionCode, RegionLevel, Result,
    bulk::{Existing, Put},
    geo::{Datum, Point},
};
use organizations::venue::{PutVenue, VenueKind, put_venues};

const KANGLE: &str = "321003005008";
/// 丹徒区宜城街道.
const YICHENG: &str = "321112002000";
const NEIGHBOR_POINTS: u32 = 23;
const HOMES: u32 = 30;

/// Enters them, unless they are there.
pub(crate) async fn enter(cx: &Cx) -> Result<()> {
    let kangle: RegionCode = KANGLE.parse()?;
    let mut rows: Vec<PutVenue> = (0..NEIGHBOR_POINTS)
        .map(|n| {
            // Within the squares that are Kangle's grids, in turn.
            let (column, line) = (f64::from(n % 3), f64::from(n / 3 % 3));
            let at = (119.433 + column * 0.004 + f64::from(n / 9) * 0.001, 32.390 + line * 0.004);
            venue(kangle, format!("康乐社区党建睦邻点{}", n + 1), VenueKind::NeighborPoint, "党建睦邻点", at)
        })
        .collect();
    let query =
        ListRegions { parent: Some(YICHENG.parse()?), level: Some(RegionLevel::Community), limit: Some(100), ..ListRegions::default() };
    let communities = grids::list_regions(cx, query).await?.items;
    let count = u32::try_from(communities.len()).map_err(Error::internal)?;
    for n in 0..if count == 0 { 0 } else { HOMES } {
        if let Some(community) = communities.get((n % count) as usize) {
            let at = (119.440 + f64::from(n % 6) * 0.006, 32.110 + f64::from(n / 6) * 0.006);
            rows.push(venue(community.code, format!("宜之家红色驿站{}", n + 1), VenueKind::Station, "宜之家", at));
        }
    }
    let mut tx = cx.begin();
    let answers = put_venues(&mut tx, &rows, Existing::Skip, true).await?;
    tx.commit(()).await?;
    match answers.into_iter().find_map(|answer| if let Put::Refused(error) = answer { Some(error) } else { None }) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn venue(region_code: RegionCode, name: String, kind: VenueKind, brand: &str, (lng, lat): (f64, f64)) -> PutVenue {
    PutVenue {
        region_code,
        name,
        kind: Some(kind),
        brand: Some(brand.to_owned()),
        address: None,
        phone: None,
        point: Some(Point { lng, lat, datum: Datum::Wgs84 }),
        area: None,
        office_area: None,
        public_area: None,
        hours: None,
        services: Vec::new(),
        features: Vec::new(),
    }
}
