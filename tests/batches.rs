//! Batches: each item by itself, and the whole of it again.

use crate::orders::{at, lamp, lamp_with, patched, placed, read, taker, timeline};
use kernel::Code;
use serde_json::{Value, json};
use services::order::State;
use std::time::Duration;
use testkit::{Backend, FOREIGN, World};

/// The statuses of the items, and how many failed as the batch says.
fn statuses(batch: &Value) -> (Vec<u64>, u64) {
    (batch["items"].as_array().unwrap().iter().map(|i| i["status"].as_u64().unwrap()).collect(), batch["failed"].as_u64().unwrap())
}

testkit::on_both! {
    async fn each_item_is_placed_or_refused_by_itself(world: World) {
        let [zhang, wang] = ["zhang", "wang"].map(|n| world.person(n));
        let title = "长".repeat(101);
        let items = json!([
            lamp(),
            lamp_with(json!({ "title": title })),
            lamp_with(json!({ "colour": "red" })),
            lamp_with(json!({ "region_code": FOREIGN, "point": null })),
            lamp_with(json!({ "region_code": "321182001099" })),
            "nonsense",
            null,
            [lamp()],
            lamp_with(json!({ "contact": ["张三"] })),
            lamp_with(json!({ "title": "门\u{0}铃" })),
            lamp_with(json!({ "title": "门铃不响", "attachment_ids": [] })),
        ]);
        let send = |language: &str| zhang.post("/orders/batch").header("accept-language", language).json(json!({ "items": items }));
        let reply = send("en").send().await;
        let batch = reply.expect(200);
        assert_eq!(statuses(&batch), (vec![201, 422, 422, 403, 422, 422, 422, 422, 422, 422, 201], 9), "{batch}");
        let problem = |n: usize| &batch["items"][n]["problem"];
        let told = |n: usize| (problem(n)["code"].as_str().unwrap(), problem(n)["errors"][0]["pointer"].as_str().unwrap_or_default());
        assert_eq!(told(1), ("content_invalid", "#/title"));
        assert_eq!((told(2), &problem(2)["errors"][0]["code"]), (("content_invalid", "#/colour"), &json!("field_unknown")));
        assert_eq!((told(3).0, &problem(3)["params"]["permission"]), ("permission_missing", &json!("order.place")));
        assert_eq!(told(4), ("region_unknown", "#/region_code"));
        assert_eq!((told(7), told(8), told(9).0), (("content_invalid", "#"), ("content_invalid", "#/contact"), "nul_character"));
        for item in batch["items"].as_array().unwrap() {
            assert!(item.get("body").is_some() != item.get("problem").is_some());
            assert!(item["body"].is_object() || item["problem"]["request_id"] == reply.header("x-request-id"));
        }
        assert!(problem(1)["detail"].as_str().unwrap().is_ascii());
        assert!(send("zh").send().await.expect(200)["items"][1]["problem"]["detail"].as_str().unwrap().contains("内容"));
        // An order is what it would be by itself.
        let order = &batch["items"][0]["body"];
        assert_eq!(&read(&zhang, order).await, order);
        assert_eq!(timeline(&wang, order).await.len(), 1);
    }

    async fn a_batch_is_a_list_of_one_to_five_hundred(world: World) {
        let zhang = world.person("zhang");
        let send = |body: Value| zhang.post("/orders/batch").json(body).send();
        send(json!({})).await.refused_fields(&[("#/items", "field_missing")]);
        send(json!({ "items": [] })).await.refused_fields(&[("#/items", "field_length")]);
        send(json!({ "items": vec![json!({}); 501] })).await.refused_fields(&[("#/items", "field_length")]);
        send(json!({ "items": {} })).await.refused_fields(&[("#/items", "field_type")]);
        send(json!({ "items": [lamp()], "all": true })).await.refused_fields(&[("#/all", "field_unknown")]);
        zhang.post("/orders/batch").body("text/plain", "{}").send().await.refused(415, "media_type_unsupported");
        assert_eq!(zhang.get("/orders").send().await.expect(200)["items"], json!([]));
        assert_eq!(statuses(&send(json!({ "items": vec![json!({}); 500] })).await.expect(200)).1, 500);
        assert_eq!(zhang.get("/orders/batch").send().await.refused(405, "method_not_allowed")["params"]["allow"], "POST");
    }

    async fn a_batch_that_was_cut_off_is_sent_again(world: World) {
        let [zhang, li, wang] = ["zhang", "li", "wang"].map(|n| world.person(n));
        let order = |title: &str| lamp_with(json!({ "title": title }));
        let send = |items: Value| zhang.post("/orders/batch").key("night").json(json!({ "items": items })).send();
        let first = send(json!([order("甲"), order("乙")])).await;
        assert_eq!(statuses(&first.expect(200)), (vec![201, 201], 0));
        assert_eq!(first.header("idempotency-replayed"), "");
        let again = send(json!([order("甲"), order("乙")])).await;
        assert_eq!((again.text(), again.header("idempotency-replayed")), (first.text(), "true"));
        // More than was sent the first time: what is done stays, what is new is done, what is another is refused.
        let more = send(json!([order("甲"), order("别的"), order("丙"), {}])).await;
        let batch = more.expect(200);
        assert_eq!((statuses(&batch), more.header("idempotency-replayed")), ((vec![201, 422, 201, 422], 2), ""));
        assert_eq!((&batch["items"][0], &batch["items"][1]["problem"]["code"]), (&first.json()["items"][0], &json!("idempotency_key_reused")));
        // What was refused is tried anew.
        let mended = send(json!([order("甲"), order("乙"), order("丙"), order("丁")])).await.expect(200);
        assert_eq!(statuses(&mended), (vec![201; 4], 0));
        assert_eq!(wang.get("/orders").send().await.expect(200)["items"].as_array().unwrap().len(), 4);
        // The key is the account's, and the batch's: not that of an order by itself.
        zhang.post("/orders").key("night").json(order("甲")).send().await.expect(201);
        let theirs = li.post("/orders/batch").key("night").json(json!({ "items": [order("甲")] })).send().await.expect(200);
        assert_ne!(theirs["items"][0]["body"]["id"], first.json()["items"][0]["body"]["id"]);
    }

    async fn many_orders_take_a_step_at_once(world: World) {
        let [zhang, wang, chen] = ["zhang", "wang", "chen"].map(|n| world.person(n));
        let (one, two, far) = (at(&world, State::Triaged).await, at(&world, State::Triaged).await, placed(&world).await);
        let missing = "019aa1c2-0000-7000-8000-000000000001";
        let assign = json!({ "mode": "assign", "lead": taker(&chen) });
        let items = json!([
            { "id": one["id"], "body": assign },
            { "id": two["id"], "body": patched(assign.clone(), &json!({ "version": 1 })) },
            { "id": missing, "body": assign },
            { "id": far["id"], "body": { "mode": "sideways" } },
            { "id": one["id"], "body": assign },
            { "id": two["id"], "body": assign, "note": "x" },
            { "id": two["id"], "body": assign },
        ]);
        let batch = wang.post("/orders/batch/dispatch").json(json!({ "items": items })).send().await.expect(200);
        assert_eq!(statuses(&batch), (vec![200, 409, 404, 422, 200, 422, 200], 4), "{batch}");
        assert_eq!(batch["items"][3]["problem"]["errors"][0]["pointer"], "#/body/mode");
        assert_eq!(batch["items"][1]["problem"]["code"], Code::OrderVersionStale.as_str());
        // Who may not see an order is told in a batch what they are told otherwise.
        let stranger = world.person("stranger").post("/orders/batch/dispatch").json(json!({ "items": items })).send().await.expect(200);
        assert_eq!((statuses(&stranger).0[0], &stranger["items"][0]["problem"]["code"]), (404, &json!("order_not_found")));

        let both = json!({ "items": [{ "id": one["id"], "body": {} }, { "id": two["id"], "body": {} }] });
        assert_eq!(statuses(&chen.post("/orders/batch/accept").json(&both).send().await.expect(200)), (vec![200, 200], 0));
        assert_eq!(read(&zhang, &two).await["state"], "accepted");
        let done = at(&world, State::Completed).await;
        let close = json!({ "items": [{ "id": done["id"], "body": {} }, { "id": one["id"], "body": {} }] });
        assert_eq!(statuses(&wang.post("/orders/batch/close").json(close).send().await.expect(200)), (vec![200, 409], 1));
        wang.post("/orders/batch/close").header("if-match", "\"v1\"").json(both).send().await.refused(400, "if_match_invalid");
    }
}

/// A batch takes turns like anybody: meanwhile others are served.
#[test]
fn a_large_batch_holds_up_nobody() {
    testkit::run(Backend::Sqlite, |world| async move {
        let [zhang, li] = ["zhang", "li"].map(|n| world.person(n));
        let items: Vec<Value> =
            (0..500).map(|n| lamp_with(json!({ "title": format!("第{n}盏灯"), "content": "字".repeat(1000) }))).collect();
        let body = json!({ "items": items });
        assert!(body.to_string().len() > api::Settings::default().body_limit * 4);
        let batch = tokio::spawn(zhang.post("/orders/batch").key("all").json(body).send());
        while !batch.is_finished() {
            li.get("/me").send().await.expect(200);
            li.post("/orders").json(lamp()).send().await.expect(201);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(statuses(&batch.await.unwrap().expect(200)), (vec![201; 500], 0));
    });
}
