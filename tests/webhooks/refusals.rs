//! Endpoints that point inward.

use super::*;
use connect::webhook::Names;
use std::{
    future::ready,
    io,
    net::IpAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Says something else each time.
struct Fickle {
    says: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Fickle {
    fn saying(says: &[&[&str]]) -> Arc<Self> {
        let says = says.iter().map(|one| one.iter().map(|a| a.parse().unwrap()).collect()).collect();
        Arc::new(Self { says, asked: AtomicUsize::new(0) })
    }
}

impl Names for Fickle {
    fn addresses(&self, _: String) -> futures_util::future::BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let n = self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(ready(Ok(self.says[n.min(self.says.len() - 1)].clone())))
    }
}

const INWARD: [&str; 24] = [
    "http://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://localhost./",
    "https://user:pass@example.org/",
    "https://example.org:22/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/",
    "https://db.internal/",
];

testkit::on_both! {
    async fn an_address_that_points_inward_is_refused(world: World) {
        let feng = world.person("feng");
        let body = |url: &str| json!({ "region_code": HOME, "name": "内网", "url": url });
        for url in INWARD {
            let problem = feng.post("/webhook_endpoints").json(body(url)).send().await.refused(422, "webhook_url_refused");
            assert_eq!(problem["errors"][0]["pointer"], "#/url", "{problem}");
            assert!(!problem.to_string().contains("pass@"), "{problem}");
        }
        let made = feng.post("/webhook_endpoints").json(body("https://1.1.1.1/")).send().await.expect(201);
        feng.post(path(&made)).json(json!({ "url": "https://10.0.0.1/" })).send().await.refused(422, "webhook_url_refused");
        for (types, pointer) in [(json!(["order.*", "nothing.*"]), "#/types/1"), (json!(["order.lost"]), "#/types/0")] {
            let refused = feng.post("/webhook_endpoints").json(json!({ "region_code": HOME, "name": "x", "url": "https://1.1.1.1/", "types": types })).send().await;
            assert_eq!(refused.refused(422, "webhook_type_unknown")["errors"][0]["pointer"], pointer);
        }
        let nowhere = json!({ "region_code": "321182001999", "name": "x", "url": "https://1.1.1.1/" });
        feng.post("/webhook_endpoints").json(nowhere).send().await.refused(422, "region_unknown");
        let all = world.person("admin").post("/webhook_endpoints").json(json!({ "region_code": "000000000000", "name": "全国", "url": "https://1.1.1.1/" }));
        all.send().await.expect(201);
    }
}

super::on_both! {
    async fn a_name_that_changes_its_mind_leads_nowhere(world: World) {
        let canary = Receiver::start().await;
        let port = canary.address.port();
        let says: [&[&str]; 6] = [&["127.0.0.1"], &["::ffff:127.0.0.1"], &["1.1.1.1", "127.0.0.1"], &["169.254.169.254"], &["::1"], &["10.0.0.1"]];
        for says in says {
            // Entered while the name led outward.
            let names = Fickle::saying(&[&["1.1.1.1"], says]);
            let outlet = Outlet::with(AllowList::default(), names.clone(), Duration::from_secs(2)).unwrap();
            let url = format!("https://rebound.example.org:{port}/");
            let feng = kernel::Cx::new(world.core().clone(), Arc::new(identity::actor_of(&world.cx(), world.person("feng").account()).await.unwrap().unwrap()));
            let command = serde_json::from_value(json!({ "region_code": HOME, "name": "x", "url": url, "types": ["grid.*"] })).unwrap();
            let made = connect::webhook::create_endpoint(&feng, &outlet, command).await.unwrap();
            let made = serde_json::to_value(made).unwrap();
            world.person("feng").post(format!("{}/test", path(&made))).send().await.expect(200);
            dispatched(&world, 1).await;
            assert_eq!(Courier::new(world.core().clone(), Arc::new(outlet)).empty().await.unwrap(), 1);
            assert_eq!(names.asked.load(Ordering::SeqCst), 2, "asked when it was entered, and for the connection");
            let delivery = &deliveries(&world, &made, "").await[0];
            assert_eq!((&delivery["outcome"], delivery.get("status")), (&json!("address_refused"), None), "{says:?}: {delivery}");
            world.person("feng").delete(path(&made)).send().await.expect(204);
        }
        assert!(canary.received().is_empty());
        // Of whom the name led inward when it was entered, nothing is kept.
        let outlet = Outlet::with(AllowList::default(), Fickle::saying(&[&["127.0.0.1"]]), Duration::from_secs(2)).unwrap();
        assert!(outlet.examine("https://rebound.example.org/").await.is_err());
        // A network that the operator has taken back is closed to endpoints that are there already.
        let made = endpoint(&world, &canary, json!(["grid.*"])).await;
        world.person("feng").post(format!("{}/test", path(&made))).send().await.expect(200);
        dispatched(&world, 1).await;
        let outlet = Outlet::new(AllowList::default()).unwrap();
        assert_eq!(Courier::new(world.core().clone(), Arc::new(outlet)).empty().await.unwrap(), 1);
        assert!(canary.received().is_empty());
        assert_eq!(deliveries(&world, &made, "").await[0]["outcome"], "address_refused");
    }
}
