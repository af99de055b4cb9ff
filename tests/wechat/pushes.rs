//! Message push: what is really WeChat's, and what it is good for.

use super::{agreed, bound, caught_up, followed, listed, on_both, send, templated};
use crate::orders;
use connect::wechat::push::PushKeys;
use kernel::clock::Clock;
use serde_json::json;
use services::order::State;
use testkit::{
    WechatStub,
    wechat::{APPID, PUSH_TOKEN},
};

on_both! {
    async fn wechat_is_told_that_the_address_is_ours(world: World, _stub: WechatStub) {
        let keys = PushKeys::read(PUSH_TOKEN, None, APPID).unwrap();
        let now = world.clock.now().timestamp();
        let ask = async |at: i64, signature: &str| {
            let path = format!("/wechat/push?signature={signature}&timestamp={at}&nonce=n&echostr=4375120948345356249");
            world.nobody().get(path).send().await
        };
        let reply = ask(now, &keys.sign(&now.to_string(), "n", None)).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "4375120948345356249"));
        assert!(reply.header("content-type").starts_with("text/plain"));
        ask(now, &"0".repeat(40)).await.refused(403, "wechat_push_invalid");
        let old = now - 301;
        ask(old, &keys.sign(&old.to_string(), "n", None)).await.refused(403, "wechat_push_invalid");
        world.nobody().get("/wechat/push").send().await.refused(403, "wechat_push_invalid");
    }

    async fn only_what_is_encrypted_and_fresh_is_taken(world: World, _stub: WechatStub) {
        let now = world.clock.now().timestamp();
        let post = async |query: &str, body: serde_json::Value| world.nobody().post(format!("/wechat/push{query}")).json(body).send().await;
        let (query, body) = WechatStub::push(&json!({ "Event": "debug_demo" }), now);
        assert_eq!(post(&query, body.clone()).await.text(), "success");
        post(&query, json!({ "Event": "debug_demo" })).await.refused(403, "wechat_push_invalid");
        post(&query, json!({ "Encrypt": "AAAA" })).await.refused(403, "wechat_push_invalid");
        post(&query.replace("n0nce", "other"), body.clone()).await.refused(403, "wechat_push_invalid");
        post(&query.replace("encrypt_type=aes&", ""), body).await.refused(403, "wechat_push_invalid");
        for at in [now - 301, now + 301] {
            let (query, body) = WechatStub::push(&json!({ "Event": "debug_demo" }), at);
            post(&query, body).await.refused(403, "wechat_push_invalid");
        }
        // A plain signature says nothing about the body.
        let keys = PushKeys::read(PUSH_TOKEN, None, APPID).unwrap();
        let plain = format!("?signature={}&timestamp={now}&nonce=n", keys.sign(&now.to_string(), "n", None));
        post(&plain, json!({ "Event": "debug_demo" })).await.refused(403, "wechat_push_invalid");
    }

    async fn who_turns_messages_off_in_wechat_gets_no_more(world: World, _stub: WechatStub) {
        let zhang = world.person("zhang");
        bound(&zhang, "o-zhang").await;
        templated(&world, "order.completed", "requester", "t-done").await;
        agreed(&zhang, "t-done").await;
        caught_up(&world).await;
        orders::at(&world, State::Completed).await;
        followed(&world, 1, 0).await;
        let change = json!({
            "FromUserName": "o-zhang", "MsgType": "event", "Event": "subscribe_msg_change_event",
            "List": [{ "TemplateId": "t-done", "SubscribeStatusString": "reject" }],
        });
        let (query, body) = WechatStub::push(&change, world.clock.now().timestamp());
        assert_eq!(world.nobody().post(format!("/wechat/push{query}")).json(body).send().await.text(), "success");
        assert_eq!((send(&world).await, &listed(&world, "messages", "").await[0]["state"]), (0, &json!("refused")));
        assert_eq!(zhang.get("/wechat/subscriptions").send().await.expect(200)["items"][0]["remaining"], 0);
    }
}

on_both! {
    with |setup| connect::wechat::Setup { push_key: None, ..setup };
    async fn without_a_key_plain_messages_are_taken(world: World, _stub: WechatStub) {
        let keys = PushKeys::read(PUSH_TOKEN, None, APPID).unwrap();
        let now = world.clock.now().timestamp();
        let query = format!("?signature={}&timestamp={now}&nonce=n&openid=o-1", keys.sign(&now.to_string(), "n", None));
        let post = async |query: &str, body: &[u8]| world.nobody().post(format!("/wechat/push{query}")).body("text/xml", body).send().await;
        assert_eq!(post(&query, br#"{"Event":"debug_demo"}"#).await.text(), "success");
        post(&query, b"<xml></xml>").await.refused(403, "wechat_push_invalid");
        let (encrypted, body) = WechatStub::push(&json!({ "Event": "debug_demo" }), now);
        post(&encrypted, body.to_string().as_bytes()).await.refused(403, "wechat_push_invalid");
    }
}
