//! A boundary (边界), of a grid or of a community: a simple polygon or several, in WGS-84 inside, in any datum at the door.

use geo::{
    Area, BooleanOps, BoundingRect, Centroid, Coord, InteriorPoint, Intersects, LineString, MultiPolygon, Orient, Polygon, Rect,
    Validation, orient::Direction,
};
use geojson::{Geometry, GeometryValue};
use kernel::{
    Code, Error, Result,
    geo::{Datum, Point, Position},
};
use serde::Deserialize;
use serde_json::Value;

/// The most positions of a boundary, all rings together, the closing ones counted.
const MAX_POSITIONS: usize = 2_000;
/// The most pieces of a boundary: each is held against each other.
const MAX_PIECES: usize = 20;
/// The most degrees that a boundary spans in either direction. It bounds the index range in which the
/// grid of a point is looked for; a community that is wider than some 90 km has more than one grid.
pub(crate) const MAX_SPAN: f64 = 1.0;

/// The least area, in square degrees: a square metre.
const MIN_AREA: f64 = 1e-10;

/// A boundary that has been checked.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Boundary {
    shape: MultiPolygon<f64>,
    bounds: Rect<f64>,
    centroid: Position,
}

fn invalid(reason: impl std::fmt::Display) -> Error {
    Error::new(Code::BoundaryInvalid).with("reason", reason).at("#/boundary")
}

impl Boundary {
    /// Checks a GeoJSON Polygon or `MultiPolygon` and brings it to WGS-84, outer rings counter-clockwise as RFC 7946 wants them.
    pub(crate) fn read(value: &Value, datum: Datum) -> Result<Self> {
        let geometry = Geometry::deserialize(value).map_err(|e| invalid(&e).because(e))?;
        let pieces = match geometry.value {
            GeometryValue::Polygon { coordinates } => vec![coordinates],
            GeometryValue::MultiPolygon { coordinates } => coordinates,
            other => return Err(invalid(format!("it is a {}, not a Polygon", other.type_name()))),
        };
        if pieces.is_empty() || pieces.iter().any(Vec::is_empty) {
            return Err(invalid("it has no ring"));
        }
        if pieces.iter().flatten().map(Vec::len).sum::<usize>() > MAX_POSITIONS {
            return Err(invalid(format!("it has more than {MAX_POSITIONS} positions")));
        }
        if pieces.len() > MAX_PIECES {
            return Err(invalid(format!("it has more than {MAX_PIECES} pieces")));
        }
        let mut polygons = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let mut rings = Vec::with_capacity(piece.len());
            for ring in piece {
                let ring = ring.iter().map(|p| p.as_slice()).collect::<Vec<_>>();
                if ring.len() < 4 {
                    return Err(invalid("a ring has at least 4 positions"));
                }
                if ring.first() != ring.last() {
                    return Err(invalid("a ring ends where it began"));
                }
                rings.push(LineString(ring.into_iter().map(|p| coord(p, datum)).collect::<Result<Vec<_>>>()?));
            }
            let outer = rings.remove(0);
            polygons.push(Polygon::new(outer, rings));
        }
        Self::new(MultiPolygon(polygons))
    }

    /// Checks a shape in WGS-84.
    fn new(shape: MultiPolygon<f64>) -> Result<Self> {
        match shape.0.as_slice() {
            [one] => one.check_validation().map_err(|e| invalid(&e).because(e))?,
            _ => shape.check_validation().map_err(|e| invalid(&e).because(e))?,
        }
        let shape = shape.orient(Direction::Default);
        let empty = || invalid("it encloses nothing");
        if shape.0.iter().any(|piece| piece.unsigned_area() < MIN_AREA) {
            return Err(empty());
        }
        let bounds = shape.bounding_rect().ok_or_else(empty)?;
        if bounds.width() > MAX_SPAN || bounds.height() > MAX_SPAN {
            return Err(invalid("it spans more than one degree"));
        }
        let centroid = shape.centroid().map(|c| Position { lng: c.x(), lat: c.y() }).ok_or_else(empty)?;
        Ok(Self { shape, bounds, centroid })
    }

    /// What it encloses.
    pub(crate) const fn shape(&self) -> &MultiPolygon<f64> {
        &self.shape
    }

    /// The south-west and the north-east corner of the box around it.
    pub(crate) fn corners(&self) -> (Position, Position) {
        let (min, max) = (self.bounds.min(), self.bounds.max());
        (Position { lng: min.x, lat: min.y }, Position { lng: max.x, lat: max.y })
    }

    /// Its centroid, which lies outside of it when it is bent enough.
    pub(crate) const fn centroid(&self) -> Position {
        self.centroid
    }

    /// The GeoJSON that the database keeps.
    pub(crate) fn text(&self) -> Result<String> {
        written(&self.shape)
    }
}

/// A shape as GeoJSON: a Polygon where it is one.
pub(crate) fn written(shape: &MultiPolygon<f64>) -> Result<String> {
    let value = match shape.0.as_slice() {
        [one] => GeometryValue::from(one),
        _ => GeometryValue::from(shape),
    };
    serde_json::to_string(&Geometry::new(value)).map_err(Error::internal)
}

fn coord(position: &[f64], datum: Datum) -> Result<Coord<f64>> {
    let [lng, lat, ..] = *position else { return Err(invalid("a position has a longitude and a latitude")) };
    let at = Point { lng, lat, datum }.to_wgs84().map_err(|e| e.at("#/boundary"))?;
    Ok(Coord { x: at.lng, y: at.lat })
}

/// Whether a boundary as the database keeps it contains this place, its edge included.
pub(super) fn contains(text: &str, at: Position) -> Result<bool> {
    Ok(kept(text)?.intersects(&Coord { x: at.lng, y: at.lat }))
}

/// What a boundary as the database keeps it encloses.
pub(crate) fn kept(text: &str) -> Result<MultiPolygon<f64>> {
    let geometry: Geometry = text.parse().map_err(|e: geojson::Error| Error::internal(e))?;
    match geo::Geometry::<f64>::try_from(geometry).map_err(Error::internal)? {
        geo::Geometry::Polygon(polygon) => Ok(MultiPolygon(vec![polygon])),
        geo::Geometry::MultiPolygon(shape) => Ok(shape),
        _ => Err(Error::internal("a boundary is a polygon or several")),
    }
}

/// The union of boundaries as the database keeps them: nothing unless there are all of them and they make one piece.
pub(super) fn union<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Result<Option<Boundary>> {
    let Some(texts) = texts.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let mut shapes = texts.into_iter().map(kept).collect::<Result<Vec<_>>>()?.into_iter();
    let Some(mut all) = shapes.next() else { return Ok(None) };
    for next in shapes {
        all = all.union(&next);
    }
    Ok(if all.0.len() == 1 { Boundary::new(all).ok() } else { None })
}

pub(crate) fn fuzz(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
        let Ok(boundary) = Boundary::read(&value, datum) else { continue };
        let inside = boundary.shape.interior_point().expect("a boundary has an inside");
        let kept = boundary.text().expect("a boundary can be written");
        let held = contains(&kept, Position { lng: inside.x(), lat: inside.y() }).expect("a boundary that is kept can be read");
        assert!(held, "a boundary holds its own inside: {kept}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn polygon(rings: Value) -> Value {
        json!({ "type": "Polygon", "coordinates": rings })
    }

    /// Clockwise, half a kilometre wide.
    fn square() -> Value {
        polygon(json!([[[119.47, 32.19], [119.47, 32.195], [119.475, 32.195], [119.475, 32.19], [119.47, 32.19]]]))
    }

    fn at(lng: f64, lat: f64) -> Position {
        Position { lng, lat }
    }

    #[test]
    fn a_boundary_contains_its_inside_and_its_edge_but_not_its_hole() {
        let hole = json!([[119.472, 32.192], [119.473, 32.192], [119.473, 32.193], [119.472, 32.193], [119.472, 32.192]]);
        let mut value = square();
        value["coordinates"].as_array_mut().unwrap().push(hole);
        let boundary = Boundary::read(&value, Datum::Wgs84).unwrap();
        let text = boundary.text().unwrap();
        for (place, inside) in [
            (at(119.471, 32.191), true),
            (at(119.47, 32.192), true),
            (at(119.4725, 32.1925), false),
            (at(119.48, 32.191), false),
            (at(119.471, 32.1951), false),
        ] {
            assert_eq!(contains(&text, place).unwrap(), inside, "{place:?}");
        }
        assert_eq!(boundary.corners(), (at(119.47, 32.19), at(119.475, 32.195)));
        let center = boundary.centroid();
        assert!((center.lng - 119.4725).abs() < 1e-6 && (center.lat - 32.1925).abs() < 1e-6);
        // What is kept reads as what was checked, counter-clockwise.
        let kept: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(kept["coordinates"][0][1], json!([119.475, 32.19]));
        assert_eq!(Boundary::read(&kept, Datum::Wgs84).unwrap(), boundary);
    }

    #[test]
    fn every_datum_ends_in_wgs84() {
        let corners = [(119.47, 32.19), (119.475, 32.19), (119.475, 32.195), (119.47, 32.195), (119.47, 32.19)];
        for datum in [Datum::Wgs84, Datum::Cgcs2000, Datum::Gcj02, Datum::Bd09] {
            let ring: Vec<_> =
                corners.iter().map(|(lng, lat)| at(*lng, *lat).to_datum(datum)).map(|p| json!([p.lng, p.lat, 12.5])).collect();
            let (south_west, north_east) = Boundary::read(&polygon(json!([ring])), datum).unwrap().corners();
            for (got, expected) in [(south_west.lng, 119.47), (south_west.lat, 32.19), (north_east.lng, 119.475), (north_east.lat, 32.195)]
            {
                assert!((got - expected).abs() < 1e-6, "{datum:?}: {got}");
            }
        }
    }

    #[test]
    fn what_is_no_simple_polygon_is_refused() {
        let circle = |n: u32| {
            let point = |i: u32| (f64::from(i) / f64::from(n) * std::f64::consts::TAU).sin_cos();
            let mut ring: Vec<_> = (0..n).map(point).map(|(y, x)| json!([119.5 + x / 100.0, 32.2 + y / 100.0])).collect();
            ring.push(ring[0].clone());
            polygon(json!([ring]))
        };
        for (value, reason) in [
            (json!("here"), ""),
            (json!({}), "type"),
            (json!({ "type": "Point", "coordinates": [119.47, 32.19] }), "Point, not a Polygon"),
            (json!({ "type": "Feature", "geometry": square(), "properties": {} }), ""),
            (polygon(json!([])), "no ring"),
            (polygon(json!([[[119.47, "a"]]])), ""),
            (polygon(json!([[[119.47]]])), ""),
            (polygon(json!([[[119.47, 32.19], [119.48, 32.19], [119.47, 32.19]]])), "at least 4"),
            (polygon(json!([[[119.47, 32.19], [119.48, 32.19], [119.48, 32.2], [119.47, 32.2]]])), "ends where it began"),
            (polygon(json!([[[119.47, 32.19], [119.48, 32.2], [119.48, 32.19], [119.47, 32.2], [119.47, 32.19]]])), "self-intersection"),
            (polygon(json!([[[119.47, 32.19], [119.48, 32.19], [119.49, 32.19], [119.47, 32.19]]])), "encloses nothing"),
            (polygon(json!([[[119.47, 32.19], [119.47, 32.19], [119.47, 32.19], [119.47, 32.19]]])), "3 distinct"),
            (polygon(json!([[[118.0, 32.0], [119.5, 32.0], [119.5, 32.1], [118.0, 32.1], [118.0, 32.0]]])), "one degree"),
            (circle(2_000), "more than 2000"),
        ] {
            let error = Boundary::read(&value, Datum::Wgs84).unwrap_err();
            assert_eq!(error.code, Code::BoundaryInvalid, "{value}");
            assert!(error.params[0].1.contains(reason), "{value}: {error}");
            assert_eq!(error.fields[0].pointer, "#/boundary");
        }
        assert!(Boundary::read(&circle(1_999), Datum::Wgs84).is_ok());
        let pieces = |pieces: Vec<Value>| json!({ "type": "MultiPolygon", "coordinates": pieces });
        let piece = |west: f64| json!([[[west, 32.19], [west + 0.01, 32.19], [west + 0.01, 32.2], [west, 32.19]]]);
        let two = Boundary::read(&pieces(vec![piece(119.47), piece(119.5)]), Datum::Wgs84).unwrap();
        assert!(contains(&two.text().unwrap(), at(119.508, 32.191)).unwrap());
        assert!(!contains(&two.text().unwrap(), at(119.49, 32.191)).unwrap());
        for many in
            [vec![], vec![json!([])], vec![piece(119.47), piece(119.475)], (0..21).map(|n| piece(119.0 + f64::from(n) / 50.0)).collect()]
        {
            assert_eq!(Boundary::read(&pieces(many), Datum::Wgs84).unwrap_err().code, Code::BoundaryInvalid);
        }
        let abroad = polygon(json!([[[2.3, 48.8], [2.4, 48.8], [2.4, 48.9], [2.3, 48.8]]]));
        assert_eq!(Boundary::read(&abroad, Datum::Wgs84).unwrap_err().code, Code::PointOutsideCountry);
        let swapped = polygon(json!([[[32.19, 119.47], [32.195, 119.47], [32.195, 119.48], [32.19, 119.47]]]));
        assert_eq!(Boundary::read(&swapped, Datum::Wgs84).unwrap_err().code, Code::PointOutsideCountry);
    }
}
