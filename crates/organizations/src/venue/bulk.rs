//! Many venues at once, as an import has them: found by their names in their communities.

use super::{
    OpeningHours, PutVenue, areas, command,
    event::VenueEvent,
    grid_of, json, public_phone,
    row::venue::{self, Column as C},
    store,
};
use kernel::{
    Code, Error, EventType, Permission, Place, RegionCode, Result, Tx,
    bulk::{Existing, Put},
    check::{dialable, worded},
    error::Kind,
    geo::Point,
    id::VenueId,
    stage::next,
};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

/// Enters or changes venues within a change (批量维护阵地), one answer for each in their order. Without `write` it only says what would
/// become of them.
///
/// # Errors
/// `database_unavailable`. What is wrong with a row is the row's answer: `permission_missing`, `region_unknown`, `region_closed`,
/// `region_not_community`, `field_missing`, `field_invalid`, `field_range`, `venue_hours_invalid`, `venue_phone_mobile`,
/// `point_outside_country`, `point_outside_community`, `row_exists`.
pub async fn put_venues(tx: &mut Tx<'_>, rows: &[PutVenue], existing: Existing, write: bool) -> Result<Vec<Put>> {
    let mut regions: Vec<RegionCode> = rows.iter().map(|row| row.region_code).collect();
    regions.sort_unstable();
    regions.dedup();
    let names: Vec<&str> = rows.iter().map(|row| row.name.trim()).collect();
    let known = store::named(tx, &regions, &names).await?;
    let before: HashMap<VenueId, venue::Model> = known.iter().map(|row| (row.id, row.clone())).collect();
    let mut known: HashMap<(RegionCode, String), venue::Model> =
        known.into_iter().map(|row| ((row.region_code, row.name.clone()), row)).collect();
    let (mut touched, mut answers) = (Vec::new(), Vec::with_capacity(rows.len()));
    for wanted in rows {
        match put(tx, &known, wanted, existing).await {
            Ok((answer, after)) => {
                if let Some(after) = after {
                    let key = (after.region_code, after.name.clone());
                    if !touched.contains(&key) {
                        touched.push(key.clone());
                    }
                    known.insert(key, after);
                }
                answers.push(answer);
            }
            Err(e) if matches!(e.code.kind(), Kind::Unavailable | Kind::Internal | Kind::StorageFull) => return Err(e),
            Err(e) => answers.push(Put::Refused(e)),
        }
    }
    if write {
        let mut new = Vec::new();
        for row in touched.iter().filter_map(|key| known.get(key)) {
            match before.get(&row.id) {
                None => {
                    tx.emit(row.subject(), &VenueEvent::of(EventType::VenueCreated, row))?;
                    new.push(row.clone());
                }
                Some(old) => change(tx, old.clone(), row.clone()).await?,
            }
        }
        store::insert(tx, new).await?;
    }
    Ok(answers)
}

async fn change(tx: &mut Tx<'_>, old: venue::Model, mut row: venue::Model) -> Result<()> {
    row.version = old.version + 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &VenueEvent::of(EventType::VenueUpdated, &row))?;
    if row.hours != old.hours {
        store::set_hours(tx, &row).await?;
    }
    let update = next([C::Id, C::Version], old, row);
    if tx.conn().await?.execute(&update).await?.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

async fn put(
    tx: &Tx<'_>,
    known: &HashMap<(RegionCode, String), venue::Model>,
    wanted: &PutVenue,
    existing: Existing,
) -> Result<(Put, Option<venue::Model>)> {
    let (cx, region, name) = (tx.cx(), wanted.region_code, wanted.name.trim());
    cx.actor.require(Permission::VenueManage, &Place::from(region)).map_err(|e| e.at("#/region_code"))?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let before = known.get(&(region, name.to_owned()));
    match (before, existing) {
        (Some(_), Existing::Refuse) => return Err(Error::new(Code::RowExists)),
        (Some(_), Existing::Skip) => return Ok((Put::Skipped, None)),
        _ => {}
    }
    checked(wanted)?;
    let mut row = match before {
        Some(row) => row.clone(),
        None => fresh(tx, wanted)?,
    };
    row.kind = wanted.kind.unwrap_or(row.kind);
    row.brand = wanted.brand.clone().or(row.brand);
    row.address = wanted.address.clone().or(row.address);
    row.phone = wanted.phone.clone().or(row.phone);
    (row.area, row.office_area, row.public_area) =
        (wanted.area.or(row.area), wanted.office_area.or(row.office_area), wanted.public_area.or(row.public_area));
    areas(&row)?;
    if let Some(text) = &wanted.hours {
        let wrong = || Error::field_with("#/hours", Code::FieldInvalid, vec![("reason", "周一至周五 09:00-17:00".to_owned())]);
        let hours = OpeningHours::read(text).ok_or_else(wrong)?;
        hours.check("#/hours")?;
        row.hours = json(&hours)?;
    }
    for (column, given) in [(&mut row.services, &wanted.services), (&mut row.features, &wanted.features)] {
        if !given.is_empty() {
            *column = json(given)?;
        }
    }
    if let Some(point) = wanted.point {
        let at = point.to_wgs84().map_err(|e| e.at("#/point"))?;
        if (row.lng, row.lat) != (Some(at.lng), Some(at.lat)) {
            (row.lng, row.lat) = (Some(at.lng), Some(at.lat));
            row.grid_id = grid_of(cx, region, None, Some(at)).await?;
        }
    }
    row.settle();
    match before {
        None => Ok((Put::Created, Some(row))),
        Some(before) if *before == row => Ok((Put::Unchanged, None)),
        Some(_) => Ok((Put::Updated, Some(row))),
    }
}

/// What the door of the API would have refused.
fn checked(wanted: &PutVenue) -> Result<()> {
    let refused =
        |key: &str, code: Code, reason: &str| Err(Error::field_with(format!("#/{key}"), code, vec![("reason", reason.to_owned())]));
    for (key, text) in [("name", Some(&wanted.name)), ("brand", wanted.brand.as_ref()), ("address", wanted.address.as_ref())] {
        if text.is_some_and(|text| worded(text).is_err()) {
            return refused(key, Code::FieldInvalid, "there is nothing to be read");
        }
    }
    if let Some(phone) = &wanted.phone {
        if dialable(phone).is_err() || phone.len() < 3 {
            return refused("phone", Code::FieldInvalid, "0514-87930000");
        }
        public_phone(Some(phone))?;
    }
    for (key, area) in [("area", wanted.area), ("office_area", wanted.office_area), ("public_area", wanted.public_area)] {
        if area.is_some_and(|area| !(0.0..=1_000_000.0).contains(&area)) {
            let params = vec![("min", "0".to_owned()), ("max", "1000000".to_owned())];
            return Err(Error::field_with(format!("#/{key}"), Code::FieldRange, params));
        }
    }
    for (key, terms, most) in [("services", &wanted.services, 50), ("features", &wanted.features, 20)] {
        if terms.len() > most || command::terms(terms).is_err() {
            return refused(key, Code::FieldInvalid, "of 1 to 50 characters, each once");
        }
    }
    wanted.point.map(Point::to_wgs84).transpose().map_err(|e| e.at("#/point"))?;
    Ok(())
}

fn fresh(tx: &Tx<'_>, wanted: &PutVenue) -> Result<venue::Model> {
    let missing = || Error::field_with("#/kind", Code::FieldMissing, vec![("name", "kind".to_owned())]);
    Ok(venue::Model {
        id: tx.id(),
        region_code: wanted.region_code,
        grid_id: None,
        organization_id: None,
        kind: wanted.kind.ok_or_else(missing)?,
        name: wanted.name.trim().to_owned(),
        brand: None,
        address: None,
        phone: None,
        lng: None,
        lat: None,
        band: None,
        area: None,
        office_area: None,
        public_area: None,
        rooms: "[]".to_owned(),
        hours: json(&OpeningHours::default())?,
        services: "[]".to_owned(),
        features: "[]".to_owned(),
        accessibility: 0,
        version: 1,
        closed_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    })
}
