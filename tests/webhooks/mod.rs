//! Webhooks: who is told, how often, and who is not.
//!
//! A real receiver listens on this machine; the tests let messages go themselves ([`Post`]), so that the clock says when.

mod receiver;
mod refusals;
mod retries;
mod sharing;
mod snippets;

use connect::webhook::{AllowList, Courier, Outlet, Secret, outlet::SystemNames, signature};
use receiver::{Manner, Receiver};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use testkit::{Backend, FOREIGN, HOME, World};

/// A server that may send to this machine.
fn open() -> api::Settings {
    api::Settings { webhooks_allow: "127.0.0.0/8".parse().unwrap(), ..api::Settings::default() }
}

/// As `testkit::on_both!`, with a server that may send to this machine.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident: $World:ty) $body:block)+) => {$(
        async fn $name($world: $World) $body

        mod $name {
            #[test]
            fn sqlite() {
                testkit::run_with(testkit::Backend::Sqlite, crate::webhooks::open(), super::$name);
            }

            #[test]
            fn postgres() {
                testkit::run_with(testkit::Backend::Postgres, crate::webhooks::open(), super::$name);
            }
        }
    )+};
}
use on_both;

/// Whoever carries messages, with less patience than in life.
fn courier(world: &World) -> Courier {
    let allow: AllowList = "127.0.0.0/8".parse().unwrap();
    let outlet = Outlet::with(allow, Arc::new(SystemNames), Duration::from_millis(1500)).unwrap();
    Courier::new(world.core().clone(), Arc::new(outlet))
}

/// An endpoint of 冯杰's; with its secret.
async fn endpoint(world: &World, receiver: &Receiver, types: Value) -> Value {
    let body = json!({ "region_code": HOME, "name": "区平台", "url": receiver.url(), "types": types });
    world.person("feng").post("/webhook_endpoints").json(body).send().await.expect(201)
}

fn path(endpoint: &Value) -> String {
    format!("/webhook_endpoints/{}", endpoint["id"].as_str().unwrap())
}

async fn read(world: &World, endpoint: &Value) -> Value {
    world.person("feng").get(path(endpoint)).send().await.expect(200)
}

async fn deliveries(world: &World, endpoint: &Value, query: &str) -> Vec<Value> {
    let page = world.person("feng").get(format!("{}/deliveries?limit=100{query}", path(endpoint))).send().await.expect(200);
    page["items"].as_array().unwrap().clone()
}

async fn attempts(world: &World, delivery: &Value) -> Vec<Value> {
    let path = format!("/webhook_deliveries/{}/attempts", delivery["id"].as_str().unwrap());
    world.person("feng").get(path).send().await.expect(200)["items"].as_array().unwrap().clone()
}

async fn place(world: &World) -> Value {
    crate::orders::placed(world).await
}

/// Turns events into deliveries until so many have been made.
async fn dispatched(world: &World, count: u64) {
    let mut made = 0;
    testkit::eventually(async || {
        made += connect::webhook::dispatch(&world.cx()).await.unwrap().made;
        (made >= count).then_some(())
    })
    .await;
    assert_eq!(made, count);
}

/// Whether a message is signed with this secret.
fn signed(world: &World, message: &receiver::Received, secret: &Value) -> Result<(), signature::Refusal> {
    use kernel::clock::Clock;
    let secret = Secret::parse(secret.as_str().unwrap()).unwrap();
    let headers =
        (Some(message.header("webhook-id")), Some(message.header("webhook-timestamp")), Some(message.header("webhook-signature")));
    signature::verify(&[secret], headers, &message.body, world.clock.now().timestamp())
}

on_both! {
    async fn an_event_is_told_signed_and_without_prose(world: World) {
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        let secret = made["secret"].clone();
        assert!(secret.as_str().unwrap().starts_with("whsec_") && read(&world, &made).await.get("secret").is_none());
        assert!(!crate::battery::holds(&world, "t0p-secret").await && !crate::battery::holds(&world, secret.as_str().unwrap()).await, "sealed");
        let order = place(&world).await;
        crate::orders::place(&world.person("stranger"), crate::orders::lamp_with(json!({ "region_code": FOREIGN, "point": null }))).await;
        dispatched(&world, 1).await;
        assert_eq!(courier(&world).empty().await.unwrap(), 1);

        let message = &receiver.received()[0];
        assert_eq!(signed(&world, message, &secret), Ok(()));
        assert_eq!(message.header("content-type"), "application/json");
        assert!(message.header("user-agent").starts_with("Linli-Webhooks/"));
        let told = message.json();
        assert_eq!((&told["type"], &told["data"]["subject_id"]), (&json!("order.placed"), &order["id"]), "{told}");
        assert_eq!((&told["data"]["region_code"], &told["data"]["subject_version"]), (&json!(HOME), &json!(1)));
        let page = world.person("feng").get("/events?type=order.placed&limit=100").send().await.expect(200);
        let logged = page["items"].as_array().unwrap().iter().find(|e| e["subject_id"] == order["id"]).unwrap();
        assert_eq!((&told["data"]["event_id"], &told["timestamp"]), (&logged["id"], &logged["at"]));

        let delivery = &deliveries(&world, &made, "").await[0];
        assert_eq!((&delivery["state"], &delivery["attempts"], &delivery["status"]), (&json!("delivered"), &json!(1), &json!(204)), "{delivery}");
        assert_eq!((&delivery["message_id"], &delivery["type"]), (&json!(message.header("webhook-id")), &json!("order.placed")));
        let attempt = &attempts(&world, delivery).await[0];
        assert_eq!((&attempt["number"], &attempt["outcome"], attempt.get("answer")), (&json!(1), &json!("delivered"), None), "{attempt}");
        assert_eq!(courier(&world).empty().await.unwrap(), 0, "once is enough");
    }

    async fn a_secret_is_replaced_without_losing_anything(world: World) {
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["grid.*"])).await;
        let feng = world.person("feng");
        let rotated = feng.post(format!("{}/rotate_secret", path(&made))).json(json!({ "overlap_hours": 2 })).send().await.expect(200);
        assert_eq!((&rotated["version"], rotated["secret"] == made["secret"]), (&json!(2), false));
        let mut courier = courier(&world);
        let test = async || feng.post(format!("{}/test", path(&made))).send().await.expect(200);
        test().await;
        dispatched(&world, 1).await;
        courier.empty().await.unwrap();
        let both = &receiver.received()[0];
        assert_eq!(both.json()["type"], "webhook_endpoint.tested");
        assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
        assert_eq!((signed(&world, both, &made["secret"]), signed(&world, both, &rotated["secret"])), (Ok(()), Ok(())));
        world.later(chrono::Duration::hours(2));
        test().await;
        dispatched(&world, 1).await;
        courier.empty().await.unwrap();
        let new = &receiver.received()[1];
        assert_eq!(signed(&world, new, &rotated["secret"]), Ok(()));
        assert_eq!(signed(&world, new, &made["secret"]), Err(signature::Refusal::Wrong));
        let at_once = feng.post(format!("{}/rotate_secret", path(&made))).json(json!({ "overlap_hours": 0 })).send().await.expect(200);
        test().await;
        dispatched(&world, 1).await;
        courier.empty().await.unwrap();
        let last = &receiver.received()[2];
        assert_eq!((signed(&world, last, &at_once["secret"]), last.header("webhook-signature").split(' ').count()), (Ok(()), 1));
        feng.post(format!("{}/rotate_secret", path(&made))).json(json!({ "overlap_hours": 169 })).send().await.refused_fields(&[("#/overlap_hours", "field_range")]);
    }

    async fn cloudevents_for_who_wants_them(world: World) {
        let receiver = Receiver::start().await;
        let body = json!({ "region_code": HOME, "name": "总线", "url": receiver.url(), "format": "cloudevents" });
        let made = world.person("feng").post("/webhook_endpoints").json(body).send().await.expect(201);
        dispatched(&world, 1).await;
        courier(&world).empty().await.unwrap();
        let message = &receiver.received()[0];
        assert_eq!(message.header("content-type"), "application/cloudevents+json");
        let told = message.json();
        assert_eq!((&told["specversion"], &told["type"]), (&json!("1.0"), &json!("cn.linli.webhook_endpoint.created.v1")), "{told}");
        assert_eq!((&told["id"], &told["subject"]), (&json!(message.header("webhook-id")), &made["id"]));
        assert_eq!(signed(&world, message, &made["secret"]), Ok(()));
    }

    async fn an_endpoint_acts_for_its_owner(world: World) {
        let receiver = Receiver::start().await;
        let (lv, wang, admin) = (world.person("lv"), world.person("wang"), world.person("admin"));
        let body = json!({ "region_code": "321182000000", "name": "区平台", "url": receiver.url(), "types": ["mediation.*", "order.*"] });
        let made = lv.post("/webhook_endpoints").json(body).send().await.expect(201);
        let case = json!({
            "region_code": HOME, "kind": "neighbour", "title": "漏水纠纷", "facts": "三楼渗水。", "applied_how": "oral",
            "parties": [{ "name": "张三" }, { "name": "李四" }],
        });
        wang.post("/mediation/cases").json(&case).send().await.expect(201);
        place(&world).await;
        // 吕文 may not read cases.
        dispatched(&world, 1).await;
        // Whoever changes it answers for it: the administrator may.
        let changed = admin.post(path(&made)).json(json!({ "name": "市平台" })).send().await.expect(200);
        assert_eq!((&changed["owner_id"], &changed["version"]), (&json!(admin.account()), &json!(2)));
        // Lists go by time.
        world.later(chrono::Duration::seconds(1));
        wang.post("/mediation/cases").json(&case).send().await.expect(201);
        dispatched(&world, 1).await;
        let list = format!("{}/deliveries", path(&made));
        let types = async |who: &testkit::Client| {
            let page = who.get(&list).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|d| d["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(types(&admin).await, ["mediation.applied", "order.placed"]);
        assert_eq!(types(&lv).await, ["order.placed"], "who may not read cases does not learn of them here either");
        let hidden = admin.get(&list).send().await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
        lv.get(format!("/webhook_deliveries/{hidden}")).send().await.refused(404, "webhook_delivery_not_found");
        // 冯杰 answers for the street only.
        world.person("feng").get(path(&made)).send().await.refused(404, "webhook_endpoint_not_found");
    }

    async fn it_pauses_when_its_owner_may_not_read_any_more(world: World) {
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        let admin = world.person("admin");
        let grants = admin.get(format!("/accounts/{}/grants", world.person("feng").account())).send().await.expect(200);
        admin.delete(format!("/grants/{}", grants["items"][0]["id"].as_str().unwrap())).send().await.expect(204);
        place(&world).await;
        let paused = testkit::eventually(async || {
            assert_eq!(connect::webhook::dispatch(&world.cx()).await.unwrap().made, 0);
            let seen = admin.get(path(&made)).send().await.expect(200);
            (seen["state"] == "paused").then_some(seen)
        })
        .await;
        assert_eq!(paused["reason"], "permission_lost");
        // Or what came meanwhile is both read on and read again, and counts twice.
        world.readable().await;
        let resumed = admin.post(format!("{}/resume", path(&made))).json(json!({})).send().await.expect(200);
        assert_eq!((&resumed["owner_id"], &resumed["state"]), (&json!(admin.account()), &json!("active")));
        dispatched(&world, 1).await;
        courier(&world).empty().await.unwrap();
        assert_eq!(receiver.received()[0].json()["type"], "order.placed");
    }

    async fn what_was_told_can_be_told_again(world: World) {
        let receiver = Receiver::start().await;
        let first = place(&world).await;
        world.later(chrono::Duration::minutes(30));
        // Or the endpoint is told of the first order as well: who listens anew begins where the log can be read to.
        world.readable().await;
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        let feng = world.person("feng");
        let mut courier = courier(&world);
        place(&world).await;
        dispatched(&world, 1).await;
        courier.empty().await.unwrap();
        let replay = async |body: Value| feng.post(format!("{}/replay", path(&made))).json(body).send().await;
        // All that has not been delivered, from before there was an endpoint.
        let asked = replay(json!({ "after": "2026-11-16T00:30:00Z" })).await.expect(201);
        assert_eq!(asked["undelivered_only"], true);
        dispatched(&world, 1).await;
        courier.empty().await.unwrap();
        assert_eq!(receiver.received()[1].json()["data"]["subject_id"], first["id"]);
        // All of it.
        replay(json!({ "after_event_id": 0, "undelivered_only": false })).await.expect(201);
        dispatched(&world, 2).await;
        assert_eq!(courier.empty().await.unwrap(), 2);
        let ids = receiver.ids();
        assert_eq!((ids.len(), &ids[..2].iter().collect::<std::collections::BTreeSet<_>>()), (4, &ids[2..].iter().collect()), "with the ids of before");
        // One of it.
        let delivery = deliveries(&world, &made, "").await[0].clone();
        assert_eq!((&delivery["attempts"], &delivery["state"]), (&json!(2), &json!("delivered")));
        let again = format!("/webhook_deliveries/{}/redeliver", delivery["id"].as_str().unwrap());
        assert_eq!(feng.post(&again).send().await.expect(200)["state"], "pending");
        assert_eq!(courier.empty().await.unwrap(), 1);
        assert_eq!(receiver.ids()[4], delivery["message_id"].as_str().unwrap());
        assert_eq!(attempts(&world, &delivery).await.len(), 3);
        for body in [json!({}), json!({ "after_event_id": 5, "until_event_id": 4 }), json!({ "after_event_id": 1, "after": "2026-11-16T00:30:00Z" })] {
            replay(body).await.refused(422, "webhook_range_invalid");
        }
        feng.post(format!("{}/pause", path(&made))).json(json!({ "version": 1 })).send().await.expect(200);
        replay(json!({ "after_event_id": 0 })).await.refused(409, "webhook_state_conflict");
        feng.post(&again).send().await.refused(409, "webhook_state_conflict");
    }

    async fn old_deliveries_are_purged_and_removed_endpoints_forgotten(world: World) {
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        place(&world).await;
        dispatched(&world, 1).await;
        courier(&world).empty().await.unwrap();
        place(&world).await;
        dispatched(&world, 1).await;
        world.later(chrono::Duration::days(31));
        assert_eq!(connect::webhook::purge(&world.cx(), chrono::Duration::days(30)).await.unwrap(), 1);
        let left = deliveries(&world, &made, "").await;
        assert_eq!((left.len(), &left[0]["state"]), (1, &json!("pending")), "what is still to be told stays");
        let feng = world.person("feng");
        feng.delete(path(&made)).send().await.expect(204);
        feng.get(path(&made)).send().await.refused(404, "webhook_endpoint_not_found");
        assert_eq!(courier(&world).empty().await.unwrap(), 0);
        world.later(chrono::Duration::hours(2));
        assert_eq!(connect::webhook::purge(&world.cx(), chrono::Duration::days(30)).await.unwrap(), 2, "a delivery and the endpoint");
    }
}

/// The whole as a server runs it, with nobody to let messages go.
async fn it_goes_by_itself(world: World) {
    let receiver = Receiver::start().await;
    endpoint(&world, &receiver, json!(["order.*"])).await;
    let stopping = tokio::sync::watch::Sender::new(false);
    let running = tokio::spawn(connect::webhook::run(world.core().clone(), world.outlet(), stopping.subscribe()));
    for _ in 0..3 {
        place(&world).await;
    }
    testkit::eventually(async || (receiver.received().len() >= 3).then_some(())).await;
    stopping.send_replace(true);
    running.await.unwrap();
    assert_eq!(receiver.ids().iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
}

#[test]
fn it_goes_by_itself_on_sqlite() {
    testkit::run_with(Backend::Sqlite, open(), it_goes_by_itself);
}

#[test]
fn it_goes_by_itself_on_postgres() {
    testkit::run_with(Backend::Postgres, open(), it_goes_by_itself);
}
