//! What is near (附近阵地): by one range of the index (band, lng), on both databases alike.
//!
//! A band is a strip of latitude, some 550 m high. Within a circle lie a few bands, and of each a piece between two longitudes: the
//! database reads those pieces and nothing else, keeps what lies within the circle, and sorts it by distance. Why not a map in
//! memory as for grids: docs/decisions/0024.

use super::{
    NearbyVenue, NearbyVenues, NearbyVenuesQuery, VenueRules,
    hours::Moment,
    row::venue::{self, Column as C},
    rules::FURTHEST,
    store::{self, Wanted},
    view,
};
use kernel::{Code, Cx, Error, Result, geo::Position};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr, sea_query::ExprTrait};

/// How high a band is, in degrees.
const BAND: f64 = 0.005;
/// Lists of bands are as long as a multiple of this, so that there are few statements to prepare.
const PADDING: usize = 4;
/// The most bands of one question: a box half a degree high.
pub(super) const MOST_BANDS: usize = 102;
/// The most that are told.
const MOST: u64 = 100;

/// The band of a latitude.
pub(super) fn band(lat: f64) -> i32 {
    (lat / BAND).floor() as i32
}

/// The bands between two latitudes; the last one again and again up to a round number.
fn bands(south: f64, north: f64) -> Vec<i32> {
    let mut bands: Vec<i32> = (band(south)..=band(north)).collect();
    let round = bands.len().next_multiple_of(PADDING);
    bands.resize(round, band(north));
    bands
}

/// A box in degrees, as the index finds it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Bounds {
    pub(super) west: f64,
    pub(super) south: f64,
    pub(super) east: f64,
    pub(super) north: f64,
}

impl Bounds {
    /// What lies in it and is on the map.
    pub(super) fn holds(self) -> Condition {
        Condition::all()
            .add(C::Band.is_in(bands(self.south, self.north)))
            .add(C::Lng.between(self.west, self.east))
            .add(C::Lat.between(self.south, self.north))
    }

    /// How many bands it reaches over.
    pub(super) fn height(self) -> usize {
        usize::try_from(i64::from(band(self.north)) - i64::from(band(self.south)) + 1).unwrap_or(0)
    }

    /// The same with so many metres around it.
    pub(super) fn wider(self, metres: f64) -> Self {
        let (south, north) = (self.south - metres / LEAST_NORTH, self.north + metres / LEAST_NORTH);
        // A degree of longitude is shortest at the latitude that is furthest from the equator.
        let furthest = south.abs().max(north.abs()).min(89.0);
        let east = metres / Around::new(Position { lng: 0.0, lat: furthest }).x * 1.001;
        Self { west: self.west - east, south, east: self.east + east, north }
    }
}

/// A degree of latitude is nowhere shorter than this, in metres.
const LEAST_NORTH: f64 = 110_500.0;

/// Metres around one place: how far others lie from it, on the ellipsoid of WGS-84, to some centimetres within ten kilometres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    at: Position,
    /// Metres in a degree to the east, here, and how many more half a degree to the north makes of it.
    x: f64,
    slope: f64,
    /// Metres in a degree to the north.
    y: f64,
}

impl Around {
    pub(super) fn new(at: Position) -> Self {
        let phi = at.lat.to_radians();
        // The series of a degree on the ellipsoid, and the derivative of the first.
        let x = 111_412.84 * phi.cos() - 93.5 * (3.0 * phi).cos() + 0.118 * (5.0 * phi).cos();
        let turn = -111_412.84 * phi.sin() + 280.5 * (3.0 * phi).sin() - 0.59 * (5.0 * phi).sin();
        let y = 111_132.92 - 559.82 * (2.0 * phi).cos() + 1.175 * (4.0 * phi).cos();
        Self { at, x, slope: turn.to_radians() / 2.0, y }
    }

    /// How far a place lies away.
    pub(super) fn metres(&self, to: Position) -> f64 {
        let north = to.lat - self.at.lat;
        ((to.lng - self.at.lng) * (self.x + self.slope * north)).hypot(north * self.y)
    }

    /// The same, squared, for the database to compute.
    fn squared(&self) -> Expr {
        let north = || Expr::col(C::Lat).sub(self.at.lat);
        let east = || Expr::col(C::Lng).sub(self.at.lng).mul(north().mul(self.slope).add(self.x));
        let up = || north().mul(self.y);
        east().mul(east()).add(up().mul(up()))
    }
}

/// What lies within so many metres of a place, and the order of how far away.
pub(super) struct Circle {
    pub(super) around: Around,
    pub(super) metres: f64,
}

impl Circle {
    pub(super) fn holds(&self) -> Condition {
        let at = self.around.at;
        let box_around = Bounds { west: at.lng, south: at.lat, east: at.lng, north: at.lat }.wider(self.metres);
        box_around.holds().add(self.around.squared().lte(self.metres * self.metres))
    }

    pub(super) fn distance(&self) -> Expr {
        self.around.squared()
    }
}

/// Venues near a point (附近阵地), the nearest first: on foot within so many minutes by the rules of the place, or within so many
/// metres as the crow flies.
///
/// # Errors
/// `query_parameter_invalid` unless exactly one of `minutes` and `metres` is given, within its bounds; `point_outside_country`.
pub async fn list_nearby_venues(cx: &Cx, query: NearbyVenuesQuery, rules: &VenueRules) -> Result<NearbyVenues> {
    let invalid = |reason: &str| Err(Error::new(Code::QueryParameterInvalid).with("reason", reason));
    let at = query.point().to_wgs84()?;
    let metres = match (query.metres, query.minutes) {
        (Some(metres @ 1..=FURTHEST), None) => f64::from(metres),
        (None, Some(minutes @ 1..=60)) => rules.reach(minutes).min(f64::from(FURTHEST)),
        (Some(_), Some(_)) | (None, None) => return invalid("name either metres or minutes"),
        (Some(_), None) => return invalid("metres is 1 to 10000"),
        (None, Some(_)) => return invalid("minutes is 1 to 60"),
    };
    let limit = query.limit.unwrap_or(20);
    if !(1..=MOST).contains(&limit) {
        return invalid("limit is 1 to 100");
    }
    let now = Moment::of(cx.now());
    let wanted = Wanted {
        kind: query.kind,
        brand: query.brand.as_deref(),
        service: query.service.as_deref(),
        feature: None,
        accessibility: query.accessibility,
        open: query.open_now.then_some(now),
    };
    let circle = Circle { around: Around::new(at), metres };
    let rows = store::near(cx, &circle, &wanted, limit).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.extend(nearby(row, &circle.around, rules, now, query.datum)?);
    }
    Ok(NearbyVenues {
        within_metres: metres.floor() as u32,
        metres_per_hour: rules.metres_per_hour,
        detour_percent: rules.detour_percent,
        items,
    })
}

fn nearby(row: venue::Model, around: &Around, rules: &VenueRules, now: Moment, datum: kernel::geo::Datum) -> Result<Option<NearbyVenue>> {
    let Some((lng, lat)) = row.lng.zip(row.lat) else { return Ok(None) };
    let at = Position { lng, lat };
    let metres = around.metres(at);
    let venue = view::card(row)?;
    Ok(Some(NearbyVenue {
        metres: metres.round() as u32,
        walk_minutes: rules.minutes(metres),
        open_now: venue.hours.as_ref().and_then(|hours| hours.is_open(now)),
        point: at.to_datum(datum),
        venue,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The middle latitude and the two radii of the ellipsoid: another way to the same metres.
    fn metres(a: Position, b: Position) -> f64 {
        let (major, e2) = (6_378_137.0, 0.006_694_379_990_141_3);
        let middle = f64::midpoint(a.lat, b.lat).to_radians();
        let w = 1.0 - e2 * middle.sin().powi(2);
        let (meridian, normal) = (major * (1.0 - e2) / w.powf(1.5), major / w.sqrt());
        let (north, east) = ((b.lat - a.lat).to_radians() * meridian, (b.lng - a.lng).to_radians() * normal * middle.cos());
        north.hypot(east)
    }

    #[test]
    fn metres_are_metres_within_ten_kilometres() {
        for lat in [1.0, 18.2, 32.24, 45.7, 53.5] {
            let here = Position { lng: 119.8, lat };
            let around = Around::new(here);
            for (east, north) in [(0.0, 0.0), (0.01, 0.0), (0.0, 0.01), (0.05, -0.05), (-0.1, 0.02), (-0.03, -0.08), (0.0, 0.09)] {
                let there = Position { lng: 119.8 + east, lat: lat + north };
                let (got, want) = (around.metres(there), metres(here, there));
                assert!((got - want).abs() < 0.5, "{lat} {east} {north}: {got} and {want}");
            }
        }
    }

    #[test]
    fn the_box_around_a_circle_holds_the_circle() {
        let mut seed = 7_u64;
        let mut roll = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        for _ in 0..20_000 {
            let at = Position { lng: 73.0 + roll() * 60.0, lat: 1.0 + roll() * 54.0 };
            let reach = 1.0 + roll() * 9_999.0;
            let bounds = Bounds { west: at.lng, south: at.lat, east: at.lng, north: at.lat }.wider(reach);
            let there = Position { lng: at.lng + (roll() - 0.5) * 0.4, lat: at.lat + (roll() - 0.5) * 0.25 };
            let inside = (bounds.west..=bounds.east).contains(&there.lng) && (bounds.south..=bounds.north).contains(&there.lat);
            assert!(inside || Around::new(at).metres(there) > reach, "{at:?} {there:?} {reach}");
            let bands = bands(bounds.south, bounds.north);
            assert!(!inside || bands.contains(&band(there.lat)));
            assert!(bands.len().is_multiple_of(PADDING) && bounds.height() <= bands.len() && bands.len() < 48);
        }
    }

    #[test]
    fn bands_meet_without_a_gap() {
        assert_eq!((band(32.24), band(32.2449), band(32.2451), band(-0.001), band(0.0)), (6448, 6448, 6449, -1, 0));
        assert_eq!(bands(32.241, 32.256), [6448, 6449, 6450, 6451]);
        assert_eq!(bands(32.241, 32.242), [6448; 4]);
        // No panic where no venue lies.
        for lat in [-90.0, 90.0, 1e9, -1e9] {
            let far = Bounds { west: -180.0, south: lat, east: 180.0, north: lat }.wider(10_000.0);
            assert!(far.height() < 100, "{lat}");
        }
    }
}
