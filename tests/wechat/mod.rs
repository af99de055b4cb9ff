//! WeChat: who signs in, what they are told, what is checked; and what happens when WeChat says no, or nothing.
//!
//! A stand-in answers on this machine over HTTP; what a server does in the background, the tests do themselves, so that the
//! clock says when.

mod checks;
mod messages;
mod pushes;
mod signing_in;
mod token;

use connect::wechat::{self, Followed};
use serde_json::{Value, json};
use services::order::State;
use testkit::{Client, HOME, World};

/// Declares tests that run on both databases, connected to a stand-in of their own.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident: World, $stub:ident: WechatStub) $body:block)+) => {
        on_both! { with |setup| setup; $(async fn $name($world: World, $stub: WechatStub) $body)+ }
    };
    (with $with:expr; $(async fn $name:ident($world:ident: World, $stub:ident: WechatStub) $body:block)+) => {$(
        async fn $name($world: testkit::World, $stub: testkit::WechatStub) $body

        mod $name {
            #[test]
            fn sqlite() {
                testkit::run_wechat(testkit::Backend::Sqlite, $with, super::$name);
            }

            #[test]
            fn postgres() {
                testkit::run_wechat(testkit::Backend::Postgres, $with, super::$name);
            }
        }
    )+};
}
use on_both;

/// Binds somebody, or has them open the mini-program again.
pub(crate) async fn bound(by: &Client, openid: &str) -> Value {
    by.post("/wechat/binding").json(json!({ "code": openid })).send().await.expect(200)
}

/// Reads the log once more.
async fn follow(world: &World) -> Followed {
    wechat::follow(&world.cx(), &world.wechat()).await.unwrap()
}

/// Reads the log to its end, which on PostgreSQL waits for the transactions of all tests; how many messages and checks come of it.
async fn caught_up(world: &World) -> (u64, u64) {
    world.readable().await;
    let (mut messages, mut checks) = (0, 0);
    loop {
        let more = follow(world).await;
        (messages, checks) = (messages + more.messages, checks + more.checks);
        if !more.more {
            return (messages, checks);
        }
    }
}

/// Reads the log to its end: exactly so much comes of it.
#[track_caller]
fn followed(world: &World, messages: u64, checks: u64) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move { assert_eq!(caught_up(world).await, (messages, checks), "messages and checks at {caller}") }
}

/// What the log has of these types, when it has so many.
async fn logged(world: &World, types: &str, count: usize) -> Vec<Value> {
    testkit::eventually(async || {
        let page = world.person("admin").get(format!("/events?type={types}&limit=100")).send().await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        (items.len() >= count).then_some(items)
    })
    .await
}

async fn send(world: &World) -> u64 {
    wechat::send_due(world.core(), &world.wechat()).await.unwrap()
}

async fn check(world: &World) -> u64 {
    wechat::check_due(world.core(), &world.wechat()).await.unwrap()
}

/// What Wang sees of messages or checks.
async fn listed(world: &World, what: &str, query: &str) -> Vec<Value> {
    let page = world.person("wang").get(format!("/wechat/{what}?limit=100{query}")).send().await.expect(200);
    page["items"].as_array().unwrap().clone()
}

/// Says what is told of a step.
async fn templated(world: &World, event_type: &str, audience: &str, template: &str) -> Value {
    let body = json!({
        "region_code": HOME, "event_type": event_type, "audience": audience, "template_id": template, "page": "pages/order/order?id={order_id}",
        "fields": [
            { "key": "character_string1", "from": "number" }, { "key": "thing2", "from": "title" }, { "key": "phrase3", "from": "state" },
            { "key": "time4", "from": "happened_at" }, { "key": "thing5", "from": "text", "text": "请评价" },
        ],
    });
    world.person("wang").post("/wechat/templates").json(body).send().await.expect(200)
}

/// Agrees to one message.
async fn agreed(by: &Client, template: &str) {
    by.post("/wechat/subscriptions").json(json!({ "accepted": [template] })).send().await.expect(200);
}

/// A message to Zhang that has failed, for its template is one that WeChat does not know.
pub(crate) async fn failed_message(world: &World, template: &str) -> String {
    let zhang = world.person("zhang");
    bound(&zhang, "o-zhang").await;
    templated(world, "order.completed", "requester", template).await;
    agreed(&zhang, template).await;
    caught_up(world).await;
    let order = crate::orders::at(world, State::Completed).await;
    testkit::eventually(async || {
        follow(world).await;
        send(world).await;
        let failed = listed(world, "messages", "&state=failed").await;
        let of_order = failed.iter().find(|message| message["order_id"] == order["id"]);
        of_order.map(|message| message["id"].as_str().unwrap().to_owned())
    })
    .await
}

/// A check of an order of Zhang's that waits for a person.
pub(crate) async fn doubtful_order(world: &World) -> String {
    let zhang = world.person("zhang");
    bound(&zhang, "o-zhang").await;
    caught_up(world).await;
    let body = crate::orders::lamp_with(json!({ "channel": "mini_program", "content": "可疑的内容" }));
    let order = crate::orders::place(&zhang, body).await;
    testkit::eventually(async || {
        follow(world).await;
        check(world).await;
        let waiting = listed(world, "checks", "&state=review").await;
        let of_order = waiting.iter().find(|check| check["subject_id"] == order["id"]);
        of_order.map(|check| check["id"].as_str().unwrap().to_owned())
    })
    .await
}

/// Without configuration every operation that needs WeChat says so; the others go on.
async fn not_connected(world: World) {
    let (zhang, wang, nobody) = (world.person("zhang"), world.person("wang"), world.nobody());
    nobody.post("/wechat/sessions").json(json!({ "code": "o-1" })).send().await.refused(503, "wechat_not_configured");
    zhang.post("/wechat/binding").json(json!({ "code": "o-1" })).send().await.refused(503, "wechat_not_configured");
    wang.get(format!("/wechat/qr_code?region_code={HOME}&scene=a")).send().await.refused(503, "wechat_not_configured");
    nobody.get("/wechat/push?signature=a&timestamp=1&nonce=b&echostr=c").send().await.refused(503, "wechat_not_configured");
    let (query, body) = testkit::WechatStub::push(&json!({ "Event": "x" }), 1_794_790_800);
    nobody.post(format!("/wechat/push{query}")).json(body).send().await.refused(503, "wechat_not_configured");
    assert_eq!(zhang.get("/wechat/subscriptions").send().await.expect(200)["items"], json!([]));
    let photo = crate::attachments::form("abc", "x.jpg", &crate::attachments::photo(4, 2));
    let made = zhang.post("/attachments").body("multipart/form-data; boundary=abc", photo).send().await.expect(201);
    assert!(made.get("quarantine").is_none(), "{made}");
}

#[test]
fn a_server_that_is_not_connected_says_so_on_sqlite() {
    testkit::run_with(testkit::Backend::Sqlite, api::Settings::default(), not_connected);
}

#[test]
fn a_server_that_is_not_connected_says_so_on_postgres() {
    testkit::run_with(testkit::Backend::Postgres, api::Settings::default(), not_connected);
}

#[test]
fn the_wrapper_of_the_mini_program_is_what_the_contract_says() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples/miniprogram/generate.mjs");
    let Ok(output) = std::process::Command::new("node").args([script, "--check"]).output() else {
        eprintln!("skipped: there is no node");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
