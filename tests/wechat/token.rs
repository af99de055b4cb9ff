//! One access token for all processes: fetched once, before it ends, and by force within bounds.

use super::on_both;
use chrono::Duration;
use connect::wechat::{self, MakeWechatQrCode, Wechat};
use std::sync::Arc;
use testkit::{HOME, WechatStub, World, wechat::Manner};

const TOKEN: &str = "/cgi-bin/stable_token";

async fn code(world: &World, wechat: &Wechat) -> Result<(), &'static str> {
    let query = MakeWechatQrCode { region_code: HOME.parse().unwrap(), scene: "c=K7Q2M4X9TA".to_owned(), page: None, width: None };
    let made = wechat::make_qr_code(&world.cx(), world.core(), wechat, query).await;
    made.map(|code| assert!(code.bytes.ends_with(b"a code"))).map_err(|e| e.code.as_str())
}

/// Another server on the same database.
fn another(stub: &WechatStub) -> Wechat {
    Wechat::new(stub.setup()).unwrap()
}

fn forced(stub: &WechatStub) -> usize {
    stub.asked(TOKEN).iter().filter(|asked| asked.body["force_refresh"] == true).count()
}

on_both! {
    async fn all_processes_share_one_token(world: World, stub: WechatStub) {
        let servers: Vec<Arc<Wechat>> = (0..4).map(|_| Arc::new(another(&stub))).collect();
        let calls: Vec<_> = (0..20).map(|n| {
            let (world, server) = (world.clone(), Arc::clone(&servers[n % servers.len()]));
            tokio::spawn(async move { code(&world, &server).await })
        }).collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(()));
        }
        assert_eq!(stub.asked(TOKEN).len(), 1);
        assert!(!crate::battery::holds(&world, "token-1").await, "sealed");
        // It is refreshed before it ends, by one of them, and without force.
        world.later(Duration::minutes(115));
        assert_eq!(code(&world, &servers[0]).await, Ok(()));
        assert_eq!(stub.asked(TOKEN).len(), 1);
        world.later(Duration::minutes(2));
        for server in &servers {
            assert_eq!(code(&world, server).await, Ok(()));
        }
        assert_eq!((stub.asked(TOKEN).len(), forced(&stub)), (2, 0));
    }

    async fn a_token_that_is_refused_is_fetched_by_force_once(world: World, stub: WechatStub) {
        let (one, two) = (another(&stub), another(&stub));
        assert_eq!((code(&world, &one).await, code(&world, &two).await), (Ok(()), Ok(())));
        stub.forget_token();
        // Both hear that it is no good; one fetches the next.
        let (first, second) = tokio::join!(code(&world, &one), code(&world, &two));
        assert_eq!((first, second, forced(&stub)), (Ok(()), Ok(()), 1));
        // Not again within thirty seconds.
        stub.forget_token();
        assert_eq!(code(&world, &one).await, Err("wechat_unavailable"));
        assert_eq!(forced(&stub), 1);
        world.later(Duration::seconds(30));
        assert_eq!((code(&world, &one).await, forced(&stub)), (Ok(()), 2));
        // When the next one is refused as well, it is not tried a third time.
        world.later(Duration::minutes(1));
        stub.errs("/wxa/getwxacodeunlimit", Manner::Errcode(42001), 5);
        let before = stub.asked("/wxa/getwxacodeunlimit").len();
        assert_eq!(code(&world, &one).await, Err("wechat_refused"));
        assert_eq!((forced(&stub), stub.asked("/wxa/getwxacodeunlimit").len() - before), (3, 2));
    }

    async fn by_force_only_twenty_times_a_day(world: World, stub: WechatStub) {
        let one = another(&stub);
        assert_eq!(code(&world, &one).await, Ok(()));
        for n in 1..=20 {
            world.later(Duration::seconds(31));
            stub.forget_token();
            assert_eq!((code(&world, &one).await, forced(&stub)), (Ok(()), n));
        }
        world.later(Duration::seconds(31));
        stub.forget_token();
        assert_eq!((code(&world, &one).await, forced(&stub)), (Err("wechat_unavailable"), 20));
        // Tomorrow, in China.
        world.later(Duration::hours(15));
        assert_eq!((code(&world, &one).await, forced(&stub)), (Ok(()), 20));
        stub.forget_token();
        assert_eq!((code(&world, &one).await, forced(&stub)), (Ok(()), 21));
    }

    async fn while_wechat_is_away_the_old_token_goes_on(world: World, stub: WechatStub) {
        let one = another(&stub);
        assert_eq!(code(&world, &one).await, Ok(()));
        world.later(Duration::minutes(117));
        stub.errs(TOKEN, Manner::Status(503), 2);
        assert_eq!(code(&world, &one).await, Ok(()));
        world.later(Duration::minutes(5));
        assert_eq!(code(&world, &one).await, Err("wechat_unavailable"));
        assert_eq!(code(&world, &one).await, Ok(()));
        stub.errs(TOKEN, Manner::Errcode(40164), 1);
        world.later(Duration::hours(3));
        assert_eq!(code(&world, &one).await, Err("wechat_refused"));
    }

    async fn a_qr_code_over_http(world: World, stub: WechatStub) {
        let wang = world.person("wang");
        let ask = async |query: &str| wang.get(format!("/wechat/qr_code?region_code={HOME}{query}")).send().await;
        let reply = ask("&scene=c%3DK7Q2M4X9TA&page=pages/place/place&width=280").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "image/jpeg"), "{}", reply.text());
        assert_eq!(reply.bytes, b"\xff\xd8\xff\xe0 a code");
        let asked = stub.asked("/wxa/getwxacodeunlimit").remove(0).body;
        let expected = serde_json::json!({
            "scene": "c=K7Q2M4X9TA", "env_version": "release", "check_path": true, "width": 280, "page": "pages/place/place",
        });
        assert_eq!(asked, expected);
        ask("&scene=%E7%A4%BE%E5%8C%BA").await.refused(422, "wechat_scene_invalid");
        ask("&scene=a%25b").await.refused(422, "wechat_scene_invalid");
        ask("&scene=a&page=pages/none").await.refused(422, "wechat_page_unknown");
        ask("&scene=a&page=/pages/place").await.refused(422, "wechat_page_unknown");
        ask("&scene=a&page=pages/place%3Fid%3D1").await.refused(422, "wechat_page_unknown");
        ask("&scene=a&width=99").await.refused(400, "query_parameter_invalid");
        stub.errs("/wxa/getwxacodeunlimit", Manner::Errcode(40169), 1);
        ask("&scene=a").await.refused(422, "wechat_scene_invalid");
        stub.errs("/wxa/getwxacodeunlimit", Manner::Errcode(45009), 1);
        ask("&scene=a").await.refused(429, "wechat_busy");
        world.person("foreign").get(format!("/wechat/qr_code?region_code={HOME}&scene=a")).send().await.refused(403, "permission_missing");
    }
}
