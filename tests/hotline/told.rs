//! What a hotline is told of our steps: each once, in order, in its words; and what happens when it does not listen.

use super::*;
use hotline12345::Fault;
use services::order::Action;

async fn messages(line: &Line, query: &str) -> Vec<Value> {
    line.feng(&format!("/messages?limit=100{query}")).await["items"].as_array().unwrap().clone()
}

/// The one about this step.
fn of_kind<'a>(all: &'a [Value], kind: &str) -> &'a Value {
    all.iter().find(|message| message["kind"] == kind).unwrap()
}

async fn unsettled(line: &Line) -> Vec<Value> {
    line.feng("/reconciliation").await["items"].as_array().unwrap().clone()
}

super::on_both! {
    async fn from_the_call_to_the_call_back(world: World) {
        let mut line = Line::open(&world).await;
        let pushed = line.pushed("ZJ1").await;
        line.step(&pushed, Action::Triage).await;
        assert_eq!(line.tell(1).await, 1);
        assert_eq!(line.hotline.ledger().steps("ZJ1"), ["sign"]);
        line.step(&pushed, Action::Dispatch).await;
        line.step(&pushed, Action::Accept).await;
        // To be sorted anew is not to be signed anew, and who has been told something is told it once.
        line.step(&pushed, Action::RecordProgress).await;
        let asked = json!({ "reason": "需停电施工,联系13812341234。", "new_finish_by": "2026-12-10T10:00:00Z", "told_claimant_at": "2026-11-16T01:00:00Z", "version": 1 });
        let wang = world.person("wang");
        let extended = wang.post(format!("{}/extend", path(&pushed))).json(&asked).send().await.expect(200);
        assert_eq!((&extended["extensions"], &extended["finish_by"]), (&json!(1), &pushed["finish_by"]), "until the hotline agrees the old limit holds");
        wang.post(format!("{}/extend", path(&pushed))).json(&asked).send().await.refused(409, "version_stale");
        let again = patched(asked.clone(), &json!({ "version": null }));
        wang.post(format!("{}/extend", path(&pushed))).json(&again).send().await.refused(409, "hotline_extensions_used");
        let complete = json!({ "result": "partly_solved", "answer": "已先行修复两盏,余下等待配件,请联系0511-88776655。" });
        step(&world.person("chen"), &order(&pushed), "complete", complete).await.expect(200);
        assert_eq!(line.tell(3).await, 3);
        let ledger = line.hotline.ledger();
        assert_eq!(ledger.steps("ZJ1"), ["sign", "progress", "extend", "finish"]);
        assert!(ledger.wrong.is_empty() && ledger.repeated == 0, "{ledger:?}");
        // In the hotline's own words; what it hands on to the caller is whole.
        let finish = ledger.last("ZJ1", "finish").unwrap();
        assert_eq!(finish["data"], json!({ "taskId": "ZJ1", "taskVersion": 1, "step": "finish", "banliResult": "2", "replyPoint": "已先行修复两盏,余下等待配件,请联系0511-88776655。" }));
        assert_eq!((&finish["unitCode"], finish.get("region_code"), &finish["external_system"]), (&json!("community"), None, &json!(SYSTEM)));
        let extend = ledger.last("ZJ1", "extend").unwrap();
        assert_eq!((&extend["new_finish_by"], &extend["reason"]), (&json!("2026-12-10T10:00:00Z"), &json!("需停电施工,联系138****1234。")));
        assert_eq!(ledger.last("ZJ1", "progress").unwrap()["note"], "已到现场");
        // What is stored of it is sealed.
        assert!(!crate::battery::holds(&world, "replyPoint").await && !crate::battery::holds(&world, "banliResult").await);

        // The hotline calls back; the caller's answer judges the order, and is not told to whom it came from.
        let callback = json!({ "at": "2026-11-16T01:00:00Z", "reached": true, "solved": false, "satisfaction": 1, "reason": "还有三盏不亮" });
        let called = line.send(&format!("{}/call_back", path(&pushed)), &callback).await.expect(200);
        assert_eq!(called["callback"], json!({ "at": "2026-11-16T01:00:00Z", "reached": true, "solved": false, "satisfaction": 1, "satisfied": false }));
        let judged = orders::read(&wang, &order(&pushed)).await;
        assert_eq!((&judged["state"], &judged["evaluation"]["level"], &judged["rework_count"]), (&json!("evaluated"), &json!("dissatisfied"), &json!(0)));
        // And has it done again: not as ours, so it is not told that either.
        let rework = json!({ "reason": "诉求人反映还有三盏不亮。", "finish_by": "2026-11-25T10:00:00Z" });
        let again = line.send(&format!("{}/rework", path(&pushed)), &rework).await.expect(200);
        assert_eq!((&again["order_id"], &again["finish_by"], &again["round"]), (&pushed["order_id"], &json!("2026-11-25T10:00:00Z"), &json!(1)));
        let there = orders::read(&wang, &order(&pushed)).await;
        assert_eq!((&there["state"], &there["finish_by"], &there["rework_count"]), (&json!("triaged"), &json!("2026-11-25T10:00:00Z"), &json!(1)));
        line.send(&format!("{}/rework", path(&pushed)), &rework).await.refused(409, "hotline_state_conflict");
        line.send(&format!("{}/call_back", path(&pushed)), &callback).await.refused(409, "hotline_state_conflict");
        assert_eq!(line.tell(0).await, 0);
        for action in [Action::Dispatch, Action::Accept, Action::Complete] {
            line.step(&pushed, action).await;
        }
        assert_eq!(line.tell(1).await, 1);
        // This time the community calls back, by somebody who did not do the work, and tells it.
        let ours = json!({ "at": "2026-11-16T01:00:00Z", "reached": true, "solved": true, "satisfaction": 4 });
        world.person("chen").post(format!("{}/call_back", path(&pushed))).json(&ours).send().await.refused(404, "hotline_order_not_found");
        let called = wang.post(format!("{}/call_back", path(&pushed))).json(&ours).send().await.expect(200);
        assert_eq!(called["callback"]["satisfied"], true);
        assert_eq!(line.tell(1).await, 1);
        let ledger = line.hotline.ledger();
        assert_eq!(ledger.steps("ZJ1"), ["sign", "progress", "extend", "finish", "finish", "callback"]);
        assert_eq!(ledger.last("ZJ1", "callback").unwrap()["satisfaction"], 4);
        assert!(unsettled(&line).await.is_empty() && ledger.wrong.is_empty());
        // Closed, it is done again as another order.
        step(&wang, &order(&pushed), "close", json!({})).await.expect(200);
        let second = line.send(&format!("{}/rework", path(&pushed)), &json!({ "reason": "一周后又不亮。" })).await.expect(200);
        assert_eq!((&second["round"], second["order_id"] == pushed["order_id"]), (&json!(2), false));
        let placed = orders::read(&wang, &order(&second)).await;
        assert_eq!((&placed["state"], &placed["external_refs"][0]["number"], &placed["contact"]["phone"]), (&json!("placed"), &json!("ZJ1"), &json!("13812341234")));
        line.step(&second, Action::Triage).await;
        assert_eq!(line.tell(1).await, 1, "signed anew");
    }

    async fn a_work_order_is_returned_and_comes_back_designated(world: World) {
        let mut line = Line::open(&world).await;
        let pushed = line.pushed("ZJ1").await;
        let wang = world.person("wang");
        let basis = json!({ "code": "not_competent", "text": "依据《城市照明管理规定》第三条,由区城管局负责,电话0511-88776655。", "channel": "区城管局" });
        step(&wang, &order(&pushed), "reject", basis).await.expect(200);
        assert_eq!(line.tell(1).await, 1);
        let ledger = line.hotline.ledger();
        let told = ledger.last("ZJ1", "return").unwrap();
        assert_eq!((&told["basis_code"], &told["suggested_unit"]), (&json!("not_competent"), &json!("区城管局")));
        assert_eq!(told["basis"], "依据《城市照明管理规定》第三条,由区城管局负责,电话0511-88776655。");
        assert!(read(&wang, &pushed).await["returned_at"].is_string());
        // The dispute is decided: another order is placed for it, and this one is not returned.
        let decided = patched(work_order(SYSTEM, "ZJ1"), &json!({ "external_version": 2, "designated": true, "limit_basis": "异议审核" }));
        let back = line.push(&decided).await.expect(200);
        assert_eq!((&back["id"], &back["round"], &back["designated"], back.get("returned_at")), (&pushed["id"], &json!(2), &json!(true), None));
        assert_ne!(back["order_id"], pushed["order_id"]);
        step(&wang, &order(&back), "reject", json!({ "code": "not_competent", "text": "仍非本社区职责。" })).await.refused(409, "order_designated");
        let found = wang.get(format!("/orders?external_number=ZJ1&external_system={SYSTEM}")).send().await.expect(200);
        assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["id"]), (1, &back["order_id"]));
        // It is done like any other, and told of what happens to it now.
        line.finish(&back).await;
        assert_eq!(line.tell(2).await, 2);
        assert_eq!(line.hotline.ledger().steps("ZJ1"), ["return", "sign", "finish"]);
        // What was not designated can be returned for a working day, and not after.
        let late = line.pushed("ZJ2").await;
        world.later(chrono::Duration::days(2));
        step(&wang, &order(&late), "reject", json!({ "code": "not_competent", "text": "非本社区职责。" })).await.refused(409, "order_reject_late");
    }

    async fn a_duplicate_goes_on_with_the_order_that_it_was_merged_into(world: World) {
        let mut line = Line::open(&world).await;
        let (first, second) = (line.pushed("ZJ1").await, line.pushed("ZJ2").await);
        let wang = world.person("wang");
        line.step(&first, Action::Triage).await;
        step(&wang, &order(&second), "merge", json!({ "into": first["order_id"] })).await.expect(200);
        assert_eq!(line.tell(2).await, 2);
        let joined = read(&wang, &second).await;
        assert_eq!((&joined["order_id"], joined["signed_at"].is_string()), (&first["order_id"], true));
        // A newer version of the duplicate is remembered, and leaves the other's order as it is.
        line.push(&patched(work_order(SYSTEM, "ZJ2"), &json!({ "external_version": 2, "title": "别的" }))).await.expect(200);
        assert_eq!(orders::read(&wang, &order(&first)).await["title"], "路灯不亮");
        for action in [Action::Dispatch, Action::Accept, Action::Complete] {
            line.step(&first, action).await;
        }
        assert_eq!(line.tell(2).await, 2, "both callers hear of it");
        let ledger = line.hotline.ledger();
        assert_eq!((ledger.steps("ZJ1"), ledger.steps("ZJ2")), (vec!["sign", "finish"], vec!["sign", "finish"]));
    }

    async fn an_outage_slows_nobody_and_nothing_is_lost(world: World) {
        let mut line = Line::open(&world).await;
        let pushed = line.pushed("ZJ1").await;
        line.hotline.fail([Fault::Status(500), Fault::TakesAndAnswers(502), Fault::Hang(Duration::from_secs(30))]);
        let began = std::time::Instant::now();
        line.finish(&pushed).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        line.make(2).await;
        // What is later waits for what is earlier.
        assert_eq!(line.courier.empty().await.unwrap(), 1);
        let waiting = messages(&line, "&state=pending").await;
        let sign = of_kind(&waiting, "sign");
        assert_eq!((waiting.len(), &sign["outcome"], &sign["status"]), (2, &json!("status"), &json!(500)), "{waiting:?}");
        assert_eq!(of_kind(&waiting, "finish")["attempts"], 0);
        assert!(line.feng("").await["failing_since"].is_string());
        let list = unsettled(&line).await;
        assert_eq!((&list[0]["external_number"], &list[0]["order_state"], &list[0]["last_step"], list[0].get("last_acknowledged"), &list[0]["pending"]), (&json!("ZJ1"), &json!("completed"), &json!("finish"), None, &json!(2)), "{list:?}");
        // Taken, but the answer was lost; then it does not answer at all; then it is told once more, and knows it already.
        world.later(chrono::Duration::seconds(6));
        assert_eq!(line.courier.empty().await.unwrap(), 1);
        world.later(chrono::Duration::minutes(6));
        assert_eq!(line.courier.empty().await.unwrap(), 1);
        assert_eq!(of_kind(&messages(&line, "&state=pending").await, "sign")["outcome"], "timeout");
        world.later(chrono::Duration::minutes(34));
        assert_eq!(line.courier.empty().await.unwrap(), 2);
        let ledger = line.hotline.ledger();
        assert_eq!((ledger.steps("ZJ1"), ledger.repeated, ledger.requests), (vec!["sign", "finish"], 1, 5));
        assert!(ledger.wrong.is_empty(), "{ledger:?}");
        assert!(unsettled(&line).await.is_empty() && line.feng("").await.get("failing_since").is_none());
        let settled = line.feng("/reconciliation?include_settled=true").await;
        assert_eq!((&settled["items"][0]["settled"], &settled["items"][0]["last_acknowledged"]), (&json!(true), &json!("finish")));
    }

    async fn what_is_given_up_is_seen_and_told_once_more(world: World) {
        let mut line = Line::open(&world).await;
        let (first, second) = (line.pushed("ZJ1").await, line.pushed("ZJ2").await);
        // It says no in a success: to repeat it would be no use.
        line.hotline.fail([Fault::SaysNo]);
        line.step(&first, Action::Triage).await;
        assert_eq!(line.tell(1).await, 1);
        let refused = messages(&line, "&state=failed").await;
        assert_eq!((&refused[0]["outcome"], &refused[0]["status"], &refused[0]["attempts"]), (&json!("refused"), &json!(200), &json!(1)));
        assert!(refused[0]["answer"].as_str().unwrap().contains("工单已办结"), "{}", refused[0]);
        let told = testkit::eventually(async || {
            let events = world.person("feng").get("/events?type=hotline_message.failed").send().await.expect(200);
            events["items"].get(0).cloned()
        }).await;
        assert_eq!((&told["subject_id"], &told["data"]), (&first["id"], &json!({ "kind": "sign", "outcome": "refused" })));
        // It is away for days.
        line.hotline.fail(std::iter::repeat_n(Fault::Status(503), 10));
        line.step(&second, Action::Triage).await;
        line.make(1).await;
        for n in 1..=10 {
            assert_eq!(line.courier.empty().await.unwrap(), 1, "attempt {n}");
            world.later(chrono::Duration::hours(28));
        }
        assert_eq!(line.courier.empty().await.unwrap(), 0);
        let failed = messages(&line, "&state=failed").await;
        let last = failed.iter().find(|m| m["hotline_order_id"] == second["id"]).unwrap();
        assert_eq!((failed.len(), &last["attempts"], &last["outcome"]), (2, &json!(10), &json!("status")));
        assert_eq!(unsettled(&line).await.iter().map(|r| r["failed"].as_u64().unwrap()).sum::<u64>(), 2);
        // One, and then all of it.
        let feng = world.person("feng");
        let again = feng.post(format!("/hotline_messages/{}/redeliver", refused[0]["id"].as_str().unwrap())).send().await.expect(200);
        assert_eq!(again["state"], "pending");
        assert_eq!(line.courier.empty().await.unwrap(), 1);
        assert_eq!(feng.post(format!("{}/redeliver", line.path())).send().await.expect(200)["messages"], 1);
        assert_eq!(line.courier.empty().await.unwrap(), 1);
        let ledger = line.hotline.ledger();
        assert_eq!((ledger.steps("ZJ1"), ledger.steps("ZJ2")), (vec!["sign"], vec!["sign"]));
        assert!(unsettled(&line).await.is_empty());
    }

    async fn one_that_is_paused_is_told_when_it_goes_on(world: World) {
        let mut line = Line::open(&world).await;
        let feng = world.person("feng");
        let pushed = line.pushed("ZJ1").await;
        feng.post(line.path()).json(json!({ "paused": true })).send().await.expect(200);
        line.step(&pushed, Action::Triage).await;
        assert_eq!(line.tell(1).await, 0);
        assert_eq!(line.push(&work_order(SYSTEM, "ZJ2")).await.status, 201, "it pushes all the same");
        // It has moved meanwhile, and is told where it is now.
        let moved = Hotline::open("127.0.0.1:0").await.unwrap();
        let mut outbound = moved.outbound();
        outbound["signing"].as_object_mut().unwrap().remove("secret");
        let on = feng.post(line.path()).json(json!({ "paused": false, "outbound": outbound })).send().await.expect(200);
        assert_eq!((&on["state"], &on["outbound"]["signing"]["has_secret"]), (&json!("active"), &json!(true)));
        assert_eq!(line.courier.empty().await.unwrap(), 1);
        assert_eq!((moved.ledger().steps("ZJ1"), line.hotline.ledger().requests), (vec!["sign"], 0));
        assert!(moved.ledger().wrong.is_empty(), "{:?}", moved.ledger());
        // Removed, it is told nothing and pushes nothing.
        step(&world.person("wang"), &order(&pushed), "dispatch", json!({ "mode": "assign", "lead": taker(&world.person("chen")) })).await.expect(200);
        feng.delete(line.path()).send().await.expect(204);
        line.push(&work_order(SYSTEM, "ZJ3")).await.refused(422, "hotline_unknown");
        line.send(&format!("{}/rework", path(&pushed)), &json!({ "reason": "x" })).await.refused(404, "hotline_order_not_found");
        assert_eq!(read(&world.person("wang"), &pushed).await["external_number"], "ZJ1", "its work orders stay");
    }
}
