//! A boundary as the map keeps it.

use super::Hit;
use crate::grid::GridKind;
use kernel::{Error, RegionCode, Result, geo::Position, id::GridId};
use rstar::{AABB, RTreeObject};
use serde::Deserialize;

/// Steps of the lattice in a degree.
const STEPS: f64 = 1e7;

/// A place on the lattice.
pub(super) type Spot = [i32; 2];

/// The place of the lattice that is nearest to a position. A longitude of 180 degrees is 1.8 billion steps: it fits.
pub(super) fn spot(at: Position) -> Spot {
    [(at.lng * STEPS).round() as i32, (at.lat * STEPS).round() as i32]
}

/// What the database keeps of a boundary.
#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Kept {
    Polygon(Vec<Vec<[f64; 2]>>),
    MultiPolygon(Vec<Vec<Vec<[f64; 2]>>>),
}

/// The boundary of a grid in use: its rings, one after the other.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Shape {
    hit: Hit,
    region: RegionCode,
    rank: u8,
    low: Spot,
    high: Spot,
    spots: Box<[Spot]>,
    /// Where each ring but the last ends: nothing for most.
    ends: Box<[u16]>,
}

impl Shape {
    /// Reads a boundary as the database keeps it.
    pub(super) fn read(hit: Hit, region: RegionCode, kind: GridKind, text: &str) -> Result<Self> {
        let rings = match serde_json::from_str(text).map_err(Error::internal)? {
            Kept::Polygon(rings) => rings,
            Kept::MultiPolygon(polygons) => polygons.into_iter().flatten().collect(),
        };
        let mut spots = Vec::with_capacity(rings.iter().map(Vec::len).sum());
        let mut ends = Vec::with_capacity(rings.len().saturating_sub(1));
        for (n, ring) in rings.iter().enumerate() {
            spots.extend(ring.iter().map(|[lng, lat]| spot(Position { lng: *lng, lat: *lat })));
            if n + 1 < rings.len() {
                ends.push(u16::try_from(spots.len()).map_err(Error::internal)?);
            }
        }
        let fold = |axis: usize, pick: fn(i32, i32) -> i32, from: i32| spots.iter().map(|s| s[axis]).fold(from, pick);
        let low = [fold(0, i32::min, i32::MAX), fold(1, i32::min, i32::MAX)];
        let high = [fold(0, i32::max, i32::MIN), fold(1, i32::max, i32::MIN)];
        Ok(Self { hit, region, rank: kind.rank(), low, high, spots: spots.into(), ends: ends.into() })
    }

    pub(super) const fn hit(&self) -> Hit {
        self.hit
    }

    pub(super) const fn region(&self) -> RegionCode {
        self.region
    }

    /// What comes first where several hold a place: the rank of the kind, then age.
    pub(super) const fn order(&self) -> (u8, GridId) {
        (self.rank, self.hit.id)
    }

    /// Whether it holds a place, its edges included: those of its holes too.
    pub(super) fn holds(&self, at: Spot) -> bool {
        if at[0] < self.low[0] || at[0] > self.high[0] || at[1] < self.low[1] || at[1] > self.high[1] {
            return false;
        }
        let (mut inside, mut from) = (false, 0);
        for to in self.ends.iter().map(|end| usize::from(*end)).chain([self.spots.len()]) {
            for pair in self.spots[from..to].windows(2) {
                match crosses(pair[0], pair[1], at) {
                    Some(crossed) => inside ^= crossed,
                    None => return true,
                }
            }
            from = to;
        }
        inside
    }
}

/// Whether a ray from a place to the east crosses this edge; nothing when the place lies on the edge. In whole numbers, so exact.
fn crosses(a: Spot, b: Spot, at: Spot) -> Option<bool> {
    let wide = |n: i32| i64::from(n);
    let side = (wide(b[0]) - wide(a[0])) * (wide(at[1]) - wide(a[1])) - (wide(b[1]) - wide(a[1])) * (wide(at[0]) - wide(a[0]));
    let between = |low: i32, high: i32, n: i32| (low.min(high)..=low.max(high)).contains(&n);
    if side == 0 && between(a[0], b[0], at[0]) && between(a[1], b[1], at[1]) {
        return None;
    }
    let upwards = b[1] > a[1];
    Some((a[1] > at[1]) != (b[1] > at[1]) && (side > 0) == upwards)
}

impl RTreeObject for Shape {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.low.map(f64::from), self.high.map(f64::from))
    }
}
