//! The ground: the map in memory, boundaries of communities, many boundaries at once, what overlaps and what is left.

use grids::{locate, place_in, warm_map};
use kernel::{
    Core, Cx, RegionCode,
    geo::{Datum, Point, Position},
    id::GridId,
};
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::{Client, FOREIGN, HOME, World};

fn ring(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

fn square(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!({ "type": "Polygon", "coordinates": [ring(west, south, east, north)] })
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

fn home() -> RegionCode {
    HOME.parse().unwrap()
}

fn point(lng: f64, lat: f64) -> Point {
    Point { lng, lat, datum: Datum::Wgs84 }
}

/// Another process on the same database: it shares nothing but that.
fn another(world: &World) -> Cx {
    let core = world.core();
    Cx::system(Core::new(core.db.clone(), Arc::clone(&core.clock), Arc::clone(&core.vault)))
}

async fn found(cx: &Cx, lng: f64, lat: f64) -> Option<GridId> {
    locate(cx, point(lng, lat), None).await.unwrap().map(|grid| grid.id)
}

/// What a decision says: the grid, none, or that the place lies elsewhere.
async fn placed(cx: &Cx, lng: f64, lat: f64) -> Result<Option<GridId>, String> {
    place_in(cx, home(), Position { lng, lat }).await.map_err(|e| e.code.as_str().to_owned())
}

async fn draw(by: &Client, name: &str, kind: &str, boundary: Value) -> Value {
    let body = json!({ "region_code": HOME, "name": name, "kind": kind, "boundary": boundary });
    by.post("/grids").json(body).send().await.expect(201)
}

async fn redraw(by: &Client, grid: &str, boundary: Value) {
    by.post(format!("/grids/{grid}")).json(json!({ "boundary": boundary })).send().await.expect(200);
}

async fn code_of(by: &Client, grid: GridId) -> String {
    by.get(format!("/grids/{grid}")).send().await.expect(200)["code"].as_str().unwrap().to_owned()
}

testkit::on_both! {
    async fn the_map_tells_what_the_database_tells(world: World) {
        let wang = world.person("wang");
        let hole = json!({ "type": "Polygon", "coordinates": [ring(119.812, 32.232, 119.818, 32.238), ring(119.814, 32.234, 119.816, 32.236)] });
        draw(&wang, "市场", "special", hole).await;
        let pieces = json!({ "type": "MultiPolygon", "coordinates": [[ring(119.822, 32.232, 119.824, 32.234)], [ring(119.826, 32.236, 119.828, 32.238)]] });
        let pieces = draw(&wang, "两片", "micro", pieces).await;
        assert_eq!(pieces["boundary"]["type"], "MultiPolygon");
        draw(&wang, "斜", "special", json!({ "type": "Polygon", "coordinates": [[[119.811, 32.241], [119.819, 32.245], [119.811, 32.249], [119.811, 32.241]]] })).await;
        let map = another(&world);
        assert_eq!(warm_map(&map).await.unwrap(), 6);
        let mut seen = std::collections::BTreeSet::new();
        for x in (0..13).step_by(2) {
            for y in (0..11).step_by(2) {
                // As they are written, so that those on an edge lie on it: the map knows no less than a centimetre.
                let (lng, lat) = (f64::from(119_808 + 2 * x) / 1e3, f64::from(32_229 + 2 * y) / 1e3);
                // One that has no map yet asks the database.
                let expected = placed(&another(&world), lng, lat).await;
                assert_eq!(placed(&map, lng, lat).await, expected, "{lng} {lat}");
                assert_eq!(found(&map, lng, lat).await, found(&another(&world), lng, lat).await, "{lng} {lat}");
                seen.insert(format!("{expected:?}"));
            }
        }
        for (lng, lat) in [(119.815, 32.235), (119.816, 32.235), (119.8155, 32.2355), (119.823, 32.233)] {
            assert_eq!(placed(&map, lng, lat).await, placed(&another(&world), lng, lat).await, "{lng} {lat}");
        }
        assert!(seen.len() >= 5, "the market, both grids, the slope and elsewhere: {seen:?}");
        assert_eq!(placed(&map, 119.85, 32.24).await, Err("point_outside_community".to_owned()));
    }

    async fn another_process_sees_a_boundary_that_moves(world: World) {
        let wang = world.person("wang");
        let (here, other) = (world.cx(), another(&world));
        assert_eq!((warm_map(&here).await.unwrap(), warm_map(&other).await.unwrap()), (3, 3));
        let market = id(&draw(&wang, "市场", "special", square(119.812, 32.236, 119.814, 32.238)).await);
        let market: GridId = market.parse().unwrap();
        // A decision is never made from an old map; a question to the process that changed it is answered at once.
        assert_eq!(placed(&other, 119.813, 32.237).await, Ok(Some(market)));
        assert_eq!(found(&here, 119.813, 32.237).await, Some(market));

        assert_eq!(found(&other, 119.813, 32.237).await, Some(market));
        redraw(&wang, &market.to_string(), square(119.822, 32.236, 119.824, 32.238)).await;
        assert_eq!(found(&here, 119.823, 32.237).await, Some(market));
        assert_eq!(found(&here, 119.813, 32.237).await, Some(world.places.west));
        // The other may be a second behind, but does not name a grid that has gone from there.
        assert_eq!(found(&other, 119.813, 32.237).await, Some(world.places.west));
        testkit::eventually(async || (found(&other, 119.823, 32.237).await == Some(market)).then_some(())).await;
        assert_eq!(placed(&other, 119.823, 32.237).await, Ok(Some(market)));

        // Its kind counts, and its end.
        wang.post(format!("/grids/{market}")).json(json!({ "kind": "micro" })).send().await.expect(200);
        assert_eq!(placed(&other, 119.823, 32.237).await, Ok(Some(world.places.east)));
        wang.post(format!("/grids/{}/close", world.places.east)).json(json!({})).send().await.expect(200);
        assert_eq!(placed(&other, 119.823, 32.237).await, Ok(Some(market)));
        assert_eq!(placed(&other, 119.829, 32.249).await, Err("point_outside_community".to_owned()), "all that are left are drawn");

        // A split and a merge move several at once.
        let parts = json!({ "parts": [
            { "name": "南", "boundary": square(119.81, 32.23, 119.82, 32.24) }, { "name": "北", "boundary": square(119.81, 32.24, 119.82, 32.25) },
        ] });
        let parts = wang.post(format!("/grids/{}/split", world.places.west)).json(parts).send().await.expect(201);
        let (south, north): (GridId, GridId) = (id(&parts["grids"][0]).parse().unwrap(), id(&parts["grids"][1]).parse().unwrap());
        assert_eq!((placed(&other, 119.815, 32.235).await, placed(&other, 119.815, 32.245).await), (Ok(Some(south)), Ok(Some(north))));
        let merged = json!({ "grid_ids": [south, north], "into": { "name": "合" } });
        let merged: GridId = id(&wang.post("/grids/merge").json(merged).send().await.expect(201)).parse().unwrap();
        assert_eq!((placed(&other, 119.815, 32.235).await, found(&here, 119.815, 32.245).await), (Ok(Some(merged)), Some(merged)));
    }

    async fn a_refused_change_leaves_the_map_as_it_was(world: World) {
        let wang = world.person("wang");
        let cx = world.cx();
        warm_map(&cx).await.unwrap();
        let west = format!("/grids/{}", world.places.west);
        let stale = json!({ "boundary": square(119.80, 32.23, 119.801, 32.24), "version": 9 });
        wang.post(&west).json(stale).send().await.refused(409, "version_stale");
        assert_eq!(placed(&cx, 119.815, 32.24).await, Ok(Some(world.places.west)));
        // A name is none of the map's business.
        wang.post(&west).json(json!({ "name": "西网格" })).send().await.expect(200);
        assert_eq!(found(&cx, 119.815, 32.24).await, Some(world.places.west));
    }

    async fn a_community_has_a_boundary_that_its_grids_keep(world: World) {
        let (feng, wang, zhang) = (world.person("feng"), world.person("wang"), world.person("zhang"));
        let path = format!("/regions/{HOME}/boundary");
        zhang.get(&path).send().await.refused(404, "boundary_not_found");
        zhang.get("/regions/321182001099/boundary").send().await.refused(404, "region_not_found");
        let body = json!({ "boundary": square(119.81, 32.23, 119.83, 32.25) });
        wang.post(&path).json(&body).send().await.refused(403, "permission_missing");
        feng.post("/regions/321182001000/boundary").json(&body).send().await.refused(422, "region_not_community");
        world.person("admin").post("/regions/321182001012/boundary").json(&body).send().await.refused(422, "region_closed");
        feng.post("/regions/321182001099/boundary").json(&body).send().await.refused(404, "region_not_found");
        let bow_tie = json!({ "type": "Polygon", "coordinates": [[[119.81, 32.23], [119.83, 32.25], [119.83, 32.23], [119.81, 32.25], [119.81, 32.23]]] });
        feng.post(&path).json(json!({ "boundary": bow_tie })).send().await.refused(422, "boundary_invalid");
        feng.post(&path).json(json!({ "boundary": body["boundary"], "version": 1 })).send().await.refused(409, "version_stale");
        let drawn = feng.post(&path).json(json!({ "boundary": body["boundary"], "version": 0 })).send().await.expect(200);
        assert_eq!((&drawn["version"], &drawn["region_code"]), (&json!(1), &json!(HOME)));
        assert!((drawn["area"].as_f64().unwrap() - 4_180_000.0).abs() < 20_000.0, "{drawn}");
        assert_eq!(zhang.get(&path).send().await.expect(200), drawn);

        let with = |boundary: Value| json!({ "region_code": HOME, "name": "东村", "kind": "special", "boundary": boundary });
        // Nine metres beyond is how surveys differ; nineteen is somebody else's land.
        let within = wang.post("/grids").json(with(square(119.825, 32.24, 119.8301, 32.25))).send().await.expect(201);
        let refused = wang.post("/grids").json(with(square(119.825, 32.24, 119.8302, 32.25))).send().await;
        refused.refused_fields(&[("#/boundary", "boundary_outside_community")]);
        refused.refused(422, "boundary_outside_community");
        let path_of = format!("/grids/{}", id(&within));
        let beyond = json!({ "boundary": square(119.82, 32.24, 119.84, 32.25) });
        wang.post(&path_of).json(&beyond).send().await.refused(422, "boundary_outside_community");
        let parts = json!({ "parts": [{ "name": "甲" }, { "name": "乙", "boundary": beyond["boundary"] }] });
        wang.post(format!("{path_of}/split")).json(parts).send().await.refused_fields(&[("#/parts/1/boundary", "boundary_outside_community")]);
        let merge = json!({ "grid_ids": [world.places.west, world.places.east], "into": { "name": "合", "boundary": beyond["boundary"] } });
        wang.post("/grids/merge").json(merge).send().await.refused_fields(&[("#/into/boundary", "boundary_outside_community")]);

        // How much is tolerated is the place's own.
        let rules = json!({ "region_code": "321182001000", "grid_rules": { "boundary_tolerance": 0 } });
        feng.post("/policies").json(rules).send().await.expect(201);
        wang.post(&path_of).json(json!({ "boundary": square(119.825, 32.24, 119.8301, 32.25) })).send().await.refused(422, "boundary_outside_community");
        wang.post(&path_of).json(json!({ "boundary": square(119.825, 32.24, 119.83, 32.25) })).send().await.expect(200);
        // Another community is not concerned.
        let elsewhere = json!({ "region_code": FOREIGN, "name": "北村", "kind": "special", "boundary": square(119.85, 32.24, 119.86, 32.25) });
        world.person("foreign").post("/grids").json(elsewhere).send().await.expect(201);
        assert_eq!(feng.post(&path).json(json!({ "boundary": square(119.81, 32.23, 119.82, 32.25) })).send().await.expect(200)["version"], 2);
    }

    async fn what_overlaps_and_what_is_left_is_told(world: World) {
        let (feng, wang, he) = (world.person("feng"), world.person("wang"), world.person("he"));
        let path = format!("/regions/{HOME}/coverage");
        let coverage = he.get(&path).send().await.expect(200);
        assert_eq!((&coverage["grids"], &coverage["overlaps"], &coverage["has_boundary"]), (&json!(2), &json!([]), &json!(false)), "{coverage}");
        assert!(coverage.get("gap").is_none(), "{coverage}");
        world.person("zhang").get(&path).send().await.refused(403, "permission_missing");
        world.person("foreign").get(&path).send().await.refused(403, "permission_missing");
        feng.get("/regions/321182001000/coverage").send().await.refused(422, "region_not_community");
        he.get("/regions/321182001099/coverage").send().await.refused(404, "region_not_found");

        // The east grid reaches into the west one, and both leave a strip to the north.
        redraw(&wang, &world.places.east.to_string(), square(119.819, 32.23, 119.831, 32.25)).await;
        wang.post("/grids").json(json!({ "region_code": HOME, "name": "未绘", "kind": "comprehensive" })).send().await.expect(201);
        draw(&wang, "市场", "special", square(119.812, 32.236, 119.814, 32.238)).await;
        let boundary = json!({ "boundary": square(119.81, 32.23, 119.83, 32.26) });
        feng.post(format!("/regions/{HOME}/boundary")).json(boundary).send().await.expect(200);
        let coverage = he.get(&path).send().await.expect(200);
        let near = |value: &Value, expected: f64| (value.as_f64().unwrap() / expected - 1.0).abs() < 0.01;
        assert_eq!(coverage["overlaps"].as_array().unwrap().len(), 1, "{coverage}");
        let overlap = &coverage["overlaps"][0];
        assert_eq!((&overlap["grids"][0]["id"], &overlap["grids"][1]["id"]), (&json!(world.places.west), &json!(world.places.east)));
        assert!(near(&overlap["area"], 209_000.0), "{overlap}");
        assert!(near(&coverage["gap_area"], 2_090_000.0) && near(&coverage["area"], 6_270_000.0), "{coverage}");
        assert_eq!(coverage["gap"]["type"], "Polygon");
        assert_eq!((&coverage["undrawn"][0]["name"], coverage["undrawn"].as_array().unwrap().len()), (&json!("未绘"), 1));
        assert_eq!(coverage["outside"][0]["grid"]["id"], json!(world.places.east));
        assert!(near(&coverage["outside"][0]["area"], 209_000.0), "{coverage}");
    }

    async fn many_boundaries_come_at_once(world: World) {
        let (wang, zhang) = (world.person("wang"), world.person("zhang"));
        let (west, east) = (code_of(&wang, world.places.west).await, code_of(&wang, world.places.east).await);
        let abroad = code_of(&wang, world.places.abroad).await;
        let feature = |code: &Value, geometry: Value| json!({ "type": "Feature", "properties": { "code": code, "NAME": "某网格" }, "geometry": geometry });
        let collection = |features: Vec<Value>| json!({ "type": "FeatureCollection", "name": "导出", "region_code": HOME, "features": features });
        let cx = world.cx();
        warm_map(&cx).await.unwrap();
        let shifted = |datum: Datum| {
            let corner = |lng: f64, lat: f64| { let p = Position { lng, lat }.to_datum(datum); json!([p.lng, p.lat]) };
            json!({ "type": "MultiPolygon", "coordinates": [[[corner(119.81, 32.23), corner(119.818, 32.23), corner(119.818, 32.25), corner(119.81, 32.25), corner(119.81, 32.23)]]] })
        };
        let mut good = collection(vec![feature(&json!(west), shifted(Datum::Bd09)), feature(&json!(east), shifted(Datum::Bd09))]);
        good["datum"] = json!("bd09");
        good["features"][1]["geometry"] = {
            let corner = |lng: f64, lat: f64| { let p = Position { lng, lat }.to_datum(Datum::Bd09); json!([p.lng, p.lat]) };
            json!({ "type": "Polygon", "coordinates": [[corner(119.818, 32.23), corner(119.83, 32.23), corner(119.83, 32.25), corner(119.818, 32.25), corner(119.818, 32.23)]] })
        };
        zhang.post("/grids/boundaries").json(&good).send().await.refused(403, "permission_missing");
        world.person("foreign").post("/grids/boundaries").json(&good).send().await.refused(403, "permission_missing");

        // What it would do, and nothing is done.
        let mut dry = good.clone();
        dry["dry_run"] = json!(true);
        let would = wang.post("/grids/boundaries").json(&dry).send().await.expect(200);
        assert_eq!((would["changed"].as_array().unwrap().len(), &would["dry_run"], &would["features"]), (2, &json!(true), &json!(2)));
        assert_eq!(placed(&cx, 119.819, 32.24).await, Ok(Some(world.places.west)));

        let did = wang.post("/grids/boundaries").json(&good).send().await.expect(200);
        assert_eq!((did["changed"].as_array().unwrap().len(), &did["unchanged"], &did["refused"]), (2, &json!(0), &json!(0)));
        assert_eq!(placed(&cx, 119.819, 32.24).await, Ok(Some(world.places.east)));
        assert_eq!(wang.get(format!("/grids/{}", world.places.west)).send().await.expect(200)["version"], 2);
        let again = wang.post("/grids/boundaries").json(&good).send().await.expect(200);
        assert_eq!((&again["changed"], &again["unchanged"]), (&json!([]), &json!(2)));
        world.readable().await;
        let events = world.person("admin").get("/events?type=grid.updated&limit=100").send().await.expect(200);
        assert_eq!(events["items"].as_array().unwrap().len(), 2, "one event for each grid that changed");

        // All or nothing, each fault by its pointer.
        let bow_tie = json!({ "type": "Polygon", "coordinates": [[[119.81, 32.23], [119.83, 32.25], [119.83, 32.23], [119.81, 32.25], [119.81, 32.23]]] });
        let bad = collection(vec![
            feature(&json!(west), square(119.81, 32.23, 119.82, 32.25)),
            feature(&json!(east), bow_tie),
            feature(&json!("NO-SUCH"), square(119.81, 32.23, 119.82, 32.25)),
            feature(&json!(abroad), square(119.81, 32.23, 119.82, 32.25)),
            feature(&json!(null), square(119.81, 32.23, 119.82, 32.25)),
            feature(&json!(west), square(119.81, 32.23, 119.82, 32.25)),
        ]);
        let faults = [
            ("#/features/1/geometry", "boundary_invalid"),
            ("#/features/2/properties/code", "grid_not_found"),
            ("#/features/3/properties/code", "grid_not_found"),
            ("#/features/4/properties/code", "field_missing"),
            ("#/features/5/properties/code", "field_invalid"),
        ];
        wang.post("/grids/boundaries").json(&bad).send().await.refused_fields(&faults);
        assert_eq!(placed(&cx, 119.819, 32.24).await, Ok(Some(world.places.east)), "nothing was drawn");
        let mut some = bad.clone();
        some["good_only"] = json!(true);
        let some = wang.post("/grids/boundaries").json(&some).send().await.expect(200);
        assert_eq!((some["changed"].as_array().unwrap().len(), &some["refused"]), (1, &json!(5)));
        let told: Vec<_> = some["errors"].as_array().unwrap().iter().map(|e| (e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap())).collect();
        assert_eq!(told, faults);
        assert_eq!(placed(&cx, 119.8185, 32.24).await, Ok(Some(world.places.west)));
    }

    async fn boundaries_are_matched_by_the_code_of_another_system(world: World) {
        let wang = world.person("wang");
        let body = json!({ "external_codes": [{ "system": "cityos", "code": "7001" }] });
        wang.post(format!("/grids/{}", world.places.west)).json(body).send().await.expect(200);
        let feature = |code: Value| json!({ "type": "Feature", "id": 1, "properties": { "网格编号": code }, "geometry": square(119.81, 32.23, 119.815, 32.25) });
        let mut body = json!({ "type": "FeatureCollection", "region_code": "321182001", "system": "cityos", "property": "网格编号", "features": [feature(json!(7001))] });
        let feng = world.person("feng");
        wang.post("/grids/boundaries").json(&body).send().await.refused(403, "permission_missing");
        let done = feng.post("/grids/boundaries").json(&body).send().await.expect(200);
        assert_eq!(done["changed"][0]["id"], json!(world.places.west));
        body["features"] = json!([feature(json!("7002"))]);
        feng.post("/grids/boundaries").json(&body).send().await.refused_fields(&[("#/features/0/properties/网格编号", "grid_not_found")]);
        body["features"] = json!([]);
        feng.post("/grids/boundaries").json(&body).send().await.refused_fields(&[("#/features", "field_length")]);
        body["type"] = json!("Feature");
        assert_eq!(feng.post("/grids/boundaries").json(&body).send().await.expect(422)["code"], "content_invalid");
        // And within the boundary of the community.
        feng.post(format!("/regions/{HOME}/boundary")).json(json!({ "boundary": square(119.81, 32.23, 119.814, 32.25) })).send().await.expect(200);
        let code = code_of(&wang, world.places.west).await;
        let beyond = json!({ "type": "FeatureCollection", "region_code": HOME, "features": [
            { "type": "Feature", "properties": { "code": code }, "geometry": square(119.81, 32.23, 119.8149, 32.25) },
        ] });
        wang.post("/grids/boundaries").json(beyond).send().await.refused_fields(&[("#/features/0/geometry", "boundary_outside_community")]);
    }

    async fn an_address_lies_in_a_grid_and_sizes_are_watched(world: World) {
        let (wang, gao, he) = (world.person("wang"), world.person("gao"), world.person("he"));
        let address = async |body: Value| {
            let mut whole = json!({ "region_code": HOME, "kind": "estate", "name": "新联花园" });
            whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            id(&wang.post("/addresses").json(whole).send().await.expect(201))
        };
        let estate = address(json!({ "grid_id": world.places.west })).await;
        let building = address(json!({ "kind": "building", "name": "12", "parent_id": estate })).await;
        for at in [&estate, &building] {
            assert_eq!(wang.get(format!("/addresses/{at}/grid")).send().await.expect(200)["id"], json!(world.places.west));
        }
        assert_eq!(gao.get(format!("/addresses/{estate}/grid")).send().await.expect(200)["id"], json!(world.places.west));
        let by_point = address(json!({ "name": "东苑", "point": { "lng": 119.825, "lat": 32.24 } })).await;
        assert_eq!(wang.get(format!("/addresses/{by_point}/grid")).send().await.expect(200)["id"], json!(world.places.east));
        let nowhere = address(json!({ "name": "某处" })).await;
        wang.get(format!("/addresses/{nowhere}/grid")).send().await.refused(404, "grid_not_found");
        world.person("foreign").get(format!("/addresses/{estate}/grid")).send().await.refused(404, "address_not_found");
        world.person("zhang").get(format!("/addresses/{estate}/grid")).send().await.refused(404, "address_not_found");

        let unusual = async |more: &str| {
            let page = he.get(format!("/grids/unusual?region_code={HOME}{more}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|g| (g["id"].clone(), g["warnings"][0]["code"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(unusual("").await, []);
        for (grid, households) in [(world.places.west, 299), (world.places.east, 501)] {
            wang.post(format!("/grids/{grid}")).json(json!({ "households": households })).send().await.expect(200);
        }
        let both = [(json!(world.places.west), json!("too_few_households")), (json!(world.places.east), json!("too_many_households"))];
        assert_eq!(unusual("").await, both);
        let first = he.get(format!("/grids/unusual?region_code={HOME}&limit=1")).send().await.expect(200);
        assert_eq!(unusual(&format!("&limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await, both[1..]);
        wang.post(format!("/grids/{}", world.places.west)).json(json!({ "households": 300 })).send().await.expect(200);
        assert_eq!(unusual("").await, both[1..]);
        wang.get(format!("/grids/unusual?region_code={FOREIGN}")).send().await.refused(403, "permission_missing");
        he.get("/grids/unusual").send().await.refused(400, "query_parameter_invalid");
    }
}
