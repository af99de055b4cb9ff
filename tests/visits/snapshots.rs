//! Snapshots: sent with a name or without, shown what is like them, made orders of, published, and answered.

use super::campaigns::id;
use crate::{attachments, orders};
use serde_json::{Value, json};
use services::order::Action;
use testkit::{Client, HOME, World};

fn rubbish() -> Value {
    json!({
        "region_code": HOME, "tone": "problem", "category": "rubbish", "title": "绿化带垃圾", "content": "找我13812341234。",
        "point": { "lng": 119.815, "lat": 32.24 },
    })
}

fn with(mut body: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn photo(by: &Client) -> Value {
    let form = attachments::form("linli", "lamp.jpg", &attachments::photo(2, 2));
    by.post("/attachments").body("multipart/form-data; boundary=linli", form).send().await.expect(201)["id"].clone()
}

async fn send(by: &Client, body: Value) -> Value {
    by.post("/snapshots").json(body).send().await.expect(201)
}

testkit::on_both! {
    async fn a_problem_becomes_an_order_and_comes_back(world: World) {
        let (zhang, wang, cx) = (world.person("zhang"), world.person("wang"), world.cx());
        let picture = photo(&zhang).await;
        let sent = send(&zhang, with(rubbish(), json!({ "attachment_ids": [picture] }))).await;
        assert_eq!((&sent["state"], &sent["grid_id"], &sent["reporter_id"]), (&json!("sent"), &json!(world.places.west), &json!(zhang.account())));
        let path = format!("/snapshots/{}", id(&sent));
        assert!(wang.get(&path).send().await.expect(200)["attachments"][0]["links"]["original"].is_string());
        wang.get(format!("/attachments/{}", picture.as_str().unwrap())).send().await.expect(200);
        let masked = world.person("he").get(&path).send().await.expect(200);
        assert_eq!((&masked["content"], masked.get("attachments"), &masked["attachment_count"]), (&json!("找我138****1234。"), None, &json!(1)));
        wang.post(format!("{path}/publish")).json(json!({ "published_title": "x", "published_text": "x" })).send().await.refused(409, "snapshot_tone_conflict");
        world.person("sun").post(format!("{path}/order")).json(json!({})).send().await.refused(403, "permission_missing");
        let ordered = wang.post(format!("{path}/order")).json(json!({ "version": 1 })).send().await.expect(201);
        assert_eq!((&ordered["state"], &ordered["version"]), (&json!("ordered"), &json!(2)));
        wang.post(format!("{path}/order")).json(json!({})).send().await.refused(409, "snapshot_state_conflict");
        let order = wang.get(format!("/orders/{}", ordered["order_id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!((&order["channel"], &order["requester_id"], &order["grid_id"]), (&json!("snapshot"), &json!(zhang.account()), &json!(world.places.west)));
        assert_eq!(order["attachments"].as_array().map(Vec::len), Some(1), "the photo is the order's");
        assert_eq!(zhang.get(&path).send().await.expect(200)["attachments"][0]["id"], picture);

        for action in [Action::Triage, Action::Dispatch, Action::Accept, Action::Complete] {
            let (name, body) = orders::usual(&world, action, &Value::Null);
            orders::step(&world.person(name), &order, action.as_str(), body).await.expect(200);
        }
        testkit::eventually(async || (visits::opinion::follow_orders(&cx).await.unwrap() > 0).then_some(())).await;
        let answered = zhang.get(&path).send().await.expect(200);
        assert_eq!((&answered["state"], &answered["outcome"]), (&json!("answered"), &json!("solved")));
        assert!(answered["answer"].is_string());
        assert_eq!(visits::opinion::follow_orders(&cx).await.unwrap(), 0, "it is told once");
        world.later(chrono::Duration::minutes(1));
        wang.post(format!("/orders/{}/rework", id(&order))).json(json!({ "reason": "回访未通过" })).send().await.expect(200);
        testkit::eventually(async || (visits::opinion::follow_orders(&cx).await.unwrap() > 0).then_some(())).await;
        let again = zhang.get(&path).send().await.expect(200);
        assert_eq!((&again["state"], again.get("outcome")), (&json!("ordered"), None));
    }

    async fn who_sends_without_a_name_is_found_by_nobody(world: World) {
        let (li, wang, admin) = (world.person("li"), world.person("wang"), world.person("admin"));
        let body = with(rubbish(), json!({ "anonymous": true, "content": "堆了三天。" }));
        let sent = li.post("/snapshots").json(&body).key("once").send().await.expect(201);
        assert_eq!(li.post("/snapshots").json(&body).key("once").send().await.expect(201), sent, "the same answer again");
        let path = format!("/snapshots/{}", id(&sent));
        let account = li.account().to_string();
        for who in [&wang, &admin, &world.person("feng")] {
            let seen = who.get(&path).send().await;
            assert_eq!((seen.json()["anonymous"].clone(), seen.text().contains(&account)), (json!(true), false));
            assert!(!who.get("/snapshots").send().await.text().contains(&account));
        }
        let ordered = wang.post(format!("{path}/order")).json(json!({})).send().await.expect(201);
        let order = wang.get(format!("/orders/{}", ordered["order_id"].as_str().unwrap())).send().await;
        assert!(order.json().get("requester_id").is_none() && order.json().get("contact").is_none() && !order.text().contains(&account), "{}", order.text());
        let events = testkit::eventually(async || {
            let events = admin.get("/events?limit=100&type=snapshot.*").send().await.expect(200);
            (events["items"].as_array().map(Vec::len) == Some(2)).then_some(events)
        }).await;
        assert_eq!((&events["items"][0]["type"], events["items"][0].get("actor_id")), (&json!("snapshot.sent"), None));
        assert!(!events.to_string().contains(&account), "{events}");
        let rows = &crate::battery::contents(&world).await["snapshots"];
        let bytes = account.replace('-', "").to_uppercase();
        assert!(rows.iter().all(|row| !row.contains(&account) && !row.contains(&bytes) && !row.contains("堆了三天")), "{rows:?}");
        // The sender finds it all the same, and what came of it.
        let mine = li.get("/snapshots?mine=true").send().await.expect(200);
        assert_eq!((mine["items"].as_array().map(Vec::len), &mine["items"][0]["state"]), (Some(1), &json!("ordered")));
        assert_eq!(li.get(&path).send().await.expect(200)["content"], json!("堆了三天。"));
        for name in ["zhang", "chen", "foreign", "stranger"] {
            world.person(name).get(&path).send().await.refused(404, "snapshot_not_found");
        }
    }

    async fn what_is_like_it_is_shown_before_it_is_sent(world: World) {
        let (zhang, li, lv) = (world.person("zhang"), world.person("li"), world.person("lv"));
        let near = send(&zhang, with(rubbish(), json!({ "title": "垃圾,13812341234" }))).await;
        send(&zhang, with(rubbish(), json!({ "category": "light" }))).await;
        send(&zhang, with(rubbish(), json!({ "point": { "lng": 119.812, "lat": 32.24 } }))).await;
        let find = async |query: &str| {
            let path = format!("/snapshots/similar?region_code={HOME}&category=rubbish&lng=119.8155&lat=32.24{query}");
            li.get(path).send().await.expect(200)["items"].clone()
        };
        let found = find("").await;
        assert_eq!((found.as_array().map(Vec::len), &found[0]["id"], &found[0]["title"]), (Some(1), &near["id"], &json!("垃圾,138****1234")));
        assert_eq!((&found[0]["distance_meters"], found[0].get("point"), found[0].get("reporter_id")), (&json!(50.0), None, None));
        let wider = json!({ "similar_meters": 1000, "similar_days": 2, "categories": [{ "code": "rubbish", "name": "垃圾" }] });
        lv.post("/policies").json(json!({ "region_code": "321182000000", "snapshot_rules": wider })).send().await.expect(201);
        assert_eq!(find("").await.as_array().map(Vec::len), Some(2));
        assert_eq!(find("&limit=1").await.as_array().map(Vec::len), Some(1));
        li.post("/snapshots").json(with(rubbish(), json!({ "category": "light" }))).send().await.refused(422, "snapshot_category_unknown");
        world.later(chrono::Duration::days(3));
        assert_eq!(find("").await, json!([]));
        for name in ["foreign", "stranger", "he"] {
            let path = format!("/snapshots/similar?region_code={HOME}&category=rubbish&lng=119.8155&lat=32.24");
            world.person(name).get(path).send().await.refused(403, "permission_missing");
        }
        for (point, code) in [(json!({ "lng": 0, "lat": 0 }), "point_outside_country"), (json!({ "lng": 119.85, "lat": 32.24 }), "point_outside_community")] {
            li.post("/snapshots").json(with(rubbish(), json!({ "point": point }))).send().await.refused(422, code);
        }
        let stolen = photo(&zhang).await;
        li.post("/snapshots").json(with(rubbish(), json!({ "attachment_ids": [stolen] }))).send().await.refused(422, "attachment_unknown");
    }

    async fn what_pleases_is_published_and_the_rest_declined(world: World) {
        let (zhang, wang, nobody) = (world.person("zhang"), world.person("wang"), world.nobody());
        let picture = photo(&zhang).await;
        let praise = send(&zhang, with(rubbish(), json!({ "tone": "praise", "attachment_ids": [picture] }))).await;
        let other = send(&zhang, with(rubbish(), json!({ "tone": "praise" }))).await;
        assert_eq!(nobody.get("/public/praises").send().await.expect(200)["items"], json!([]));
        wang.post(format!("/snapshots/{}/order", id(&praise))).json(json!({})).send().await.refused(409, "snapshot_tone_conflict");
        let words = json!({ "published_title": "樱花", "published_text": "联系13812341234", "public_place": true });
        wang.post(format!("/snapshots/{}/publish", id(&praise))).json(&words).send().await.expect(200);
        wang.post(format!("/snapshots/{}/publish", id(&other))).json(with(words, json!({ "public_place": false }))).send().await.expect(200);
        let listed = nobody.get(format!("/public/praises?region_code={HOME}")).send().await;
        let items = listed.expect(200)["items"].clone();
        let of = |snapshot: &Value| items.as_array().unwrap().iter().find(|p| p["id"] == snapshot["id"]).unwrap();
        assert_eq!((items.as_array().map(Vec::len), &of(&praise)["text"]), (Some(2), &json!("联系138****1234")));
        assert_eq!((of(&other).get("point"), &of(&praise)["point"]["lng"]), (None, &json!(119.815)));
        assert!(!listed.text().contains(&zhang.account().to_string()));
        let file = nobody.request(testkit::Method::GET, of(&praise)["photos"][0]["original"].as_str().unwrap()).send().await;
        assert_eq!((file.status, file.bytes.is_empty()), (200, false));
        wang.get(format!("/snapshots/{}", id(&praise))).send().await.expect(200);

        let bad = send(&zhang, rubbish()).await;
        let path = format!("/snapshots/{}", id(&bad));
        let declined = wang.post(format!("{path}/decline")).json(json!({ "reason": "已有人上报。" })).send().await.expect(200);
        assert_eq!((&declined["state"], &declined["allowed_actions"]), (&json!("declined"), &json!([])));
        assert_eq!(zhang.get(&path).send().await.expect(200)["answer"], json!("已有人上报。"));
        wang.post(format!("{path}/order")).json(json!({})).send().await.refused(409, "snapshot_state_conflict");
    }
}
