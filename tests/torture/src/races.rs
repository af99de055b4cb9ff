//! Many at once at the same order, through several servers: exactly one wins, and the others hear that they have lost.

use crate::{
    Options, Outcome, Stage,
    api::{Answer, count, percentile},
    load::lamp,
    people::{Community, Person, plain},
    report::Row,
    world::{Kind, Shape, Step, World},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Server processes on one PostgreSQL; SQLite belongs to one.
const SERVERS: usize = 3;
/// What somebody may hear who came too late.
const TOO_LATE: [&str; 8] = [
    "order_state_conflict",
    "order_version_stale",
    "order_taken",
    "order_not_found",
    "not_the_taker",
    "evaluation_satisfied",
    "closer_is_doer",
    "merge_target_closed",
];

/// A step on the way to where a melee begins: the action and its words.
type Before<'a> = (&'a str, Value);
/// What somebody does in it.
type Act<'a> = (&'a str, &'a Person, Value);

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    let mut row = Row::new("races", kind.name());
    let (crowds, orders, rounds): (&[usize], usize, usize) = if options.short { (&[64], 25, 12) } else { (&[64, 256], 1000, 250) };
    let (orders, rounds) = (options.count.unwrap_or(orders), options.count.unwrap_or(rounds));
    let servers = if kind == Kind::Sqlite { 1 } else { SERVERS };
    let postgres = stage.postgres(kind)?;
    let takers = crowds.iter().copied().max().unwrap_or(1);
    let shape = Shape { servers, takers, ..Shape::plain("races") };
    let world = World::make(&stage.binary, &stage.folder, postgres.as_ref(), shape).await?;
    let mut running = Vec::new();
    for n in 0..servers {
        running.push(world.serve(n).await?);
    }
    row.tell("servers", servers);
    for crowd in crowds {
        claims(&world, &mut row, *crowd, orders).await?;
    }
    melee(&world, &mut row, rounds).await?;
    if let Some(postgres) = &postgres {
        let deadlocks = postgres.log()?.matches("deadlock detected").count();
        row.require("deadlocks", deadlocks, deadlocks == 0);
    }
    stage.conclude(&mut row, &world, &world.api.tries()).await?;
    Ok(row)
}

/// Everybody of a crowd claims each order at the same moment.
async fn claims(world: &World, row: &mut Row, crowd: usize, orders: usize) -> Outcome {
    let home = &world.people.communities[0];
    let mut pooled = Vec::new();
    for n in 0..orders {
        pooled.push(prepare(world, &format!("claims-{crowd}-{n}"), &[("triage", json!({})), ("dispatch", json!({"mode": "pool"}))]).await?);
    }
    world.api.tries();
    let mut odd = 0;
    for (n, order) in pooled.iter().enumerate() {
        let claim = |taker| Step::new("accept", taker, order, &json!({}), format!("claim-{crowd}-{n}-{}", taker.name));
        let answers = at_once(world, home.takers[..crowd].iter().map(claim).collect()).await?;
        let won = answers.iter().filter(|a| a.status == 200).count();
        let lost = answers.iter().filter(|a| a.status == 409 && a.json()["code"] == "order_taken").count();
        if (won, lost) != (1, crowd - 1) {
            odd += 1;
            row.fault(format!("of {crowd} claimants {won} won and {lost} lost {order}"));
        }
    }
    let tries = world.api.tries();
    row.require(&format!("{crowd} claimants × {orders} orders without exactly one winner"), odd, odd == 0);
    row.tell(&format!("{crowd}: answers"), counts(&tries));
    row.tell(&format!("{crowd}: p99 ms"), percentile(tries.iter().map(|t| t.took), 0.99).round());
    Ok(())
}

/// Different things at once, at an order that stands where all of them are legal.
async fn melee(world: &World, row: &mut Row, rounds: usize) -> Outcome {
    let home = &world.people.communities[0];
    let assign = |lead: &Person, assistants: &[Person]| {
        let person = |p: &Person| json!({"kind": "person", "id": p.id});
        json!({"mode": "assign", "lead": person(lead), "assistants": assistants.iter().map(person).collect::<Vec<_>>()})
    };
    let reason = || json!({"reason": "等一等"});
    let (worker, requester, takers) = (&home.worker, &home.residents[0], &home.takers);
    let triaged = [("triage", json!({}))];
    let pooled = [("triage", json!({})), ("dispatch", json!({"mode": "pool"}))];
    let accepted = [("triage", json!({})), ("dispatch", assign(&takers[0], &[])), ("accept", json!({}))];
    let completed = [&accepted[..], &[("complete", json!({"result": "solved", "answer": "好了"}))]].concat();
    let (mut told, mut mute) = (BTreeSet::new(), 0);
    world.api.tries();
    for n in 0..rounds {
        let other = prepare(world, &format!("other-{n}"), &triaged).await?;
        let judge = |level: &str| json!({"level": level});
        #[rustfmt::skip]
        let scenes: [(&[Before<'_>], Vec<Act<'_>>); 4] = [
            // A claim against a cancellation, a suspension, an assignment to somebody else and a merger.
            (&pooled, vec![
                ("accept", &takers[0], json!({})), ("accept", &takers[1], json!({})), ("accept", &takers[2], json!({})), ("accept", &takers[3], json!({})),
                ("cancel", requester, json!({"note": "不用了"})), ("suspend", worker, reason()), ("dispatch", worker, assign(&takers[4], &[])),
                ("merge", worker, json!({"into": other})),
            ]),
            // Time is up: the dispatcher takes the work back while the taker starts, reports and completes it.
            (&accepted, vec![
                ("hand_back", worker, reason()), ("complete", &takers[0], json!({"result": "solved", "answer": "好了"})), ("start", &takers[0], json!({})),
                ("record_progress", &takers[0], json!({"note": "在路上"})), ("suspend", worker, reason()), ("cancel", requester, json!({"note": "不用了"})),
            ]),
            // A judgement that puts the work back by itself, another judgement, a rework and the closing.
            (&completed, vec![
                ("evaluate", requester, judge("dissatisfied")), ("evaluate", requester, judge("satisfied")), ("rework", worker, reason()), ("close", worker, json!({})),
            ]),
            // Two dispatchers, the same helpers.
            (&triaged, vec![
                ("dispatch", worker, assign(&takers[0], &takers[1..4])), ("dispatch", worker, assign(&takers[5], &takers[1..4])), ("triage", worker, json!({})),
                ("dispatch", worker, json!({"mode": "self_handled"})), ("accept", &takers[0], json!({})),
            ]),
        ];
        for (scene, (before, acts)) in scenes.into_iter().enumerate() {
            let order = prepare(world, &format!("before-{n}-{scene}"), before).await?;
            let mut steps: Vec<Step<'_>> = acts
                .iter()
                .enumerate()
                .map(|(k, (action, who, body))| Step::new(action, who, &order, body, format!("melee-{n}-{scene}-{k}")))
                .collect();
            // One of them twice with the same key.
            steps.push(steps[0].clone());
            let answers = at_once(world, steps).await?;
            mute += usize::from(!answers.iter().any(Answer::done));
            told.extend(answers.iter().filter(|a| !a.done()).map(|a| a.json()["code"].as_str().unwrap_or_default().to_owned()));
        }
    }
    let strange: Vec<&String> = told.iter().filter(|code| !TOO_LATE.contains(&code.as_str())).collect();
    row.require("melees that nobody won", mute, mute == 0);
    row.require("refusals for another reason than being late", json!(strange), strange.is_empty());
    row.tell("melees", rounds * 4);
    row.tell("melees: answers", counts(&world.api.tries()));
    Ok(())
}

fn counts(tries: &[crate::api::Try]) -> String {
    count(tries).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", ")
}

/// Places an order in the first community and takes it through these steps; gives its id.
pub(crate) async fn prepare(world: &World, name: &str, steps: &[(&str, Value)]) -> Outcome<String> {
    let home: &Community = &world.people.communities[0];
    let place = Step::new("place", &home.residents[0], "", &lamp(home), format!("{name}-place"));
    let id = plain(world.act(&place).await?.json()["id"].as_str().unwrap_or_default());
    for (n, (action, body)) in steps.iter().enumerate() {
        let who = match *action {
            "accept" | "complete" => &home.takers[0],
            "evaluate" => &home.residents[0],
            _ => &home.worker,
        };
        let answer = world.act(&Step::new(action, who, &id, body, format!("{name}-{n}"))).await?;
        if !answer.done() {
            return Err(format!("{action}: {} {}", answer.status, answer.json()).into());
        }
    }
    Ok(id)
}

/// Does all of this at the same moment.
async fn at_once(world: &World, steps: Vec<Step<'_>>) -> Outcome<Vec<Answer>> {
    join_all(steps.iter().map(|step| world.act(step))).await.into_iter().collect()
}
