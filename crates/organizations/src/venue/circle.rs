//! Circles of service (十分钟服务圈、十五分钟便民服务圈): which grids, buildings and households lie within a walk of a venue.
//!
//! Only how many: nobody is named. Every distance is measured once, whatever the number of circles; venues lie in squares as wide
//! as the widest circle, so that for each place nine squares are looked at.

use super::{
    VenueCirclesQuery, VenueRules,
    near::{Around, Bounds},
    rules::FURTHEST,
    store::{self, Wanted},
    view::{CircleShare, VenueCircle, VenueCircles},
};
use kernel::{Code, Cx, Error, Permission, Place, RegionCode, RegionLevel, Result, geo::Position};
use std::collections::HashMap;

/// The most grids and buildings that a report looks at, and the most venues: a county has some hundreds and some thousands.
const MOST_GRIDS: u64 = 20_000;
const MOST_BUILDINGS: u64 = 20_000;
const MOST_VENUES: u64 = 50_000;
/// The grids that are named.
const NAMED: usize = 100;
/// The bands that venues are looked for in: four degrees, which no county reaches over.
const HIGHEST: usize = 800;

fn invalid(reason: &str) -> Error {
    Error::new(Code::QueryParameterInvalid).with("reason", reason)
}

/// A circle: of minutes, or of metres.
fn circles(query: &VenueCirclesQuery, rules: &VenueRules) -> Result<Vec<(Option<u32>, f64)>> {
    let of_minutes = |minutes: u32| (Some(minutes), rules.reach(minutes).min(f64::from(FURTHEST)));
    let of_metres = |metres: u32| (None, f64::from(metres));
    let mut circles = match (query.minutes, query.metres) {
        (Some(minutes @ 1..=60), None) => vec![of_minutes(minutes)],
        (None, Some(metres @ 1..=FURTHEST)) => vec![of_metres(metres)],
        (Some(_), Some(_)) => return Err(invalid("name either metres or minutes")),
        (Some(_), None) => return Err(invalid("minutes is 1 to 60")),
        (None, Some(_)) => return Err(invalid("metres is 1 to 10000")),
        (None, None) => {
            let minutes = rules.circle_minutes.iter().copied().map(of_minutes);
            minutes.chain(rules.circle_metres.iter().copied().map(of_metres)).collect()
        }
    };
    circles.sort_by(|a, b| a.1.total_cmp(&b.1));
    Ok(circles)
}

/// Which part of a region lies within the circles of its venues (服务圈覆盖报告). At most a county.
///
/// # Errors
/// `permission_missing`; `query_parameter_invalid` for a region above a county or with more than 20,000 buildings
/// that have a point, and for circles out of their bounds.
pub async fn venue_circles(cx: &Cx, query: VenueCirclesQuery, rules: &VenueRules) -> Result<VenueCircles> {
    let region: RegionCode = query.region_code;
    cx.actor.require(Permission::GridRead, &Place::from(region))?;
    if region.level() < RegionLevel::County {
        return Err(invalid("region_code is a county or lies in one"));
    }
    let circles = circles(&query, rules)?;
    let grids = grids::grid_centres(cx, region, MOST_GRIDS).await?;
    let homes = grids::homes(cx, region, MOST_BUILDINGS + 1).await?;
    if homes.placed.len() as u64 > MOST_BUILDINGS {
        return Err(invalid("more than 20000 buildings: name a smaller region"));
    }
    let widest = circles.last().map_or(0.0, |(_, metres)| *metres);
    let places = grids.iter().filter_map(|g| g.1).chain(homes.placed.iter().map(|b| b.0));
    let venues = match around(places) {
        Some(bounds) if widest > 0.0 => {
            let wanted = Wanted { kind: query.kind, brand: query.brand.as_deref(), service: query.service.as_deref(), ..Wanted::default() };
            let bounds = bounds.wider(widest);
            if bounds.height() > HIGHEST {
                return Err(invalid("its grids and buildings lie too far apart: name a smaller region"));
            }
            store::positions(cx, bounds, &wanted, MOST_VENUES).await?
        }
        _ => Vec::new(),
    };
    let squares = Squares::new(&venues, widest);
    let grids: Vec<_> = grids.into_iter().map(|(grid, at)| (grid, at.map(|at| squares.nearest(at)))).collect();
    let buildings: Vec<_> = homes.placed.into_iter().map(|(at, households)| (squares.nearest(at), households)).collect();
    let report = circles.into_iter().map(|(minutes, metres)| {
        let within = |distance: &Option<f64>| distance.is_some_and(|d| d <= metres);
        let near = buildings.iter().filter(|(distance, _)| within(distance));
        let placed = grids.iter().filter(|(_, at)| at.is_some()).count();
        let covered = grids.iter().filter(|(_, at)| at.as_ref().is_some_and(within)).count();
        let left = grids.iter().filter(|(_, at)| at.as_ref().is_some_and(|at| !within(at)));
        VenueCircle {
            minutes,
            metres: metres.round() as u32,
            grids: CircleShare::of(grids.len() as u64, placed as u64, covered as u64),
            buildings: CircleShare::of(homes.buildings, buildings.len() as u64, near.clone().count() as u64),
            households: CircleShare::of(homes.households, buildings.iter().map(|b| b.1).sum(), near.map(|b| b.1).sum()),
            uncovered_grids: left.take(NAMED).map(|(grid, _)| grid.clone()).collect(),
        }
    });
    Ok(VenueCircles {
        region_code: region,
        venues: u32::try_from(venues.len()).unwrap_or(u32::MAX),
        metres_per_hour: rules.metres_per_hour,
        detour_percent: rules.detour_percent,
        circles: report.collect(),
    })
}

/// The box around places; nothing around none.
fn around(places: impl Iterator<Item = Position>) -> Option<Bounds> {
    places.fold(None, |bounds: Option<Bounds>, at| {
        let all = bounds.unwrap_or(Bounds { west: at.lng, south: at.lat, east: at.lng, north: at.lat });
        Some(Bounds { west: all.west.min(at.lng), south: all.south.min(at.lat), east: all.east.max(at.lng), north: all.north.max(at.lat) })
    })
}

/// Venues by squares that are at least as wide and as high as a circle.
struct Squares {
    width: f64,
    height: f64,
    venues: HashMap<(i64, i64), Vec<Position>>,
}

impl Squares {
    fn new(venues: &[Position], metres: f64) -> Self {
        let bounds = around(venues.iter().copied()).unwrap_or(Bounds { west: 0.0, south: 0.0, east: 0.0, north: 0.0 });
        // Some metres more, and what lies a circle further north is narrower still.
        let wider = bounds.wider(metres.max(1.0)).wider(metres.max(1.0));
        let (width, height) = ((bounds.west - wider.west) / 2.0 + 1e-6, (bounds.south - wider.south) / 2.0 + 1e-6);
        let mut squares = Self { width, height, venues: HashMap::new() };
        for at in venues {
            squares.venues.entry(squares.square(*at)).or_default().push(*at);
        }
        squares
    }

    fn square(&self, at: Position) -> (i64, i64) {
        ((at.lng / self.width).floor() as i64, (at.lat / self.height).floor() as i64)
    }

    /// How far the nearest venue lies away, if there is one within the circle.
    fn nearest(&self, at: Position) -> Option<f64> {
        let (x, y) = self.square(at);
        let here = Around::new(at);
        let near = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        let near = near.filter_map(|square| self.venues.get(&square)).flatten();
        near.map(|venue| here.metres(*venue)).min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_squares_find_is_what_all_of_them_say() {
        let mut seed = 11_u64;
        let mut roll = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        for metres in [50.0, 667.0, 1000.0, 9_000.0] {
            let (lng, lat) = (75.0 + roll() * 55.0, 3.0 + roll() * 48.0);
            let mut place = |wide: f64| Position { lng: lng + (roll() - 0.5) * wide, lat: lat + (roll() - 0.5) * wide };
            let venues: Vec<_> = (0..300).map(|_| place(0.2)).collect();
            let squares = Squares::new(&venues, metres);
            for _ in 0..500 {
                let at = place(0.22);
                let here = Around::new(at);
                let all = venues.iter().map(|v| here.metres(*v)).min_by(f64::total_cmp).filter(|d| *d <= metres);
                assert_eq!(squares.nearest(at).filter(|d| *d <= metres), all, "{at:?} {metres}");
            }
        }
        assert_eq!(Squares::new(&[], 1000.0).nearest(Position { lng: 119.8, lat: 32.2 }), None);
    }

    #[test]
    fn circles_are_the_rules_of_the_place_or_the_one_that_is_asked_after() {
        let rules = VenueRules { metres_per_hour: 4000, detour_percent: 100, circle_minutes: vec![15, 10], circle_metres: vec![1000] };
        let ask = |minutes, metres| {
            let query = VenueCirclesQuery { region_code: RegionCode::COUNTRY, kind: None, brand: None, service: None, metres, minutes };
            circles(&query, &rules)
        };
        let all = ask(None, None).unwrap();
        assert_eq!(all.iter().map(|c| c.0).collect::<Vec<_>>(), [Some(10), Some(15), None]);
        assert_eq!(ask(Some(30), None).unwrap(), [(Some(30), 2000.0)]);
        assert_eq!(ask(None, Some(500)).unwrap(), [(None, 500.0)]);
        for (minutes, metres) in [(Some(10), Some(500)), (Some(0), None), (Some(61), None), (None, Some(0)), (None, Some(10_001))] {
            assert_eq!(ask(minutes, metres).unwrap_err().code, Code::QueryParameterInvalid);
        }
    }
}
