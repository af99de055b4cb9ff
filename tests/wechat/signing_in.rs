//! Signing in from a mini-program, and whose account it is.

use super::{bound, logged, on_both};
use chrono::Duration;
use identity::{CreateAccount, CreateGrant};
use kernel::{Place, RegionCode, Role};
use serde_json::{Value, json};
use testkit::{FOREIGN, HOME, PASSWORD, Reply, World, wechat::Manner};

async fn sign_in(world: &World, code: &str, phone: Option<&str>) -> Reply {
    let mut body = json!({ "code": code });
    if let Some(phone) = phone {
        body["phone_code"] = json!(format!("phone:{phone}"));
    }
    world.nobody().post("/wechat/sessions").json(body).send().await
}

async fn me(world: &World, tokens: &Value) -> Value {
    let header = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    world.nobody().get("/me").header("authorization", &header).send().await.expect(200)
}

on_both! {
    async fn the_first_time_by_phone_and_then_by_code_alone(world: World, stub: WechatStub) {
        sign_in(&world, "o-zhang", None).await.refused(409, "wechat_unbound");
        let tokens = sign_in(&world, "o-zhang", Some("13812341234")).await.expect(201);
        assert_eq!(tokens["account_id"], json!(world.person("zhang").account()));
        assert_eq!(me(&world, &tokens).await["account"]["id"], tokens["account_id"]);
        let again = sign_in(&world, "o-zhang", None).await.expect(201);
        assert_eq!(again["account_id"], tokens["account_id"]);
        // A session like any other.
        world.nobody().post("/sessions/refresh").json(json!({ "refresh_token": again["refresh_token"] })).send().await.expect(200);
        let asked = &stub.asked("/sns/jscode2session")[0];
        assert_eq!((asked.query["grant_type"].as_str(), asked.query["js_code"].as_str()), ("authorization_code", "o-zhang"));

        // Who they are at WeChat stands open nowhere, and the session key stands nowhere at all.
        for secret in ["o-zhang", "union-o-zhang", "dGlzLWEtc2VjcmV0", "token-1", testkit::wechat::SECRET] {
            assert!(!crate::battery::holds(&world, secret).await, "{secret}");
        }
        let told = &logged(&world, "wechat_binding.*", 1).await[0];
        assert_eq!((&told["type"], &told["data"]), (&json!("wechat_binding.created"), &json!({ "by": "phone" })), "{told}");
    }

    async fn a_phone_number_is_not_everything(world: World, stub: WechatStub) {
        sign_in(&world, "o-1", Some("13800009999")).await.refused(409, "wechat_phone_unknown");
        // Whoever manages accounts could have written the number there.
        for phone in ["13712340001", "13712340008", "13712340011"] {
            sign_in(&world, "o-1", Some(phone)).await.refused(403, "wechat_password_needed");
        }
        let double = CreateAccount {
            name: "double".to_owned(),
            password: PASSWORD.to_owned(),
            display_name: "李双".to_owned(),
            phone: Some("13912345678".to_owned()),
            grants: vec![CreateGrant::in_region(Role::Resident, FOREIGN.parse::<RegionCode>().unwrap())],
        };
        identity::create_account(&world.cx(), double, &[Place::from(FOREIGN.parse::<RegionCode>().unwrap())]).await.unwrap();
        sign_in(&world, "o-1", Some("13912345678")).await.refused(409, "wechat_phone_shared");
        sign_in(&world, "o-chen", Some("13712340004")).await.expect(201);
        sign_in(&world, "o-thief", Some("13712340004")).await.refused(409, "wechat_account_bound");
        assert_eq!(sign_in(&world, "o-chen", None).await.expect(201)["account_id"], json!(world.person("chen").account()));
        // A number that was given to another mini-program.
        let foreign = json!({ "errcode": 0, "phone_info": {
            "purePhoneNumber": "13812341234", "countryCode": "86", "watermark": { "appid": "wx-other" },
        } });
        stub.errs("/wxa/business/getuserphonenumber", Manner::Says(foreign), 1);
        sign_in(&world, "o-2", Some("13812341234")).await.refused(401, "wechat_code_invalid");
        let text = json!({ "errcode": 0, "phone_info": {
            "purePhoneNumber": "13812341234", "countryCode": "86", "watermark": { "appid": testkit::wechat::APPID },
        } });
        stub.errs("/wxa/business/getuserphonenumber", Manner::Says(text), 1);
        assert_eq!(sign_in(&world, "o-2", Some("x")).await.expect(201)["account_id"], json!(world.person("zhang").account()));
    }

    async fn who_manages_others_binds_when_signed_in(world: World, _stub: WechatStub) {
        let (wang, li) = (world.person("wang"), world.person("li"));
        let first = bound(&wang, "o-wang").await;
        assert_eq!(first["account_id"], json!(wang.account()));
        assert_eq!(sign_in(&world, "o-wang", None).await.expect(201)["account_id"], json!(wang.account()));
        world.later(Duration::hours(1));
        assert_eq!(bound(&wang, "o-wang").await, first, "nothing new");
        bound(&wang, "o-wang-2").await;
        sign_in(&world, "o-wang", None).await.refused(409, "wechat_unbound");
        // Whoever holds the WeChat user and the account has both.
        bound(&li, "o-wang-2").await;
        assert_eq!(sign_in(&world, "o-wang-2", None).await.expect(201)["account_id"], json!(li.account()));
        for _ in 0..2 {
            li.delete("/wechat/binding").send().await.expect(204);
        }
        sign_in(&world, "o-wang-2", None).await.refused(409, "wechat_unbound");
        assert_eq!(logged(&world, "wechat_binding.removed", 2).await.len(), 2);
    }

    async fn a_disabled_account_is_nobodys(world: World, _stub: WechatStub) {
        sign_in(&world, "o-li", Some("13912345678")).await.expect(201);
        let account = world.person("li").account();
        world.person("wang").post(format!("/accounts/{account}")).json(json!({ "status": "disabled" })).send().await.expect(200);
        sign_in(&world, "o-li", None).await.refused(409, "wechat_unbound");
        sign_in(&world, "o-li", Some("13912345678")).await.refused(409, "wechat_phone_unknown");
        // The same WeChat user with another account.
        sign_in(&world, "o-li", Some("13812341234")).await.expect(201);
    }

    async fn what_wechat_says_is_said_plainly(world: World, stub: WechatStub) {
        let path = "/sns/jscode2session";
        let problem = sign_in(&world, "bad-code", None).await.refused(401, "wechat_code_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "#/code");
        for (errcode, status, code) in [
            (40163, 401, "wechat_code_invalid"),
            (45011, 429, "wechat_busy"),
            (40226, 403, "wechat_user_blocked"),
            (40013, 503, "wechat_refused"),
            (40125, 503, "wechat_refused"),
        ] {
            stub.errs(path, Manner::Errcode(errcode), 1);
            let problem = sign_in(&world, "o-1", None).await.refused(status, code);
            assert!(!problem.to_string().contains(testkit::wechat::SECRET), "{problem}");
        }
        // Busy once is nothing; twice is enough.
        stub.errs(path, Manner::Errcode(-1), 1);
        sign_in(&world, "o-1", None).await.refused(409, "wechat_unbound");
        for manner in [Manner::Errcode(-1), Manner::Status(502), Manner::Gone, Manner::Says(json!({ "openid": 7 })), Manner::Says(json!([]))] {
            stub.errs(path, manner, 2);
            sign_in(&world, "o-1", None).await.refused(503, "wechat_unavailable");
            stub.recovers();
        }
        let problem = sign_in(&world, "o-1", Some("no-number")).await.refused(409, "wechat_phone_unknown");
        assert!(problem.get("errors").is_none());
        let wrong = json!({ "code": "o-1", "phone_code": "wrong" });
        let problem = world.nobody().post("/wechat/sessions").json(wrong).send().await.refused(401, "wechat_code_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "#/phone_code");
        world.nobody().post("/wechat/sessions").json(json!({ "code": "口" })).send().await.refused_fields(&[("#/code", "field_invalid")]);
    }

    async fn guessing_is_counted_and_an_outage_is_no_guess(world: World, stub: WechatStub) {
        stub.errs("/sns/jscode2session", Manner::Status(503), 40);
        for _ in 0..40 {
            sign_in(&world, "o-1", None).await.refused(503, "wechat_unavailable");
        }
        stub.recovers();
        for _ in 0..30 {
            sign_in(&world, "bad-code", None).await.refused(401, "wechat_code_invalid");
        }
        sign_in(&world, "bad-code", None).await.refused(429, "rate_limited");
        world.later(Duration::minutes(1));
        sign_in(&world, "o-zhang", Some("13812341234")).await.expect(201);
    }

    async fn wechat_that_hangs_slows_no_order(world: World, stub: WechatStub) {
        let zhang = world.person("zhang");
        bound(&zhang, "o-zhang").await;
        stub.errs("/sns/jscode2session", Manner::Slow(std::time::Duration::from_secs(30)), 1);
        let (waiting, began) = (sign_in(&world, "o-zhang", None), std::time::Instant::now());
        let placing = async {
            for _ in 0..5 {
                let order = crate::orders::lamp_with(json!({ "channel": "mini_program", "region_code": HOME }));
                crate::orders::place(&zhang, order).await;
            }
            began.elapsed()
        };
        let (answer, placed) = tokio::join!(waiting, placing);
        answer.refused(503, "deadline_exceeded");
        assert!(placed < std::time::Duration::from_secs(2), "{placed:?}");
    }
}
