//! Reception days by rule, and appointments that nobody gets twice.

use chrono::Duration;
use serde_json::{Value, json};
use testkit::{Client, HOME, World};

/// The 20th of each month, 9 to 11 o'clock, six slots of two; the first is Friday 2026-11-20.
fn twentieth(world: &World) -> Value {
    json!({
        "region_code": HOME, "title": "温暖20", "rule": "FREQ=MONTHLY;BYMONTHDAY=20", "on_day_off": "next_working_day",
        "opens": "09:00:00", "closes": "11:00:00", "slot_minutes": 20, "slot_capacity": 2, "place": "党群服务中心",
        "host_ids": [world.person("chen").account()],
    })
}

async fn announced(world: &World) -> (Value, Value) {
    let reception = world.person("wang").post("/receptions").json(twentieth(world)).send().await.expect(201);
    let path = format!("/reception_sessions?reception_id={}", reception["id"].as_str().unwrap());
    let sessions = world.person("zhang").get(path).send().await.expect(200);
    (reception, sessions["items"].clone())
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

async fn book(by: &Client, session: &Value, slot: i32) -> testkit::Reply {
    by.post(format!("/reception_sessions/{}/appointments", id(session)))
        .json(json!({ "slot": slot, "subject": "充电桩不够,电话13812341234" }))
        .send()
        .await
}

testkit::on_both! {
    async fn the_twentieth_comes_each_month(world: World) {
        let (reception, sessions) = announced(&world).await;
        assert_eq!(reception["hosts"], json!([{ "id": world.person("chen").account(), "name": "陈军" }]));
        assert_eq!((&reception["first_day"], &reception["planned_until"]), (&json!("2026-11-16"), &json!("2027-11-17")));
        let days: Vec<_> = sessions.as_array().unwrap().iter().map(|s| s["day"].as_str().unwrap()).collect();
        // 2026-12-20 is a Sunday: it is held on Monday.
        assert_eq!(days[..3], ["2026-11-20", "2026-12-21", "2027-01-20"]);
        let first = &sessions[0];
        assert_eq!((&first["starts_at"], &first["ends_at"]), (&json!("2026-11-20T01:00:00Z"), &json!("2026-11-20T03:00:00Z")));
        assert_eq!(first["slots"].as_array().map(Vec::len), Some(6));
        assert_eq!(first["slots"][1], json!({ "number": 2, "starts_at": "2026-11-20T01:20:00Z", "ends_at": "2026-11-20T01:40:00Z", "capacity": 2, "free": 2 }));

        // A year on, more are planned; those that were, stay.
        let plan = |until: &str| world.person("wang").post(format!("/receptions/{}/plan", id(&reception))).json(json!({ "until": until }));
        let planned = plan("2028-03-31").send().await.expect(200);
        assert_eq!((&planned["version"], &planned["planned_until"]), (&json!(2), &json!("2028-03-31")));
        let path = format!("/reception_sessions?reception_id={}&from=2027-11-01&limit=100", id(&reception));
        let later = world.person("li").get(path).send().await.expect(200);
        let days: Vec<_> = later["items"].as_array().unwrap().iter().map(|s| s["day"].as_str().unwrap()).collect();
        assert_eq!(days.len(), 5, "{days:?}");
        plan("2027-01-01").send().await.refused(422, "period_invalid");
        plan("2030-01-01").send().await.refused(422, "period_invalid");

        // Another place, for the days to come as well.
        let moved = json!({ "place": "滨江议事厅", "version": 2 });
        world.person("wang").post(format!("/receptions/{}", id(&reception))).json(moved).send().await.expect(200);
        let session = world.person("zhang").get(format!("/reception_sessions/{}", id(first))).send().await.expect(200);
        assert_eq!((&session["place"], &session["version"]), (&json!("滨江议事厅"), &json!(2)));
    }

    async fn a_resident_books_comes_and_is_heard(world: World) {
        let (_, sessions) = announced(&world).await;
        let session = &sessions[0];
        let (zhang, wang, chen, sun) = (world.person("zhang"), world.person("wang"), world.person("chen"), world.person("sun"));
        let booked = book(&zhang, session, 2).await.expect(201);
        assert_eq!((&booked["state"], &booked["starts_at"], &booked["version"]), (&json!("booked"), &json!("2026-11-20T01:20:00Z"), &json!(1)));
        assert_eq!(booked["contact"], json!({ "name": "张三", "phone": "13812341234" }), "the account's own");
        book(&zhang, session, 3).await.refused(409, "appointment_exists");
        let path = format!("/appointments/{}", id(&booked));

        // Who receives sees whom; a grid member sees that somebody comes.
        assert_eq!(chen.get(&path).send().await.expect(200)["contact"]["phone"], json!("13812341234"));
        let masked = sun.get(&path).send().await.expect(200);
        assert_eq!((&masked["contact"], &masked["masked"]), (&json!({ "name": "张*", "phone": "138****1234" }), &json!(true)));
        assert_eq!(masked["subject"], json!("充电桩不够,电话138****1234"));
        for name in ["li", "zhou", "foreign", "stranger"] {
            world.person(name).get(&path).send().await.refused(404, "appointment_not_found");
        }
        let hosted = chen.get(format!("/appointments?session_id={}", id(session))).send().await.expect(200);
        assert_eq!(hosted["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(chen.get("/appointments").send().await.expect(200)["items"], json!([]), "as a resident chen has none");

        let attend = |by: &Client| by.post(format!("{path}/attendance")).json(json!({ "attended": true, "note": "反映充电桩不足。" }));
        attend(&chen).send().await.refused(409, "reception_session_ahead");
        world.later(Duration::days(4) + Duration::minutes(25));
        zhang.post(format!("{path}/cancel")).json(json!({})).send().await.refused(409, "reception_session_over");
        attend(&sun).send().await.refused(403, "permission_missing");
        let attended = attend(&chen).send().await.expect(200);
        assert_eq!((&attended["state"], &attended["note"]), (&json!("attended"), &json!("反映充电桩不足。")));
        attend(&wang).send().await.refused(409, "appointment_state_conflict");
        let db = &world.core().db;
        let row = sea_orm::Statement::from_string(db.backend(), "SELECT subject, note FROM appointments");
        let row = sea_orm::ConnectionTrait::query_one_raw(db.reader(), row).await.unwrap().unwrap();
        for column in 0..2 {
            assert!(row.try_get_by_index::<String>(column).unwrap().is_ascii(), "sealed");
        }
    }

    async fn a_place_given_up_is_free_again(world: World) {
        let (reception, sessions) = announced(&world).await;
        let session = &sessions[0];
        let zhang = world.person("zhang");
        let booked = book(&zhang, session, 1).await.expect(201);
        book(&world.person("li"), session, 1).await.expect(201);
        let full = book(&world.person("zhou"), session, 1).await.refused(409, "appointment_slot_full");
        assert_eq!(full["params"]["slot"], json!("1"));
        book(&world.person("zhou"), session, 7).await.refused(422, "appointment_slot_unknown");
        let cancel = |version: i32| zhang.post(format!("/appointments/{}/cancel", id(&booked))).json(json!({ "version": version }));
        cancel(2).send().await.refused(409, "version_stale");
        cancel(1).send().await.expect(200);
        cancel(2).send().await.refused(409, "appointment_state_conflict");
        book(&world.person("zhou"), session, 1).await.expect(201);
        book(&zhang, session, 2).await.expect(201);
        let now = zhang.get(format!("/reception_sessions/{}", id(session))).send().await.expect(200);
        assert_eq!((&now["slots"][0]["free"], &now["slots"][1]["free"]), (&json!(0), &json!(1)));
        let mine = zhang.get("/appointments").send().await.expect(200);
        assert_eq!(mine["items"].as_array().map(Vec::len), Some(2));

        // Nobody ends what others have booked without telling them.
        let wang = world.person("wang");
        let close = || wang.post(format!("/receptions/{}/close", id(&reception))).json(json!({}));
        close().send().await.refused(409, "reception_booked");
        let cancelled = wang.post(format!("/reception_sessions/{}/cancel", id(session))).json(json!({ "reason": "代表外出" })).send().await.expect(200);
        assert_eq!((&cancelled["state"], &cancelled["slots"]), (&json!("cancelled"), &json!([])));
        book(&world.person("wu"), session, 3).await.refused(409, "reception_session_cancelled");
        let mine = zhang.get("/appointments?state=booked").send().await.expect(200);
        assert_eq!(mine["items"], json!([]));
        let told = testkit::eventually(async || {
            let events = world.person("feng").get("/events?limit=100&type=appointment.cancelled").send().await.expect(200);
            (events["items"].as_array().is_some_and(|e| e.len() == 4)).then_some(events)
        }).await;
        assert!(!told.to_string().contains("充电"), "{told}");
        close().send().await.expect(200);
        close().send().await.refused(409, "reception_closed");
        let open = zhang.get("/receptions").send().await.expect(200);
        assert_eq!(open["items"], json!([]));
    }

    async fn of_many_at_once_as_many_come_in_as_there_are_places(world: World) {
        let (_, sessions) = announced(&world).await;
        let people = ["zhang", "li", "wang", "sun", "chen", "zhou", "wu"];
        let tries = people.map(|name| {
            let (by, session) = (world.person(name), sessions[0].clone());
            tokio::spawn(async move { book(&by, &session, 1).await })
        });
        let mut statuses = Vec::new();
        for attempt in tries {
            let reply = attempt.await.unwrap();
            if reply.status != 201 {
                reply.refused(409, "appointment_slot_full");
            }
            statuses.push(reply.status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201, 409, 409, 409, 409, 409]);
        // The same person at once in several slots has one.
        let li = world.person("li");
        let tries = [1, 2, 3, 4].map(|slot| {
            let (by, session) = (li.clone(), sessions[1].clone());
            tokio::spawn(async move { book(&by, &session, slot).await.status })
        });
        let mut statuses = Vec::new();
        for attempt in tries {
            statuses.push(attempt.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409]);
    }

    async fn what_cannot_be_is_refused(world: World) {
        let wang = world.person("wang");
        let with = |name: &str, value: Value| {
            let mut body = twentieth(&world);
            body[name] = value;
            wang.post("/receptions").json(body)
        };
        for rule in ["每月20日", "FREQ=HOURLY", "FREQ=MONTHLY;BYMONTHDAY=40", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYHOUR=1"] {
            with("rule", json!(rule)).send().await.refused(422, "reception_rule_invalid");
        }
        with("closes", json!("09:10:00")).send().await.refused_fields(&[("#/closes", "field_invalid")]);
        with("slot_minutes", json!(0)).send().await.refused_fields(&[("#/slot_minutes", "field_range")]);
        with("first_day", json!("2020-01-01")).send().await.refused(422, "period_invalid");
        with("plan_until", json!("9999-12-31")).send().await.refused(422, "period_invalid");
        with("host_ids", json!(["019aa1c2-0000-7000-8000-000000000001"])).send().await.refused(422, "reference_broken");
        world.person("foreign").post("/receptions").json(twentieth(&world)).send().await.refused(403, "permission_missing");
        let (_, sessions) = announced(&world).await;
        book(&world.person("stranger"), &sessions[0], 1).await.refused(403, "permission_missing");
        let for_somebody = json!({ "slot": 1, "subject": "看病", "on_behalf": true });
        let path = format!("/reception_sessions/{}/appointments", id(&sessions[0]));
        wang.post(&path).json(&for_somebody).send().await.refused(422, "order_requester_missing");
        let with_name = json!({ "slot": 1, "subject": "看病", "on_behalf": true, "contact": { "name": "周奶奶" } });
        let booked = wang.post(&path).json(with_name.clone()).send().await.expect(201);
        assert!(booked.get("requester_id").is_none() && booked["contact"]["name"] == "周奶奶", "{booked}");
        world.person("zhang").post(&path).json(with_name).send().await.refused(403, "permission_missing");
    }
}
