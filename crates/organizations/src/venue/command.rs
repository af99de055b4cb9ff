//! What comes in.

use super::{Accessibility, OpeningHours, VenueKind, view::VenueRoom};
use crate::command::given;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    check::{dialable, worded},
    geo::{Datum, Point},
    id::{GridId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// A word of a venue's services or features (条目).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 50, example = "法律咨询")]
#[expect(dead_code, reason = "only its schema is looked at")]
struct VenueTerm(String);

/// Enter a venue (登记阵地).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateVenue {
    /// The community or village that it lies in (所在社区、村). It never changes.
    pub region_code: RegionCode,
    /// What it is (类别).
    pub kind: VenueKind,
    /// Its name (名称), unique among the venues in use of its community.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "康乐社区党群服务中心")]
    pub name: String,
    /// What the place calls venues like it (品牌).
    #[validate(length(min = 1, max = 50), custom(function = worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S", example = "家门口·京新汇")]
    pub brand: Option<String>,
    /// The grid that it lies in (所在网格). Absent: the one that its point lies in.
    pub grid_id: Option<GridId>,
    /// The organization that runs it (运营组织): one in use.
    pub organization_id: Option<OrganizationId>,
    /// Where it is in words (地址).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "双桥街道翠岗路8号")]
    pub address: Option<String>,
    /// Its telephone (公开电话), which everybody is shown. A mobile number is somebody's own and is refused.
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$", example = "0514-87930000")]
    pub phone: Option<String>,
    /// Where it is (坐标); without one it is on no map.
    pub point: Option<Point>,
    /// All of it, in square metres (面积).
    #[validate(range(min = 0.0, max = 1_000_000.0))]
    #[schema(minimum = 0, maximum = 1_000_000, example = 420)]
    pub area: Option<f64>,
    /// What of it offices take, in square metres (办公面积): 办公场所趋零化.
    #[validate(range(min = 0.0, max = 1_000_000.0))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub office_area: Option<f64>,
    /// What of it the public has, in square metres (公共面积).
    #[validate(range(min = 0.0, max = 1_000_000.0))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub public_area: Option<f64>,
    /// Its rooms (活动室).
    #[serde(default)]
    #[validate(nested, length(max = 100))]
    #[schema(max_items = 100)]
    pub rooms: Vec<VenueRoom>,
    /// When it is open (开放时间).
    #[validate(nested)]
    pub hours: Option<OpeningHours>,
    /// What is done for people there (服务项目): codes of service items (服务事项编码), or words.
    #[serde(default)]
    #[validate(length(max = 50), custom(function = terms))]
    #[schema(max_items = 50, value_type = Vec<VenueTerm>)]
    pub services: Vec<String>,
    /// What it has for whoever cannot use stairs, see or hear, or comes with a child (无障碍设施).
    #[serde(default)]
    #[validate(length(max = 8))]
    #[schema(max_items = 8)]
    pub accessibility: Vec<Accessibility>,
    /// What there is in it (阵地要素), such as 红色便民点, 初心角 and the lists of 一点一角三清单.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = terms))]
    #[schema(max_items = 20, value_type = Vec<VenueTerm>)]
    pub features: Vec<String>,
}

/// Change a venue (修改阵地). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateVenue {
    /// What it is (类别).
    pub kind: Option<VenueKind>,
    /// The new name (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    /// What the place calls venues like it (品牌); `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[validate(length(min = 1, max = 50), custom(function = worded))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50, pattern = "\\S")]
    pub brand: Option<Option<String>>,
    /// The grid that it lies in (所在网格). Absent: a new point finds it.
    pub grid_id: Option<GridId>,
    /// The organization that runs it (运营组织); `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OrganizationId>)]
    pub organization_id: Option<Option<OrganizationId>>,
    /// Where it is in words (地址).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub address: Option<String>,
    /// Its telephone (公开电话); `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$")]
    pub phone: Option<Option<String>>,
    /// Where it is (坐标).
    pub point: Option<Point>,
    /// All of it, in square metres (面积).
    #[validate(range(min = 0.0, max = 1_000_000.0))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub area: Option<f64>,
    /// What of it offices take, in square metres (办公面积).
    #[validate(range(min = 0.0, max = 1_000_000.0))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub office_area: Option<f64>,
    /// What of it the public has, in square metres (公共面积).
    #[validate(range(min = 0.0, max = 1_000_000.0))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub public_area: Option<f64>,
    /// Its rooms (活动室), all of them.
    #[validate(nested, length(max = 100))]
    #[schema(max_items = 100)]
    pub rooms: Option<Vec<VenueRoom>>,
    /// When it is open (开放时间), all of it; nothing is said of hours any more when it is empty.
    #[validate(nested)]
    pub hours: Option<OpeningHours>,
    /// What is done for people there (服务项目), all of it.
    #[validate(length(max = 50), custom(function = terms))]
    #[schema(max_items = 50, value_type = Option<Vec<VenueTerm>>)]
    pub services: Option<Vec<String>>,
    /// What it has for whoever cannot use stairs, see or hear, or comes with a child (无障碍设施), all of it.
    #[validate(length(max = 8))]
    #[schema(max_items = 8)]
    pub accessibility: Option<Vec<Accessibility>>,
    /// What there is in it (阵地要素), all of it.
    #[validate(length(max = 20), custom(function = terms))]
    #[schema(max_items = 20, value_type = Option<Vec<VenueTerm>>)]
    pub features: Option<Vec<String>>,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Close a venue (关闭阵地).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseVenue {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which venues to list (阵地列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVenues {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only those of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Only those that this organization runs (运营组织).
    pub organization_id: Option<OrganizationId>,
    /// Only this kind (类别).
    pub kind: Option<VenueKind>,
    /// Only this brand (品牌).
    #[param(min_length = 1, max_length = 50)]
    pub brand: Option<String>,
    /// Only those where this is done (服务项目).
    #[param(min_length = 1, max_length = 50)]
    pub service: Option<String>,
    /// Only those that have this in them (阵地要素).
    #[param(min_length = 1, max_length = 50)]
    pub feature: Option<String>,
    /// Only those that have this (无障碍设施).
    pub accessibility: Option<Accessibility>,
    /// Only those that are open now (正在开放).
    #[param(default = false)]
    pub open_now: bool,
    /// Only those that are open then (指定时间开放).
    pub open_at: Option<DateTime<Utc>>,
    /// Whether closed ones are listed too (含已关闭); they are not unless told.
    #[param(default = false)]
    pub include_closed: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// What of the map (阵地地图): a region or a box.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VenueMapQuery {
    /// Within this region (区划), of any level. Either this or `bbox`.
    pub region_code: Option<RegionCode>,
    /// Within this box (范围): west, south, east and north in degrees of WGS-84, at most half a degree high and one wide.
    #[param(max_length = 100, pattern = "^-?[0-9.]+(,-?[0-9.]+){3}$", example = "119.80,32.22,119.86,32.26")]
    pub bbox: Option<String>,
    /// Only this kind (类别).
    pub kind: Option<VenueKind>,
    /// Only this brand (品牌).
    #[param(min_length = 1, max_length = 50)]
    pub brand: Option<String>,
    /// Only those that have this (无障碍设施).
    pub accessibility: Option<Accessibility>,
    /// The datum of the coordinates (坐标系); `wgs84` unless told, as RFC 7946 has it. Maps in WeChat want `gcj02`.
    #[param(default = "wgs84")]
    pub datum: Datum,
}

/// What is near a point (附近阵地).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NearbyVenuesQuery {
    /// Longitude (经度), degrees east.
    #[param(minimum = -180, maximum = 180)]
    pub lng: f64,
    /// Latitude (纬度), degrees north.
    #[param(minimum = -90, maximum = 90)]
    pub lat: f64,
    /// Their datum (坐标系), and that of the answer; `wgs84` unless told.
    #[serde(default)]
    #[param(default = "wgs84")]
    pub datum: Datum,
    /// Within so many metres as the crow flies (距离). Either this or `minutes`.
    #[param(minimum = 1, maximum = 10000)]
    pub metres: Option<u32>,
    /// Within so many minutes on foot (步行时间), by the rules of the place (阵地规则).
    #[param(minimum = 1, maximum = 60)]
    pub minutes: Option<u32>,
    /// Only this kind (类别).
    pub kind: Option<VenueKind>,
    /// Only this brand (品牌).
    #[param(min_length = 1, max_length = 50)]
    pub brand: Option<String>,
    /// Only those where this is done (服务项目).
    #[param(min_length = 1, max_length = 50)]
    pub service: Option<String>,
    /// Only those that have this (无障碍设施).
    pub accessibility: Option<Accessibility>,
    /// Only those that are open now (正在开放).
    #[serde(default)]
    #[param(default = false)]
    pub open_now: bool,
    /// At most so many, the nearest first, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
}

impl NearbyVenuesQuery {
    /// The point.
    #[must_use]
    pub const fn point(&self) -> Point {
        Point { lng: self.lng, lat: self.lat, datum: self.datum }
    }
}

/// What to hold against the venues of a region (服务圈核查).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VenueCirclesQuery {
    /// Within this region (区划): a county or less.
    pub region_code: RegionCode,
    /// Only venues of this kind (类别).
    pub kind: Option<VenueKind>,
    /// Only this brand (品牌).
    #[param(min_length = 1, max_length = 50)]
    pub brand: Option<String>,
    /// Only those where this is done (服务项目).
    #[param(min_length = 1, max_length = 50)]
    pub service: Option<String>,
    /// The circle of so many metres as the crow flies (距离). Absent with `minutes`: all circles of the rules of the place (阵地规则).
    #[param(minimum = 1, maximum = 10000)]
    pub metres: Option<u32>,
    /// The circle of so many minutes on foot (步行时间).
    #[param(minimum = 1, maximum = 60)]
    pub minutes: Option<u32>,
}

/// A venue as a row of a file says it: found by its name in its community.
#[derive(Clone, Debug)]
pub struct PutVenue {
    /// Its community or village (所在社区、村).
    pub region_code: RegionCode,
    /// Its name (名称).
    pub name: String,
    /// What it is (类别); a new one must say it.
    pub kind: Option<VenueKind>,
    /// What the place calls venues like it (品牌).
    pub brand: Option<String>,
    /// Where it is in words (地址).
    pub address: Option<String>,
    /// Its telephone (公开电话).
    pub phone: Option<String>,
    /// Where it is (坐标).
    pub point: Option<Point>,
    /// All of it, in square metres (面积).
    pub area: Option<f64>,
    /// What of it offices take (办公面积).
    pub office_area: Option<f64>,
    /// What of it the public has (公共面积).
    pub public_area: Option<f64>,
    /// When it is open (开放时间), as [`OpeningHours::read`] reads it.
    pub hours: Option<String>,
    /// What is done there (服务项目).
    pub services: Vec<String>,
    /// What there is in it (阵地要素).
    pub features: Vec<String>,
}

/// Texts that say something, each once.
pub(super) fn terms(terms: &[String]) -> Result<(), ValidationError> {
    let wrong = |what: &'static str| Err(ValidationError::new("terms").with_message(what.into()));
    for (n, term) in terms.iter().enumerate() {
        if !(1..=50).contains(&term.chars().count()) || worded(term).is_err() || term.chars().any(char::is_control) {
            return wrong("each has 1 to 50 characters and says something");
        }
        if terms[..n].contains(term) {
            return wrong("one is there twice");
        }
    }
    Ok(())
}
