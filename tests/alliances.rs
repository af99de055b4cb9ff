//! Alliances, whose turn it is in the chair, their joint meetings, and what organizations offer each other and need.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Client, FOREIGN, HOME, Reply, World};

const STREET: &str = "321182001000";
const NOTHING: &str = "019aa1c2-0000-7000-8000-000000000001";

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

async fn unit(by: &Client, name: &str, region: &str) -> Value {
    let body = json!({ "name": name, "kind": "resident_unit", "region_code": region });
    by.post("/organizations").json(body).send().await.expect(201)
}

async fn alliance(by: &Client, kind: &str, region: &str, lead: &Value) -> Value {
    let body =
        json!({ "name": format!("{kind}联盟"), "kind": kind, "region_code": region, "lead_id": lead["id"], "starts_on": "2026-09-01" });
    by.post("/alliances").json(body).send().await.expect(201)
}

async fn join(by: &Client, alliance: &Value, unit: &Value, more: Value) -> Reply {
    let mut body = json!({ "organization_id": unit["id"], "joined_on": "2026-09-01" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    by.post(format!("/alliances/{}/members", id(alliance))).json(body).send().await
}

async fn read(by: &Client, alliance: &Value) -> Value {
    by.get(format!("/alliances/{}", id(alliance))).send().await.expect(200)
}

/// The names of who has the chair, month by month.
async fn chairs(by: &Client, alliance: &Value, query: &str) -> Vec<String> {
    let rotation = by.get(format!("/alliances/{}/rotation{query}", id(alliance))).send().await.expect(200);
    let months = rotation["months"].as_array().unwrap().iter();
    months.map(|m| m["organization_name"].as_str().unwrap_or("-").to_owned()).collect()
}

async fn step(by: &Client, item: &Value, verb: &str, body: Value) -> Reply {
    by.post(format!("/partnership_items/{}/{verb}", id(item))).json(body).send().await
}

async fn offers(by: &Client, unit: &Value, side: &str, more: Value) -> Reply {
    let mut body = json!({ "organization_id": unit["id"], "side": side, "kind": "pairing", "title": "义诊进社区" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    by.post("/partnership_items").json(body).send().await
}

fn items(page: &Value) -> usize {
    page["items"].as_array().unwrap().len()
}

testkit::on_both! {
    async fn an_alliance_is_founded_joined_left_and_ended(world: World) {
        let (wang, feng, foreign, zheng) = (world.person("wang"), world.person("feng"), world.person("foreign"), world.person("zheng"));
        let telecom = json!({ "id": world.places.telecom });
        let (office, abroad) = (unit(&feng, "街道党工委", STREET).await, unit(&foreign, "新胜小学", FOREIGN).await);
        let body = json!({ "name": "街道大工委", "kind": "joint_working_committee", "region_code": STREET, "lead_id": office["id"] });
        wang.post("/alliances").json(&body).send().await.refused(403, "permission_missing");
        let street = feng.post("/alliances").json(&body).send().await.expect(201);
        assert_eq!((&street["state"], &street["units"], &street["starts_on"], street.get("rotation_months")), (&json!("active"), &json!(0), &json!("2026-11-16"), None));
        feng.post("/alliances").json(&body).send().await.refused(409, "alliance_name_taken");

        // Whoever has no part in it does not know of it; a member brings its community in.
        wang.get(format!("/alliances/{}", id(&street))).send().await.refused(404, "alliance_not_found");
        let join = async |by: &Client, body: Value| by.post(format!("/alliances/{}/members", id(&street))).json(body).send().await;
        let member = join(&feng, json!({ "organization_id": telecom["id"], "seat": "deputy" })).await.expect(201);
        assert_eq!((&member["organization_name"], &member["position"], &member["joined_on"]), (&json!("中国电信"), &json!(1), &json!("2026-11-16")));
        for by in [&wang, &zheng] {
            assert_eq!(read(by, &street).await["units"], 1);
            assert_eq!(items(&by.get("/alliances").send().await.expect(200)), 1);
        }
        foreign.get(format!("/alliances/{}", id(&street))).send().await.refused(404, "alliance_not_found");
        assert_eq!(items(&foreign.get("/alliances").send().await.expect(200)), 0);
        join(&wang, json!({ "organization_id": abroad["id"] })).await.refused(403, "permission_missing");
        join(&feng, json!({ "organization_id": abroad["id"], "version": 1 })).await.refused(409, "version_stale");
        join(&feng, json!({ "organization_id": abroad["id"], "seat": "adviser", "version": 2 })).await.expect(201);
        let listed = foreign.get(format!("/alliances/{}/members", id(&street))).send().await.expect(200);
        assert_eq!((items(&listed), &listed["items"][1]["organization_name"]), (2, &json!("新胜小学")));
        let mine = feng.get(format!("/alliances?organization_id={}&kind=joint_working_committee", id(&abroad))).send().await.expect(200);
        assert_eq!(items(&mine), 1);
        assert_eq!(items(&feng.get(format!("/alliances?organization_id={NOTHING}")).send().await.expect(200)), 0);

        // What cannot be changes nothing.
        let before = read(&feng, &street).await;
        let far = unit(&world.person("admin"), "扬州宾馆", "321003005008").await;
        let gone = unit(&feng, "旧单位", STREET).await;
        feng.post(format!("/organizations/{}/close", id(&gone))).send().await.expect(200);
        for (by, unit, status, code) in [
            (&feng, &telecom, 409, "alliance_member_overlaps"),
            (&feng, &gone, 409, "organization_closed"),
            (&feng, &far, 422, "reference_broken"),
            (&world.person("admin"), &far, 422, "alliance_member_outside"),
        ] {
            join(by, json!({ "organization_id": unit["id"] })).await.refused(status, code);
        }
        join(&feng, json!({ "organization_id": NOTHING })).await.refused(422, "reference_broken");
        let early = join(&feng, json!({ "organization_id": office["id"], "joined_on": "2026-11-15" })).await.refused(422, "period_invalid");
        assert_eq!(early["errors"][0]["pointer"], "#/joined_on");
        join(&feng, json!({ "organization_id": office["id"], "left_on": "2026-11-15" })).await.refused(422, "period_invalid");
        join(&feng, json!({ "organization_id": office["id"], "part": "Bad Part" })).await.expect(422);
        assert_eq!(read(&feng, &street).await, before);

        let leave = async |by: &Client, body: Value| by.post(format!("/alliance_members/{}/leave", id(&member))).json(body).send().await;
        leave(&wang, json!({})).await.refused(403, "permission_missing");
        world.person("li").post(format!("/alliance_members/{}/leave", id(&member))).json(json!({})).send().await.refused(404, "alliance_member_not_found");
        leave(&feng, json!({ "left_on": "2026-11-01" })).await.refused(422, "period_invalid");
        let later = leave(&feng, json!({ "left_on": "2026-12-01" })).await.expect(200);
        assert_eq!((&later["left_on"], &read(&feng, &street).await["units"]), (&json!("2026-12-01"), &json!(2)));
        join(&feng, json!({ "organization_id": telecom["id"], "joined_on": "2026-11-30" })).await.refused(409, "alliance_member_overlaps");
        leave(&feng, json!({})).await.expect(200);
        leave(&feng, json!({})).await.refused(409, "alliance_member_left");
        // In another seat, from the same day on.
        let again = join(&feng, json!({ "organization_id": telecom["id"], "seat": "chair" })).await.expect(201);
        assert_eq!(again["position"], 3);
        let all = feng.get(format!("/alliances/{}/members?include_left=true&limit=2", id(&street))).send().await.expect(200);
        assert_eq!((items(&all), &all["has_more"]), (2, &json!(true)));

        let updated = feng.post(format!("/alliances/{}", id(&street))).json(json!({ "name": "三茅街道大工委", "rotation_months": 2 })).send().await.expect(200);
        assert_eq!((&updated["rotation_months"], &updated["rotation_start"]), (&json!(2), &json!("2026-12")));
        feng.post(format!("/alliances/{}", id(&street))).json(json!({ "rotation_start": "2026-10" })).send().await.refused(422, "rotation_month_past");
        feng.post(format!("/alliances/{}", id(&street))).json(json!({ "ends_on": "2026-01-01" })).send().await.refused(422, "period_invalid");
        let closed = feng.post(format!("/alliances/{}/close", id(&street))).json(json!({ "version": updated["version"] })).send().await.expect(200);
        assert_eq!((&closed["state"], &closed["ends_on"], &closed["allowed_actions"]), (&json!("closed"), &json!("2026-11-16"), &json!([])));
        join(&feng, json!({ "organization_id": office["id"] })).await.refused(409, "alliance_state_conflict");
        feng.post(format!("/alliances/{}/close", id(&street))).json(json!({})).send().await.refused(409, "alliance_state_conflict");
    }

    async fn a_unit_that_is_closed_leaves_its_alliances(world: World) {
        let feng = world.person("feng");
        let [lead, stays, goes] = [unit(&feng, "街道党工委", STREET).await, unit(&feng, "三茅小学", STREET).await, unit(&feng, "旧单位", STREET).await];
        let alliances = [alliance(&feng, "red_alliance", STREET, &lead).await, alliance(&feng, "co_building", STREET, &lead).await];
        for alliance in &alliances {
            join(&feng, alliance, &stays, json!({})).await.expect(201);
        }
        join(&feng, &alliances[0], &goes, json!({})).await.expect(201);
        join(&feng, &alliances[1], &goes, json!({ "joined_on": "2026-12-01" })).await.expect(201);
        assert_eq!(chairs(&feng, &alliances[0], "?from=2026-12&months=3").await, ["旧单位", "三茅小学", "旧单位"]);
        let close = async |unit: &Value| feng.post(format!("/organizations/{}/close", id(unit))).send().await;
        close(&lead).await.refused(409, "organization_in_use");
        close(&goes).await.expect(200);
        assert_eq!(chairs(&feng, &alliances[0], "?from=2026-12&months=3").await, ["三茅小学"; 3]);
        for (alliance, left_on) in alliances.iter().zip(["2026-11-16", "2026-12-01"]) {
            let now = read(&feng, alliance).await;
            assert_eq!((&now["units"], &now["version"]), (&json!(1), &json!(4)));
            let all = feng.get(format!("/alliances/{}/members?include_left=true", id(alliance))).send().await.expect(200);
            assert_eq!((&all["items"][1]["organization_name"], &all["items"][1]["left_on"]), (&json!("旧单位"), &json!(left_on)));
            feng.post(format!("/alliances/{}/close", id(alliance))).json(json!({})).send().await.expect(200);
        }
        close(&lead).await.expect(200);
    }

    async fn the_chair_rotates_monthly_and_turns_are_swapped(world: World) {
        let (wang, feng) = (world.person("wang"), world.person("feng"));
        let mut units = Vec::new();
        for name in ["甲", "乙", "丙"] {
            units.push(unit(&feng, name, STREET).await);
        }
        let red = alliance(&feng, "red_alliance", STREET, &units[0]).await;
        assert_eq!((&red["rotation_months"], &red["rotation_start"]), (&json!(1), &json!("2026-09")));
        assert_eq!(chairs(&feng, &red, "?from=2026-09&months=2").await, ["-", "-"]);
        for unit in &units {
            join(&feng, &red, unit, json!({})).await.expect(201);
        }
        let adviser = unit(&wang, "社区顾问", HOME).await;
        join(&feng, &red, &adviser, json!({ "seat": "adviser" })).await.expect(201);
        assert_eq!(chairs(&feng, &red, "?from=2026-09&months=7").await, ["甲", "乙", "丙", "甲", "乙", "丙", "甲"]);
        assert_eq!(chairs(&wang, &red, "?months=2").await, ["丙", "甲"], "from this month on");

        let swap = async |by: &Client, body: Value| by.post(format!("/alliances/{}/swaps", id(&red))).json(body).send().await;
        let done = swap(&feng, json!({ "month": "2026-12", "other_month": "2027-02", "reason": "换届" })).await.expect(201);
        assert_eq!((&done["unit_id"], &done["other_unit_id"]), (&units[2]["id"], &units[0]["id"]));
        assert_eq!(chairs(&feng, &red, "?from=2026-12&months=4").await, ["丙", "乙", "甲", "甲"]);
        let by_unit = swap(&feng, json!({ "month": "2026-12", "organization_id": units[1]["id"] })).await.expect(201);
        assert_eq!(by_unit["other_month"], "2027-01");
        assert_eq!(chairs(&feng, &red, "?from=2026-12&months=4").await, ["乙", "丙", "甲", "甲"]);
        let rotation = feng.get(format!("/alliances/{}/rotation?from=2026-12&months=3", id(&red))).send().await.expect(200);
        assert_eq!((&rotation["months"][0]["regular_id"], &rotation["months"][0]["swap"]["id"]), (&units[0]["id"], &by_unit["id"]));
        assert_eq!((&rotation["months"][2]["swap"]["id"], &rotation["months"][2]["swap"]["reason"]), (&done["id"], &json!("换届")));

        // What cannot be swapped changes nothing.
        let before = read(&feng, &red).await;
        let stranger = unit(&feng, "外单位", STREET).await;
        for (body, status, code) in [
            (json!({ "month": "2026-12", "organization_id": stranger["id"] }), 422, "swap_outside_alliance"),
            (json!({ "month": "2026-12", "organization_id": NOTHING }), 422, "swap_outside_alliance"),
            (json!({ "month": "2026-12", "organization_id": adviser["id"] }), 422, "swap_outside_alliance"),
            (json!({ "month": "2026-10", "other_month": "2027-01" }), 422, "rotation_month_past"),
            (json!({ "month": "2026-12", "other_month": "2026-10" }), 422, "rotation_month_past"),
            (json!({ "month": "2026-08", "other_month": "2027-01" }), 422, "rotation_month_outside"),
            (json!({ "month": "2026-12", "other_month": "9999-12" }), 422, "rotation_month_outside"),
            (json!({ "month": "2027-02", "other_month": "2027-03" }), 422, "swap_same_unit"),
            (json!({ "month": "2026-12", "other_month": "2026-12" }), 422, "swap_same_unit"),
        ] {
            swap(&feng, body).await.refused(status, code);
        }
        swap(&feng, json!({ "month": "2026-12" })).await.refused_fields(&[("#/other_month", "field_invalid")]);
        swap(&feng, json!({ "month": "2026-13", "other_month": "2027-01" })).await.expect(422);
        swap(&wang, json!({ "month": "2026-12", "other_month": "2027-01" })).await.refused(403, "permission_missing");
        assert_eq!(read(&feng, &red).await, before);
        for query in ["from=2026-08", "months=0", "months=61", "from=2126-12", "from=2026-13", "from=9999-12"] {
            feng.get(format!("/alliances/{}/rotation?{query}", id(&red))).send().await.expect(400);
        }

        // Whoever leaves is passed over, and what was swapped to them falls back.
        let listed = feng.get(format!("/alliances/{}/members", id(&red))).send().await.expect(200);
        let leave = format!("/alliance_members/{}/leave", id(&listed["items"][1]));
        feng.post(leave).json(json!({ "left_on": "2026-11-20" })).send().await.expect(200);
        assert_eq!(chairs(&feng, &red, "?from=2026-10&months=5").await, ["乙", "丙", "甲", "丙", "甲"]);
        feng.post(format!("/alliances/{}", id(&red))).json(json!({ "ends_on": "2026-12-31" })).send().await.expect(200);
        assert_eq!(chairs(&feng, &red, "?from=2026-11&months=12").await, ["丙", "甲"], "as far as the alliance lasts");

        let fixed = alliance(&feng, "co_building", STREET, &units[0]).await;
        let swap = json!({ "month": "2026-12", "other_month": "2027-01" });
        feng.post(format!("/alliances/{}/swaps", id(&fixed))).json(swap).send().await.refused(409, "rotation_absent");
        assert!(chairs(&feng, &fixed, "").await.is_empty());
    }

    async fn red_property_says_which_parts_are_missing_and_meets(world: World) {
        let (wang, zhou, zheng) = (world.person("wang"), world.person("zhou"), world.person("zheng"));
        let telecom = json!({ "id": world.places.telecom });
        let red = alliance(&wang, "red_property", HOME, &telecom).await;
        assert_eq!(red["missing_parts"], json!(["street_party", "community_party", "property_branch", "owners", "volunteers"]));
        join(&wang, &red, &telecom, json!({ "part": "property_branch" })).await.expect(201);
        let owners = unit(&wang, "业主代表", HOME).await;
        join(&wang, &red, &owners, json!({ "part": "owners" })).await.expect(201);
        assert_eq!(read(&wang, &red).await["missing_parts"], json!(["street_party", "community_party", "volunteers"]));
        let own = json!({ "required_parts": ["owners", "owners_committee"] });
        assert_eq!(wang.post(format!("/alliances/{}", id(&red))).json(own).send().await.expect(200)["missing_parts"], json!(["owners_committee"]));

        let plan = json!({ "kind": "consult", "title": "民情恳谈", "planned_at": "2026-11-15T06:00:00Z" });
        let path = format!("/alliances/{}/meetings", id(&red));
        zhou.post(&path).json(&plan).send().await.refused(403, "permission_missing");
        world.person("foreign").post(&path).json(&plan).send().await.refused(404, "alliance_not_found");
        let meeting = wang.post(&path).json(&plan).send().await.expect(201);
        let path = format!("/joint_meetings/{}", id(&meeting));
        let record = async |by: &Client, body: Value| by.post(format!("{path}/record")).json(body).send().await;
        let matters = |matter: Value| json!({ "attendee_ids": [telecom["id"], owners["id"]], "matters": [matter, { "title": "停车", "settled": true }] });
        let dispute = json!({ "kind": "dispute", "title": "三楼漏水,13912345678", "outcome": "已约谈" });
        let order = json!({ "title": "x", "order_id": NOTHING });
        let broken = record(&wang, matters(order)).await.refused(422, "reference_broken");
        assert_eq!(broken["errors"][0]["pointer"], "#/matters/0/order_id");
        let broken = record(&wang, json!({ "attendee_ids": [telecom["id"], NOTHING] })).await.refused(422, "reference_broken");
        assert_eq!(broken["errors"][0]["pointer"], "#/attendee_ids/1");
        record(&wang, json!({ "held_at": "2026-11-17T00:00:00Z" })).await.refused(422, "period_invalid");
        record(&zhou, json!({})).await.refused(403, "permission_missing");
        let held = record(&wang, matters(dispute.clone())).await.expect(200);
        assert_eq!((&held["state"], &held["held_at"], &held["matter_count"], &held["settled_count"]), (&json!("held"), &json!("2026-11-15T06:00:00Z"), &json!(2), &json!(1)));
        assert!(!crate::battery::holds(&world, "三楼漏水").await, "sealed");
        assert_eq!(wang.get(&path).send().await.expect(200)["matters"][0]["title"], "三楼漏水,13912345678");
        let seen = zheng.get(&path).send().await.expect(200);
        assert_eq!((&seen["matters"][0]["title"], &seen["masked"]), (&json!("三楼漏水,139****5678"), &json!(true)));
        world.person("foreign").get(&path).send().await.refused(404, "joint_meeting_not_found");
        // As it is settled, the record is made anew, and may name an order.
        let order = crate::orders::placed(&world).await;
        let mut settled = dispute;
        (settled["settled"], settled["order_id"]) = (json!(true), order["id"].clone());
        let held = record(&wang, matters(settled)).await.expect(200);
        assert_eq!((&held["version"], &held["matters"][0]["order_id"]), (&json!(3), &order["id"]));
        wang.post(format!("{path}/cancel")).json(json!({ "reason": "x" })).send().await.refused(409, "joint_meeting_state_conflict");
        assert_eq!(items(&zheng.get(format!("/joint_meetings?alliance_id={}&state=held", id(&red))).send().await.expect(200)), 1);
        assert_eq!(items(&world.person("foreign").get("/joint_meetings").send().await.expect(200)), 0);
        let other = wang.post(format!("/alliances/{}/meetings", id(&red))).json(&plan).send().await.expect(201);
        let cancelled = wang.post(format!("/joint_meetings/{}/cancel", id(&other))).json(json!({ "reason": "改期" })).send().await.expect(200);
        assert_eq!((&cancelled["state"], &cancelled["reason"]), (&json!("cancelled"), &json!("改期")));
        let report = wang.get(format!("/alliances/report?region_code={HOME}")).send().await.expect(200);
        assert_eq!(report["meetings"], json!({ "held": 1, "matters": 2, "settled": 2, "disputes": 1, "disputes_settled": 1 }));
        assert_eq!(report["alliances"], json!([{ "kind": "red_property", "alliances": 1, "units": 2 }]));
    }

    async fn both_sides_claim_sign_and_the_receiver_judges(world: World) {
        let (wang, zheng, he) = (world.person("wang"), world.person("zheng"), world.person("he"));
        let telecom = json!({ "id": world.places.telecom });
        let (council, other) = (unit(&wang, "居委会", HOME).await, unit(&wang, "第三方", HOME).await);
        let act = |unit: &Value| json!({ "organization_id": unit["id"] });
        offers(&zheng, &council, "offer", json!({})).await.refused(404, "organization_not_found");
        offers(&world.person("zhou"), &council, "offer", json!({})).await.refused(403, "permission_missing");
        offers(&zheng, &telecom, "offer", json!({ "region_code": FOREIGN })).await.refused(422, "partnership_region_outside");
        offers(&zheng, &telecom, "offer", json!({ "valid_until": "2026-11-15" })).await.refused(422, "period_invalid");
        let offer = offers(&zheng, &telecom, "offer", json!({})).await.expect(201);
        assert_eq!((&offer["state"], &offer["region_code"], &offer["owner_name"]), (&json!("open"), &json!(HOME), &json!("中国电信")));
        step(&wang, &offer, "claim", act(&telecom)).await.refused(409, "partnership_own_item");
        step(&wang, &offer, "sign", act(&council)).await.refused(403, "partnership_party_foreign");
        step(&zheng, &offer, "sign", act(&telecom)).await.refused(409, "partnership_item_state_conflict");
        step(&world.person("foreign"), &offer, "claim", act(&council)).await.refused(404, "partnership_item_not_found");
        step(&wang, &offer, "claim", json!({ "organization_id": council["id"], "version": 9 })).await.refused(409, "version_stale");
        let claimed = step(&wang, &offer, "claim", act(&council)).await.expect(200);
        assert_eq!((&claimed["state"], &claimed["claimant_name"], &claimed["version"]), (&json!("claimed"), &json!("居委会"), &json!(2)));
        let late = step(&wang, &offer, "claim", act(&other)).await.refused(409, "partnership_item_state_conflict");
        assert_eq!(late["params"]["state"], "claimed");
        step(&wang, &offer, "sign", act(&other)).await.refused(403, "partnership_party_foreign");
        step(&wang, &offer, "sign", json!({ "organization_id": NOTHING })).await.refused(403, "partnership_party_foreign");
        step(&zheng, &offer, "sign", act(&council)).await.refused(403, "permission_missing");
        assert_eq!(step(&zheng, &offer, "sign", act(&telecom)).await.expect(200)["state"], "claimed");
        step(&zheng, &offer, "sign", act(&telecom)).await.refused(409, "partnership_signed_twice");
        assert_eq!(step(&wang, &offer, "sign", act(&council)).await.expect(200)["state"], "signed");
        step(&wang, &offer, "withdraw", json!({ "organization_id": council["id"], "reason": "x" })).await.refused(409, "partnership_item_state_conflict");
        let judge = |unit: &Value| json!({ "organization_id": unit["id"], "fulfilled": true, "proof": "已义诊,联系人13912345678" });
        step(&zheng, &offer, "judge", judge(&telecom)).await.refused(403, "partnership_party_foreign");
        let done = step(&wang, &offer, "judge", judge(&council)).await.expect(200);
        assert_eq!((&done["state"], &done["proof"]), (&json!("fulfilled"), &json!("已义诊,联系人13912345678")));
        let path = format!("/partnership_items/{}", id(&offer));
        assert_eq!(he.get(&path).send().await.expect(200)["proof"], "已义诊,联系人139****5678");
        assert!(!crate::battery::holds(&world, "已义诊").await, "sealed");

        // The other way round: the community needs, and whoever claimed it may step back.
        let need = offers(&wang, &council, "need", json!({ "valid_until": "2026-11-17" })).await.expect(201);
        step(&zheng, &need, "claim", act(&telecom)).await.expect(200);
        let released = step(&zheng, &need, "withdraw", json!({ "organization_id": telecom["id"], "reason": "人手不足" })).await.expect(200);
        assert_eq!((&released["state"], released.get("claimant_id")), (&json!("open"), None));
        step(&wang, &need, "claim", act(&telecom)).await.expect(200);
        step(&wang, &need, "sign", act(&telecom)).await.expect(200);
        step(&wang, &need, "sign", act(&council)).await.refused(409, "partnership_signer_same");
        let counted = wang.get(format!("/partnership_items?state=claimed&claimant_id={}", id(&telecom))).send().await.expect(200);
        assert_eq!(items(&counted), 1);
        // In time nobody has signed for the other side.
        world.later(chrono::Duration::days(2));
        assert_eq!(wang.get(format!("/partnership_items/{}", id(&need))).send().await.expect(200)["state"], "lapsed");
        let lapsed = step(&zheng, &need, "sign", act(&telecom)).await.refused(409, "partnership_item_state_conflict");
        assert_eq!(lapsed["params"]["state"], "lapsed");
        for (state, count) in [("lapsed", 1), ("claimed", 0), ("open", 0), ("fulfilled", 1)] {
            assert_eq!(items(&wang.get(format!("/partnership_items?state={state}")).send().await.expect(200)), count, "{state}");
        }
        let last = offers(&wang, &council, "offer", json!({ "kind": "package" })).await.expect(201);
        let report = he.get(format!("/alliances/report?region_code={HOME}")).send().await.expect(200);
        assert_eq!((&report["offers"]["fulfilled"], &report["offers"]["open"], &report["needs"]["lapsed"], &report["packages"]), (&json!(1), &json!(1), &json!(1), &json!(1)));
        let tally = report["organizations"].as_array().unwrap().iter().find(|t| t["organization_id"] == council["id"]).unwrap();
        assert_eq!((&tally["owned"], &tally["claimed"], &tally["fulfilled"]), (&json!(2), &json!(1), &json!(1)));
        assert_eq!(step(&wang, &last, "withdraw", json!({ "organization_id": council["id"], "reason": "x" })).await.expect(200)["state"], "withdrawn");
        step(&wang, &last, "claim", act(&other)).await.refused(409, "partnership_item_state_conflict");
    }

    async fn what_is_open_concerns_all_and_what_is_claimed_the_two(world: World) {
        let (wang, feng, foreign, zheng) = (world.person("wang"), world.person("feng"), world.person("foreign"), world.person("zheng"));
        let telecom = json!({ "id": world.places.telecom });
        let act = |unit: &Value| json!({ "organization_id": unit["id"] });
        let (office, abroad) = (unit(&feng, "街道办", STREET).await, unit(&foreign, "新胜社区", FOREIGN).await);
        let open = offers(&feng, &office, "offer", json!({})).await.expect(201);
        let path = format!("/partnership_items/{}", id(&open));
        for by in [&wang, &foreign, &zheng] {
            by.get(&path).send().await.expect(200);
            assert_eq!(items(&by.get("/partnership_items").send().await.expect(200)), 1);
        }
        step(&foreign, &open, "claim", act(&abroad)).await.expect(200);
        foreign.get(&path).send().await.expect(200);
        for by in [&wang, &zheng] {
            by.get(&path).send().await.refused(404, "partnership_item_not_found");
            assert_eq!(items(&by.get("/partnership_items").send().await.expect(200)), 0);
        }
        assert_eq!(items(&foreign.get("/partnership_items").send().await.expect(200)), 1);

        // Within an alliance all its members see it, and nobody else claims it.
        let red = alliance(&feng, "red_alliance", STREET, &office).await;
        let within = json!({ "alliance_id": red["id"], "kind": "package" });
        offers(&zheng, &telecom, "offer", within.clone()).await.refused(404, "alliance_not_found");
        join(&feng, &red, &telecom, json!({})).await.expect(201);
        let package = offers(&zheng, &telecom, "offer", within.clone()).await.expect(201);
        assert_eq!((&package["region_code"], &package["alliance_id"]), (&json!(STREET), &red["id"]));
        foreign.get(format!("/partnership_items/{}", id(&package))).send().await.refused(404, "partnership_item_not_found");
        let outside = unit(&feng, "外单位", STREET).await;
        step(&feng, &package, "claim", act(&outside)).await.refused(422, "partnership_outside_alliance");
        offers(&feng, &outside, "need", within).await.refused(422, "partnership_outside_alliance");
        join(&feng, &red, &abroad, json!({})).await.expect(201);
        step(&foreign, &package, "claim", act(&abroad)).await.expect(200);
        assert_eq!(items(&zheng.get(format!("/partnership_items?alliance_id={}", id(&red))).send().await.expect(200)), 1);
    }

    async fn of_many_claims_one_is_heard(world: World) {
        let (wang, zheng) = (world.person("wang"), world.person("zheng"));
        let telecom = json!({ "id": world.places.telecom });
        let mut units = Vec::new();
        for n in 0..12 {
            units.push(unit(&wang, &format!("单位{n}"), HOME).await);
        }
        for _ in 0..4 {
            let offer = offers(&zheng, &telecom, "offer", json!({})).await.expect(201);
            let start = std::sync::Arc::new(tokio::sync::Barrier::new(units.len()));
            let claims = units.iter().map(|unit| {
                let (start, by, offer, body) = (start.clone(), wang.clone(), offer.clone(), json!({ "organization_id": unit["id"] }));
                tokio::spawn(async move {
                    start.wait().await;
                    loop {
                        let reply = step(&by, &offer, "claim", body.clone()).await;
                        // One that had to wait too long has done nothing.
                        if reply.status != 503 {
                            return reply;
                        }
                    }
                })
            });
            let (mut counts, mut winner) = (BTreeMap::new(), Value::Null);
            for claim in claims.collect::<Vec<_>>() {
                let reply = claim.await.unwrap();
                *counts.entry(reply.status).or_insert(0) += 1;
                if reply.status == 200 {
                    winner = reply.json();
                } else {
                    reply.refused(409, "partnership_item_state_conflict");
                }
            }
            assert_eq!(counts, BTreeMap::from([(200, 1), (409, 11)]));
            assert_eq!(wang.get(format!("/partnership_items/{}", id(&offer))).send().await.expect(200), winner);
        }
    }
}
