//! Several workers: they share the load, and one takes over from another that has crashed.

use super::*;
use std::collections::BTreeSet;

const MANY: usize = 120;

/// So many events that this endpoint is told of.
async fn events(world: &World, endpoint: &Value, count: usize) {
    let feng = world.person("feng");
    for _ in 0..count {
        feng.post(format!("{}/test", path(endpoint))).send().await.expect(200);
    }
}

super::on_both! {
    async fn two_share_the_load_and_double_nothing(world: World) {
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["grid.*"])).await;
        let work = |n: usize| {
            let (world, receiver) = (world.clone(), receiver.clone());
            tokio::spawn(async move {
                let mut courier = courier(&world);
                let mut sent = 0;
                let began = std::time::Instant::now();
                while receiver.received().len() < MANY && began.elapsed() < Duration::from_secs(40) {
                    // A database that is busy says so; then again.
                    let _ = connect::webhook::dispatch(&world.cx()).await;
                    sent += courier.turn().await.unwrap_or_default();
                    tokio::time::sleep(Duration::from_millis(1 + n as u64)).await;
                }
                while courier.finish().await.is_err() {}
                sent
            })
        };
        let workers: Vec<_> = (0..3).map(work).collect();
        events(&world, &made, MANY).await;
        let mut sent = Vec::new();
        for worker in workers {
            sent.push(worker.await.unwrap());
        }
        let ids = receiver.ids();
        assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (MANY, MANY), "each once: {sent:?}");
        assert_eq!(sent.iter().sum::<usize>(), MANY);
        assert!(sent.iter().filter(|n| **n > 0).count() > 1, "more than one had something to do: {sent:?}");
        assert_eq!(deliveries(&world, &made, "&state=pending").await.len(), 0);
    }

    async fn who_crashes_is_followed_within_a_minute(world: World) {
        let receiver = Receiver::start().await;
        let made = endpoint(&world, &receiver, json!(["grid.*"])).await;
        receiver.answer(Manner { after: Duration::from_secs(30), ..Manner::status(200) });
        events(&world, &made, 3).await;
        dispatched(&world, 3).await;
        let mut crashing = courier(&world);
        assert_eq!(crashing.turn().await.unwrap(), 3);
        testkit::eventually(async || (receiver.received().len() == 3).then_some(())).await;
        // It is gone without a word.
        drop(crashing);
        receiver.answer(Manner::status(204));
        let mut other = courier(&world);
        world.later(chrono::Duration::seconds(30));
        assert_eq!(other.empty().await.unwrap(), 0, "not while it may still be at it");
        world.later(chrono::Duration::seconds(29));
        assert_eq!(other.empty().await.unwrap(), 3);
        let ids = receiver.ids();
        assert_eq!(ids[..3].iter().collect::<BTreeSet<_>>(), ids[3..].iter().collect(), "the same messages");
        assert_eq!(deliveries(&world, &made, "&state=delivered").await.len(), 3);
    }

    async fn who_listens_from_now_on_is_not_told_of_before(world: World) {
        let receiver = Receiver::start().await;
        place(&world).await;
        world.readable().await;
        let first = endpoint(&world, &receiver, json!(["order.*"])).await;
        place(&world).await;
        dispatched(&world, 1).await;
        let feng = world.person("feng");
        feng.post(format!("{}/pause", path(&first))).json(json!({})).send().await.expect(200);
        place(&world).await;
        assert_eq!(connect::webhook::dispatch(&world.cx()).await.unwrap().made, 0);
        world.readable().await;
        let second = endpoint(&world, &receiver, json!(["order.*"])).await;
        place(&world).await;
        dispatched(&world, 1).await;
        assert_eq!(deliveries(&world, &second, "").await.len(), 1);
        // What came while it was paused, and nothing twice.
        feng.post(format!("{}/resume", path(&first))).json(json!({})).send().await.expect(200);
        dispatched(&world, 3).await;
        assert_eq!(courier(&world).empty().await.unwrap(), 4);
        let of_first = deliveries(&world, &first, "&state=delivered").await;
        assert_eq!(of_first.iter().map(|d| d["event_id"].as_i64()).collect::<BTreeSet<_>>().len(), 3);
    }
}
