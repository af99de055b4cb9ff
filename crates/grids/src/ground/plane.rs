//! Degrees as metres, around one place: boundaries are held against each other on a plane.

use geo::{Area, BooleanOps, Buffer, Centroid, Coord, GeodesicArea, MapCoords, MultiPolygon, Orient, orient::Direction};

/// What is smaller is how exactly something was drawn, not land: square metres.
pub(crate) const SLIVER: f64 = 1.0;

/// A plane that touches the earth at one latitude.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    origin: Coord<f64>,
    /// Metres in a degree, to the east and to the north.
    metres: Coord<f64>,
}

impl Plane {
    /// The plane around the middle of a shape.
    pub(crate) fn around(shape: &MultiPolygon<f64>) -> Self {
        let origin = shape.centroid().map_or(Coord { x: 105.0, y: 35.0 }, |point| point.0);
        let phi = origin.y.to_radians();
        // The series of a degree on the ellipsoid of WGS-84.
        let x = 111_412.84 * phi.cos() - 93.5 * (3.0 * phi).cos() + 0.118 * (5.0 * phi).cos();
        let y = 111_132.92 - 559.82 * (2.0 * phi).cos() + 1.175 * (4.0 * phi).cos();
        Self { origin, metres: Coord { x, y } }
    }

    /// A shape in metres.
    pub(crate) fn flat(self, shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        shape.map_coords(|c| Coord { x: (c.x - self.origin.x) * self.metres.x, y: (c.y - self.origin.y) * self.metres.y })
    }

    /// A shape in degrees again.
    pub(crate) fn round(self, shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        shape.map_coords(|c| Coord { x: c.x / self.metres.x + self.origin.x, y: c.y / self.metres.y + self.origin.y })
    }
}

/// How many square metres of a shape lie further outside of another than so many metres.
pub(crate) fn beyond(shape: &MultiPolygon<f64>, whole: &MultiPolygon<f64>, tolerance: f64) -> f64 {
    let plane = Plane::around(whole);
    let whole = plane.flat(whole);
    let whole = if tolerance > 0.0 { whole.buffer(tolerance) } else { whole };
    plane.flat(shape).difference(&whole).unsigned_area()
}

/// The pieces of a shape that are land, and not how exactly something was drawn.
pub(crate) fn land(shape: MultiPolygon<f64>) -> MultiPolygon<f64> {
    MultiPolygon(shape.0.into_iter().filter(|piece| piece.unsigned_area() >= SLIVER).collect())
}

/// What a shape in degrees measures, in square metres on the ellipsoid, to a tenth.
pub(crate) fn square_metres(shape: &MultiPolygon<f64>) -> f64 {
    // Turned the wrong way, a ring encloses the rest of the earth.
    (shape.orient(Direction::Default).geodesic_area_unsigned() * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Rect, coord};

    fn square(west: f64, south: f64, east: f64, north: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![Rect::new(coord! { x: west, y: south }, coord! { x: east, y: north }).to_polygon()])
    }

    #[test]
    fn metres_on_the_plane_are_metres_on_the_ground() {
        let shape = square(119.81, 32.23, 119.82, 32.25);
        let flat = Plane::around(&shape).flat(&shape).unsigned_area();
        let ground = square_metres(&shape);
        assert!((ground - 2_090_000.0).abs() < 10_000.0, "{ground}");
        assert!((flat / ground - 1.0).abs() < 1e-4, "{flat} {ground}");
        let plane = Plane::around(&shape);
        let back = plane.round(&plane.flat(&shape));
        assert!(back.difference(&shape).unsigned_area() < 1e-12);
    }

    #[test]
    fn a_shape_is_within_another_with_some_tolerance() {
        let whole = square(119.81, 32.23, 119.83, 32.25);
        assert!(beyond(&square(119.81, 32.23, 119.82, 32.25), &whole, 0.0) < SLIVER);
        assert!(beyond(&whole, &whole, 0.0) < SLIVER);
        // Nine and a half metres to the east.
        let over = square(119.82, 32.23, 119.8301, 32.25);
        assert!(beyond(&over, &whole, 10.0) < SLIVER);
        assert!(beyond(&over, &whole, 5.0) > 5_000.0);
        // It fills a bay of the community, though its corners lie on its edge.
        let bay = whole.difference(&square(119.815, 32.235, 119.83, 32.245));
        assert!(beyond(&square(119.815, 32.235, 119.83, 32.245), &bay, 10.0) > 1_000_000.0);
    }
}
