//! Venues: entered, open by the clock, on everybody's map, near somebody, and how much of a community lies near them.

use chrono::Duration;
use kernel::bulk::{Existing, Put};
use organizations::venue::{PutVenue, VenueKind, put_venues};
use serde_json::{Value, json};
use testkit::{Client, FOREIGN, HOME, Reply, World};

async fn entered(world: &World, name: &str, change: impl FnOnce(&mut Value)) -> Value {
    // Lists go by age, and ids know it to the millisecond.
    world.later(Duration::milliseconds(2));
    let mut body = json!({ "region_code": HOME, "kind": "station", "name": name, "point": { "lng": 119.815, "lat": 32.24 } });
    change(&mut body);
    world.person("wang").post("/venues").json(body).send().await.expect(201)
}

fn path(venue: &Value) -> String {
    format!("/venues/{}", venue["id"].as_str().unwrap())
}

async fn names(by: &Client, query: &str) -> Vec<String> {
    let page = by.get(format!("/venues?limit=100{query}")).send().await.expect(200);
    page["items"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap().to_owned()).collect()
}

async fn near(world: &World, query: &str) -> Reply {
    world.nobody().get(format!("/public/venues/nearby?{query}")).send().await
}

fn found(reply: &Reply) -> Vec<String> {
    let items = reply.expect(200)["items"].as_array().unwrap().clone();
    items.iter().map(|i| i["venue"]["name"].as_str().unwrap().to_owned()).collect()
}

async fn map(world: &World, query: &str) -> Reply {
    world.nobody().get(format!("/public/venues.geojson?{query}")).send().await
}

fn mapped(reply: &Reply) -> Vec<String> {
    let features = reply.expect(200)["features"].as_array().unwrap().clone();
    features.iter().map(|f| f["properties"]["name"].as_str().unwrap().to_owned()).collect()
}

fn put(name: &str, lng: f64, lat: f64) -> PutVenue {
    PutVenue {
        region_code: HOME.parse().unwrap(),
        name: name.to_owned(),
        kind: Some(VenueKind::NeighborPoint),
        brand: None,
        address: None,
        phone: None,
        point: Some(kernel::geo::Point { lng, lat, datum: kernel::geo::Datum::Wgs84 }),
        area: None,
        office_area: None,
        public_area: None,
        hours: None,
        services: Vec::new(),
        features: Vec::new(),
    }
}

/// Many at once, by the system.
async fn scattered(world: &World, rows: &[PutVenue]) {
    let cx = world.cx();
    let mut tx = cx.begin();
    let answers = put_venues(&mut tx, rows, Existing::Refuse, true).await.unwrap();
    tx.commit(()).await.unwrap();
    assert!(answers.iter().all(|a| matches!(a, Put::Created)), "{answers:?}");
}

/// Metres by the middle latitude and the two radii of the ellipsoid: another way than the server's.
fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (major, e2) = (6_378_137.0, 0.006_694_379_990_141_3);
    let middle = f64::midpoint(a.1, b.1).to_radians();
    let w = 1.0 - e2 * middle.sin().powi(2);
    let (meridian, normal) = (major * (1.0 - e2) / w.powf(1.5), major / w.sqrt());
    let (north, east) = ((b.1 - a.1).to_radians() * meridian, (b.0 - a.0).to_radians() * normal * middle.cos());
    north.hypot(east)
}

testkit::on_both! {
    async fn a_venue_is_entered_read_changed_and_closed(world: World) {
        let (wang, zhang) = (world.person("wang"), world.person("zhang"));
        let operator = json!({ "name": "邻里服务社", "kind": "social_organization", "region_code": HOME });
        let operator = wang.post("/organizations").json(operator).send().await.expect(201);
        let venue = entered(&world, " 新联社区党群服务中心 ", |body| {
            body["kind"] = json!("service_center");
            body["brand"] = json!("家门口·京新汇");
            body["organization_id"] = operator["id"].clone();
            body["address"] = json!("江洲西路8号");
            body["phone"] = json!("0511-88010000");
            (body["area"], body["office_area"], body["public_area"]) = (json!(420.5), json!(40), json!(380));
            body["rooms"] = json!([{ "name": "议事厅", "capacity": 30, "area": 45 }]);
            body["services"] = json!(["法律咨询", "BM-01-01"]);
            body["accessibility"] = json!(["nursing_room", "step_free_entrance"]);
            body["features"] = json!(["初心角", "三张清单"]);
        }).await;
        assert_eq!((&venue["name"], &venue["version"], &venue["grid_id"]), (&json!("新联社区党群服务中心"), &json!(1), &json!(world.places.west)));
        assert_eq!((&venue["area"], &venue["rooms"][0]["capacity"]), (&json!(420.5), &json!(30)));
        assert_eq!(venue["accessibility"], json!(["step_free_entrance", "nursing_room"]));
        assert!(venue.get("hours").is_none() && venue.get("open_now").is_none(), "{venue}");
        // Everybody who has signed in reads it, also by an id without hyphens, as a QR code has it.
        assert_eq!(zhang.get(path(&venue)).send().await.expect(200), venue);
        let plain = path(&venue).replace('-', "");
        assert_eq!(zhang.get(plain).send().await.expect(200)["id"], venue["id"]);
        zhang.post(path(&venue)).json(json!({ "name": "x" })).send().await.refused(403, "permission_missing");
        world.person("foreign").post(path(&venue)).json(json!({ "name": "x" })).send().await.refused(403, "permission_missing");

        let change = json!({ "point": { "lng": 119.825, "lat": 32.24 }, "brand": null, "phone": null, "organization_id": null, "services": [], "version": 1 });
        let moved = wang.post(path(&venue)).json(change).send().await.expect(200);
        assert_eq!((&moved["grid_id"], &moved["version"], &moved["services"]), (&json!(world.places.east), &json!(2), &json!([])));
        assert!(["brand", "phone", "organization_id"].iter().all(|f| moved.get(f).is_none()), "{moved}");
        assert_eq!((&moved["features"], &moved["area"]), (&venue["features"], &venue["area"]));
        wang.post(path(&venue)).json(json!({ "name": "y", "version": 1 })).send().await.refused(409, "version_stale");

        let closed = wang.post(format!("{}/close", path(&venue))).json(json!({ "version": 2 })).send().await.expect(200);
        assert_eq!(closed["version"], 3);
        assert!(closed["closed_at"].is_string());
        wang.post(format!("{}/close", path(&venue))).json(json!({})).send().await.refused(409, "venue_closed");
        wang.post(path(&venue)).json(json!({ "name": "z" })).send().await.refused(409, "venue_closed");
        assert_eq!(zhang.get(path(&venue)).send().await.expect(200)["version"], 3);
        // Its name is free again.
        entered(&world, "新联社区党群服务中心", |_| {}).await;
        assert_eq!(names(&zhang, "&include_closed=true").await.len(), 2);
        // PostgreSQL's log can be read as far as the transactions of all tests have ended.
        let events = testkit::eventually(async || {
            let events = world.person("feng").get("/events?type=venue.*").send().await.expect(200);
            (events["items"].as_array().unwrap().len() >= 4).then_some(events)
        })
        .await;
        let told: Vec<_> = events["items"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
        assert_eq!(told, ["venue.created", "venue.updated", "venue.closed", "venue.created"]);
        assert!(!events.to_string().contains("党群"), "no names in events");
    }

    async fn a_venue_that_cannot_be_is_refused_and_nothing_changes(world: World) {
        let (wang, admin) = (world.person("wang"), world.person("admin"));
        let venue = entered(&world, "第一驿站", |_| {}).await;
        let gone = json!({ "name": "撤销的社", "kind": "other", "region_code": HOME });
        let gone = wang.post("/organizations").json(gone).send().await.expect(201);
        wang.post(format!("/organizations/{}/close", gone["id"].as_str().unwrap())).send().await.expect(200);
        let before = crate::battery::contents(&world).await;
        let period = |from: &str, to: &str| json!({ "day": "monday", "from": from, "to": to });
        for (field, value, status, code, pointer) in [
            ("region_code", json!("321182001"), 422, "region_not_community", "#/region_code"),
            ("region_code", json!("321182001099"), 422, "region_unknown", "#/region_code"),
            ("region_code", json!("321182001012"), 422, "region_closed", "#/region_code"),
            ("grid_id", json!(world.places.abroad), 422, "grid_foreign", "#/grid_id"),
            ("point", json!({ "lng": 2.35, "lat": 48.85 }), 422, "point_outside_country", "#/point"),
            ("point", json!({ "lng": 119.85, "lat": 32.24 }), 422, "point_outside_community", "#/point"),
            ("organization_id", gone["id"].clone(), 409, "organization_closed", "#/organization_id"),
            ("organization_id", json!("019aa1c2-0000-7000-8000-000000000001"), 422, "reference_broken", "#/organization_id"),
            ("phone", json!("13812341234"), 422, "venue_phone_mobile", "#/phone"),
            ("phone", json!("+86138-1234-1234"), 422, "venue_phone_mobile", "#/phone"),
            ("phone", json!("call me"), 422, "content_invalid", "#/phone"),
            ("kind", json!("castle"), 422, "content_invalid", "#/kind"),
            ("name", json!("  "), 422, "content_invalid", "#/name"),
            ("name", json!("第一驿站"), 409, "venue_name_taken", "#/name"),
            ("area", json!(-1), 422, "content_invalid", "#/area"),
            ("public_area", json!(2_000_000), 422, "content_invalid", "#/public_area"),
            ("services", json!(["a", "a"]), 422, "content_invalid", "#/services"),
            ("services", json!([" "]), 422, "content_invalid", "#/services"),
            ("rooms", json!([{ "name": "议事厅", "capacity": 0 }]), 422, "content_invalid", "#/rooms/0/capacity"),
            ("accessibility", json!(["wings"]), 422, "content_invalid", "#/accessibility/0"),
            ("hours", json!({ "weekly": [period("12:00", "09:00")] }), 422, "venue_hours_invalid", "#/hours/weekly/0/to"),
            ("hours", json!({ "weekly": [period("09:00", "12:00"), period("11:59", "13:00")] }), 422, "venue_hours_invalid", "#/hours/weekly/1/from"),
            ("hours", json!({ "weekly": [period("09:00", "25:00")] }), 422, "content_invalid", "#/hours/weekly/0/to"),
            ("hours", json!({ "exceptions": [{ "on": "2026-10-01" }, { "on": "2026-10-01" }] }), 422, "venue_hours_invalid", "#/hours/exceptions/1/on"),
        ] {
            let mut body = json!({ "region_code": HOME, "kind": "station", "name": "新驿站" });
            body[field] = value;
            let problem = admin.post("/venues").json(&body).send().await.refused(status, code);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
            if !["region_code", "name"].contains(&field) {
                let change = json!({ field: body[field] });
                let problem = admin.post(path(&venue)).json(&change).send().await.refused(status, code);
                assert_eq!(problem["errors"][0]["pointer"], pointer, "{change}: {problem}");
            }
        }
        let parts = json!({ "region_code": HOME, "kind": "station", "name": "x", "area": 100, "office_area": 60, "public_area": 50 });
        wang.post("/venues").json(parts).send().await.refused_fields(&[("#/area", "field_invalid")]);
        world.person("foreign").post("/venues").json(json!({ "region_code": HOME, "kind": "station", "name": "x" })).send().await.refused(403, "permission_missing");
        crate::battery::is_unchanged("a refused venue", &before, &crate::battery::contents(&world).await);
        wang.get("/venues/019aa1c2-0000-7000-8000-000000000001").send().await.refused(404, "venue_not_found");
    }

    async fn what_is_open_is_found_by_the_clock_of_china(world: World) {
        let (wang, zhang) = (world.person("wang"), world.person("zhang"));
        let day = |day: &str, from: &str, to: &str| json!({ "day": day, "from": from, "to": to });
        // It is Monday, nine in the morning.
        entered(&world, "早", |b| b["hours"] = json!({ "weekly": [day("monday", "08:00", "12:00"), day("tuesday", "08:00", "12:00")] })).await;
        entered(&world, "晚", |b| b["hours"] = json!({ "weekly": [day("monday", "18:00", "24:00")] })).await;
        entered(&world, "节", |b| {
            let weekly = [day("monday", "08:00", "20:00"), day("tuesday", "08:00", "20:00")];
            b["hours"] = json!({ "weekly": weekly, "exceptions": [{ "on": "2026-11-16", "note": "检修" }, { "on": "2026-11-17", "periods": [{ "from": "10:00", "to": "11:00" }] }] });
        }).await;
        entered(&world, "无", |_| {}).await;
        assert_eq!(names(&zhang, "&open_now=true").await, ["早"]);
        for (at, open) in [
            ("2026-11-16T12:00:00%2B08:00", &[][..]),
            ("2026-11-16T11:59:59%2B08:00", &["早"]),
            ("2026-11-16T23:59:00%2B08:00", &["晚"]),
            ("2026-11-17T00:00:00%2B08:00", &[]),
            ("2026-11-17T02:30:00Z", &["早", "节"]),
            ("2026-11-17T09:00:00%2B08:00", &["早"]),
            ("2026-11-23T09:00:00%2B08:00", &["早", "节"]),
        ] {
            assert_eq!(names(&zhang, &format!("&open_at={at}")).await, open, "{at}");
        }
        let at = "lng=119.815&lat=32.24&metres=100&open_now=true";
        assert_eq!(found(&near(&world, at).await), ["早"]);
        let early = zhang.get("/venues").send().await.expect(200)["items"][0].clone();
        assert_eq!((&early["name"], &early["open_now"]), (&json!("早"), &json!(true)));
        world.later(Duration::hours(4));
        assert_eq!(zhang.get(path(&early)).send().await.expect(200)["open_now"], false);
        assert!(names(&zhang, "&open_now=true").await.is_empty());
        // Other hours are found at once, and none where nothing is said any more.
        let hours = json!({ "hours": { "weekly": [day("monday", "13:00", "14:00")] } });
        wang.post(path(&early)).json(hours).send().await.expect(200);
        assert_eq!(names(&zhang, "&open_now=true").await, ["早"]);
        wang.post(path(&early)).json(json!({ "hours": {} })).send().await.expect(200);
        assert!(names(&zhang, "&open_now=true").await.is_empty());
        zhang.get("/venues?open_now=true&open_at=2026-11-16T09:00:00Z").send().await.refused(400, "query_parameter_invalid");
    }

    async fn a_directory_is_filtered_and_paged(world: World) {
        let zhang = world.person("zhang");
        entered(&world, "一", |b| { b["brand"] = json!("宜之家"); b["services"] = json!(["代买药品", "理发\"\\%_"]); }).await;
        entered(&world, "二", |b| { b["kind"] = json!("legal_service"); b["features"] = json!(["初心角"]); }).await;
        entered(&world, "三", |b| { b["brand"] = json!("宜之家"); b["accessibility"] = json!(["lift", "low_counter"]); }).await;
        let foreign = json!({ "region_code": FOREIGN, "kind": "station", "name": "四", "point": { "lng": 119.85, "lat": 32.24 } });
        world.person("foreign").post("/venues").json(foreign).send().await.expect(201);
        for (query, expected) in [
            ("", &["四", "一", "二", "三"][..]),
            ("&region_code=321182001017", &["一", "二", "三"]),
            ("&region_code=321003", &[]),
            ("&kind=legal_service", &["二"]),
            ("&brand=%E5%AE%9C%E4%B9%8B%E5%AE%B6", &["一", "三"]),
            ("&brand=%E5%AE%9C%E4%B9%8B", &[]),
            ("&service=%E4%BB%A3%E4%B9%B0%E8%8D%AF%E5%93%81", &["一"]),
            ("&service=%E4%BB%A3%E4%B9%B0", &[]),
            ("&service=%E7%90%86%E5%8F%91%22%5C%25_", &["一"]),
            ("&service=%25", &[]),
            ("&feature=%E5%88%9D%E5%BF%83%E8%A7%92", &["二"]),
            ("&accessibility=lift", &["三"]),
            ("&accessibility=wheelchair", &[]),
        ] {
            assert_eq!(names(&zhang, query).await, expected, "{query}");
        }
        let grid = format!("&grid_id={}", world.places.west);
        assert_eq!(names(&zhang, &grid).await, ["一", "二", "三"]);
        let first = zhang.get("/venues?limit=3").send().await.expect(200);
        let rest = zhang.get(format!("/venues?limit=3&cursor={}", first["next_cursor"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((&rest["items"][0]["name"], &rest["has_more"]), (&json!("三"), &json!(false)));
        zhang.get("/venues?service=").send().await.refused(400, "query_parameter_invalid");
        // A browser keeps the directory and asks whether it still holds.
        let page = zhang.get("/venues").send().await;
        assert_eq!(page.header("cache-control"), "private, no-cache");
        assert_eq!(zhang.get("/venues").header("if-none-match", page.header("etag")).send().await.status, 304);
    }

    async fn everybody_has_the_map_and_asks_for_news(world: World) {
        let wang = world.person("wang");
        let lift = entered(&world, "有电梯", |b| { b["brand"] = json!("京口红韵"); b["accessibility"] = json!(["lift"]); }).await;
        entered(&world, "东", |b| { b["kind"] = json!("neighbor_point"); b["point"] = json!({ "lng": 119.825, "lat": 32.235 }); }).await;
        entered(&world, "无坐标", |b| drop(b.as_object_mut().unwrap().remove("point"))).await;
        let all = format!("region_code={HOME}");
        let first = map(&world, &all).await;
        assert_eq!(mapped(&first), ["有电梯", "东"]);
        let told = ["content-type", "cache-control"].map(|name| first.header(name).to_owned());
        assert_eq!(told, ["application/geo+json", "public, max-age=60"]);
        let collection = first.json();
        assert_eq!((&collection["type"], &collection["datum"], &collection["features"][0]["type"]), (&json!("FeatureCollection"), &json!("wgs84"), &json!("Feature")));
        assert_eq!(collection["features"][0]["geometry"], json!({ "type": "Point", "coordinates": [119.815, 32.24] }));
        assert_eq!((&collection["features"][0]["id"], &collection["features"][0]["properties"]["brand"]), (&lift["id"], &json!("京口红韵")));
        assert!(!first.text().contains("organization_id") && !first.text().contains("version"), "no more than everybody needs");

        // Who has it is told so, until something changes.
        let tag = first.header("etag").to_owned();
        let ask = async |query: &str, tag: &str| world.nobody().get(format!("/public/venues.geojson?{query}")).header("if-none-match", tag).send().await;
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = ask(&all, &known).await;
            assert_eq!((again.status, again.bytes.len(), again.header("etag"), again.header("cache-control")), (304, 0, tag.as_str(), "public, max-age=60"));
        }
        assert_eq!(ask(&format!("{all}&datum=gcj02"), &tag).await.status, 200, "another answer");
        let boxed = "bbox=119.81,32.23,119.83,32.25";
        let boxed_tag = map(&world, boxed).await.header("etag").to_owned();
        assert_eq!(ask(boxed, &boxed_tag).await.status, 304);
        wang.post(path(&lift)).json(json!({ "name": "有大电梯" })).send().await.expect(200);
        assert_eq!(mapped(&ask(&all, &tag).await), ["有大电梯", "东"]);
        assert_eq!(mapped(&ask(boxed, &boxed_tag).await), ["有大电梯", "东"]);

        let shifted = map(&world, &format!("{all}&datum=gcj02")).await.expect(200);
        let lng = shifted["features"][0]["geometry"]["coordinates"][0].as_f64().unwrap();
        assert!((lng - 119.815).abs() > 0.003 && shifted["datum"] == "gcj02", "{shifted}");
        for (query, expected) in [
            (format!("{all}&kind=neighbor_point"), &["东"][..]),
            (format!("{all}&brand=%E4%BA%AC%E5%8F%A3%E7%BA%A2%E9%9F%B5"), &["有大电梯"]),
            (format!("{all}&accessibility=lift"), &["有大电梯"]),
            ("bbox=119.815,32.24,119.815,32.24".to_owned(), &["有大电梯"]),
            ("bbox=119.8151,32.24,119.82,32.25".to_owned(), &[]),
            ("bbox=119.82,32.23,119.83,32.24".to_owned(), &["东"]),
            (format!("region_code={FOREIGN}"), &[]),
            ("region_code=3211".to_owned(), &["有大电梯", "东"]),
        ] {
            assert_eq!(mapped(&map(&world, &query).await), expected, "{query}");
        }
        wang.post(format!("{}/close", path(&lift))).json(json!({})).send().await.expect(200);
        assert_eq!(mapped(&map(&world, &all).await), ["东"]);
        assert_eq!(mapped(&map(&world, boxed).await), ["东"]);
        for query in ["", "region_code=3211&bbox=119.81,32.23,119.83,32.25", "bbox=119,32,120,33", "bbox=119.9,32.2,119.8,32.3", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=NaN,32,120,32.1"] {
            map(&world, query).await.refused(400, "query_parameter_invalid");
        }
    }

    async fn the_nearest_are_those_that_counting_all_finds(world: World) {
        let mut seed = 17_u64;
        let mut roll = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut venues: Vec<(String, (f64, f64))> =
            (0..300).map(|n| (format!("点{n}"), (119.81 + roll() * 0.02, 32.23 + roll() * 0.02))).collect();
        // On the very edges of bands and of grids.
        for (n, lat) in [32.23, 32.235, 32.24, 32.245, 32.25].into_iter().enumerate() {
            venues.push((format!("边{n}"), (119.82, lat)));
        }
        let rows: Vec<PutVenue> = venues.iter().map(|(name, (lng, lat))| put(name, *lng, *lat)).collect();
        scattered(&world, &rows).await;
        for round in 0..40 {
            let at = if round < 5 { venues[300 + round].1 } else { (119.80 + roll() * 0.04, 32.22 + roll() * 0.04) };
            let reach = [1.0, 50.0, 300.0, 777.0, 1500.0, 4000.0][round % 6];
            let reply = near(&world, &format!("lng={}&lat={}&metres={reach}&limit=100", at.0, at.1)).await;
            let mut all: Vec<_> = venues.iter().map(|(name, there)| (metres(at, *there), name.as_str())).collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            let items = reply.expect(200)["items"].as_array().unwrap().clone();
            let within = all.iter().filter(|(d, _)| *d <= reach).count();
            // What lies on the edge of the circle itself may be told either way by a centimetre.
            let doubtful = all.iter().any(|(d, _)| (d - reach).abs() < 0.05);
            assert!(doubtful || items.len() == within.min(100), "{at:?} {reach}: {} of {within}", items.len());
            for (item, (distance, name)) in items.iter().zip(&all) {
                let told = item["metres"].as_f64().unwrap();
                assert!((told - distance).abs() < 1.0, "{item} {name} {distance}");
            }
            let first: Vec<_> = items.iter().take(3).map(|i| i["venue"]["name"].as_str().unwrap()).collect();
            let close = all.windows(2).take(4).any(|pair| pair[1].0 - pair[0].0 < 0.05);
            assert!(close || first.iter().zip(&all).all(|(a, b)| *a == b.1), "{first:?} {:?}", &all[..4]);
        }
        // In the datum of WeChat it is the same place, and answered in it.
        let reply = near(&world, "lng=119.825&lat=32.237&metres=300&datum=gcj02").await.expect(200);
        assert_eq!(reply["items"][0]["point"]["datum"], "gcj02");
        assert!((reply["items"][0]["point"]["lng"].as_f64().unwrap() - 119.825).abs() < 0.004, "{reply}");
    }

    async fn how_far_one_walks_is_a_rule_of_the_place(world: World) {
        let lv = world.person("lv");
        let nearest = entered(&world, "近", |b| b["point"] = json!({ "lng": 119.815, "lat": 32.2445 })).await;
        entered(&world, "远", |b| b["point"] = json!({ "lng": 119.815, "lat": 32.2485 })).await;
        entered(&world, "关", |b| b["kind"] = json!("legal_service")).await;
        let at = "lng=119.815&lat=32.24";
        // 4 km an hour: 667 m in ten minutes, a kilometre in fifteen.
        let ten = near(&world, &format!("{at}&minutes=10&kind=station")).await;
        assert_eq!(found(&ten), ["近"]);
        let told = ten.json();
        assert_eq!((&told["within_metres"], &told["metres_per_hour"], &told["detour_percent"]), (&json!(666), &json!(4000), &json!(100)));
        assert_eq!((&told["items"][0]["metres"], &told["items"][0]["walk_minutes"]), (&json!(499), &json!(8)));
        assert_eq!(found(&near(&world, &format!("{at}&minutes=15&kind=station")).await), ["近", "远"]);
        assert_eq!(found(&near(&world, &format!("{at}&minutes=15")).await), ["关", "近", "远"]);
        assert_eq!(found(&near(&world, &format!("{at}&metres=498&kind=station")).await), [""; 0]);
        assert_eq!(found(&near(&world, &format!("{at}&metres=500&kind=station&limit=1")).await), ["近"]);
        // The county finds that its people walk slowly and around many corners.
        let rules = json!({ "metres_per_hour": 3000, "detour_percent": 125, "circle_minutes": [10], "circle_metres": [] });
        lv.post("/policies").json(json!({ "region_code": "321182000000", "venue_rules": rules })).send().await.expect(201);
        world.later(Duration::seconds(6));
        testkit::eventually(async || {
            let ten = near(&world, &format!("{at}&minutes=10&kind=station")).await.expect(200);
            (ten["within_metres"] == 400 && ten["items"] == json!([])).then_some(())
        }).await;
        let far = near(&world, &format!("{at}&metres=500&kind=station")).await.expect(200);
        assert_eq!((&far["items"][0]["walk_minutes"], &far["items"][0]["venue"]["id"]), (&json!(13), &nearest["id"]));
        // Where no grid is drawn the rules of the country hold, and nothing panics at the end of the world.
        assert_eq!(near(&world, "lng=100&lat=40&minutes=15").await.expect(200)["within_metres"], 1000);
        for query in ["lng=180&lat=0&metres=10", "lng=-180&lat=90&metres=10000", "lng=0&lat=-90&minutes=60", "lng=NaN&lat=32&metres=10"] {
            near(&world, query).await.refused(422, "point_outside_country");
        }
        for query in ["", "&metres=10&minutes=10", "&metres=0", "&metres=10001", "&minutes=0", "&minutes=61", "&metres=10&limit=0", "&metres=10&limit=101", "&metres=-1", "&metres=x", "&metres=10&kind=castle"] {
            near(&world, &format!("{at}{query}")).await.refused(400, "query_parameter_invalid");
        }
        let wrong = json!({ "region_code": "321182000000", "venue_rules": { "metres_per_hour": 500, "detour_percent": 100 } });
        lv.post("/policies").json(wrong).send().await.refused_fields(&[("#/venue_rules/metres_per_hour", "field_range")]);
    }

    async fn the_report_says_who_lives_within_a_walk(world: World) {
        let (wang, he) = (world.person("wang"), world.person("he"));
        let home = async |building: &str, point: Option<Value>, rooms: u32| {
            let mut body = json!({ "region_code": HOME, "kind": "building", "name": building });
            if let Some(point) = point {
                body["point"] = point;
            }
            let building = wang.post("/addresses").json(body).send().await.expect(201);
            for n in 0..rooms {
                let room = json!({ "region_code": HOME, "kind": "room", "parent_id": building["id"], "name": format!("{}", 101 + n) });
                let room = wang.post("/addresses").json(room).send().await.expect(201);
                wang.post("/households").json(json!({ "region_code": HOME, "address_id": room["id"] })).send().await.expect(201);
            }
        };
        home("1", Some(json!({ "lng": 119.815, "lat": 32.241 })), 3).await;
        home("2", Some(json!({ "lng": 119.815, "lat": 32.248 })), 1).await;
        home("3", None, 2).await;
        let report = async |query: &str| he.get(format!("/venues/circles?region_code={HOME}{query}")).send().await;
        let none = report("").await.expect(200);
        assert_eq!((&none["venues"], none["circles"].as_array().unwrap().len()), (&json!(0), 3));
        assert_eq!(none["circles"][0]["households"], json!({ "all": 6, "placed": 4, "covered": 0, "rate": 0.0 }));
        entered(&world, "西", |_| {}).await;
        entered(&world, "法", |b| { b["kind"] = json!("legal_service"); b["point"] = json!({ "lng": 119.815, "lat": 32.25 }); }).await;
        let all = report("").await.expect(200);
        let circles = all["circles"].as_array().unwrap();
        assert_eq!(circles.iter().map(|c| c["metres"].as_u64().unwrap()).collect::<Vec<_>>(), [667, 1000, 1000]);
        assert_eq!((&circles[0]["minutes"], &circles[1]["minutes"], circles[2].get("minutes")), (&json!(10), &json!(15), None));
        // The centre of the east grid lies a kilometre short of 60 m away.
        assert_eq!(circles[0]["grids"], json!({ "all": 2, "placed": 2, "covered": 1, "rate": 50.0 }));
        assert_eq!(circles[0]["uncovered_grids"][0]["id"], json!(world.places.east));
        assert_eq!(circles[1]["grids"]["covered"], 2);
        assert_eq!(circles[0]["buildings"], json!({ "all": 3, "placed": 2, "covered": 2, "rate": 100.0 }));
        let station = report("&kind=station&minutes=10").await.expect(200);
        assert_eq!((station["circles"].as_array().unwrap().len(), &station["circles"][0]["households"]), (1, &json!({ "all": 6, "placed": 4, "covered": 3, "rate": 75.0 })));
        let law = report("&kind=legal_service&metres=300").await.expect(200);
        assert_eq!(law["circles"][0]["households"]["covered"], 1);
        // Only numbers: nobody is named. And only where one may look.
        assert!(!all.to_string().contains("101室"), "{all}");
        for (query, code) in [("&minutes=10&metres=10", "query_parameter_invalid"), ("&minutes=61", "query_parameter_invalid"), ("&metres=0", "query_parameter_invalid")] {
            report(query).await.refused(400, code);
        }
        world.person("foreign").get(format!("/venues/circles?region_code={HOME}")).send().await.refused(403, "permission_missing");
        world.person("admin").get("/venues/circles?region_code=3211").send().await.refused(400, "query_parameter_invalid");
    }

    async fn a_table_of_venues_comes_in_and_goes_out(world: World) {
        let wang = world.person("wang");
        let import = async |dry_run: bool, file: &str, state: &str| {
            let form = crate::jobs::form("venues", dry_run, file.as_bytes());
            let job = wang.post("/imports").body(crate::jobs::FORM, form).send().await.expect(201);
            crate::jobs::until(&world, &wang, job["id"].as_str().unwrap(), state).await
        };
        let good = "阵地名称,阵地类别,品牌,地址,电话,经度,纬度,面积,开放时间,服务项目,阵地要素\n\
            新联睦邻点,睦邻点,,一号楼架空层,,119.815,32.24,30,\"周一至周五 9:00-11:00\",\"理发、代办代理\",初心角\n\
            宜之家一号,宜之家,宜之家,,0511-88010000,119.825,32.24,,,,\n";
        let checked = import(true, good, "checked").await;
        assert_eq!(checked["progress"]["created"], 2);
        assert!(names(&wang, "").await.is_empty(), "nothing is written yet");
        import(false, good, "done").await;
        let mut seen = names(&wang, "").await;
        seen.sort();
        assert_eq!(seen, ["宜之家一号", "新联睦邻点"]);
        assert_eq!(names(&wang, "&open_now=true").await, ["新联睦邻点"]);
        let station = wang.get("/venues?brand=%E5%AE%9C%E4%B9%8B%E5%AE%B6").send().await.expect(200)["items"][0].clone();
        assert_eq!((&station["kind"], &station["grid_id"]), (&json!("station"), &json!(world.places.east)));
        // The same again changes nothing, and empty cells leave what is there.
        assert_eq!(import(false, good, "done").await["progress"]["unchanged"], 2);
        let again = import(false, "阵地名称,面积\n宜之家一号,55.5\n", "done").await;
        assert_eq!(again["progress"]["updated"], 1);
        let station = wang.get(path(&station)).send().await.expect(200);
        assert_eq!((&station["area"], &station["phone"], &station["version"]), (&json!(55.5), &json!("0511-88010000"), &json!(2)));

        let bad = format!("阵地名称,阵地类别,电话,经度,纬度,面积,开放时间,社区代码\n,睦邻点,,,,,,\n甲,城堡,,,,,,\n乙,,,,,,,\n丙,驿站,13812341234,,,,,\n丁,驿站,,119.85,32.24,,,\n戊,驿站,,,,-3,,\n己,驿站,,,,,随时,\n庚,驿站,,,,,\"周一 9:00-11:00,10:00-12:00\",\n辛,驿站,,,,,,{FOREIGN}\n");
        let job = import(false, &bad, "failed").await;
        let errors = wang.get(format!("/jobs/{}/errors?limit=100", job["id"].as_str().unwrap())).send().await.expect(200);
        let told: Vec<_> = errors["items"].as_array().unwrap().iter().map(|e| {
            (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap_or_default().to_owned(), e["code"].as_str().unwrap().to_owned())
        }).collect();
        let expected = [
            (2, "阵地名称", "field_missing"), (3, "阵地类别", "field_invalid"), (4, "阵地类别", "field_missing"), (5, "电话", "venue_phone_mobile"),
            (6, "经度", "point_outside_community"), (7, "面积", "field_range"), (8, "开放时间", "field_invalid"), (9, "开放时间", "venue_hours_invalid"),
            (10, "社区代码", "permission_missing"),
        ];
        assert_eq!(told, expected.map(|(row, column, code)| (row, column.to_owned(), code.to_owned())));
        assert_eq!(names(&wang, "").await.len(), 2);

        let job = wang.post("/exports").json(json!({ "list": "list_venues", "query": { "region_code": HOME } })).send().await.expect(201);
        let job = crate::jobs::until(&world, &wang, job["id"].as_str().unwrap(), "done").await;
        let file = world.nobody().request(testkit::Method::GET, job["download_url"].as_str().unwrap()).send().await.text();
        assert!(file.contains("名称") && file.contains("宜之家一号") && file.contains("0511-88010000"), "{file}");
    }
}
