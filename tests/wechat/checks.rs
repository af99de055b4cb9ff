//! What WeChat is asked to look at: texts in pieces, pictures in quarantine.

use super::{bound, caught_up, check, followed, listed, logged, on_both};
use crate::orders;
use chrono::Duration;
use kernel::clock::Clock;
use serde_json::{Value, json};
use testkit::{Client, Method, WechatStub, World, wechat::Manner};

const TEXT: &str = "/wxa/msg_sec_check";
const MEDIA: &str = "/wxa/media_check_async";

/// A server that lets its pictures be checked.
macro_rules! with_pictures {
    ($($test:tt)+) => {
        on_both! {
            with |setup| connect::wechat::Setup { public_url: Some("http://127.0.0.1:1/".to_owned()), ..setup };
            $($test)+
        }
    };
}

async fn place(world: &World, content: &str) -> Value {
    let body = orders::lamp_with(json!({ "channel": "mini_program", "content": content }));
    orders::place(&world.person("zhang"), body).await
}

async fn upload(by: &Client) -> Value {
    let photo = crate::attachments::form("abc", "x.jpg", &crate::attachments::photo(4, 2));
    by.post("/attachments").body("multipart/form-data; boundary=abc", photo).send().await.expect(201)
}

/// WeChat tells what it thinks of the so-many-th picture.
async fn told(world: &World, trace: &str, fields: Value) {
    let mut message = json!({
        "ToUserName": "gh_0", "FromUserName": "o-zhang", "CreateTime": 1, "MsgType": "event", "Event": "wxa_media_check",
        "appid": testkit::wechat::APPID, "trace_id": trace, "version": 2,
    });
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let (query, body) = WechatStub::push(&message, world.clock.now().timestamp());
    let reply = world.nobody().post(format!("/wechat/push{query}")).json(body).send().await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "success"), "{}", reply.text());
}

fn result(suggest: &str, label: i32) -> Value {
    json!({ "errcode": 0, "result": { "suggest": suggest, "label": label } })
}

/// A picture of Zhang's that WeChat has been asked about.
async fn asked(world: &World) -> Value {
    let zhang = world.person("zhang");
    bound(&zhang, "o-zhang").await;
    caught_up(world).await;
    let made = upload(&zhang).await;
    assert_eq!((&made["quarantine"], made.get("links")), (&json!("checking"), None), "{made}");
    followed(world, 0, 1).await;
    assert_eq!(check(world).await, 1);
    made
}

async fn shown(world: &World, attachment: &Value) -> Value {
    world.person("zhang").get(format!("/attachments/{}", attachment["id"].as_str().unwrap())).send().await.expect(200)
}

on_both! {
    async fn an_order_is_checked_in_pieces_after_it_was_placed(world: World, stub: WechatStub) {
        bound(&world.person("zhang"), "o-zhang").await;
        caught_up(&world).await;
        let long = format!("{}违法{}", "灯".repeat(2600), "请打13812341234");
        let order = place(&world, &long).await;
        place(&world, "楼道灯不亮").await;
        // What staff enter is not checked, nor what comes another way.
        orders::place(&world.person("zhang"), orders::lamp_with(json!({ "channel": "website" }))).await;
        let behalf = json!({ "channel": "mini_program", "on_behalf": true });
        orders::place(&world.person("wang"), orders::lamp_with(behalf)).await;
        followed(&world, 0, 2).await;
        assert_eq!(check(&world).await, 2);
        let asked = stub.asked(TEXT);
        assert_eq!(asked.len(), 3, "one is in two pieces");
        for asked in &asked {
            let content = asked.body["content"].as_str().unwrap();
            assert!(content.chars().count() <= 2500 && !content.contains("13812341234"), "{content}");
            assert_eq!((&asked.body["version"], &asked.body["openid"]), (&json!(2), &json!("o-zhang")));
        }
        let waiting = listed(&world, "checks", "&state=review").await;
        assert_eq!(waiting.len(), 1);
        assert_eq!((&waiting[0]["subject_id"], &waiting[0]["verdict"], &waiting[0]["label"]), (&order["id"], &json!("risky"), &json!(20006)));
        assert_eq!(logged(&world, "wechat_check.flagged", 1).await[0]["data"]["subject_id"], order["id"]);
        // The order goes on meanwhile.
        crate::orders::step(&world.person("wang"), &order, "triage", json!({})).await.expect(200);

        let path = format!("/wechat/checks/{}/decide", waiting[0]["id"].as_str().unwrap());
        world.person("foreign").post(&path).json(json!({ "pass": true })).send().await.refused(404, "wechat_check_not_found");
        let decided = world.person("wang").post(&path).json(json!({ "pass": true })).send().await.expect(200);
        assert_eq!((&decided["state"], &decided["decided_by"]), (&json!("passed"), &json!(world.person("wang").account())));
        world.person("wang").post(&path).json(json!({ "pass": false })).send().await.refused(409, "wechat_check_settled");
    }

    async fn who_has_not_opened_the_mini_program_is_not_checked(world: World, stub: WechatStub) {
        bound(&world.person("zhang"), "o-zhang").await;
        caught_up(&world).await;
        world.later(Duration::hours(2));
        place(&world, "违法").await;
        followed(&world, 0, 0).await;
        bound(&world.person("zhang"), "o-zhang").await;
        place(&world, "违法").await;
        followed(&world, 0, 1).await;
        stub.errs(TEXT, Manner::Errcode(61010), 1);
        assert_eq!(check(&world).await, 1);
        let check = &listed(&world, "checks", "&state=review").await[0];
        assert_eq!((&check["errcode"], check.get("verdict")), (&json!(61010), None), "{check}");
    }

    async fn an_outage_is_waited_out(world: World, stub: WechatStub) {
        bound(&world.person("zhang"), "o-zhang").await;
        caught_up(&world).await;
        place(&world, "楼道灯不亮").await;
        place(&world, "楼道灯不亮").await;
        followed(&world, 0, 2).await;
        stub.errs(TEXT, Manner::Status(502), 2);
        assert_eq!(check(&world).await, 2);
        assert_eq!((check(&world).await, listed(&world, "checks", "&state=pending").await.len()), (0, 2));
        world.later(Duration::seconds(11));
        assert_eq!(check(&world).await, 2);
        assert_eq!(listed(&world, "checks", "&state=passed").await.len(), 2);
        // In the end a person decides.
        place(&world, "楼道灯不亮").await;
        followed(&world, 0, 1).await;
        stub.errs(TEXT, Manner::Gone, 100);
        for _ in 0..5 {
            assert_eq!(check(&world).await, 1);
            world.later(Duration::hours(1));
        }
        assert_eq!((check(&world).await, listed(&world, "checks", "&state=review").await.len()), (0, 1));
    }
}

with_pictures! {
    async fn a_picture_is_shown_when_wechat_lets_it_pass(world: World, stub: WechatStub) {
        let made = asked(&world).await;
        let body = stub.asked(MEDIA).remove(0).body;
        assert_eq!((&body["media_type"], &body["version"], &body["openid"]), (&json!(2), &json!(2), &json!("o-zhang")));
        // WeChat can fetch it, and nobody is given a link, not even with an order.
        let link = body["media_url"].as_str().unwrap().strip_prefix("http://127.0.0.1:1").unwrap().to_owned();
        let fetched = world.nobody().request(Method::GET, &link).send().await;
        assert_eq!((fetched.status, fetched.header("content-type")), (200, "image/jpeg"), "{}", fetched.text());
        assert!(shown(&world, &made).await.get("links").is_none());
        let order = orders::place(&world.person("zhang"), orders::lamp_with(json!({ "attachment_ids": [made["id"]] }))).await;
        let files = format!("{}/attachments", orders::path(&order));
        let seen = world.person("wang").get(&files).send().await.expect(200)["items"][0].clone();
        assert_eq!((&seen["quarantine"], seen.get("links")), (&json!("checking"), None), "{seen}");

        told(&world, "trace-none", result("risky", 20002)).await;
        told(&world, "trace-1", result("pass", 100)).await;
        let seen = world.person("wang").get(&files).send().await.expect(200)["items"][0].clone();
        let link = seen["links"]["original"].as_str().unwrap().to_owned();
        assert_eq!((world.nobody().request(Method::GET, &link).send().await.status, seen.get("quarantine")), (200, None));
        // What is told again changes nothing.
        told(&world, "trace-1", result("risky", 20002)).await;
        assert!(shown_links(&world, &files).await);
        assert_eq!(listed(&world, "checks", "&state=passed").await.len(), 1);
    }

    async fn a_picture_that_is_risky_is_never_shown(world: World, stub: WechatStub) {
        let made = asked(&world).await;
        let link = stub.asked(MEDIA).remove(0).body["media_url"].as_str().unwrap().replace("http://127.0.0.1:1", "");
        told(&world, "trace-1", result("risky", 20002)).await;
        assert_eq!(shown(&world, &made).await["quarantine"], "blocked");
        world.nobody().request(Method::GET, &link).send().await.refused(404, "attachment_not_found");
        let check = &listed(&world, "checks", "&state=blocked").await[0];
        assert_eq!((&check["subject_id"], &check["label"], &check["kind"]), (&made["id"], &json!(20002), &json!("media")));
        // Unless a person knows better.
        let path = format!("/wechat/checks/{}/decide", check["id"].as_str().unwrap());
        world.person("wang").post(path).json(json!({ "pass": true })).send().await.expect(200);
        assert!(shown(&world, &made).await.get("links").is_some());
    }

    async fn what_wechat_does_not_tell_a_person_decides(world: World, stub: WechatStub) {
        let made = asked(&world).await;
        world.later(Duration::minutes(29));
        assert_eq!(check(&world).await, 0);
        world.later(Duration::minutes(2));
        assert_eq!(check(&world).await, 1);
        assert_eq!(shown(&world, &made).await["quarantine"], "review");
        // Late is better than never.
        told(&world, "trace-1", result("pass", 100)).await;
        assert!(shown(&world, &made).await.get("links").is_some());

        let second = upload(&world.person("zhang")).await;
        followed(&world, 0, 1).await;
        assert_eq!(check(&world).await, 1);
        told(&world, "trace-2", json!({ "errcode": -1008 })).await;
        assert_eq!(shown(&world, &second).await["quarantine"], "review");
        let third = upload(&world.person("zhang")).await;
        followed(&world, 0, 1).await;
        stub.errs(MEDIA, Manner::Errcode(40003), 1);
        assert_eq!(check(&world).await, 1);
        assert_eq!(shown(&world, &third).await["quarantine"], "review");
    }

    async fn only_pictures_of_who_uses_the_mini_program(world: World, _stub: WechatStub) {
        assert!(upload(&world.person("wang")).await.get("quarantine").is_none());
        bound(&world.person("zhang"), "o-zhang").await;
        let pdf = crate::attachments::form("abc", "x.pdf", b"%PDF-1.4\n%%EOF\n");
        let made = world.person("zhang").post("/attachments").body("multipart/form-data; boundary=abc", pdf).send().await.expect(201);
        assert!(made.get("quarantine").is_none(), "{made}");
    }
}

async fn shown_links(world: &World, files: &str) -> bool {
    world.person("wang").get(files).send().await.expect(200)["items"][0].get("links").is_some()
}
