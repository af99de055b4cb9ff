//! Open311 GeoReport v2: what outside systems ask for becomes an order, and everybody may see how it goes.
//!
//! Here the course of a request. Beneath it: what can be asked and in which shape it is told ([`reading`]), what is refused
//! ([`refusals`]), updates both ways ([`updates`]), and the lines of docs/open311.md ([`docs`]).

mod docs;
mod reading;
mod refusals;
mod updates;

use crate::{
    orders::{self, step},
    programs::{issue, lets_in},
};
use chrono::Duration;
use form_urlencoded::Serializer;
use serde_json::{Value, json};
use testkit::{Client, HOME, Method, Reply, Request, World};

const FORM: &str = "application/x-www-form-urlencoded";

/// An entry of the catalogue that outside systems may ask for like this.
async fn offered(world: &World, code: &str, reporting: &str, attributes: Value) -> Value {
    let body = json!({
        "code": code, "level": "item", "parent_code": "BM-01", "name": "路灯报修", "description": "路灯不亮、灯杆倾斜",
        "region_code": "321182000000", "reporting": reporting, "attributes": attributes,
        "finish_limit": { "value": 3, "unit": "natural_days" },
    });
    world.person("lv").post("/catalogue/items").json(body).send().await.expect(201)
}

/// Which pole it is, which everybody has to say, and what is wrong with it.
fn questions() -> Value {
    json!([
        { "code": "POLE", "datatype": "string", "required": true, "question": "灯杆编号" },
        { "code": "FAULT", "datatype": "multivaluelist", "question": "故障", "hint": "可多选", "values": [
            { "key": "dark", "name": "不亮" }, { "key": "loose", "name": "松动" },
        ] },
    ])
}

/// The API key of an application of the street.
async fn key(world: &World) -> String {
    let application = lets_in(world, "321182001000", &["order.place_on_behalf"]).await;
    issue(world, &application, json!({ "kind": "api_key", "label": "随手拍" })).await
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// `GET /open311/v2…` by anybody.
async fn get(world: &World, path: &str) -> Reply {
    world.nobody().request(Method::GET, format!("/open311/v2{path}")).send().await
}

fn posted(world: &World, path: &str, pairs: &[(&str, &str)]) -> Request {
    world.nobody().request(Method::POST, format!("/open311{path}")).body(FORM, encoded(pairs))
}

/// What Zhang's neighbour asks for by an app, with the fields that are said besides.
fn lamp<'a>(key: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        ("api_key", key),
        ("jurisdiction_id", HOME),
        ("service_code", "LAMP"),
        ("lat", "32.24123"),
        ("long", "119.81523"),
        ("address_string", "翡丽中央12幢3单元"),
        ("description", "路灯坏了,请联系 13812345678"),
        ("attribute[POLE]", "12-7"),
        ("attribute[FAULT][]", "dark"),
        ("attribute[FAULT][]", "loose"),
        ("first_name", "小明"),
        ("last_name", "秦"),
        ("phone", "138 0000 1111"),
        ("email", "qin@example.org"),
        ("media_url", "https://photos.example.org/1.jpg"),
        ("media_url", "https://photos.example.org/2.jpg"),
    ];
    for (name, value) in more {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name, value));
    }
    pairs
}

/// Asks, and gives the number.
async fn submitted(world: &World, key: &str, more: &[(&str, &str)]) -> String {
    let told = posted(world, "/v2/requests.json", &lamp(key, more)).send().await.expect(201);
    told[0]["service_request_id"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned()
}

/// The order with this number, as somebody sees it who may.
async fn order(by: &Client, number: &str) -> Value {
    let found = by.get(format!("/orders?number={number}")).send().await.expect(200);
    by.get(orders::path(&found["items"][0])).send().await.expect(200)
}

/// A refusal in Open311's shape: its status, and the word of its first entry.
#[track_caller]
fn refused(reply: &Reply, status: u16, word: &str) -> String {
    let told = reply.expect(status);
    let first = &told[0];
    let description = first["description"].as_str().unwrap_or_default().to_owned();
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    assert!(first["code"] == status && description.ends_with(&format!("({word})")), "{word}: {told}");
    assert!(!reply.header("x-request-id").is_empty());
    description
}

testkit::on_both! {
    async fn a_request_becomes_an_order_and_everybody_sees_how_it_goes(world: World) {
        let [wang, chen] = ["wang", "chen"].map(|name| world.person(name));
        offered(&world, "LAMP", "realtime", questions()).await;
        let key = key(&world).await;
        let reply = posted(&world, "/v2/requests.json", &lamp(&key, &[])).send().await;
        let told = reply.expect(201);
        assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
        let number = told[0]["service_request_id"].as_str().unwrap();
        assert!(told.as_array().unwrap().len() == 1 && told[0].get("token").is_none(), "{told}");
        assert!(told[0]["service_notice"].is_string() && told[0]["account_id"].is_null() && told[0].as_object().unwrap().contains_key("account_id"));

        // For those who do the work it is an order like any other, with all that was said.
        let placed = order(&wang, number).await;
        assert_eq!((&placed["channel"], &placed["state"], &placed["title"]), (&json!("open311"), &json!("placed"), &json!("路灯报修")));
        let content = placed["content"].as_str().unwrap();
        for said in ["路灯坏了", "灯杆编号:12-7", "故障:不亮、松动", "https://photos.example.org/1.jpg", "https://photos.example.org/2.jpg"] {
            assert!(content.contains(said), "{content}");
        }
        assert_eq!(placed["contact"], json!({ "name": "秦小明", "phone": "13800001111", "address": "翡丽中央12幢3单元" }));
        assert_eq!((&placed["grid_id"], &placed["point"]["lat"]), (&json!(world.places.west), &json!(32.24123)));
        assert!(!crate::battery::holds(&world, "13800001111").await, "it is sealed");
        assert!(!crate::battery::holds(&world, "qin@example.org").await, "it is not kept");

        // For everybody else it is what may be known: nobody's name, no phone, not the door.
        let reply = get(&world, &format!("/requests/{number}.json")).await;
        let shown = reply.expect(200);
        let text = reply.text();
        for secret in ["秦", "小明", "13800001111", "13812345678", "12幢", "photos.example.org", "12-7", "account_id", "qin@"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(
            shown,
            json!([{
                "service_request_id": number, "status": "open", "status_notes": "已点单 placed", "service_name": "路灯报修", "service_code": "LAMP",
                "description": "路灯坏了,请联系 138****5678", "agency_responsible": "新联社区居委会", "service_notice": null,
                "requested_datetime": "2026-11-16T01:00:00Z", "updated_datetime": "2026-11-16T01:00:00Z", "expected_datetime": null,
                "address": "翡丽中央***", "address_id": null, "zipcode": null, "lat": 32.241, "long": 119.815, "media_url": null,
            }])
        );

        world.later(Duration::minutes(1));
        step(&wang, &placed, "triage", json!({})).await.expect(200);
        let telecom = json!({ "mode": "assign", "lead": { "kind": "organization", "id": world.places.telecom } });
        step(&wang, &placed, "dispatch", telecom).await.expect(200);
        let zheng = world.person("zheng");
        step(&zheng, &placed, "accept", json!({})).await.expect(200);
        let shown = get(&world, &format!("/requests/{number}.json")).await.expect(200)[0].clone();
        assert_eq!((&shown["status"], &shown["status_notes"]), (&json!("open"), &json!("已接单 accepted")));
        assert_eq!((&shown["agency_responsible"], &shown["expected_datetime"]), (&json!("中国电信"), &json!("2026-11-19T01:01:00Z")));
        step(&zheng, &placed, "complete", json!({ "result": "solved", "answer": "已更换灯泡,可致电 13900001111" })).await.expect(200);
        let shown = get(&world, &format!("/requests/{number}.json")).await.expect(200)[0].clone();
        assert_eq!(shown["status_notes"], "已办结 completed (已解决 solved): 已更换灯泡,可致电 139****1111");
        assert_eq!(shown["status"], "open", "nobody has judged or closed it yet");
        world.later(Duration::hours(1));
        step(&wang, &placed, "close", json!({})).await.expect(200);
        let shown = get(&world, &format!("/requests/{number}.json")).await.expect(200)[0].clone();
        assert_eq!((&shown["status"], &shown["updated_datetime"]), (&json!("closed"), &json!("2026-11-16T02:01:00Z")));

        // What was refused is not shown in its own words any more; what was merged says where it went on.
        let [first, second, third] = [submitted(&world, &key, &[]).await, submitted(&world, &key, &[]).await, submitted(&world, &key, &[]).await];
        let reason = json!({ "code": "not_competent", "text": "请联系路灯所", "channel": "路灯所" });
        step(&wang, &order(&wang, &first).await, "reject", reason).await.expect(200);
        let shown = get(&world, &format!("/requests/{first}.json")).await.expect(200)[0].clone();
        assert_eq!((&shown["status"], &shown["description"], &shown["status_notes"]), (&json!("closed"), &Value::Null, &json!("不予受理 rejected: 请联系路灯所")));
        let into = order(&wang, &second).await;
        step(&wang, &order(&wang, &third).await, "merge", json!({ "into": into["id"] })).await.expect(200);
        let shown = get(&world, &format!("/requests/{third}.json")).await.expect(200)[0].clone();
        assert_eq!((&shown["status"], &shown["status_notes"]), (&json!("closed"), &json!(format!("Duplicate of {second}"))));
        let resident = orders::placed(&world).await;
        step(&wang, &into, "merge", json!({ "into": resident["id"] })).await.expect(200);
        assert_eq!(get(&world, &format!("/requests/{second}.json")).await.expect(200)[0]["status_notes"], "Duplicate", "of what nobody may know of");
        assert!(read_ok(&chen, &resident).await == 404);
    }

    async fn a_batch_service_shows_nothing_until_somebody_has_looked(world: World) {
        let wang = world.person("wang");
        offered(&world, "LAMP", "batch", json!([])).await;
        let key = key(&world).await;
        let told = posted(&world, "/v2/requests.json", &lamp(&key, &[])).send().await.expect(201);
        let token = told[0]["token"].as_str().unwrap();
        assert!(told[0].get("service_request_id").is_none(), "{told}");
        let asked = async || get(&world, &format!("/tokens/{token}.json")).await.expect(200);
        assert_eq!(asked().await, json!([{ "token": token }]));
        assert_eq!(get(&world, "/requests.json").await.expect(200), json!([]));
        let placed = wang.get("/orders").send().await.expect(200)["items"][0].clone();
        let number = placed["number"].as_str().unwrap();
        refused(&get(&world, &format!("/requests/{number}.json")).await, 404, "order_not_found");
        assert_eq!(get(&world, &format!("/requests.json?service_request_id={number}")).await.expect(200), json!([]));
        assert_eq!(get(&world, "/servicerequestupdates.json").await.expect(200), json!([]));

        step(&wang, &placed, "triage", json!({})).await.expect(200);
        assert_eq!(asked().await, json!([{ "service_request_id": number, "token": token }]));
        assert_eq!(get(&world, "/requests.json").await.expect(200)[0]["service_request_id"], number);
        for nothing in ["019aa1c2-0000-7000-8000-000000000001", "x", number] {
            refused(&get(&world, &format!("/tokens/{nothing}.json")).await, 404, "order_not_found");
        }
    }

    async fn of_a_black_box_nobody_hears_again(world: World) {
        let wang = world.person("wang");
        offered(&world, "LAMP", "blackbox", json!([])).await;
        let key = key(&world).await;
        let told = posted(&world, "/v2/requests.json", &lamp(&key, &[])).send().await.expect(201);
        assert!(told[0].get("token").is_none() && told[0].get("service_request_id").is_none() && told[0]["service_notice"].is_string(), "{told}");
        let placed = wang.get("/orders").send().await.expect(200)["items"][0].clone();
        step(&wang, &placed, "triage", json!({})).await.expect(200);
        let number = placed["number"].as_str().unwrap();
        refused(&get(&world, &format!("/requests/{number}.json")).await, 404, "order_not_found");
        refused(&get(&world, &format!("/tokens/{}.json", placed["id"].as_str().unwrap())).await, 404, "order_not_found");
        for list in ["/requests.json", "/servicerequestupdates.json", &format!("/requests.json?service_request_id={number}")] {
            assert_eq!(get(&world, list).await.expect(200), json!([]), "{list}");
        }
    }

    async fn a_key_and_photos_come_in_whatever_way_a_client_knows(world: World) {
        let wang = world.person("wang");
        offered(&world, "LAMP", "realtime", json!([])).await;
        let key = key(&world).await;
        let form = [("service_code", "LAMP"), ("lat", "32.24"), ("long", "119.815")];
        // In the query, in a header, as a bearer token; without a jurisdiction, which is the application's, the grid tells the community.
        let query = format!("/v2/requests.json?api_key={key}&jurisdiction_id={HOME}");
        posted(&world, &query, &form).send().await.expect(201);
        posted(&world, "/v2/requests.json", &form).header("x-api-key", &key).send().await.expect(201);
        let told = posted(&world, "/v2/requests.json", &form).header("authorization", &format!("Bearer {key}")).send().await.expect(201);
        let placed = order(&wang, told[0]["service_request_id"].as_str().unwrap()).await;
        assert_eq!((&placed["region_code"], &placed["content"], &placed["contact"]["name"]), (&json!(HOME), &json!("路灯报修"), &json!("匿名")));
        // Everything in the query, and nothing in the body.
        let bare = format!("/open311/v2/requests.json?api_key={key}&{}", encoded(&form));
        world.nobody().request(Method::POST, bare).send().await.expect(201);

        let boundary = "linli";
        let photo = crate::attachments::photo(4, 2);
        let field = |name: &str, value: &str| format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes();
        let file = |name: &str, bytes: &[u8]| {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n");
            [head.as_bytes(), bytes, b"\r\n"].concat()
        };
        let parts = |photos: &[Vec<u8>]| {
            let known = [("api_key", key.as_str()), ("jurisdiction_id", HOME)];
            let fields = form.iter().chain(&known).map(|(name, value)| field(name, value));
            [fields.collect::<Vec<_>>().concat(), photos.concat(), format!("--{boundary}--\r\n").into_bytes()].concat()
        };
        let kind = format!("multipart/form-data; boundary={boundary}");
        let post = |body: Vec<u8>| world.nobody().request(Method::POST, "/open311/v2/requests.json").body(&kind, body);
        let photos = [file("media", &photo), file("photo1", &photo), file("photo2", b"")];
        let told = post(parts(&photos)).key("once").send().await.expect(201);
        let placed = order(&wang, told[0]["service_request_id"].as_str().unwrap()).await;
        assert_eq!(placed["attachments"].as_array().map(Vec::len), Some(2), "{placed}");
        assert_eq!(post(parts(&photos)).key("once").send().await.expect(201), told, "it is the same request");
        // What is no photo is refused, and nothing is placed.
        let before = wang.get("/orders?limit=100").send().await.expect(200);
        refused(&post(parts(&[file("media", b"<html>")])).send().await, 400, "attachment_type_refused");
        assert_eq!(wang.get("/orders?limit=100").send().await.expect(200), before);
    }

    async fn the_same_request_with_the_same_key_is_placed_once(world: World) {
        offered(&world, "LAMP", "realtime", json!([])).await;
        let key = key(&world).await;
        let ask = async |path: &str| posted(&world, path, &lamp(&key, &[])).key("once").send().await;
        let first = ask("/v2/requests.json").await;
        let again = ask("/v2/requests.json").await;
        assert_eq!((again.expect(201), again.header("idempotency-replayed")), (first.expect(201), "true"));
        // The answer is kept as JSON, and told in the format that is asked for; another path is another request, though.
        refused(&posted(&world, "/v2/requests.json", &lamp(&key, &[("description", "另一件")])).key("once").send().await, 400, "idempotency_key_reused");
        let xml = async || posted(&world, "/v2/requests.xml", &lamp(&key, &[])).key("xml").send().await;
        let (first, again) = (xml().await, xml().await);
        assert!(first.text().contains("<service_requests><request><service_request_id>"), "{}", first.text());
        assert_eq!((first.text(), again.header("idempotency-replayed")), (again.text(), "true"));
        assert_eq!(get(&world, "/requests.json").await.expect(200).as_array().map(Vec::len), Some(2));
    }

    async fn a_rehearsal_looks_at_everything_and_keeps_nothing(world: World) {
        offered(&world, "LAMP", "realtime", questions()).await;
        let key = key(&world).await;
        let number = submitted(&world, &key, &[]).await;
        let before = crate::battery::contents(&world).await;
        let told = posted(&world, "/test/requests.json", &lamp(&key, &[])).send().await.expect(201);
        let rehearsed = told[0]["service_request_id"].as_str().unwrap();
        assert_ne!(rehearsed, number);
        refused(&posted(&world, "/test/requests.json", &lamp(&key, &[("attribute[POLE]", "")])).send().await, 400, "field_missing");
        refused(&posted(&world, "/test/requests.json", &lamp("lk_live_x", &[])).send().await, 403, "api_key_invalid");
        let update = [("api_key", key.as_str()), ("service_request_id", &number), ("description", "还有一盏"), ("update_id", "7")];
        let told = posted(&world, "/test/servicerequestupdates.json", &update).send().await.expect(200);
        assert_eq!(told[0]["update_id"], format!("{number}-2"));
        crate::battery::is_unchanged("a rehearsal", &before, &crate::battery::contents(&world).await);
        refused(&get(&world, &format!("/requests/{rehearsed}.json")).await, 404, "order_not_found");
        // What can be read is the same at both.
        let reply = world.nobody().request(Method::GET, "/open311/test/requests.json").send().await;
        assert_eq!(reply.expect(200), get(&world, "/requests.json").await.expect(200));
    }
}

/// What somebody is told who asks for an order.
async fn read_ok(by: &Client, order: &Value) -> u16 {
    by.get(orders::path(order)).send().await.status
}
