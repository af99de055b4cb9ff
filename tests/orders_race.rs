//! Many at once: exactly one wins, and the others hear where the order stands.

use crate::orders::{dispatched, lamp, path, place, placed, pooled, read, step, taker, timeline};
use identity::CreateGrant;
use kernel::{Place, RegionCode, Role, clock::Clock, id::AccountId};
use sea_orm::{
    ConnectionTrait,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use serde_json::{Value, json};
use services::order::{
    Action, State,
    flow::{self, Step},
};
use std::collections::BTreeMap;
use testkit::{Client, HOME, Reply, World};

/// Party members of 新联社区 who take orders, made without the work of passwords.
async fn crowd(world: &World, size: usize) -> Vec<Client> {
    let cx = world.cx();
    let home: RegionCode = HOME.parse().unwrap();
    let mut people = Vec::new();
    for n in 0..size {
        let (id, now): (AccountId, _) = (cx.begin().id(), world.clock.now());
        let columns = ["id", "name", "display_name", "status", "version", "created_at", "updated_at"].map(Alias::new);
        let values = [
            Expr::val(id.0),
            Expr::val(format!("crowd{n}")),
            Expr::val("x"),
            Expr::val("active"),
            Expr::val(1),
            Expr::val(now),
            Expr::val(now),
        ];
        let insert = Query::insert().into_table(Alias::new("accounts")).columns(columns).values_panic(values).to_owned();
        world.core().db.writer().execute(&insert).await.unwrap();
        identity::grant_role(&cx, id, CreateGrant::in_region(Role::PartyMember, home), Place::from(home)).await.unwrap();
        let register = json!({ "account_id": id, "kind": "party_member", "region_code": HOME });
        volunteers::register_volunteer(&cx, serde_json::from_value(register).unwrap()).await.unwrap();
        people.push(world.signed_in(id).await);
    }
    people
}

/// Does all of this at the same time.
/// On a machine that is busy with other things SQLite's one writer may let somebody wait too long: a 503 has done nothing and is sent again.
async fn at_once(steps: Vec<(Client, Value, &'static str, Value)>) -> Vec<Reply> {
    let start = std::sync::Arc::new(tokio::sync::Barrier::new(steps.len()));
    let tasks: Vec<_> = steps
        .into_iter()
        .map(|(by, order, action, body)| {
            let start = std::sync::Arc::clone(&start);
            tokio::spawn(async move {
                start.wait().await;
                for _ in 0..20 {
                    let reply = step(&by, &order, action, body.clone()).await;
                    if reply.status != 503 {
                        return reply;
                    }
                }
                panic!("{action}: nothing but 503");
            })
        })
        .collect();
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    replies
}

/// How often each status came.
fn count(replies: &[Reply]) -> BTreeMap<u16, usize> {
    replies.iter().fold(BTreeMap::new(), |mut counts, r| {
        *counts.entry(r.status).or_default() += 1;
        counts
    })
}

/// Requires that the history of an order is one that the table allows, a version a step, and that it ends where the order stands.
async fn is_legal(world: &World, order: &Value) -> usize {
    let wang = world.person("wang");
    let (now, events) = (read(&wang, order).await, timeline(&wang, order).await);
    let state = |value: &Value| State::all().find(|s| value == s.as_str()).unwrap();
    let mut paused = State::Triaged;
    for (n, pair) in events.windows(2).enumerate() {
        let (from, to) = (state(&pair[1]["data"]["from"]), state(&pair[1]["data"]["to"]));
        assert_eq!(pair[0]["data"]["to"], pair[1]["data"]["from"], "{events:?}");
        assert_eq!(pair[1]["subject_version"], json!(n + 2), "{events:?}");
        let leads = |step| match step {
            Step::To(there) => there == to,
            Step::Stay => from == to,
            Step::Back => to == paused,
        };
        let possible = Action::all().filter_map(|a| flow::next(from, a)).any(leads);
        assert!(possible, "{} to {}", from.as_str(), to.as_str());
        if to == State::Suspended {
            paused = from;
        }
    }
    assert_eq!((&now["state"], &now["version"]), (&events.last().unwrap()["data"]["to"], &json!(events.len())));
    events.len()
}

testkit::on_both! {
    async fn of_sixty_four_claimants_one_wins(world: World) {
        let people = crowd(&world, 64).await;
        for _ in 0..3 {
            let order = pooled(&world, lamp()).await;
            let claims = people.iter().map(|p| (p.clone(), order.clone(), "accept", json!({}))).collect();
            let replies = at_once(claims).await;
            assert_eq!(count(&replies), BTreeMap::from([(200, 1), (409, 63)]));
            let winner = replies.iter().position(|r| r.status == 200).unwrap();
            for reply in replies.iter().filter(|r| r.status == 409) {
                assert_eq!(reply.refused(409, "order_taken")["params"]["state"], "accepted");
            }
            let now = read(&people[winner], &order).await;
            assert_eq!((&now["lead"], &now["version"]), (&taker(&people[winner]), &json!(4)));
            assert_eq!(now, replies[winner].json());
            assert_eq!(is_legal(&world, &order).await, 4);
            // Who comes too late hears the same, until it is dispatched anew.
            step(&people[winner], &order, "start", json!({})).await.expect(200);
            let late = step(&people[(winner + 1) % 64], &order, "accept", json!({})).await.refused(409, "order_taken");
            assert_eq!(late["params"]["state"], "in_progress");
        }
    }

    async fn a_claim_a_cancellation_and_a_suspension_make_one_history(world: World) {
        let [zhang, wang, chen, zhou] = ["zhang", "wang", "chen", "zhou"].map(|n| world.person(n));
        for _ in 0..12 {
            let order = pooled(&world, lamp()).await;
            let act = |by: &Client, action, body| (by.clone(), order.clone(), action, body);
            let replies = at_once(vec![
                act(&chen, "accept", json!({})), act(&zhang, "cancel", json!({ "note": "不用了" })), act(&wang, "suspend", json!({ "reason": "等" })),
                act(&zhou, "accept", json!({})), act(&wang, "dispatch", json!({ "mode": "assign", "lead": taker(&zhou) })),
            ]).await;
            let counts = count(&replies);
            let refused: usize = counts.iter().filter(|(status, _)| **status != 200).map(|(_, n)| n).sum();
            let done = counts.get(&200).copied().unwrap_or_default();
            assert!(done >= 1 && done + refused == 5, "{counts:?}");
            for reply in replies.iter().filter(|r| r.status != 200) {
                let problem = reply.json();
                let code = problem["code"].as_str().unwrap();
                // Whoever could claim it is nobody to it once it has been given to somebody else.
                let told = ["order_state_conflict", "order_version_stale", "order_taken"].contains(&code) || (reply.status == 404 && code == "order_not_found");
                assert!(told && [404, 409].contains(&reply.status), "{problem}");
                if reply.status == 409 {
                    assert!(problem["params"]["state"].is_string(), "{problem}");
                }
            }
            assert_eq!(is_legal(&world, &order).await, 3 + done);
            // Leave nobody with more than they may hold.
            for by in [&chen, &zhou] {
                step(by, &order, "hand_back", json!({ "reason": "x" })).await;
            }
        }
    }

    async fn a_taker_never_holds_more_than_the_limit(world: World) {
        let chen = world.person("chen");
        let assigned = dispatched(&world, lamp(), json!({ "mode": "assign", "lead": taker(&chen) })).await;
        step(&chen, &assigned, "accept", json!({})).await.expect(200);
        let mut orders = Vec::new();
        for _ in 0..20 {
            orders.push(pooled(&world, lamp()).await);
        }
        let replies = at_once(orders.iter().map(|o| (chen.clone(), o.clone(), "accept", json!({}))).collect()).await;
        assert_eq!(count(&replies), BTreeMap::from([(200, 4), (409, 16)]), "five with the one that was assigned");
        for reply in replies.iter().filter(|r| r.status == 409) {
            assert_eq!(reply.refused(409, "taker_limit_reached")["params"]["limit"], "5");
        }
        let held = chen.get("/orders?view=taken&limit=100").send().await.expect(200);
        assert_eq!(held["items"].as_array().unwrap().len(), 5);
        let select = Query::select().column(Alias::new("lead_slot")).from(Alias::new("orders")).and_where(Expr::col(Alias::new("lead_slot")).is_not_null()).to_owned();
        assert_eq!(world.core().db.reader().query_all(&select).await.unwrap().len(), 4);
    }

    async fn of_two_who_do_the_same_at_once_one_does_it(world: World) {
        let [zhang, wang, chen, feng] = ["zhang", "wang", "chen", "feng"].map(|n| world.person(n));
        for _ in 0..5 {
            let order = placed(&world).await;
            let twice = async |first: &Client, second: &Client, action: &'static str, body: Value| {
                let replies = at_once(vec![(first.clone(), order.clone(), action, body.clone()), (second.clone(), order.clone(), action, body)]).await;
                (count(&replies).get(&200).copied().unwrap_or_default(), replies)
            };
            // Sorting twice is no harm; neither is sending twice. One after the other or one refused.
            let (sorted, _) = twice(&wang, &feng, "triage", json!({ "version": 1 })).await;
            assert_eq!(sorted, 1);
            let (sent, _) = twice(&wang, &feng, "dispatch", json!({ "mode": "assign", "lead": taker(&chen), "version": 2, "assistants": [taker(&world.person("wu"))] })).await;
            assert_eq!(sent, 1);
            let (accepted, _) = twice(&chen, &chen, "accept", json!({})).await;
            assert_eq!(accepted, 1);
            let (completed, _) = twice(&chen, &chen, "complete", json!({ "result": "solved", "answer": "好" })).await;
            assert_eq!(completed, 1);
            let (judged, replies) = twice(&zhang, &zhang, "evaluate", json!({ "level": "dissatisfied" })).await;
            assert_eq!(judged, 1, "{replies:?}");
            assert_eq!(read(&wang, &order).await["rework_count"], 1);
            assert_eq!(is_legal(&world, &order).await, 7);
        }
    }

    async fn of_two_dispatchers_who_name_the_same_helpers_one_hears_that_it_is_late(world: World) {
        let [wang, feng, chen] = ["wang", "feng", "chen"].map(|n| world.person(n));
        let mut team = [taker(&world.person("zhou")), taker(&world.person("wu"))];
        let assign = |team: &[Value]| json!({ "mode": "assign", "lead": taker(&chen), "assistants": team, "version": 2 });
        let there = assign(&team);
        team.reverse();
        let back = assign(&team);
        for _ in 0..10 {
            let order = placed(&world).await;
            step(&wang, &order, "triage", json!({})).await.expect(200);
            let replies = at_once(vec![(wang.clone(), order.clone(), "dispatch", there.clone()), (feng.clone(), order.clone(), "dispatch", back.clone())]).await;
            assert_eq!(count(&replies), BTreeMap::from([(200, 1), (409, 1)]), "{replies:?}");
            replies.iter().find(|r| r.status == 409).unwrap().refused(409, "order_version_stale");
            assert_eq!(read(&wang, &order).await["assistants"].as_array().unwrap().len(), 2);
        }
    }

    async fn two_orders_are_never_merged_into_each_other(world: World) {
        let [wang, feng, li] = ["wang", "feng", "li"].map(|n| world.person(n));
        for _ in 0..40 {
            let (first, second) = (placed(&world).await, place(&li, lamp()).await);
            let into = |order: &Value| json!({ "into": order["id"] });
            let replies = at_once(vec![(wang.clone(), first.clone(), "merge", into(&second)), (feng.clone(), second.clone(), "merge", into(&first))]).await;
            assert_eq!(count(&replies), BTreeMap::from([(200, 1), (409, 1)]), "{replies:?}");
            assert_ne!(read(&wang, &first).await["state"] == "merged", read(&wang, &second).await["state"] == "merged");
        }
        // Nothing is merged into what closes at the same moment, or it was merged before.
        for _ in 0..4 {
            let (duplicate, target) = (place(&li, lamp()).await, placed(&world).await);
            let replies = at_once(vec![
                (wang.clone(), duplicate.clone(), "merge", json!({ "into": target["id"] })),
                (world.person("zhang"), target.clone(), "cancel", json!({})),
            ]).await;
            assert_eq!(replies[1].status, 200, "{replies:?}");
            assert!([200, 409].contains(&replies[0].status), "{replies:?}");
            let follows = li.get(path(&target)).send().await.status == 200;
            assert_eq!(follows, replies[0].status == 200);
        }
    }
}
