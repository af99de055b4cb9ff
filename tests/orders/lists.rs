//! Lists of orders: who finds what, by which filter, page by page.

use super::{Duration, dispatched, lamp, lamp_with, path, place, placed, pooled, step, taker};
use chrono::{DateTime, Utc};
use kernel::clock::Clock;
use serde_json::{Value, json};
use services::order::State;
use std::collections::BTreeSet;
use testkit::{Client, FOREIGN, HOME, World};

/// 康乐社区, in another city.
const KANGLE: &str = "321003005008";

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()).collect()
}

async fn listed(by: &Client, query: &str) -> Vec<String> {
    ids(&by.get(format!("/orders?limit=100&{query}")).send().await.expect(200))
}

fn time(order: &Value, name: &str) -> DateTime<Utc> {
    order[name].as_str().unwrap().parse().unwrap()
}

fn query(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Orders of all sorts, a minute apart, as the administrator reads them: the newest first.
async fn furnish(world: &World) -> Vec<Value> {
    let [zhang, li, wang, chen, feng, admin, stranger] =
        ["zhang", "li", "wang", "chen", "feng", "admin", "stranger"].map(|n| world.person(n));
    let minute = || world.later(Duration::minutes(1));
    let east = || lamp_with(json!({ "point": { "lng": 119.825, "lat": 32.24 } }));
    let mut made = Vec::new();
    for by in [&zhang, &li] {
        for body in [lamp(), east(), lamp_with(json!({ "point": null, "item_code": "BM-01-01" }))] {
            minute();
            made.push(place(by, body).await);
        }
    }
    minute();
    made.push(place(&stranger, lamp_with(json!({ "region_code": FOREIGN, "point": null }))).await);
    minute();
    made.push(place(&admin, lamp_with(json!({ "region_code": KANGLE, "point": null }))).await);
    for n in 0..6 {
        minute();
        let soon = json!({ "value": 30, "unit": "minutes" });
        let order = match n {
            0 => pooled(world, lamp()).await,
            1 => pooled(world, east()).await,
            n => {
                let assistants = if n == 2 {
                    json!([taker(&world.person("wu")), { "kind": "organization", "id": world.places.telecom }])
                } else {
                    json!([])
                };
                let lead = if n == 5 { json!({ "kind": "organization", "id": world.places.telecom }) } else { taker(&chen) };
                dispatched(world, lamp(), json!({ "mode": "assign", "lead": lead, "assistants": assistants, "finish_limit": soon })).await
            }
        };
        minute();
        let done = json!({ "result": "solved", "answer": "好" });
        match n {
            3 => drop(step(&chen, &order, "accept", json!({})).await.expect(200)),
            4 => {
                step(&chen, &order, "accept", json!({})).await.expect(200);
                minute();
                step(&chen, &order, "complete", done).await.expect(200);
                step(&wang, &order, "close", json!({})).await.expect(200);
            }
            _ => {}
        }
        made.push(order);
    }
    // In the neighbouring community one lies in the pool.
    let abroad = made[6].clone();
    for (action, body) in [("triage", json!({})), ("dispatch", json!({ "mode": "pool" }))] {
        step(&feng, &abroad, action, body).await.expect(200);
    }
    // Li's first is a duplicate of Zhang's first.
    minute();
    step(&wang, &made[3], "merge", json!({ "into": made[0]["id"] })).await.expect(200);
    // Half an hour after the first of them was due.
    world.later(Duration::minutes(25));
    let mut now = Vec::new();
    for order in made.iter().rev() {
        now.push(admin.get(path(order)).send().await.expect(200));
    }
    assert_eq!(now.iter().map(|o| o["id"].as_str().unwrap()).collect::<BTreeSet<_>>().len(), 14);
    now
}

testkit::on_both! {
    async fn every_filter_finds_what_it_says(world: World) {
        let all = furnish(&world).await;
        let [admin, zhang, chen] = ["admin", "zhang", "chen"].map(|n| world.person(n));
        type Test<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
        let item = all.iter().find_map(|o| o["item_id"].as_str()).unwrap().to_owned();
        let is = |name: &'static str, value: Value| -> Test<'_> { Box::new(move |o: &Value| o[name] == value) };
        let within = |prefix: &'static str| -> Test<'_> { Box::new(move |o: &Value| o["region_code"].as_str().unwrap().starts_with(prefix)) };
        let middle = time(&all[6], "created_at");
        let telecom = world.places.telecom.to_string();
        let filters: Vec<(String, Test<'_>)> = vec![
            (String::new(), Box::new(|_| true)),
            ("state=placed".to_owned(), is("state", json!("placed"))),
            ("state=closed".to_owned(), is("state", json!("closed"))),
            ("state=dispatched,accepted".to_owned(), Box::new(|o| o["state"] == "dispatched" || o["state"] == "accepted")),
            ("state=closed,merged".to_owned(), Box::new(|o| o["state"] == "closed" || o["state"] == "merged")),
            (format!("region_code={HOME}"), within(HOME)),
            ("region_code=321182001".to_owned(), within("321182001")),
            ("region_code=321182".to_owned(), within("321182")),
            ("region_code=3211".to_owned(), within("3211")),
            ("region_code=32".to_owned(), within("32")),
            ("region_code=321003".to_owned(), within("321003")),
            ("region_code=321003005".to_owned(), within("321003005")),
            ("region_code=11".to_owned(), within("11")),
            (format!("grid_id={}", world.places.east), is("grid_id", json!(world.places.east))),
            (format!("item_id={item}"), is("item_id", json!(item))),
            (format!("taker_id={}", chen.account()), Box::new(|o| o["lead"]["id"] == json!(chen.account()))),
            (format!("taker_id={telecom}"), Box::new(|o| o["lead"]["id"] == json!(telecom))),
            (format!("requester_id={}", zhang.account()), is("requester_id", json!(zhang.account()))),
            ("overdue=true".to_owned(), is("overdue", json!(true))),
            ("overdue=false".to_owned(), is("overdue", json!(false))),
            (format!("created_after={}", query(middle)), Box::new(|o| time(o, "created_at") >= middle)),
            (format!("created_before={}", query(middle)), Box::new(|o| time(o, "created_at") < middle)),
            (format!("created_after={}&created_before={}", query(middle), query(middle)), Box::new(|_| false)),
            (format!("state=dispatched&grid_id={}&overdue=true&region_code={HOME}", world.places.west), Box::new(|o| {
                o["state"] == "dispatched" && o["grid_id"] == json!(world.places.west) && o["overdue"] == true
            })),
            (format!("number={}", all[2]["number"].as_str().unwrap()), is("id", all[2]["id"].clone())),
        ];
        for (filter, test) in &filters {
            let expected: Vec<_> = all.iter().filter(|o| test(o)).map(|o| o["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(listed(&admin, filter).await, expected, "?{filter}");
        }
        let overdue = all.iter().filter(|o| o["overdue"] == true).count();
        assert!(overdue > 0 && overdue < all.len(), "{overdue}");

        // By change: what has changed since, in the order of change.
        let since = time(&all[4], "updated_at");
        let mut expected: Vec<_> = all.iter().filter(|o| time(o, "updated_at") >= since).collect();
        expected.sort_by_key(|o| (time(o, "updated_at"), o["id"].as_str().unwrap().to_owned()));
        let expected: Vec<_> = expected.into_iter().map(|o| o["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(listed(&admin, &format!("updated_after={}", query(since))).await, expected);
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = admin.get(format!("/orders?limit=2&updated_after={}{cursor}", query(since))).send().await.expect(200);
            walked.extend(ids(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, expected);
    }

    async fn everybody_lists_what_they_see(world: World) {
        let all = furnish(&world).await;
        let find = |test: &dyn Fn(&Value) -> bool| all.iter().filter(|o| test(o)).map(|o| o["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let within = |prefix: &str| find(&|o| o["region_code"].as_str().unwrap().starts_with(prefix));
        let west = find(&|o| o["grid_id"] == json!(world.places.west));
        let led = |id: Value| find(&|o| o["lead"]["id"] == id);
        let asked = |name: &str| find(&|o| o["requester_id"] == json!(world.person(name).account()));
        let pool = |region: &str| find(&|o| o["state"] == "dispatched" && o.get("lead").is_none() && o["region_code"] == region);
        let assisted = find(&|o| o["assistants"].is_array());
        let chen = json!(world.person("chen").account());
        let none = Vec::new();
        let merged_into = find(&|o| all.iter().any(|m| m["merged_into"] == o["id"]));
        for (name, query, expected) in [
            ("wang", "", within(HOME)), ("sun", "", within(HOME)), ("gao", "", west.clone()), ("feng", "", within("321182001")), ("lv", "", within("321182")),
            ("he", "", within("3211")), ("admin", "", within("")), ("foreign", "", within(FOREIGN)),
            ("feng", "view=scope&region_code=321182001014", within(FOREIGN)), ("he", "region_code=32", within("3211")), ("wang", "region_code=32", within(HOME)),
            ("gao", "region_code=321182", west), ("wang", "region_code=000000000000", within(HOME)),
            ("zhang", "", asked("zhang")), ("zhang", "view=mine", asked("zhang")), ("li", "view=mine", asked("li")), ("wang", "view=mine", none.clone()),
            ("li", "view=mine&state=merged", find(&|o| o["state"] == "merged")), ("li", "view=followed", merged_into), ("zhang", "view=followed", none.clone()),
            ("chen", "view=taken", led(chen)), ("zheng", "view=taken", led(json!(world.places.telecom))), ("zhou", "view=taken", none.clone()),
            ("wu", "view=assisted", assisted.clone()), ("zheng", "view=assisted", assisted), ("chen", "view=assisted", none.clone()),
            ("chen", "view=claimable", pool(HOME)), ("zheng", "view=claimable", pool(HOME)), ("wang", "view=claimable", pool(HOME)),
            ("guest", "view=claimable", pool(FOREIGN)), ("gao", "view=claimable", find(&|o| o["state"] == "dispatched" && o.get("lead").is_none() && o["grid_id"] == json!(world.places.west))),
            ("chen", "view=taken&region_code=321003", none),
        ] {
            assert_eq!(listed(&world.person(name), query).await, expected, "{name} ?{query}");
        }
        for (name, query) in [
            ("wang", format!("region_code={FOREIGN}")), ("he", "region_code=321003".to_owned()), ("feng", "region_code=321182002".to_owned()), ("foreign", format!("region_code={HOME}")),
            ("chen", format!("view=claimable&region_code={FOREIGN}")), ("zhang", "view=scope".to_owned()), ("chen", "view=scope".to_owned()),
            ("zhang", "view=claimable".to_owned()), ("feng", "view=claimable".to_owned()),
        ] {
            let problem = world.person(name).get(format!("/orders?{query}")).send().await.refused(403, "permission_missing");
            assert!(problem["params"]["permission"].as_str().unwrap().starts_with("order."), "{name} {query}: {problem}");
        }
        // What a list offers is what a single read offers.
        for name in ["wang", "chen", "zheng", "zhang"] {
            let who = world.person(name);
            let view = match name {
                "wang" => "scope",
                "zhang" => "mine",
                _ => "claimable",
            };
            let page = who.get(format!("/orders?limit=100&view={view}")).send().await.expect(200);
            for item in page["items"].as_array().unwrap() {
                assert_eq!(super::read(&who, item).await["allowed_actions"], item["allowed_actions"], "{name}: {item}");
            }
        }
    }

    async fn pages_show_everything_once_while_more_comes(world: World) {
        let wang = world.person("wang");
        let mut old = BTreeSet::new();
        for n in 0..12 {
            // Some of them at the same moment.
            if n % 3 != 0 {
                world.later(Duration::milliseconds(1));
            }
            old.insert(placed(&world).await["id"].as_str().unwrap().to_owned());
        }
        world.later(Duration::milliseconds(1));
        let (mut walked, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = wang.get(format!("/orders?limit=5{cursor}")).send().await.expect(200);
            let items = ids(&page);
            assert!(items.windows(2).all(|pair| pair[0] > pair[1]), "the newest first");
            walked.extend(items);
            pages += 1;
            placed(&world).await;
            assert_eq!(page["has_more"], json!(page["next_cursor"].is_string()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((walked.len(), pages), (12, 3));
        assert_eq!(walked.into_iter().collect::<BTreeSet<_>>(), old);
    }

    async fn a_cursor_belongs_to_its_list_and_its_filters(world: World) {
        let [wang, feng] = ["wang", "feng"].map(|n| world.person(n));
        for _ in 0..3 {
            placed(&world).await;
        }
        let page = wang.get("/orders?limit=1&state=placed").send().await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        wang.get(format!("/orders?limit=2&state=placed&cursor={cursor}")).send().await.expect(200);
        let since = query(world.clock.now() - Duration::hours(1));
        for other in ["/orders?".to_owned(), "/orders?state=triaged&".to_owned(), format!("/orders?state=placed&region_code={HOME}&"), "/orders?state=placed&view=scope&".to_owned(),
            "/orders?state=placed&overdue=false&".to_owned(), format!("/orders?state=placed&updated_after={since}&"), "/grids?".to_owned(), "/catalogue/items?".to_owned()] {
            wang.get(format!("{other}cursor={cursor}")).send().await.refused(400, "cursor_invalid");
        }
        feng.get(format!("/orders?state=placed&cursor={cursor}")).send().await.refused(400, "cursor_invalid");
        let order = placed(&world).await;
        wang.get(format!("{}/events?cursor={cursor}", path(&order))).send().await.refused(400, "cursor_invalid");
        let mut broken = cursor.to_owned();
        broken.replace_range(4..5, if &cursor[4..5] == "A" { "B" } else { "A" });
        for bad in [broken.as_str(), "x", "AAAAAAAAAAAAAAAAAAAA", "%E7%94%B2"] {
            wang.get(format!("/orders?state=placed&cursor={bad}")).send().await.refused(400, "cursor_invalid");
        }
        for bad in ["limit=0", "limit=101", "limit=x", "state=open", "overdue=perhaps", "created_after=yesterday", "grid_id=1", "view=all", "region_code=1", "sort=asc"] {
            let reply = wang.get(format!("/orders?{bad}")).send().await;
            assert!(reply.status == 400 || (bad == "region_code=1" && reply.status == 422), "{bad}: {}", reply.text());
        }
    }
    async fn the_operator_sees_how_many_stand_where(world: World) {
        let all = furnish(&world).await;
        let counts = services::order::backlog(&world.cx()).await.unwrap();
        for (state, count) in &counts {
            let standing = all.iter().filter(|o| o["state"] == state.as_str()).count();
            assert_eq!(*count, i64::try_from(standing).unwrap(), "{state:?}");
        }
        assert!(counts.iter().map(|(_, count)| count).sum::<i64>() > 8, "{counts:?}");
        for end in [State::Closed, State::Rejected, State::Cancelled, State::Merged] {
            assert!(counts.iter().all(|(state, _)| *state != end), "{end:?} only grows");
        }
        assert_eq!(counts.len(), 8);
        let zhang = kernel::Cx::new(world.core().clone(), std::sync::Arc::new(kernel::Actor { account: Some(world.person("zhang").account()), ..kernel::Actor::system() }));
        assert_eq!(services::order::backlog(&zhang).await.unwrap_err().code, kernel::Code::PermissionMissing);
    }
}
