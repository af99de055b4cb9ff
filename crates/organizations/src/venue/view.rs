//! What goes out.

use super::{Accessibility, OpeningHours, VenueKind, row::venue, store};
use chrono::{DateTime, Utc};
use grids::{CollectionType, FeatureType, GridRef};
use kernel::{
    Error, RegionCode, Result, Time,
    check::worded,
    geo::{Datum, Point, Position},
    id::{GridId, OrganizationId, VenueId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A room of a venue (活动室).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VenueRoom {
    /// Its name (名称).
    #[validate(length(min = 1, max = 50), custom(function = worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S", example = "议事厅")]
    pub name: String,
    /// How many people find room there (容纳人数).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000)]
    pub capacity: Option<u32>,
    /// How large it is, in square metres (面积).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(range(min = 0.0, max = 1_000_000.0))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub area: Option<f64>,
}

/// A venue (阵地).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Venue {
    /// Its id (编号). Without its hyphens it fits into a scene of a QR code of WeChat (小程序码).
    pub id: VenueId,
    /// The community or village that it lies in (所在社区、村).
    pub region_code: RegionCode,
    /// The grid that it lies in (所在网格); absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_id: Option<GridId>,
    /// The organization that runs it (运营组织).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// What it is (类别).
    pub kind: VenueKind,
    /// Its name (名称).
    pub name: String,
    /// What the place calls venues like it (品牌).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Where it is in words (地址).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its telephone (公开电话).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where it is (坐标), in WGS-84; absent when it is on no map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// All of it, in square metres (面积).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<f64>,
    /// What of it offices take, in square metres (办公面积).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office_area: Option<f64>,
    /// What of it the public has, in square metres (公共面积).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_area: Option<f64>,
    /// Its rooms (活动室).
    pub rooms: Vec<VenueRoom>,
    /// When it is open (开放时间); absent when nothing is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<OpeningHours>,
    /// Whether it is open now (正在开放); absent when nothing is said of its hours, and when it is closed for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_now: Option<bool>,
    /// What is done for people there (服务项目).
    pub services: Vec<String>,
    /// What it has for whoever cannot use stairs, see or hear, or comes with a child (无障碍设施).
    pub accessibility: Vec<Accessibility>,
    /// What there is in it (阵地要素).
    pub features: Vec<String>,
    /// Its version (版本), one higher after each change.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was closed for good (关闭时间); absent while it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<Utc>>,
    /// When it was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

fn list<T: for<'a> Deserialize<'a>>(json: &str) -> Result<Vec<T>> {
    serde_json::from_str(json).map_err(Error::internal)
}

fn hours(row: &venue::Model) -> Result<Option<OpeningHours>> {
    Ok(Some(store::hours_of(row)?).filter(|hours| !hours.is_empty()))
}

pub(super) fn venue(row: venue::Model, now: Time) -> Result<Venue> {
    let hours = hours(&row)?;
    Ok(Venue {
        id: row.id,
        region_code: row.region_code,
        grid_id: row.grid_id,
        organization_id: row.organization_id,
        kind: row.kind,
        point: row.lng.zip(row.lat).map(|(lng, lat)| Position { lng, lat }.to_datum(Datum::Wgs84)),
        area: row.area,
        office_area: row.office_area,
        public_area: row.public_area,
        rooms: list(&row.rooms)?,
        open_now: hours.as_ref().filter(|_| row.closed_at.is_none()).and_then(|h| h.is_open(super::hours::Moment::of(now))),
        hours,
        services: list(&row.services)?,
        accessibility: Accessibility::of(row.accessibility),
        features: list(&row.features)?,
        name: row.name,
        brand: row.brand,
        address: row.address,
        phone: row.phone,
        version: row.version,
        closed_at: row.closed_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// What everybody is shown of a venue (阵地名片).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct VenueCard {
    /// Its id (编号).
    pub id: VenueId,
    /// The community or village that it lies in (所在社区、村).
    pub region_code: RegionCode,
    /// What it is (类别).
    pub kind: VenueKind,
    /// Its name (名称).
    pub name: String,
    /// What the place calls venues like it (品牌).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Where it is in words (地址).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its telephone (公开电话).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// All of it, in square metres (面积).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<f64>,
    /// Its rooms (活动室).
    pub rooms: Vec<VenueRoom>,
    /// When it is open (开放时间), in China time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<OpeningHours>,
    /// What is done for people there (服务项目).
    pub services: Vec<String>,
    /// What it has for whoever cannot use stairs, see or hear, or comes with a child (无障碍设施).
    pub accessibility: Vec<Accessibility>,
    /// What there is in it (阵地要素).
    pub features: Vec<String>,
}

pub(super) fn card(row: venue::Model) -> Result<VenueCard> {
    Ok(VenueCard {
        hours: hours(&row)?,
        rooms: list(&row.rooms)?,
        services: list(&row.services)?,
        features: list(&row.features)?,
        accessibility: Accessibility::of(row.accessibility),
        id: row.id,
        region_code: row.region_code,
        kind: row.kind,
        name: row.name,
        brand: row.brand,
        address: row.address,
        phone: row.phone,
        area: row.area,
    })
}

/// That it is a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub enum PointType {
    /// GeoJSON's word.
    Point,
}

/// Where a venue is, as GeoJSON says it (几何).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct VenueGeometry {
    /// `Point`.
    #[serde(rename = "type")]
    pub geometry: PointType,
    /// Longitude and latitude in degrees (坐标), in this order.
    #[schema(min_items = 2, max_items = 2)]
    pub coordinates: Vec<f64>,
}

/// A venue on the map (地图要素).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct VenueFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    pub feature: FeatureType,
    /// The id of the venue (编号).
    pub id: VenueId,
    /// Where it is (几何).
    pub geometry: VenueGeometry,
    /// What it is (属性).
    pub properties: VenueCard,
}

/// The map of venues (红色党群地图): a GeoJSON `FeatureCollection` (RFC 7946).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct VenueMap {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub collection: CollectionType,
    /// The datum of the coordinates (坐标系).
    pub datum: Datum,
    /// The venues (要素), by community and age.
    pub features: Vec<VenueFeature>,
}

/// A venue near a point (附近阵地).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct NearbyVenue {
    /// How far it lies away as the crow flies, in metres (距离).
    pub metres: u32,
    /// How many minutes it takes on foot (步行时间), by the rules of the place; begun ones count.
    pub walk_minutes: u32,
    /// Whether it is open now (正在开放); absent when nothing is said of its hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_now: Option<bool>,
    /// Where it is (坐标), in the datum that was asked in.
    pub point: Point,
    /// The venue (阵地).
    pub venue: VenueCard,
}

/// What is near a point (附近阵地).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct NearbyVenues {
    /// How far was looked, in metres as the crow flies (查找距离).
    pub within_metres: u32,
    /// How many metres one walks in an hour (步行速度), by the rules of the place.
    pub metres_per_hour: u32,
    /// How long the way is for each 100 metres as the crow flies (绕行系数).
    pub detour_percent: u32,
    /// The venues (阵地), the nearest first.
    pub items: Vec<NearbyVenue>,
}

/// How many of something lie within a circle (覆盖).
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, ToSchema)]
pub struct CircleShare {
    /// All of them (总数).
    pub all: u64,
    /// Of which it is known where they are (已定位).
    pub placed: u64,
    /// Of these, within the circle of a venue (已覆盖).
    pub covered: u64,
    /// What share of those that are placed is covered, in percent (覆盖率); absent when none is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
}

impl CircleShare {
    pub(super) fn of(all: u64, placed: u64, covered: u64) -> Self {
        let rate = (placed > 0).then(|| (covered as f64 / placed as f64 * 1000.0).round() / 10.0);
        Self { all, placed, covered, rate }
    }
}

/// One circle held against a region (服务圈).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct VenueCircle {
    /// How many minutes on foot (步行时间), where the circle is one of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// How many metres as the crow flies (距离).
    pub metres: u32,
    /// Comprehensive grids by their centres (网格).
    pub grids: CircleShare,
    /// Buildings by their points (楼栋).
    pub buildings: CircleShare,
    /// Households by the points of their buildings (户).
    pub households: CircleShare,
    /// The first hundred grids whose centres lie outside (未覆盖网格).
    pub uncovered_grids: Vec<GridRef>,
}

/// The circles of service of a region (服务圈覆盖报告).
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct VenueCircles {
    /// The region (区划).
    pub region_code: RegionCode,
    /// How many venues were looked at (阵地数): those of the region, and those around it that its people can walk to.
    pub venues: u32,
    /// How many metres one walks in an hour (步行速度), by the rules of the place.
    pub metres_per_hour: u32,
    /// How long the way is for each 100 metres as the crow flies (绕行系数).
    pub detour_percent: u32,
    /// Each circle (服务圈), the narrowest first.
    pub circles: Vec<VenueCircle>,
}
