//! Who may do what: every step of the flow by everybody there is.

use super::{at, dispatched, lamp, path, placed, read, step, taker, usual};
use chrono::Duration;
use serde_json::{Value, json};
use services::order::{Action, State};
use testkit::World;

/// Everybody, in the order of the columns below. Zhang has asked, Chen leads, Wu assists where the order is assigned.
const PEOPLE: [&str; 16] =
    ["zhang", "li", "wang", "sun", "gao", "chen", "zhou", "wu", "zheng", "feng", "lv", "he", "admin", "foreign", "stranger", "guest"];

/// Where each step is tried, and what each person is told:
/// `+` 200 · `p` the permission is missing · `t` not the taker · `r` not the requester · `i` not eligible · `.` there is no such order.
#[rustfmt::skip]
const TABLE: &[(Action, State, &str)] = &[
    //                                       zhang li wang sun gao chen zhou wu zheng feng lv he admin foreign stranger guest
    (Action::Triage,         State::Placed,     "p . + p p . . . . + p p + . . ."),
    (Action::Reject,         State::Placed,     "p . + p p . . . . + p p + . . ."),
    (Action::Dispatch,       State::Dispatched, "p . + p p p . p . + p p + . . ."),
    (Action::Accept,         State::Dispatched, "t . t t t + . t . t t t t . . ."),
    (Action::Decline,        State::Dispatched, "t . t t t + . t . t t t t . . ."),
    (Action::HandBack,       State::Accepted,   "t . + t t + . t . + t t + . . ."),
    (Action::Start,          State::Accepted,   "t . t t t + . t . t t t t . . ."),
    (Action::RecordProgress, State::InProgress, "t . t t t + . + . t t t t . . ."),
    (Action::Complete,       State::InProgress, "t . t t t + . t . t t t t . . ."),
    (Action::Evaluate,       State::Completed,  "+ . r r r r . r . r r r r . . ."),
    (Action::Rework,         State::Completed,  "p . + p p p . p . + p p + . . ."),
    (Action::Close,          State::Completed,  "p . + p p p . p . + p p + . . ."),
    (Action::Cancel,         State::Accepted,   "+ . + p p p . p . + p p + . . ."),
    (Action::Suspend,        State::Accepted,   "p . + p p p . p . + p p + . . ."),
    (Action::Resume,         State::Suspended,  "p . + p p p . p . + p p + . . ."),
    (Action::Merge,          State::Dispatched, "p . + p p p . p . + p p + . . ."),
];
/// The same for a claim from the pool, which has neither lead nor assistant yet.
const CLAIM: &str = "p . i i i + + + i p p p p . . .";

/// An order in this state, with Wu assisting wherever somebody leads.
async fn order_at(world: &World, state: State) -> Value {
    let from = match state {
        State::Placed => return placed(world).await,
        State::Suspended => Some(State::Accepted),
        State::Dispatched | State::Accepted | State::InProgress | State::Completed => None,
        other => return at(world, other).await,
    };
    let (wang, chen) = (world.person("wang"), world.person("chen"));
    let team = json!({ "mode": "assign", "lead": taker(&chen), "assistants": [taker(&world.person("wu"))] });
    let order = dispatched(world, lamp(), team).await;
    let goal = from.unwrap_or(state);
    for (action, reaches) in [(Action::Accept, State::Accepted), (Action::Start, State::InProgress), (Action::Complete, State::Completed)] {
        if read(&wang, &order).await["state"] == goal.as_str() {
            break;
        }
        let (name, body) = usual(world, action, &Value::Null);
        let now = step(&world.person(name), &order, action.as_str(), body).await.expect(200);
        assert_eq!(now["state"], reaches.as_str());
    }
    if from.is_some() {
        step(&wang, &order, "suspend", json!({ "reason": "等" })).await.expect(200);
    }
    read(&wang, &order).await
}

/// Tries a step by everybody and compares with the row of the table.
async fn tried(world: &World, action: Action, expected: &str, fresh: impl AsyncFn() -> Value) -> Vec<String> {
    let into = placed(world).await;
    let mut order = fresh().await;
    let mut wrong = Vec::new();
    for (name, mark) in PEOPLE.iter().zip(expected.split(' ')) {
        let (_, body) = usual(world, action, &into);
        let reply = step(&world.person(name), &order, action.as_str(), body).await;
        let problem = reply.json();
        let told = match (reply.status, problem["code"].as_str().unwrap_or_default()) {
            (200, _) => "+",
            (403, "permission_missing") if problem["params"]["permission"].as_str().is_some_and(|p| p.starts_with("order.")) => "p",
            (403, "not_the_taker") => "t",
            (403, "not_the_requester") => "r",
            (403, "taker_ineligible") => "i",
            (404, "order_not_found") => ".",
            _ => "?",
        };
        if told != mark {
            wrong.push(format!("{name} tries to {} and is told {told} instead of {mark}: {} {problem}", action.as_str(), reply.status));
        }
        if reply.status == 200 {
            order = fresh().await;
        } else {
            let now = read(&world.person("wang"), &order).await;
            if now["version"] != order["version"] {
                wrong.push(format!("{name} was refused to {} and changed it all the same", action.as_str()));
            }
        }
    }
    wrong
}

testkit::on_both! {
    async fn everybody_may_do_what_the_table_says(world: World) {
        let mut wrong = Vec::new();
        for (action, state, expected) in TABLE {
            wrong.extend(tried(&world, *action, expected, async || order_at(&world, *state).await).await);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(TABLE.iter().map(|t| t.0).collect::<Vec<_>>(), Action::all().collect::<Vec<_>>());
    }

    async fn everybody_may_claim_who_takes_orders_here(world: World) {
        // Chen, Zhou and Wu claim one after another, each a new order.
        let wrong = tried(&world, Action::Accept, CLAIM, async || dispatched(&world, lamp(), json!({ "mode": "pool" })).await).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn everybody_sees_what_concerns_them(world: World) {
        let order = order_at(&world, State::Accepted).await;
        let sees = |name: &&str| !["li", "zhou", "zheng", "foreign", "stranger", "guest"].contains(name);
        for name in PEOPLE {
            let who = world.person(name);
            let replies = [who.get(path(&order)).send().await, who.get(format!("{}/events", path(&order))).send().await];
            for reply in replies {
                assert_eq!(reply.status, if sees(&name) { 200 } else { 404 }, "{name}: {}", reply.text());
            }
            let followers = who.get(format!("{}/followers", path(&order))).send().await;
            let reads = ["wang", "sun", "gao", "feng", "lv", "he", "admin"].contains(&name);
            assert_eq!(followers.status, if reads { 200 } else if sees(&name) { 403 } else { 404 }, "{name}: {}", followers.text());
        }
    }

    async fn a_grid_member_of_one_grid_sees_that_grid(world: World) {
        let (gao, zhang) = (world.person("gao"), world.person("zhang"));
        let west = placed(&world).await;
        let east = super::place(&zhang, super::lamp_with(json!({ "point": { "lng": 119.825, "lat": 32.24 } }))).await;
        let nowhere = super::place(&zhang, super::lamp_with(json!({ "point": null }))).await;
        assert_eq!((&east["grid_id"], nowhere.get("grid_id")), (&json!(world.places.east), None));
        read(&gao, &west).await;
        for other in [&east, &nowhere] {
            gao.get(path(other)).send().await.refused(404, "order_not_found");
        }
        // The worker sorts it into a grid, and then it is Gao's to see.
        step(&world.person("wang"), &nowhere, "triage", json!({ "grid_id": world.places.west })).await.expect(200);
        read(&gao, &nowhere).await;
        step(&world.person("wang"), &east, "triage", json!({ "grid_id": world.places.abroad })).await.refused(422, "grid_foreign");
    }

    async fn what_somebody_was_is_over_when_the_grant_ends(world: World) {
        let [admin, wang] = ["admin", "wang"].map(|n| world.person(n));
        let order = placed(&world).await;
        let grants = admin.get(format!("/accounts/{}/grants", wang.account())).send().await.expect(200);
        let grant = grants["items"][0]["id"].as_str().unwrap();
        admin.delete(format!("/grants/{grant}")).send().await;
        world.later(Duration::seconds(10));
        wang.get(path(&order)).send().await.refused(404, "order_not_found");
        step(&wang, &order, "triage", json!({})).await.refused(404, "order_not_found");
    }
}
