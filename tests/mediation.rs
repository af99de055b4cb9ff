//! People's mediation: the course of a case, and who learns of it.

use mediation::{Action, State, flow::outcomes};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Client, HOME, Reply, World};

fn application() -> Value {
    json!({
        "region_code": HOME, "kind": "neighbour", "title": "楼上漏水", "facts": "三楼卫生间渗水。", "applied_how": "oral",
        "parties": [{ "name": "张三", "phone": "13812341234" }, { "name": "欧阳修" }],
    })
}

async fn apply(by: &Client) -> Value {
    by.post("/mediation/cases").json(application()).send().await.expect(201)
}

async fn step(by: &Client, case: &Value, action: &str, body: Value) -> Reply {
    by.post(format!("/mediation/cases/{}/{action}", case["id"].as_str().unwrap())).json(body).send().await
}

/// What each action needs besides its version.
fn needs(action: Action, to: Option<State>) -> Value {
    match action {
        Action::Refuse => json!({ "reason": "已由法院受理。" }),
        Action::Agree => json!({ "form": if to == Some(State::AgreedWritten) { "written" } else { "oral" }, "content": "一个月内修复。" }),
        Action::RecordPerformance => json!({ "outcome": if to == Some(State::Breached) { "breached" } else { "performed" } }),
        _ => json!({}),
    }
}

testkit::on_both! {
    async fn a_case_takes_its_course(world: World) {
        let wang = world.person("wang");
        let case = apply(&wang).await;
        assert_eq!((&case["state"], &case["version"], &case["allowed_actions"]), (&json!("applied"), &json!(1), &json!(["accept", "refuse", "terminate", "withdraw"])));
        let case = step(&wang, &case, "accept", json!({ "version": 1 })).await.expect(200);
        let case = step(&wang, &case, "begin", json!({ "version": 2 })).await.expect(200);
        assert_eq!(case["mediator_id"], json!(wang.account()));
        step(&wang, &case, "begin", json!({ "version": 2 })).await.refused(409, "mediation_state_conflict");
        step(&wang, &case, "fail", json!({ "version": 2 })).await.refused(409, "version_stale");

        let future = json!({ "form": "written", "content": "x", "effective_at": "2026-11-17T09:00:00+08:00" });
        step(&wang, &case, "agree", future).await.refused_fields(&[("#/effective_at", "field_invalid")]);
        let agreed = json!({ "form": "written", "content": "一个月内修复,赔偿六百元。", "effective_at": "2026-11-15T15:30:00+08:00", "version": 3 });
        let case = step(&wang, &case, "agree", agreed).await.expect(200);
        assert_eq!((&case["state"], &case["agreement"]), (&json!("agreed_written"), &json!("一个月内修复,赔偿六百元。")));
        assert_eq!((&case["effective_at"], &case["confirm_by"]), (&json!("2026-11-15T07:30:00Z"), &json!("2026-12-15T07:30:00Z")));
        let case = step(&wang, &case, "start_performance", json!({})).await.expect(200);
        let case = step(&wang, &case, "record_performance", json!({ "outcome": "performed" })).await.expect(200);
        let case = step(&wang, &case, "close", json!({})).await.expect(200);
        assert_eq!((&case["state"], &case["closed_from"], &case["version"], &case["allowed_actions"]), (&json!("closed"), &json!("performed"), &json!(7), &json!([])));
        assert!(case["closed_at"].is_string());
    }

    async fn every_step_that_the_table_does_not_name_is_refused(world: World) {
        let wang = world.person("wang");
        // A way to each state, found in the table itself.
        let mut ways = BTreeMap::from([("applied", (State::Applied, Vec::<(Action, State)>::new()))]);
        while ways.len() < State::ALL.len() {
            for (state, way) in ways.clone().into_values() {
                for action in Action::ALL {
                    for to in outcomes(state, *action) {
                        let mut way = way.clone();
                        way.push((*action, *to));
                        ways.entry(to.as_str()).or_insert((*to, way));
                    }
                }
            }
        }
        let mut refused = 0;
        for (state, way) in ways.into_values() {
            let mut case = apply(&wang).await;
            for (action, to) in way {
                case = step(&wang, &case, action.as_str(), needs(action, Some(to))).await.expect(200);
            }
            assert_eq!(case["state"], state.as_str());
            for action in Action::ALL.iter().filter(|a| outcomes(state, **a).is_empty()) {
                let problem = step(&wang, &case, action.as_str(), needs(*action, None)).await.refused(409, "mediation_state_conflict");
                assert_eq!((&problem["params"]["state"], &problem["params"]["action"]), (&json!(state.as_str()), &json!(action.as_str())));
                refused += 1;
            }
            let now = wang.get(format!("/mediation/cases/{}", case["id"].as_str().unwrap())).send().await.expect(200);
            assert_eq!(now, case, "a refused step changes nothing");
        }
        assert!(refused > 90, "{refused}");
    }

    async fn a_case_is_confidential(world: World) {
        let wang = world.person("wang");
        let case = apply(&wang).await;
        let path = format!("/mediation/cases/{}", case["id"].as_str().unwrap());
        assert_eq!(case["parties"][0], json!({ "name": "张三", "phone": "13812341234" }));
        let seen = world.person("he").get(&path).send().await.expect(200);
        assert_eq!(seen["parties"], json!([{ "name": "张*", "phone": "138****1234" }, { "name": "欧阳*" }]));
        assert!(seen.get("facts").is_none() && seen["allowed_actions"] == json!([]), "{seen}");
        step(&world.person("he"), &case, "accept", json!({})).await.refused(403, "permission_missing");
        for name in ["zhang", "chen", "sun", "zheng", "foreign", "stranger"] {
            world.person(name).get(&path).send().await.refused(404, "mediation_case_not_found");
            step(&world.person(name), &case, "accept", json!({})).await.refused(404, "mediation_case_not_found");
        }
        for name in ["zhang", "chen", "sun"] {
            world.person(name).get("/mediation/cases").send().await.refused(403, "permission_missing");
            world.person(name).post("/mediation/cases").json(application()).send().await.refused(403, "permission_missing");
        }
        world.person("feng").get(&path).send().await.expect(200);
        let listed = wang.get("/mediation/cases").send().await.expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
        assert!(listed["items"][0].get("facts").is_none(), "{listed}");

        let db = &world.core().db;
        let row = db.reader().query_one_raw(Statement::from_string(db.backend(), "SELECT facts, parties FROM mediation_cases")).await.unwrap().unwrap();
        for column in 0..2 {
            let text: String = row.try_get_by_index(column).unwrap();
            assert!(text.is_ascii() && !text.contains("13812341234"), "{text}");
        }
        let events = testkit::eventually(async || {
            let events = world.person("admin").get("/events?limit=100&type=mediation.applied").send().await.expect(200);
            (events["items"] != json!([])).then_some(events)
        }).await;
        assert_eq!(events["items"].as_array().map(Vec::len), Some(1), "{events}");
        // Who reads the feed but no cases (the district) does not learn from it that there is one.
        let feed = world.person("lv").get("/events?limit=100").send().await.expect(200);
        assert!(feed["items"] != json!([]) && !feed.to_string().contains("mediation."), "{feed}");
        assert!(!events.to_string().contains("张三") && !events.to_string().contains("楼上漏水"), "{events}");
    }

    async fn an_application_that_cannot_be_is_refused(world: World) {
        let (wang, admin) = (world.person("wang"), world.person("admin"));
        let with = |name: &str, value: Value| {
            let mut body = application();
            body[name] = value;
            body
        };
        let post = async |by: &Client, body: Value| by.post("/mediation/cases").json(body).send().await;
        post(&wang, with("parties", json!([{ "name": "张三" }]))).await.refused_fields(&[("#/parties", "field_length")]);
        post(&wang, with("parties", json!([{ "name": "张三" }, { "name": "" }]))).await.refused_fields(&[("#/parties/1/name", "field_length")]);
        post(&wang, with("facts", json!("长".repeat(5001)))).await.refused_fields(&[("#/facts", "field_length")]);
        post(&wang, with("grid_id", json!(world.places.abroad))).await.refused(422, "grid_foreign");
        post(&admin, with("region_code", json!("321182001012"))).await.refused(422, "region_closed");
        post(&world.person("foreign"), application()).await.refused(403, "permission_missing");
        let case = apply(&wang).await;
        step(&wang, &case, "accept", json!({ "mediator_id": "019aa1c2-0000-7000-8000-000000000001" })).await.refused(422, "reference_broken");
        step(&wang, &case, "refuse", json!({})).await.refused_fields(&[("#/reason", "field_missing")]);
    }

    async fn of_two_who_step_at_once_one_wins(world: World) {
        let (wang, feng) = (world.person("wang"), world.person("feng"));
        for _ in 0..5 {
            let case = apply(&wang).await;
            let tries = [(wang.clone(), "accept", json!({ "version": 1 })), (feng.clone(), "refuse", json!({ "reason": "x", "version": 1 }))].map(|(by, action, body)| {
                let case = case.clone();
                tokio::spawn(async move { step(&by, &case, action, body).await.status })
            });
            let mut statuses = Vec::new();
            for attempt in tries {
                statuses.push(attempt.await.unwrap());
            }
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
        }
    }
}
