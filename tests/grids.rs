//! Where things lie: regions and their import, grids, and the grid of a point.

use chrono::NaiveDate;
use grids::{ImportOptions, ImportReport, import_regions};
use kernel::geo::{Datum, Position};
use serde_json::{Value, json};
use testkit::{Client, HOME, Reply, World};

async fn import(world: &World, csv: &str, change: impl FnOnce(&mut ImportOptions)) -> kernel::Result<ImportReport> {
    let as_of = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let mut options = ImportOptions { as_of, close_missing: false, dry_run: false };
    change(&mut options);
    import_regions(world.core(), csv.as_bytes(), options, &mut |_| {}).await
}

fn square(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

async fn locate(by: &Client, lng: f64, lat: f64, more: &str) -> Reply {
    by.get(format!("/grids/locate?lng={lng}&lat={lat}{more}")).send().await
}

testkit::on_both! {
    async fn a_region_says_what_it_is_and_what_became_of_it(world: World) {
        let zhang = world.person("zhang");
        let home = zhang.get(format!("/regions/{HOME}")).send().await.expect(200);
        assert_eq!((&home["name"], &home["level"], &home["parent_code"]), (&json!("新联社区居委会"), &json!("community"), &json!("321182001000")));
        assert!(home.get("valid_to").is_none(), "{home}");
        let province = zhang.get("/regions/32").send().await.expect(200);
        assert_eq!((&province["code"], province.get("parent_code")), (&json!("320000000000"), None));
        let gone = zhang.get("/regions/321182001012").send().await.expect(200);
        assert_eq!((&gone["valid_to"], &gone["replaced_by"]), (&json!("2025-01-01"), &json!(HOME)));
        zhang.get("/regions/321182001099").send().await.refused(404, "region_not_found");

        let codes = async |query: &str| {
            let page = zhang.get(format!("/regions?limit=100&{query}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(codes("parent=32").await, ["321000000000", "321100000000"]);
        assert_eq!(codes("parent=000000000000").await, ["320000000000"]);
        assert_eq!(codes("parent=321182001").await.len(), 17);
        assert_eq!(codes("parent=321182001&include_closed=true").await.len(), 18);
        assert_eq!(codes("parent=3211&level=community").await.len(), 17);
        assert_eq!(codes("level=township").await, ["321003005000", "321182001000"]);
    }

    async fn an_import_tells_what_it_changed_and_a_second_one_changes_nothing(world: World) {
        let csv = "code,name,level,parent_code\n\
                   320000000000,江苏省,province,\n\
                   321182001017,新联社区,community,321182001000\n\
                   321182001018,中扬社区居委会,community,321182001000\n\
                   321182001019,新社区居委会,community,321182001000\n";
        let would = import(&world, csv, |o| o.dry_run = true).await.unwrap();
        assert_eq!(would, ImportReport { rows: 4, added: 1, changed: 1, closed: 0, unchanged: 2 });
        let did = import(&world, csv, |_| {}).await.unwrap();
        assert_eq!(did, would);
        let again = import(&world, csv, |_| {}).await.unwrap();
        assert_eq!(again, ImportReport { rows: 4, unchanged: 4, ..ImportReport::default() });
        let admin = world.person("admin");
        assert_eq!(admin.get(format!("/regions/{HOME}")).send().await.expect(200)["name"], "新联社区");
        let new = admin.get("/regions/321182001019").send().await.expect(200);
        assert_eq!(new["valid_from"], "2026-01-01");

        // A list that says when a region ended, and what took its place.
        let csv = "code,name,valid_to,replaced_by\n321182001019,新社区居委会,2026-06-30,321182001017\n";
        assert_eq!(import(&world, csv, |_| {}).await.unwrap(), ImportReport { rows: 1, closed: 1, ..ImportReport::default() });
        let grid = json!({ "region_code": "321182001019", "name": "第一网格", "kind": "comprehensive" });
        admin.post("/grids").json(grid).send().await.refused(422, "region_closed");
    }

    async fn a_whole_list_closes_what_it_no_longer_names(world: World) {
        let whole = "code,name\n\
                     320000000000,江苏省\n321100000000,镇江市\n321182000000,扬中市\n321182001000,三茅街道\n321182001017,新联社区居委会\n321182001014,新胜社区居委会\n";
        let report = import(&world, whole, |o| o.close_missing = true).await.unwrap();
        assert_eq!((report.rows, report.added, report.changed, report.unchanged), (6, 0, 0, 6));
        // 17 current communities of the street but two, and everything in 扬州市.
        assert_eq!(report.closed, 15 + 11);
        let zhang = world.person("zhang");
        let gone = zhang.get("/regions/321003005008").send().await.expect(200);
        assert_eq!(gone["valid_to"], "2026-01-01");
        let again = import(&world, whole, |o| o.close_missing = true).await.unwrap();
        assert_eq!((again.closed, again.unchanged), (0, 6));
        // What is named again opens again.
        let csv = "code,name\n321000000000,扬州市\n";
        assert_eq!(import(&world, csv, |_| {}).await.unwrap().changed, 1);
        assert!(zhang.get("/regions/3210").send().await.expect(200).get("valid_to").is_none());
    }

    async fn a_bad_row_is_named_by_its_line_and_nothing_is_imported(world: World) {
        let good = "321182001020,某社区居委会,community,321182001000";
        let header = "code,name,level,parent_code";
        for (line, csv) in [
            (1, String::new()),
            (1, "nonsense\nx\n".to_owned()),
            (3, format!("{header}\n{good}\n32118200102x,坏,community,321182001000\n")),
            (3, format!("{header}\n{good}\n321182001021,,community,321182001000\n")),
            (3, format!("{header}\n{good}\n321182001021,坏,township,321182001000\n")),
            (3, format!("{header}\n{good}\n321182001021,坏,village,321182001000\n")),
            (3, format!("{header}\n{good}\n321182001021,坏,community,321182002000\n")),
            (3, format!("{header}\n{good}\n321182001020,两次,community,321182001000\n")),
            (3, format!("{header}\n{good}\n321182001021,坏\n")),
            (3, format!("{header}\n{good}\n321182009001,没有上级,community,321182009000\n")),
            (3, format!("{header}\n{good}\n321182001021,{},community,321182001000\n", "长".repeat(101))),
            (3, "code,name,valid_to\n321182001020,某社区,\n321182001021,坏,2026-13-01\n".to_owned()),
            (3, "code,name,valid_from,valid_to\n321182001020,某社区,,\n321182001021,坏,2026-02-01,2026-01-01\n".to_owned()),
            (3, "code,name,valid_to,replaced_by\n321182001020,某社区,,\n321182001021,坏,2026-01-01,321182001099\n".to_owned()),
        ] {
            let error = import(&world, &csv, |_| {}).await.expect_err(&csv);
            assert_eq!(error.code.as_str(), "region_import_invalid", "{csv}: {error}");
            let told = error.params.iter().find(|(name, _)| *name == "line").map(|(_, line)| line.as_str());
            assert_eq!(told, Some(line.to_string().as_str()), "{csv}: {error}");
        }
        let mut broken = format!("{header}\n{good}\n321182001021,").into_bytes();
        broken.extend([0xff, 0xfe]);
        broken.extend(",community,321182001000\n".bytes());
        let as_of = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let options = ImportOptions { as_of, close_missing: false, dry_run: false };
        let error = import_regions(world.core(), broken.as_slice(), options, &mut |_| {}).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.params[0].1.as_str()), ("region_import_invalid", "3"), "{error}");
        world.person("zhang").get("/regions/321182001020").send().await.refused(404, "region_not_found");
    }

    async fn a_point_lies_in_the_same_grid_in_every_datum(world: World) {
        let zhang = world.person("zhang");
        let place = Position { lng: 119.8195, lat: 32.2305 };
        for (datum, word) in [(Datum::Wgs84, "wgs84"), (Datum::Cgcs2000, "cgcs2000"), (Datum::Gcj02, "gcj02"), (Datum::Bd09, "bd09")] {
            let point = place.to_datum(datum);
            let grid = locate(&zhang, point.lng, point.lat, &format!("&datum={word}")).await.expect(200);
            assert_eq!(grid["id"], world.places.west.to_string(), "{word}");
        }
        // The same numbers taken for another datum lie half a kilometre away.
        let point = place.to_datum(Datum::Gcj02);
        let elsewhere = locate(&zhang, point.lng, point.lat, "").await;
        assert_ne!(elsewhere.json()["id"], world.places.west.to_string());

        assert_eq!(locate(&zhang, 119.825, 32.24, "").await.expect(200)["id"], world.places.east.to_string());
        assert_eq!(locate(&zhang, 119.81, 32.23, "").await.expect(200)["id"], world.places.west.to_string(), "a corner is inside");
        locate(&zhang, 119.835, 32.24, "").await.refused(404, "grid_not_found");
        locate(&zhang, 119.85, 32.24, &format!("&region_code={HOME}")).await.refused(404, "grid_not_found");
        for (lng, lat) in [(2.35, 48.85), (119.815, -32.24), (32.24, 119.815), (181.0, 0.0)] {
            locate(&zhang, lng, lat, "").await.refused(422, "point_outside_country");
        }
        for bad in ["lng=119.8", "lng=x&lat=32", "lng=119.8&lat=32.2&datum=gps"] {
            zhang.get(format!("/grids/locate?{bad}")).send().await.refused(400, "query_parameter_invalid");
        }
    }

    async fn a_grid_is_drawn_redrawn_and_closed(world: World) {
        let (wang, zhang) = (world.person("wang"), world.person("zhang"));
        let body = json!({ "region_code": HOME, "name": "菜市场", "kind": "special", "boundary": square(119.812, 32.236, 119.814, 32.238) });
        zhang.post("/grids").json(&body).send().await.refused(403, "permission_missing");
        world.person("foreign").post("/grids").json(&body).send().await.refused(403, "permission_missing");
        let grid = wang.post("/grids").json(&body).send().await.expect(201);
        assert_eq!((&grid["code"], &grid["version"]), (&json!("321182001017W003"), &json!(1)));
        let center = (grid["center"]["lng"].as_f64().unwrap(), grid["center"]["lat"].as_f64().unwrap());
        assert!((center.0 - 119.813).abs() < 1e-6 && (center.1 - 32.237).abs() < 1e-6, "{center:?}");
        // A place with a keeper of its own is carved out of the grid around it.
        assert_eq!(locate(&zhang, 119.813, 32.237, "").await.expect(200)["id"], grid["id"]);

        let path = format!("/grids/{}", grid["id"].as_str().unwrap());
        let moved = json!({ "boundary": square(119.816, 32.236, 119.818, 32.238), "version": 1 });
        let redrawn = wang.post(&path).json(&moved).send().await.expect(200);
        assert_eq!((&redrawn["version"], &redrawn["name"]), (&json!(2), &json!("菜市场")));
        wang.post(&path).json(&moved).send().await.refused(409, "version_stale");
        assert_eq!(locate(&zhang, 119.813, 32.237, "").await.expect(200)["id"], world.places.west.to_string());
        assert_eq!(locate(&zhang, 119.817, 32.237, "").await.expect(200)["id"], grid["id"]);

        wang.post(format!("{path}/close")).json(json!({ "version": 1 })).send().await.refused(409, "version_stale");
        let closed = wang.post(format!("{path}/close")).json(json!({ "version": 2 })).send().await.expect(200);
        assert!(closed["valid_to"].is_string());
        wang.post(format!("{path}/close")).json(json!({})).send().await.refused(409, "grid_closed");
        wang.post(&path).json(json!({ "name": "x" })).send().await.refused(409, "grid_closed");
        assert_eq!(locate(&zhang, 119.817, 32.237, "").await.expect(200)["id"], world.places.west.to_string());
        assert_eq!(zhang.get(&path).send().await.expect(200)["valid_to"], closed["valid_to"]);
        let names = async |query: &str| {
            let page = zhang.get(format!("/grids?region_code={HOME}{query}")).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("").await, ["第一网格", "第二网格"]);
        assert_eq!(names("&include_closed=true").await, ["第一网格", "第二网格", "菜市场"]);
        // A code is never used again.
        let next = json!({ "region_code": HOME, "name": "又一个", "kind": "micro" });
        assert_eq!(wang.post("/grids").json(next).send().await.expect(201)["code"], "321182001017W004");
    }

    async fn a_grid_that_cannot_be_is_refused(world: World) {
        let wang = world.person("wang");
        let with = |name: &str, value: Value| {
            let mut body = json!({ "region_code": HOME, "name": "第三网格", "kind": "comprehensive" });
            body[name] = value;
            body
        };
        let bow_tie = json!({ "type": "Polygon", "coordinates": [[[119.81, 32.23], [119.83, 32.25], [119.83, 32.23], [119.81, 32.25], [119.81, 32.23]]] });
        let open = json!({ "type": "Polygon", "coordinates": [[[119.81, 32.23], [119.83, 32.23], [119.83, 32.25]]] });
        for boundary in [
            bow_tie,
            open,
            json!({ "type": "Point", "coordinates": [119.81, 32.23] }),
            json!({ "type": "Polygon", "coordinates": [] }),
            json!({ "type": "Polygon", "coordinates": [[["a", "b"]]] }),
            json!({ "type": "Polygon" }),
            json!({}),
            square(119.0, 31.0, 121.0, 33.0),
            square(2.0, 48.0, 2.5, 48.5),
        ] {
            let reply = wang.post("/grids").json(with("boundary", boundary.clone())).send().await;
            assert!(["boundary_invalid", "point_outside_country"].contains(&reply.expect(422)["code"].as_str().unwrap()), "{boundary}: {}", reply.text());
        }
        wang.post("/grids").json(with("center", json!({ "lng": 2.3, "lat": 48.8 }))).send().await.refused(422, "point_outside_country");
        let admin = world.person("admin");
        for (region, code) in [("321182001012", "region_closed"), ("321182001099", "region_unknown"), ("321182001000", "region_not_community")] {
            admin.post("/grids").json(with("region_code", json!(region))).send().await.refused(422, code);
        }
        wang.post("/grids").json(with("code", json!("321182001014W009"))).send().await.refused_fields(&[("#/code", "field_invalid")]);
        let taken = wang.get(format!("/grids/{}", world.places.west)).send().await.expect(200)["code"].clone();
        wang.post("/grids").json(with("code", taken)).send().await.refused(409, "grid_code_taken");
    }
}
