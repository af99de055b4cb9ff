//! The map of venues (红色党群地图), for everybody: GeoJSON (RFC 7946) of what is in use, with a tag by which whoever has it asks for
//! news. The tag is made of which venues there are and at which version, so that an answer of “nothing new” reads two columns.

use super::{
    VenueMapQuery,
    near::{Bounds, MOST_BANDS},
    row::venue,
    store::{self, Ground, Wanted},
    view::{self, PointType, VenueFeature, VenueGeometry, VenueMap},
};
use grids::{CollectionType, FeatureType};
use kernel::{
    Code, Cx, Error, Result,
    geo::{Datum, Position},
    id::VenueId,
};

/// The most venues of one map.
const MOST: u64 = 5_000;
/// How wide a box may be, in degrees.
const WIDEST: f64 = 1.0;

fn invalid(reason: &str) -> Error {
    Error::new(Code::QueryParameterInvalid).with("reason", reason)
}

/// Reads `west,south,east,north`.
fn bounds(text: &str) -> Result<Bounds> {
    let parts: Vec<f64> = text.split(',').map_while(|part| part.trim().parse().ok()).collect();
    let [west, south, east, north] = parts[..] else { return Err(invalid("bbox is west,south,east,north")) };
    if text.split(',').count() != 4 || ![west, south, east, north].iter().all(|n| n.is_finite()) {
        return Err(invalid("bbox is west,south,east,north"));
    }
    if !(-180.0..=180.0).contains(&west) || east > 180.0 || !(-90.0..=90.0).contains(&south) || north > 90.0 {
        return Err(invalid("bbox is in degrees"));
    }
    if west > east || south > north {
        return Err(invalid("bbox is west,south,east,north: from the lower to the higher"));
    }
    let bounds = Bounds { west, south, east, north };
    if east - west > WIDEST || bounds.height() > MOST_BANDS {
        return Err(invalid("bbox is at most half a degree high and one wide"));
    }
    Ok(bounds)
}

fn ground(query: &VenueMapQuery) -> Result<Ground> {
    match (query.region_code, &query.bbox) {
        (Some(region), None) => Ok(Ground::Region(region)),
        (None, Some(text)) => Ok(Ground::Bounds(bounds(text)?)),
        _ => Err(invalid("name either region_code or bbox")),
    }
}

fn wanted(query: &VenueMapQuery) -> Wanted<'_> {
    Wanted { kind: query.kind, brand: query.brand.as_deref(), accessibility: query.accessibility, ..Wanted::default() }
}

fn not_too_many(count: usize) -> Result<()> {
    if count as u64 > MOST { Err(invalid("more than 5000 venues: name a smaller region or box, or a kind")) } else { Ok(()) }
}

fn tag(cx: &Cx, query: &VenueMapQuery, mut versions: Vec<(VenueId, i32)>) -> Result<String> {
    versions.sort_unstable();
    // The release counts too: the same venues may be told in another way.
    let named = serde_json::to_vec(&(env!("CARGO_PKG_VERSION"), query, versions)).map_err(Error::internal)?;
    Ok(format!("\"{}\"", cx.vault().keyed_digest(&named)?))
}

/// What the map is called now, without reading it.
///
/// # Errors
/// As [`venue_map`].
pub async fn venue_map_tag(cx: &Cx, query: &VenueMapQuery) -> Result<String> {
    let versions = store::versions(cx, ground(query)?, &wanted(query), MOST + 1).await?;
    not_too_many(versions.len())?;
    tag(cx, query, versions)
}

/// The venues in use of a region or a box that have a point (红色党群地图), and what this answer is called.
///
/// # Errors
/// `query_parameter_invalid` unless exactly one of `region_code` and a sensible `bbox` is given, and for more than 5,000 venues.
pub async fn venue_map(cx: &Cx, query: &VenueMapQuery) -> Result<(String, VenueMap)> {
    let mut rows = store::mapped(cx, ground(query)?, &wanted(query), MOST + 1).await?;
    not_too_many(rows.len())?;
    rows.sort_unstable_by_key(|row| (row.region_code, row.id));
    let versions: Vec<_> = rows.iter().map(|row| (row.id, row.version)).collect();
    let mut features = Vec::with_capacity(rows.len());
    for row in rows {
        features.extend(feature(row, query.datum)?);
    }
    Ok((tag(cx, query, versions)?, VenueMap { collection: CollectionType::FeatureCollection, datum: query.datum, features }))
}

fn feature(row: venue::Model, datum: Datum) -> Result<Option<VenueFeature>> {
    let Some((lng, lat)) = row.lng.zip(row.lat) else { return Ok(None) };
    let point = Position { lng, lat }.to_datum(datum);
    let geometry = VenueGeometry { geometry: PointType::Point, coordinates: vec![point.lng, point.lat] };
    Ok(Some(VenueFeature { feature: FeatureType::Feature, id: row.id, geometry, properties: view::card(row)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_four_numbers_from_the_south_west() {
        let read = bounds("119.80,32.22, 119.86,32.26").unwrap();
        assert_eq!((read.west, read.north), (119.8, 32.26));
        for bad in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "a,b,c,d",
            "119.86,32.22,119.80,32.26",
            "119.80,32.26,119.86,32.22",
            "119,32,120.5,32.1",
            "119,32,119.1,33",
            "NaN,32,120,33",
            "119,32,inf,33",
            "181,32,182,33",
            "119,-91,119,-90.9",
            "119,32,119.1,",
        ] {
            assert_eq!(bounds(bad).unwrap_err().code, Code::QueryParameterInvalid, "{bad}");
        }
        assert!(bounds("119,32,120,32.5").is_ok() && bounds("-180,-90,-180,-90").is_ok());
    }
}
