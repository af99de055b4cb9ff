//! Subscribe messages: who is told of which step, in which words, and what becomes of a message that WeChat does not take.

use super::{agreed, bound, caught_up, followed, listed, on_both, send, templated};
use crate::orders::{self, step};
use chrono::Duration;
use serde_json::{Value, json};
use services::order::State;
use testkit::{FOREIGN, HOME, WechatStub, World, wechat::Manner};

const SEND: &str = "/cgi-bin/message/subscribe/send";

/// Zhang is bound and has agreed to so many messages about completion.
async fn prepared(world: &World, count: usize) {
    let zhang = world.person("zhang");
    bound(&zhang, "o-zhang").await;
    templated(world, "order.completed", "requester", "t-done").await;
    for _ in 0..count {
        agreed(&zhang, "t-done").await;
    }
    caught_up(world).await;
}

async fn remaining(world: &World, who: &str) -> Value {
    let list = world.person(who).get("/wechat/subscriptions").send().await.expect(200);
    let items = list["items"].as_array().unwrap().clone();
    items.into_iter().find(|item| item["template_id"] == "t-done").unwrap()["remaining"].clone()
}

fn sent(stub: &WechatStub) -> Vec<Value> {
    stub.asked(SEND).into_iter().map(|asked| asked.body).collect()
}

on_both! {
    async fn a_step_is_told_to_whom_it_concerns(world: World, stub: WechatStub) {
        prepared(&world, 2).await;
        let chen = world.person("chen");
        bound(&chen, "o-chen").await;
        templated(&world, "order.dispatched", "taker", "t-task").await;
        agreed(&chen, "t-task").await;
        let title = "三单元二楼的楼道灯已经坏了三天 请打13812341234";
        let order = orders::place(&world.person("zhang"), orders::lamp_with(json!({ "title": title }))).await;
        for action in ["triage", "dispatch", "accept", "complete"] {
            let action: services::order::Action = serde_json::from_value(json!(action)).unwrap();
            let (name, body) = orders::usual(&world, action, &Value::Null);
            step(&world.person(name), &order, action.as_str(), body).await.expect(200);
        }
        followed(&world, 2, 0).await;
        assert_eq!(send(&world).await, 2);
        let sent = sent(&stub);
        let of = |openid: &str| sent.iter().find(|body| body["touser"] == openid).unwrap().clone();
        let told = of("o-zhang");
        assert_eq!((&told["template_id"], &told["miniprogram_state"], &told["lang"]), (&json!("t-done"), &json!("formal"), &json!("zh_CN")));
        assert_eq!(told["page"], format!("pages/order/order?id={}", order["id"].as_str().unwrap()));
        let data = &told["data"];
        assert_eq!(data["character_string1"]["value"], order["number"]);
        // Twenty characters, on one line, without the phone number.
        assert_eq!(data["thing2"]["value"], "三单元二楼的楼道灯已经坏了三天 请打1…");
        assert_eq!((&data["phrase3"]["value"], &data["thing5"]["value"]), (&json!("已办结"), &json!("请评价")));
        assert_eq!(data["time4"]["value"], "2026年11月16日 09:00");
        assert_eq!(of("o-chen")["data"]["phrase3"]["value"], "已派单");
        assert_eq!((remaining(&world, "zhang").await, listed(&world, "messages", "&state=sent").await.len()), (json!(1), 2));
        assert_eq!(send(&world).await, 0, "once is enough");
        assert!(!crate::battery::holds(&world, "o-chen").await);
    }

    async fn nobody_is_told_without_having_agreed(world: World, stub: WechatStub) {
        prepared(&world, 0).await;
        orders::at(&world, State::Completed).await;
        followed(&world, 0, 0).await;
        // Nor of what they did themselves, nor of what lies elsewhere.
        templated(&world, "order.cancelled", "requester", "t-done").await;
        agreed(&world.person("zhang"), "t-done").await;
        orders::at(&world, State::Cancelled).await;
        let stranger = world.person("stranger");
        bound(&stranger, "o-stranger").await;
        agreed(&stranger, "t-done").await;
        let order = orders::place(&stranger, orders::lamp_with(json!({ "region_code": FOREIGN, "point": null }))).await;
        step(&world.person("foreign"), &order, "cancel", json!({})).await.expect(200);
        // Nor of one whose consent is taken back.
        world.person("zhang").post("/wechat/subscriptions").json(json!({ "refused": ["t-done"] })).send().await.expect(200);
        orders::at(&world, State::Completed).await;
        followed(&world, 0, 0).await;
        assert_eq!((send(&world).await, sent(&stub).len()), (0, 0));
    }

    async fn who_does_not_want_it_is_not_asked_again(world: World, stub: WechatStub) {
        let zhang = world.person("zhang");
        prepared(&world, 0).await;
        bound(&zhang, "o-refuses").await;
        for _ in 0..3 {
            agreed(&zhang, "t-done").await;
        }
        orders::at(&world, State::Completed).await;
        followed(&world, 1, 0).await;
        assert_eq!(send(&world).await, 1);
        let message = &listed(&world, "messages", "").await[0];
        assert_eq!((&message["state"], &message["errcode"], &message["attempts"]), (&json!("refused"), &json!(43101), &json!(1)), "{message}");
        assert_eq!(remaining(&world, "zhang").await, json!(0));
        orders::at(&world, State::Completed).await;
        followed(&world, 0, 0).await;
        let retry = world.person("wang").post(format!("/wechat/messages/{}/retry", message["id"].as_str().unwrap())).send().await;
        retry.refused(409, "wechat_message_done");
        assert_eq!(sent(&stub).len(), 1);
    }

    async fn an_outage_is_waited_out(world: World, stub: WechatStub) {
        prepared(&world, 1).await;
        orders::at(&world, State::Completed).await;
        followed(&world, 1, 0).await;
        for (manner, reason) in [
            (Manner::Status(502), "status 502"),
            (Manner::Gone, ""),
            (Manner::Errcode(-1), "rid: 66aa"),
            (Manner::Errcode(45009), "45009"),
        ] {
            stub.errs(SEND, manner, 1);
            assert_eq!(send(&world).await, 1);
            let message = &listed(&world, "messages", "&state=pending").await[0];
            assert!(message["reason"].as_str().unwrap().contains(reason) && message.get("due_at").is_some(), "{message}");
            assert_eq!(send(&world).await, 0, "not at once");
            world.later(Duration::minutes(31));
        }
        assert_eq!(send(&world).await, 1);
        let message = &listed(&world, "messages", "&state=sent").await[0];
        assert_eq!((&message["attempts"], message.get("errcode")), (&json!(5), None), "{message}");
        assert_eq!(remaining(&world, "zhang").await, json!(0));
    }

    async fn what_failed_is_seen_and_sent_again(world: World, stub: WechatStub) {
        prepared(&world, 2).await;
        orders::at(&world, State::Completed).await;
        followed(&world, 1, 0).await;
        let wang = world.person("wang");
        for errcode in [40037, 41030, 47003, 40003] {
            stub.errs(SEND, Manner::Errcode(errcode), 1);
            assert_eq!(send(&world).await, 1);
            let message = &listed(&world, "messages", "&state=failed").await[0];
            assert_eq!((&message["errcode"], message.get("due_at")), (&json!(errcode), None), "{message}");
            let path = format!("/wechat/messages/{}/retry", message["id"].as_str().unwrap());
            world.person("foreign").post(&path).send().await.refused(404, "wechat_message_not_found");
            assert_eq!(wang.post(&path).send().await.expect(200)["state"], "pending");
            wang.post(&path).send().await.refused(409, "wechat_message_done");
        }
        assert_eq!(send(&world).await, 1);
        assert_eq!(listed(&world, "messages", "&state=sent").await.len(), 1);
        // After a day and more of outage it has failed, and is not forgotten.
        orders::at(&world, State::Completed).await;
        followed(&world, 1, 0).await;
        stub.errs(SEND, Manner::Status(503), 100);
        for _ in 0..8 {
            assert_eq!(send(&world).await, 1);
            world.later(Duration::hours(12));
        }
        assert_eq!((send(&world).await, listed(&world, "messages", "&state=failed").await.len()), (0, 1));
    }

    async fn what_was_before_is_told_to_nobody(world: World, _stub: WechatStub) {
        // WeChat was not connected then.
        let zhang = world.person("zhang");
        bound(&zhang, "o-zhang").await;
        templated(&world, "order.completed", "requester", "t-done").await;
        agreed(&zhang, "t-done").await;
        orders::at(&world, State::Completed).await;
        followed(&world, 0, 0).await;
        // Nor what has lain for a day, because no server ran.
        orders::at(&world, State::Completed).await;
        world.later(Duration::hours(25));
        followed(&world, 0, 0).await;
        orders::at(&world, State::Completed).await;
        followed(&world, 1, 0).await;
    }

    async fn two_servers_send_once(world: World, stub: WechatStub) {
        prepared(&world, 5).await;
        for _ in 0..5 {
            orders::at(&world, State::Completed).await;
        }
        followed(&world, 5, 0).await;
        let (one, two) = tokio::join!(send(&world), send(&world));
        assert_eq!((one + two, sent(&stub).len()), (5, 5));
    }

    async fn a_template_is_data_and_what_cannot_be_said_is_refused(world: World, _stub: WechatStub) {
        let wang = world.person("wang");
        let first = templated(&world, "order.completed", "requester", "t-1").await;
        let second = templated(&world, "order.completed", "requester", "t-2").await;
        assert_eq!((&second["id"], &second["version"], &second["template_id"]), (&first["id"], &json!(2), &json!("t-2")));
        let set = async |fields: Value| {
            let mut body = json!({
                "region_code": HOME, "event_type": "order.completed", "audience": "requester", "template_id": "t-3",
                "fields": [{ "key": "thing1", "from": "title" }],
            });
            body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            wang.post("/wechat/templates").json(body).send().await
        };
        for (fields, pointer) in [
            (json!([{ "key": "phrase1", "from": "title" }]), "#/fields/0"),
            (json!([{ "key": "thing1", "from": "title" }, { "key": "thing1", "from": "state" }]), "#/fields/1"),
            (json!([{ "key": "thing1", "from": "text", "text": "一二三四五六七八九十一二三四五六七八九十一" }]), "#/fields/0"),
            (json!([{ "key": "phrase1", "from": "text", "text": "六个汉字不行" }]), "#/fields/0"),
            (json!([{ "key": "number1", "from": "text", "text": "many" }]), "#/fields/0"),
        ] {
            let problem = set(json!({ "fields": fields })).await.refused(422, "wechat_template_unfit");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
        set(json!({ "fields": [{ "key": "stuff1", "from": "title" }] })).await.refused_fields(&[("#/fields/0/key", "field_invalid")]);
        set(json!({ "event_type": "grid.created" })).await.refused_fields(&[("#/event_type", "field_invalid")]);
        set(json!({ "page": "/pages/order" })).await.refused_fields(&[("#/page", "field_invalid")]);
        set(json!({ "region_code": FOREIGN })).await.refused(403, "permission_missing");
        set(json!({ "enabled": false })).await.expect(200);
        assert_eq!(world.person("zhang").get("/wechat/subscriptions").send().await.expect(200)["items"], json!([]));
        // The most specific place decides.
        set(json!({ "enabled": true })).await.expect(200);
        let street = json!({
            "region_code": "321182001", "event_type": "order.completed", "audience": "requester", "template_id": "t-street",
            "fields": [{ "key": "thing1", "from": "answer" }],
        });
        world.person("feng").post("/wechat/templates").json(street).send().await.expect(200);
        let zhang = world.person("zhang");
        bound(&zhang, "o-zhang").await;
        let list = zhang.get("/wechat/subscriptions").send().await.expect(200);
        let mut ids: Vec<&str> = list["items"].as_array().unwrap().iter().map(|item| item["template_id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["t-3", "t-street"], "{list}");
        agreed(&zhang, "t-3").await;
        agreed(&zhang, "t-street").await;
        caught_up(&world).await;
        orders::at(&world, State::Completed).await;
        followed(&world, 1, 0).await;
        assert_eq!(listed(&world, "messages", "").await[0]["template_id"], "t-3");
    }
}
