//! What of the requester is shown to whom, and when.

use super::{Duration, State, at, dispatched, lamp_with, patched, path, place, placed, pooled, read, step, taker, timeline};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::{
    io::Write,
    sync::{Mutex, OnceLock, PoisonError},
};
use testkit::World;

/// A number that is nobody's.
const CANARY: &str = "13577778888";
const MASKED: &str = "135****8888";

fn order() -> Value {
    lamp_with(json!({
        "title": "楼道灯,电话13577778888", "content": "请打13577778888,身份证32110219800229001X。",
        "point": { "lng": 119.815_432_1, "lat": 32.241_234_5 },
        "contact": { "name": "欧阳修", "phone": CANARY, "address": "翡丽中央12幢3单元401室" },
    }))
}

/// Whether somebody sees everything of it (`true`), or what is left of it (`false`).
async fn shows(world: &World, name: &str, order: &Value) -> bool {
    let seen = read(&world.person(name), order).await;
    let full = json!({
        "masked": false, "title": "楼道灯,电话13577778888", "content": "请打13577778888,身份证32110219800229001X。",
        "contact": { "name": "欧阳修", "phone": CANARY, "address": "翡丽中央12幢3单元401室" },
        "point": { "lng": 119.815_432_1, "lat": 32.241_234_5, "datum": "wgs84" },
    });
    let little = json!({
        "masked": true, "title": format!("楼道灯,电话{MASKED}"), "content": format!("请打{MASKED},身份证3211**********001X。"),
        "contact": { "name": "欧阳*", "phone": MASKED, "address": "翡丽中央***" },
        "point": { "lng": 119.815, "lat": 32.241, "datum": "wgs84" },
    });
    let same = |what: &Value| patched(seen.clone(), what) == seen;
    assert!(same(&full) || same(&little), "{name} at {} sees {seen}", order["state"]);
    same(&full)
}

testkit::on_both! {
    async fn the_contact_is_for_those_who_must_call(world: World) {
        let [zhang, wang, chen, feng] = ["zhang", "wang", "chen", "feng"].map(|n| world.person(n));
        let always = async |order: &Value| {
            for name in ["zhang", "wang", "feng", "admin"] {
                assert!(shows(&world, name, order).await, "{name}");
            }
            for name in ["sun", "gao", "lv", "he"] {
                assert!(!shows(&world, name, order).await, "{name}");
            }
        };
        let order = pooled(&world, order()).await;
        always(&order).await;
        for candidate in ["chen", "zhou", "wu", "zheng"] {
            assert!(!shows(&world, candidate, &order).await, "{candidate}");
        }
        step(&wang, &order, "dispatch", json!({ "mode": "assign", "lead": taker(&chen), "assistants": [taker(&world.person("wu"))] })).await.expect(200);
        assert!(!shows(&world, "chen", &order).await, "not before accepting");
        assert!(!shows(&world, "wu", &order).await);
        // From accepting until it is closed; who assists never.
        step(&chen, &order, "accept", json!({})).await.expect(200);
        for (by, action, body) in [
            (&chen, "start", json!({})), (&wang, "suspend", json!({ "reason": "等" })), (&wang, "resume", json!({})),
            (&chen, "complete", json!({ "result": "solved", "answer": "好" })), (&zhang, "evaluate", json!({ "level": "satisfied" })),
        ] {
            assert!(shows(&world, "chen", &order).await, "before {action}");
            assert!(!shows(&world, "wu", &order).await, "before {action}");
            step(by, &order, action, body).await.expect(200);
            always(&order).await;
        }
        step(&feng, &order, "close", json!({})).await.expect(200);
        always(&order).await;
        assert!(!shows(&world, "chen", &order).await, "not after it is closed");

        // Nor once it has been cancelled.
        let order = dispatched(&world, super::masks::order(), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        step(&chen, &order, "accept", json!({})).await.expect(200);
        step(&zhang, &order, "cancel", json!({ "note": "不用了" })).await.expect(200);
        assert!(!shows(&world, "chen", &order).await);
    }

    async fn an_account_stands_in_for_a_contact_that_was_not_given(world: World) {
        let [zhang, chen] = ["zhang", "chen"].map(|n| world.person(n));
        let order = dispatched(&world, lamp_with(json!({ "contact": null })), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        let contact = async |name: &str| read(&world.person(name), &order).await["contact"].clone();
        let account = json!({ "name": "张三", "phone": "13812341234" });
        assert_eq!(order["contact"], account);
        assert_eq!((contact("zhang").await, contact("wang").await), (account.clone(), account.clone()));
        assert_eq!((contact("chen").await, contact("he").await), (Value::Null, Value::Null));
        step(&chen, &order, "accept", json!({})).await.expect(200);
        assert_eq!(contact("chen").await, account);
        // What was given goes first; what was not, is filled in.
        let order = place(&zhang, lamp_with(json!({ "contact": { "address": "翡丽中央1幢" } }))).await;
        assert_eq!(order["contact"], read(&zhang, &order).await["contact"], "placing answers what reading does");
        let bare = place(&zhang, lamp_with(json!({ "contact": null }))).await;
        assert_eq!(bare["contact"], account);
        // For somebody else by one who does not see contacts: neither before nor after.
        let sun = world.person("sun");
        let other = place(&sun, lamp_with(json!({ "contact": null, "on_behalf": true, "requester_id": zhang.account() }))).await;
        assert_eq!((other.get("contact"), read(&sun, &other).await.get("contact")), (None, None));
        assert_eq!(read(&zhang, &order).await["contact"], json!({ "name": "张三", "phone": "13812341234", "address": "翡丽中央1幢" }));
        assert_eq!(read(&world.person("he"), &order).await["contact"], json!({ "address": "翡丽中央***" }));
    }

    async fn lists_show_no_contact_and_mask_what_people_write(world: World) {
        let [chen] = ["chen"].map(|n| world.person(n));
        let order = dispatched(&world, order(), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        step(&chen, &order, "accept", json!({})).await.expect(200);
        for (name, view) in [("wang", "scope"), ("admin", "scope"), ("he", "scope"), ("chen", "taken"), ("zhang", "mine")] {
            let page = world.person(name).get(format!("/orders?view={view}")).send().await.expect(200);
            let item = page["items"].as_array().unwrap().iter().find(|o| o["id"] == order["id"]).unwrap();
            assert_eq!((item.get("contact"), item.get("assistants")), (None, None), "{name}");
            let own = name == "zhang";
            assert_eq!((item["masked"].as_bool(), item.to_string().contains(CANARY)), (Some(!own), own), "{name}: {item}");
            assert_eq!(item["point"]["lng"], json!(if own { 119.815_432_1 } else { 119.815 }));
        }
    }

    async fn a_phone_number_stays_where_it_belongs(world: World) {
        let log = log();
        let [zhang, li, wang, chen, zhou, feng, he] = ["zhang", "li", "wang", "chen", "zhou", "feng", "he"].map(|n| world.person(n));
        let said = format!("请打{CANARY}");
        // Somebody writes the number wherever one can write.
        let order = place(&zhang, order()).await;
        let assign = |lead: &testkit::Client| json!({ "mode": "assign", "lead": taker(lead), "assistants": [taker(&world.person("wu"))], "note": said });
        let done = json!({ "result": "solved", "answer": said });
        for (by, action, body) in [
            (&wang, "triage", json!({})), (&wang, "dispatch", assign(&zhou)), (&zhou, "decline", json!({ "reason": said })),
            (&wang, "dispatch", json!({ "mode": "pool", "note": said })), (&chen, "accept", json!({})), (&chen, "hand_back", json!({ "reason": said })),
            (&wang, "dispatch", assign(&chen)), (&chen, "accept", json!({})), (&wang, "suspend", json!({ "reason": said })), (&wang, "resume", json!({ "note": said })),
            (&chen, "start", json!({ "note": said })), (&chen, "record_progress", json!({ "note": said })), (&chen, "complete", done.clone()),
            (&wang, "rework", json!({ "reason": said })), (&wang, "dispatch", assign(&chen)), (&chen, "accept", json!({})), (&chen, "complete", done),
            (&zhang, "evaluate", json!({ "level": "satisfied", "comment": said, "tags": [CANARY] })), (&wang, "close", json!({ "note": said })),
        ] {
            step(by, &order, action, body).await.expect(200);
        }
        let cancelled = place(&zhang, super::masks::order()).await;
        step(&zhang, &cancelled, "cancel", json!({ "note": said })).await.expect(200);
        let rejected = place(&zhang, super::masks::order()).await;
        step(&wang, &rejected, "reject", json!({ "code": "other", "text": said, "channel": CANARY })).await.expect(200);
        let (merged, into) = (place(&li, super::masks::order()).await, pooled(&world, super::masks::order()).await);
        step(&wang, &merged, "merge", json!({ "into": into["id"] })).await.expect(200);
        // Refusals that quote what was sent.
        zhang.post("/orders").json(lamp_with(json!({ "contact": { "phone": format!("{CANARY}x") } }))).send().await.expect(422);
        zhang.get(format!("/orders?number={CANARY}")).send().await.expect(400);

        // Everybody but those who may see it looks everywhere.
        let mut looked = 0;
        let mut clean = |what: String, text: String| {
            assert!(!text.contains(CANARY), "{what}: {text}");
            looked += 1;
        };
        for order in [&order, &cancelled, &rejected, &merged, &into] {
            for name in ["sun", "gao", "he", "lv", "wu", "chen", "zhou", "zheng", "li"] {
                if name == "li" && order["id"] == merged["id"] {
                    continue;
                }
                for path in [path(order), format!("{}/events?limit=100", path(order))] {
                    let reply = world.person(name).get(&path).send().await;
                    clean(format!("{name} reads {path}"), reply.text());
                }
            }
            // In the timeline not even those who may see it find it.
            for event in timeline(&wang, order).await {
                clean("timeline".to_owned(), event.to_string());
            }
        }
        for name in ["wang", "feng", "sun", "gao", "he", "lv", "admin", "chen", "wu", "zhou", "zheng", "li", "zhang"] {
            for view in ["scope", "mine", "taken", "assisted", "claimable", "followed"] {
                // The requester's own list shows what the requester wrote.
                if view == "mine" && ["zhang", "li"].contains(&name) || name == "zhang" {
                    continue;
                }
                let reply = world.person(name).get(format!("/orders?view={view}&limit=100")).send().await;
                clean(format!("{name} lists {view}"), reply.text());
            }
        }
        let feed = testkit::eventually(async || {
            let page = feng.get("/events?limit=100&type=order.merged").send().await.expect(200);
            (page["items"] != json!([])).then_some(page)
        });
        feed.await;
        for who in [&feng, &he] {
            clean("feed".to_owned(), who.get("/events?limit=100").send().await.text());
        }
        let db = &world.core().db;
        for query in ["SELECT data FROM events", "SELECT contact FROM orders WHERE contact IS NOT NULL"] {
            for row in db.reader().query_all_raw(Statement::from_string(db.backend(), query)).await.unwrap() {
                clean(query.to_owned(), row.try_get_by_index::<String>(0).unwrap());
            }
        }
        assert!(looked > 150, "{looked}");
        let lines = log.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lines = String::from_utf8_lossy(&lines);
        assert!(lines.contains(path(&order).trim_start_matches("/orders/")) || lines.contains("request"), "something was logged");
        if let Some(line) = lines.lines().find(|l| l.contains(CANARY)) {
            panic!("logged: {line}");
        }
    }

    async fn places_are_coarse_for_those_who_need_not_go_there(world: World) {
        let order = at(&world, State::Dispatched).await;
        world.later(Duration::minutes(1));
        assert_eq!(read(&world.person("he"), &order).await["point"], json!({ "lng": 119.815, "lat": 32.24, "datum": "wgs84" }));
        let none = place(&world.person("zhang"), lamp_with(json!({ "point": null }))).await;
        assert!(read(&world.person("he"), &none).await.get("point").is_none());
        let shifted = placed(&world).await;
        assert_eq!(shifted["point"]["datum"], "wgs84");
    }
}

/// Everything that the process logs from now on.
fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    struct Lines;
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            LOG.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    // The second of the two tests finds it set.
    let _ = tracing_subscriber::fmt().with_ansi(false).with_env_filter("debug,hyper=info,h2=info").with_writer(|| Lines).try_init();
    LOG.get_or_init(Mutex::default)
}
