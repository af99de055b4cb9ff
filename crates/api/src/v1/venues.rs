//! Venues (阵地): the directory, the map for everybody, what is near, and the circles of service.

use crate::{conditions, prelude::*};
use actix_web::{HttpRequest, http::header};
use kernel::{Cx, Error, id::VenueId};
use organizations::venue::{
    self, CloseVenue, CreateVenue, ListVenues, NearbyVenues, NearbyVenuesQuery, UpdateVenue, Venue, VenueCircles, VenueCirclesQuery,
    VenueMap, VenueMapQuery,
};
use services::policy;

pub(super) fn routes(config: &mut ServiceConfig) {
    // `circles` before `{id}`, which would take it for an id.
    config.service(get_venue_circles).service(list_venues).service(create_venue);
    config.service(get_venue).service(update_venue).service(close_venue).service(get_venue_map).service(list_nearby_venues);
}

/// List venues (阵地列表).
///
/// 党群服务中心, 睦邻点, 议事亭, 驿站 and the rest, by community and within one by age. `brand` (品牌) is what a place calls its own,
/// such as 宜之家 or 家门口·京新汇; `open_now` (正在开放) goes by the clock of China. Public data: whoever is signed in reads all of it.
#[utoipa::path(tag = "venues", operation_id = "list_venues", params(ListVenues), responses((status = 200, body = Page<Venue>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/venues")]
async fn list_venues(call: Call, query: Query<ListVenues>) -> Answer {
    ok(venue::list_venues(&call.cx, query.into_inner()).await?)
}

/// Enter a venue (登记阵地).
///
/// In a community or village (社区、村). The grid (网格) is the one that its point lies in, unless it is named. Everybody is shown what
/// is entered, so a mobile number is refused (`venue_phone_mobile`); hours (开放时间) that overlap are too (`venue_hours_invalid`).
#[utoipa::path(tag = "venues", operation_id = "create_venue",
    request_body(content = CreateVenue, example = json!({
        "region_code": "321182001017", "kind": "service_center", "name": "新联社区党群服务中心", "brand": "家门口·京新汇", "address": "江洲西路8号",
        "phone": "0511-88010000", "point": { "lng": 119.8187, "lat": 32.2372, "datum": "gcj02" }, "area": 420, "office_area": 40, "public_area": 380,
        "rooms": [{ "name": "议事厅", "capacity": 30, "area": 45 }],
        "hours": { "weekly": [{ "day": "monday", "from": "09:00", "to": "17:30" }], "exceptions": [{ "on": "2027-01-01", "note": "元旦" }] },
        "services": ["法律咨询"], "accessibility": ["step_free_entrance"], "features": ["初心角"]
    })),
    responses((status = 201, body = Venue), WriteProblems), extensions(("x-permission" = json!("venue.manage"))))]
#[post("/venues")]
async fn create_venue(call: Call, body: Body<CreateVenue>) -> Answer {
    created(venue::create_venue(&call.cx, body.0).await?)
}

/// Read one venue (查询阵地).
///
/// A closed one (已关闭) is still found, with the time of its end in `closed_at`.
#[utoipa::path(tag = "venues", operation_id = "get_venue", params(("id" = VenueId, Path, description = "Venue id (阵地编号)")),
    responses((status = 200, body = Venue), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/venues/{id}")]
async fn get_venue(call: Call, id: Path<VenueId>) -> Answer {
    ok(venue::get_venue(&call.cx, *id).await?)
}

/// Change a venue (修改阵地).
///
/// What is absent stays; lists and hours (开放时间) are replaced as a whole. A new point finds a new grid (网格).
#[utoipa::path(tag = "venues", operation_id = "update_venue", params(("id" = VenueId, Path, description = "Venue id (阵地编号)")),
    request_body(content = UpdateVenue, example = json!({ "services": ["法律咨询", "代办代理"], "version": 1 })),
    responses((status = 200, body = Venue), WriteProblems), extensions(("x-permission" = json!("venue.manage"))))]
#[post("/venues/{id}")]
async fn update_venue(call: Call, id: Path<VenueId>, body: Body<UpdateVenue>) -> Answer {
    ok(venue::update_venue(&call.cx, *id, body.0).await?)
}

/// Close a venue (关闭阵地).
///
/// For good. It stays readable, is on no map any more, and its name may be used again.
#[utoipa::path(tag = "venues", operation_id = "close_venue", params(("id" = VenueId, Path, description = "Venue id (阵地编号)")),
    request_body(content = CloseVenue, example = json!({ "version": 1 })),
    responses((status = 200, body = Venue), WriteProblems), extensions(("x-permission" = json!("venue.manage"))))]
#[post("/venues/{id}/close")]
async fn close_venue(call: Call, id: Path<VenueId>, body: Body<CloseVenue>) -> Answer {
    ok(venue::close_venue(&call.cx, *id, body.0).await?)
}

/// Read the map of venues (红色党群地图).
///
/// Without signing in: the venues in use of a region (区划) or a box, as GeoJSON (RFC 7946), at most 5,000 at once. In WGS-84 unless
/// `datum` (坐标系) asks for `gcj02`, as maps in WeChat want it. It may be kept for a minute; send its `ETag` as `If-None-Match` to ask
/// for news.
#[utoipa::path(tag = "venues", operation_id = "get_venue_map", params(VenueMapQuery),
    responses((status = 200, body = VenueMap, content_type = "application/geo+json"), ReadProblems), extensions(("x-permission" = json!("public"))))]
#[get("/public/venues.geojson")]
async fn get_venue_map(request: HttpRequest, public: Public, query: Query<VenueMapQuery>) -> Answer {
    let (cx, query) = (Cx::system(public.core), query.into_inner());
    // Whoever has the map already is answered without reading it.
    if let Some(known) = conditions::known(request.headers()) {
        let tag = venue::venue_map_tag(&cx, &query).await?;
        if conditions::names(&known, &tag) {
            return Ok(kept(HttpResponse::NotModified().finish(), &tag));
        }
    }
    let (tag, map) = venue::venue_map(&cx, &query).await?;
    let body = serde_json::to_vec(&map).map_err(Error::internal)?;
    Ok(kept(HttpResponse::Ok().content_type("application/geo+json").body(body), &tag))
}

/// The answer under its name, which everybody may keep for a minute.
fn kept(mut answer: HttpResponse, tag: &str) -> HttpResponse {
    let headers = answer.headers_mut();
    if let Ok(tag) = header::HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("public, max-age=60"));
    answer
}

/// Find venues near a point (附近阵地).
///
/// Without signing in: the nearest first, within so many metres (距离) as the crow flies or so many minutes on foot (步行时间) — for
/// the circles of ten and fifteen minutes (十分钟法律服务圈、十五分钟便民服务圈). How fast one walks and how much longer the way is are
/// rules of the place where the point lies (阵地规则); the answer says which were used.
#[utoipa::path(tag = "venues", operation_id = "list_nearby_venues", params(NearbyVenuesQuery),
    responses((status = 200, body = NearbyVenues), ReadProblems, (status = 422, body = crate::problem::ProblemBody, content_type = "application/problem+json", description = "The point lies outside the country (坐标点在境外).")),
    extensions(("x-permission" = json!("public"))))]
#[get("/public/venues/nearby")]
async fn list_nearby_venues(public: Public, query: Query<NearbyVenuesQuery>) -> Answer {
    let (cx, query) = (Cx::system(public.core), query.into_inner());
    let region = ::grids::region_at(&cx, query.point().to_wgs84()?).await?;
    let rules = policy::venue_rules(&cx, region.unwrap_or(RegionCode::COUNTRY)).await?;
    ok(venue::list_nearby_venues(&cx, query, &rules).await?)
}

/// Report on circles of service (服务圈覆盖报告).
///
/// Which part of a county or less lies within a walk of its venues: comprehensive grids (网格) by their centres, buildings (楼栋) by their
/// points, households (户) by their buildings'; for the circle of `minutes` or `metres`, or for all circles of the rules of the place
/// (阵地规则). `kind`, `brand` and `service` say which venues count.
#[utoipa::path(tag = "venues", operation_id = "get_venue_circles", params(VenueCirclesQuery),
    responses((status = 200, body = VenueCircles), ReadProblems), extensions(("x-permission" = json!("grid.read"))))]
#[get("/venues/circles")]
async fn get_venue_circles(call: Call, query: Query<VenueCirclesQuery>) -> Answer {
    let rules = policy::venue_rules(&call.cx, query.region_code).await?;
    ok(venue::venue_circles(&call.cx, query.into_inner(), &rules).await?)
}
