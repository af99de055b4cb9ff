//! Receivers that do not take what they are given.

use super::*;
use chrono::Duration as Days;

fn seconds(delivery: &Value) -> i64 {
    let due: chrono::DateTime<chrono::Utc> = delivery["due_at"].as_str().unwrap().parse().unwrap();
    due.timestamp()
}

super::on_both! {
    async fn ten_times_then_its_endpoint_rests(world: World) {
        use kernel::clock::Clock;
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        receiver.answer(Manner { body: "broken: call 13812341234\u{7}", ..Manner::status(500) });
        place(&world).await;
        dispatched(&world, 1).await;
        let mut courier = courier(&world);
        let began = world.clock.now();
        for n in 1..=10 {
            assert_eq!(courier.empty().await.unwrap(), 1, "attempt {n}");
            let delivery = &deliveries(&world, &made, "").await[0];
            assert_eq!(delivery["attempts"], n, "{delivery}");
            if n < 10 {
                let planned = connect::webhook::flow::SCHEDULE[usize::try_from(n).unwrap()];
                let waits = seconds(delivery) - world.clock.now().timestamp();
                assert!((planned * 9 / 10 - 1..=planned * 11 / 10 + 1).contains(&waits), "{waits} seconds instead of {planned}");
                world.later(Days::seconds(waits - 1));
                assert_eq!(courier.empty().await.unwrap(), 0, "not before its time");
                world.later(Days::seconds(2));
            }
        }
        let hours = (world.clock.now() - began).num_hours();
        assert!((67..=84).contains(&hours), "{hours}");
        assert_eq!(receiver.ids().into_iter().collect::<std::collections::BTreeSet<_>>().len(), 1, "one id for all attempts");
        let delivery = &deliveries(&world, &made, "&state=failed").await[0];
        let tried = attempts(&world, delivery).await;
        assert_eq!((tried.len(), &tried[0]["number"], &tried[0]["status"]), (10, &json!(10), &json!(500)));
        assert_eq!(tried[0]["answer"], "broken: call 138****1234", "{}", tried[0]);
        let paused = read(&world, &made).await;
        assert_eq!((&paused["state"], &paused["reason"]), (&json!("paused"), &json!("failing")), "{paused}");
        assert_eq!(paused["allowed_actions"], json!(["resume", "remove"]));
        let told = testkit::eventually(async || {
            let events = world.person("feng").get("/events?type=webhook_endpoint.paused").send().await.expect(200);
            events["items"].get(0).cloned()
        }).await;
        assert_eq!((&told["subject_id"], &told["data"], told.get("actor_id")), (&made["id"], &json!({ "reason": "failing" }), None));

        // Nothing is lost: what had been given up, and what has come since.
        receiver.answer(Manner::status(200));
        place(&world).await;
        world.person("feng").post(format!("{}/resume", path(&made))).json(json!({})).send().await.expect(200);
        dispatched(&world, 2).await;
        assert_eq!(courier.empty().await.unwrap(), 2);
        let ids = receiver.ids();
        assert!(ids[10..].contains(&ids[0]) && ids.len() == 12, "{ids:?}");
        let sound = read(&world, &made).await;
        assert_eq!((&sound["state"], sound.get("failing_since")), (&json!("active"), None));
    }

    async fn gone_is_gone(world: World) {
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        receiver.answer(Manner::status(410));
        place(&world).await;
        dispatched(&world, 1).await;
        let mut courier = courier(&world);
        assert_eq!(courier.empty().await.unwrap(), 1);
        let disabled = read(&world, &made).await;
        assert_eq!((&disabled["state"], &disabled["reason"]), (&json!("disabled"), &json!("gone")));
        place(&world).await;
        world.later(Days::days(1));
        assert_eq!(connect::webhook::dispatch(&world.cx()).await.unwrap().made, 0);
        assert_eq!(courier.empty().await.unwrap(), 0);
        let feng = world.person("feng");
        feng.post(format!("{}/test", path(&made))).send().await.refused(409, "webhook_state_conflict");
        feng.post(format!("{}/pause", path(&made))).json(json!({})).send().await.refused(409, "webhook_state_conflict");
        testkit::eventually(async || {
            let events = feng.get("/events?type=webhook_endpoint.disabled").send().await.expect(200);
            events["items"].get(0).cloned()
        }).await;
        receiver.answer(Manner::status(200));
        feng.post(format!("{}/resume", path(&made))).json(json!({ "version": 2 })).send().await.expect(200);
        dispatched(&world, 2).await;
        assert_eq!(courier.empty().await.unwrap(), 2);
    }

    async fn who_asks_for_a_rest_gets_it(world: World) {
        let (receiver, other) = (Receiver::start().await, Receiver::start().await);
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        endpoint(&world, &other, json!(["order.*"])).await;
        let mut courier = courier(&world);
        for (status, wait) in [(429, 120), (503, 240)] {
            receiver.answer(Manner { headers: if wait == 120 { "Retry-After: 120\r\n" } else { "Retry-After: 240\r\n" }, ..Manner::status(status) });
            let before = receiver.received().len();
            place(&world).await;
            dispatched(&world, 2).await;
            assert_eq!(courier.empty().await.unwrap(), 2);
            // What comes now waits as well, for this receiver and for no other.
            place(&world).await;
            dispatched(&world, 2).await;
            world.later(Days::seconds(wait - 1));
            assert_eq!(courier.empty().await.unwrap(), 1, "{status}: the other's");
            assert_eq!(receiver.received().len(), before + 1);
            assert!(read(&world, &made).await["held_until"].is_string());
            receiver.answer(Manner::status(200));
            world.later(Days::seconds(2));
            assert_eq!(courier.empty().await.unwrap(), 2, "{status}");
        }
        assert_eq!(deliveries(&world, &made, "&state=delivered").await.len(), 4);
    }

    async fn a_redirect_is_not_followed(world: World) {
        let (receiver, canary) = (Receiver::start().await, Receiver::start().await);
        let made = endpoint(&world, &receiver, json!(["order.*"])).await;
        for (status, headers) in [(301, "Location: http://127.0.0.1:1/\r\n"), (307, "Location: /elsewhere\r\n")] {
            receiver.answer(Manner { headers, ..Manner::status(status) });
            place(&world).await;
        }
        let location: &'static str = format!("Location: {}\r\n", canary.url()).leak();
        receiver.answer(Manner { headers: location, ..Manner::status(308) });
        dispatched(&world, 2).await;
        assert_eq!(courier(&world).empty().await.unwrap(), 2);
        assert_eq!((receiver.received().len(), canary.received().len()), (2, 0));
        let delivery = &deliveries(&world, &made, "&state=pending").await[0];
        assert_eq!((&delivery["outcome"], &delivery["status"]), (&json!("redirect"), &json!(308)), "{delivery}");
    }

    async fn who_hangs_holds_up_nobody_else(world: World) {
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        let made = endpoint(&world, &slow, json!(["order.*"])).await;
        endpoint(&world, &quick, json!(["order.*"])).await;
        slow.answer(Manner { after: Duration::from_secs(30), ..Manner::status(200) });
        for _ in 0..20 {
            place(&world).await;
        }
        dispatched(&world, 40).await;
        let mut courier = courier(&world);
        // While the slow one hangs, the quick one gets all of it.
        let began = std::time::Instant::now();
        while quick.received().len() < 20 {
            courier.turn().await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(slow.received().len() <= 8, "no more at once than it has slots");
        let placing = std::time::Instant::now();
        place(&world).await;
        assert!(placing.elapsed() < Duration::from_secs(1) && began.elapsed() < Duration::from_secs(10), "{:?}", placing.elapsed());
        courier.finish().await.unwrap();
        let delivery = deliveries(&world, &made, "").await.into_iter().find(|d| d["attempts"] == 1).unwrap();
        assert_eq!((&delivery["outcome"], delivery.get("status"), &delivery["state"]), (&json!("timeout"), None, &json!("pending")), "{delivery}");
        let mut hung = slow.received().len();
        world.later(Days::seconds(7));
        for slots in [1, 1] {
            courier.turn().await.unwrap();
            courier.finish().await.unwrap();
            assert!(slow.received().len() - hung <= slots, "who does not answer gets one at a time");
            hung = slow.received().len();
        }
    }

    async fn nobody_there(world: World) {
        let receiver = Receiver::start().await;
        let body = json!({ "region_code": HOME, "name": "无人", "url": "http://127.0.0.1:9/hook?access_token=t0p-secret", "types": ["order.*"] });
        let made = world.person("feng").post("/webhook_endpoints").json(body).send().await.expect(201);
        place(&world).await;
        dispatched(&world, 1).await;
        courier(&world).empty().await.unwrap();
        let delivery = &deliveries(&world, &made, "").await[0];
        let attempt = &attempts(&world, delivery).await[0];
        assert_eq!(attempt["outcome"], "connection");
        assert!(!attempt.to_string().contains("t0p-secret") && !crate::battery::holds(&world, "t0p-secret").await, "{attempt}");
        assert!(read(&world, &made).await["failing_since"].is_string());
        // It moves, and is told.
        world.person("feng").post(path(&made)).json(json!({ "url": receiver.url() })).send().await.expect(200);
        world.later(Days::seconds(6));
        assert_eq!(courier(&world).empty().await.unwrap(), 1);
        assert_eq!(receiver.received().len(), 1);
        assert!(read(&world, &made).await.get("failing_since").is_none());
    }
}
