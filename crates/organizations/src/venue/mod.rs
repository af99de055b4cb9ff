//! Venues (阵地): where people are served, meet and rest, from the 党群服务中心 of a community to the 驿站 at a corner.
//!
//! The seeds have a dozen names for them; here a venue has one of few kinds, and what a place calls its own is a `brand` (家门口·京新汇,
//! 京口红韵, 宜之家). Venues are for everybody: whoever has signed in reads them, the [map](map) and what is [near](near) need no
//! sign-in, so nothing personal lies in them, and a mobile number is refused. Which households can walk to one tells [circle].

mod bulk;
mod circle;
mod command;
pub(crate) mod event;
mod hours;
mod map;
mod near;
mod row;
mod rules;
mod store;
mod view;

pub use bulk::put_venues;
pub use circle::venue_circles;
pub use command::{CloseVenue, CreateVenue, ListVenues, NearbyVenuesQuery, PutVenue, UpdateVenue, VenueCirclesQuery, VenueMapQuery};
pub use hours::{ClockTime, OpeningDay, OpeningException, OpeningHours, OpeningPeriod, OpeningSpan};
pub use map::{venue_map, venue_map_tag};
pub use near::list_nearby_venues;
pub use row::{Accessibility, VenueKind};
pub use rules::VenueRules;
pub use view::{
    CircleShare, NearbyVenue, NearbyVenues, PointType, Venue, VenueCard, VenueCircle, VenueCircles, VenueFeature, VenueGeometry, VenueMap,
    VenueRoom,
};

use crate::OrganizationStatus;
use event::VenueEvent;
use hours::Moment;
use kernel::{
    Code, Cx, Error, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Tx,
    geo::{Point, Position},
    id::{GridId, OrganizationId, VenueId},
    stage::stage_next,
};
use row::venue::{self, Column as C};
use store::Wanted;

/// Enters a venue (登记阵地).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `grid_foreign`, `grid_ended`;
/// `point_outside_country`, `point_outside_community`; `reference_broken`, `organization_closed`; `venue_hours_invalid`;
/// `venue_phone_mobile`; `content_invalid`; `venue_name_taken`.
pub async fn create_venue(cx: &Cx, command: CreateVenue) -> Result<Venue> {
    let region = command.region_code;
    cx.actor.require(Permission::VenueManage, &Place::from(region))?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let hours = command.hours.unwrap_or_default();
    hours.check("#/hours")?;
    public_phone(command.phone.as_deref())?;
    let at = command.point.map(Point::to_wgs84).transpose().map_err(|e| e.at("#/point"))?;
    let grid_id = grid_of(cx, region, command.grid_id, at).await?;
    let mut tx = cx.begin();
    hold_operator(&mut tx, command.organization_id).await?;
    let mut row = venue::Model {
        id: tx.id(),
        region_code: region,
        grid_id,
        organization_id: command.organization_id,
        kind: command.kind,
        name: command.name.trim().to_owned(),
        brand: command.brand,
        address: command.address,
        phone: command.phone,
        lng: at.map(|at| at.lng),
        lat: at.map(|at| at.lat),
        band: None,
        area: command.area,
        office_area: command.office_area,
        public_area: command.public_area,
        rooms: json(&command.rooms)?,
        hours: json(&hours)?,
        services: json(&command.services)?,
        features: json(&command.features)?,
        accessibility: Accessibility::bits(&command.accessibility),
        version: 1,
        closed_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    row.settle();
    areas(&row)?;
    store::insert(&mut tx, vec![row.clone()]).await.map_err(|e| taken(e, &row.name))?;
    tx.emit(row.subject(), &VenueEvent::of(EventType::VenueCreated, &row))?;
    let view = view::venue(row, tx.now)?;
    tx.commit_created(view).await
}

/// Changes a venue (修改阵地); what is absent stays.
///
/// # Errors
/// `venue_not_found`; `permission_missing`; `venue_closed`; `version_stale`; otherwise as [`create_venue`].
pub async fn update_venue(cx: &Cx, id: VenueId, command: UpdateVenue) -> Result<Venue> {
    let old = managed(cx, id, command.version).await?;
    let mut row = old.clone();
    row.kind = command.kind.unwrap_or(old.kind);
    if let Some(name) = &command.name {
        name.trim().clone_into(&mut row.name);
    }
    row.brand = command.brand.unwrap_or(row.brand);
    row.address = command.address.or(row.address);
    if let Some(phone) = command.phone {
        public_phone(phone.as_deref())?;
        row.phone = phone;
    }
    let at = command.point.map(Point::to_wgs84).transpose().map_err(|e| e.at("#/point"))?;
    if let Some(at) = at {
        (row.lng, row.lat) = (Some(at.lng), Some(at.lat));
    }
    if at.is_some() || command.grid_id.is_some() {
        row.grid_id = grid_of(cx, row.region_code, command.grid_id, at).await?;
    }
    (row.area, row.office_area, row.public_area) =
        (command.area.or(row.area), command.office_area.or(row.office_area), command.public_area.or(row.public_area));
    areas(&row)?;
    if let Some(hours) = &command.hours {
        hours.check("#/hours")?;
        row.hours = json(hours)?;
    }
    for (column, given) in [(&mut row.services, &command.services), (&mut row.features, &command.features)] {
        if let Some(given) = given {
            *column = json(given)?;
        }
    }
    if let Some(rooms) = &command.rooms {
        row.rooms = json(rooms)?;
    }
    row.accessibility = command.accessibility.as_deref().map_or(row.accessibility, Accessibility::bits);
    let mut tx = cx.begin();
    if let Some(organization) = command.organization_id {
        hold_operator(&mut tx, organization).await?;
        row.organization_id = organization;
    }
    commit(tx, old, row, EventType::VenueUpdated).await
}

/// Closes a venue for good (关闭阵地). It stays readable, and is on no map any more.
///
/// # Errors
/// `venue_not_found`; `permission_missing`; `venue_closed`; `version_stale`.
pub async fn close_venue(cx: &Cx, id: VenueId, command: CloseVenue) -> Result<Venue> {
    let old = managed(cx, id, command.version).await?;
    let tx = cx.begin();
    let row = venue::Model { closed_at: Some(tx.now), ..old.clone() };
    commit(tx, old, row, EventType::VenueClosed).await
}

/// One venue, closed ones included (查询阵地).
///
/// # Errors
/// `venue_not_found`; `database_unavailable`.
pub async fn get_venue(cx: &Cx, id: VenueId) -> Result<Venue> {
    view::venue(store::find(cx, id).await?.ok_or_else(missing)?, cx.now())
}

/// Venues by community and, within one, by age (阵地列表).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_venues(cx: &Cx, query: ListVenues) -> Result<Page<Venue>> {
    let invalid = |reason: &str| Error::new(Code::QueryParameterInvalid).with("reason", reason);
    let open = match (query.open_now, query.open_at) {
        (true, Some(_)) => return Err(invalid("name either open_now or open_at")),
        (_, Some(at)) if !kernel::clock::has_plain_year(at) => return Err(invalid("a year of four digits")),
        (now, at) => at.or(now.then(|| cx.now())).map(Moment::of),
    };
    let filters = ListVenues { limit: None, cursor: None, ..query.clone() };
    let pager = Pager::new("venues", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let wanted = Wanted {
        kind: query.kind,
        brand: query.brand.as_deref(),
        service: query.service.as_deref(),
        feature: query.feature.as_deref(),
        accessibility: query.accessibility,
        open,
    };
    let rows = store::list(cx, &query, &wanted, &pager).await?;
    let page = pager.page(rows, |row| (row.region_code, row.id))?;
    let items = page.items.into_iter().map(|row| view::venue(row, cx.now())).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Writes a row at its next version, with its hours where they have changed.
async fn commit(mut tx: Tx<'_>, old: venue::Model, mut row: venue::Model, kind: EventType) -> Result<Venue> {
    row.settle();
    row.version += 1;
    row.updated_at = tx.now;
    let (name, view) = (row.name.clone(), view::venue(row.clone(), tx.now)?);
    tx.emit(row.subject(), &VenueEvent::of(kind, &row))?;
    if row.hours != old.hours {
        store::set_hours(&mut tx, &row).await?;
    }
    stage_next(&mut tx, [C::Id, C::Version], old, row);
    tx.commit(view).await.map_err(|e| if e.breaks("venues") { taken(e, &name) } else { e })
}

fn missing() -> Error {
    Error::new(Code::VenueNotFound)
}

/// The venue, if the caller may change it, it is in use, and it has not changed since it was read. That there is one is no secret.
async fn managed(cx: &Cx, id: VenueId, version: Option<i32>) -> Result<venue::Model> {
    let row = store::find(cx, id).await?.ok_or_else(missing)?;
    cx.actor
        .require(Permission::VenueManage, &Place { region: Some(row.region_code), grid: row.grid_id, organization: row.organization_id })?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.closed_at.is_some() { Err(Error::new(Code::VenueClosed)) } else { Ok(row) }
}

/// The grid that a venue lies in: the one that is named, else the one that holds its point; the point must lie in the community.
async fn grid_of(cx: &Cx, region: RegionCode, named: Option<GridId>, at: Option<Position>) -> Result<Option<GridId>> {
    if let Some(grid) = named {
        grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id"))?;
    }
    let found = match at {
        Some(at) => grids::place_in(cx, region, at).await.map_err(|e| e.at("#/point"))?,
        None => None,
    };
    Ok(named.or(found))
}

/// Whoever runs a venue is an organization that the caller may know of and that is in use; it is not closed before this change is done.
async fn hold_operator(tx: &mut Tx<'_>, organization: Option<OrganizationId>) -> Result<()> {
    let Some(id) = organization else { return Ok(()) };
    let at = |e: Error| e.at("#/organization_id");
    crate::named_region(tx.cx(), id).await.map_err(at)?;
    let held = crate::store::hold(tx.conn().await?, id).await?.ok_or_else(|| at(Error::new(Code::ReferenceBroken)))?;
    if held.status == OrganizationStatus::Active { Ok(()) } else { Err(at(Error::new(Code::OrganizationClosed))) }
}

/// A number that everybody is shown must be that of a place: a mobile number is somebody's.
fn public_phone(phone: Option<&str>) -> Result<()> {
    let Some(phone) = phone else { return Ok(()) };
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let local = ["0086", "86", "0"].iter().find_map(|front| digits.strip_prefix(front).filter(|rest| rest.len() == 11));
    let local = local.unwrap_or(&digits);
    let mobile = local.len() == 11 && local.starts_with('1') && matches!(local.as_bytes().get(1), Some(b'3'..=b'9'));
    if mobile { Err(Error::new(Code::VenuePhoneMobile).at("#/phone")) } else { Ok(()) }
}

/// Offices and what the public has are no more than all of it.
fn areas(row: &venue::Model) -> Result<()> {
    let parts = row.office_area.unwrap_or(0.0) + row.public_area.unwrap_or(0.0);
    if row.area.is_some_and(|all| parts > all + 0.01) {
        let reason = "office_area and public_area together are no more than area".to_owned();
        return Err(Error::field_with("#/area", Code::FieldInvalid, vec![("reason", reason)]));
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn taken(error: Error, name: &str) -> Error {
    if error.code == Code::ValueTaken { Error::new(Code::VenueNameTaken).with("name", name).at("#/name").because(error) } else { error }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(venue::Entity), schema.create_table_from_entity(row::hours::Entity)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_place_is_shown_and_that_of_a_person_refused() {
        for phone in ["0514-87930000", "12345", "110", "02512345678", "4008001234", "+86-514-87930000", "0511-88010000"] {
            assert!(public_phone(Some(phone)).is_ok(), "{phone}");
        }
        for phone in ["13812341234", "+8613812341234", "+86-138-1234-1234", "013812341234", "0086138-12341234", "138-1234-1234"] {
            assert_eq!(public_phone(Some(phone)).unwrap_err().code, Code::VenuePhoneMobile, "{phone}");
        }
        assert!(public_phone(None).is_ok());
    }
}
