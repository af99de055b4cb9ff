//! Crash points: the server dies at each point of a command's way, by itself (`kernel::crash`, in a build of its own), and
//! the change has happened as a whole or not at all.

use crate::{
    Options, Outcome, Stage,
    load::lamp,
    people::Person,
    races::prepare,
    report::Row,
    server::{Server, Setup},
    world::{Kind, Shape, Step, World},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// The one point that lies behind the commit.
const COMMITTED: &str = "committed";
/// And one that needs no help from the server: it is killed as soon as its answer is here.
const ANSWERED: &str = "answered";

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind, crashing: &Path) -> Outcome<Row> {
    let mut row = Row::new("crash", kind.name());
    let told = |binary: &Path| Outcome::Ok(std::fs::read(binary)?.windows(8).any(|w| w == b"CRASH_AT"));
    row.require("crash points in the binary that is shipped", told(&stage.binary)?, !told(&stage.binary)?);
    row.require("crash points in the one that is not", told(crashing)?, told(crashing)?);
    let points = points(crashing)?;
    let postgres = stage.postgres(kind)?;
    let world = World::make(&stage.binary, &stage.folder, postgres.as_ref(), Shape::plain("crash")).await?;
    let server = world.serve(0).await?;
    let mut cases = Vec::new();
    for command in commands(&world).into_iter().filter(|c| !options.short || c.in_short) {
        for point in points.iter().map(String::as_str).chain([ANSWERED]) {
            cases.push((command.prepare(&world, point).await?, point.to_owned(), command.clone()));
        }
    }
    drop(server);
    let (mut reached, mut torn, mut resolve) = (BTreeMap::new(), 0, Vec::new());
    let dying = Setup { binary: crashing.to_owned(), ..world.setup.clone() };
    for (order, point, command) in &cases {
        let step = command.step(&world, order, point);
        let server = dying.launch(world.ports[0], &[("CRASH_AT", point.as_str())][..usize::from(point != ANSWERED)])?;
        server.ready().await?;
        let before = Content::of(&world).await?;
        let asked = world.journal.now();
        match world.api.post(step.ask()).await {
            Some(answer) if answer.done() => {
                world.journal.acknowledge(step.ask(), step.action, asked, &answer).await?;
                server.kill();
                if point == ANSWERED {
                    reached.entry(point.clone()).or_insert_with(BTreeSet::new).insert(command.name);
                }
            }
            Some(answer) => return Err(format!("{} at {point}: {} {}", command.name, answer.status, answer.json()).into()),
            None => {
                gone(&server).await?;
                reached.entry(point.clone()).or_insert_with(BTreeSet::new).insert(command.name);
                let after = Content::of(&world).await?;
                let whole = if point == COMMITTED { after.is_one_change_after(&before) } else { after == before };
                if !whole {
                    torn += 1;
                    row.fault(format!("{} at {point}: {before:?} became {after:?}", command.name));
                }
                resolve.push(step);
            }
        }
    }
    let server = world.serve(0).await?;
    let mut done_before = 0;
    for step in &resolve {
        let answer = world.act(step).await?;
        done_before += usize::from(answer.replayed);
        if !answer.done() {
            row.fault(format!("{} cannot be repeated: {} {}", step.action, answer.status, answer.json()));
        }
    }
    let never: Vec<&String> = points.iter().filter(|p| !reached.contains_key(*p)).collect();
    row.tell("commands", cases.len() / (points.len() + 1));
    row.tell("points", points.len() + 1);
    row.tell("deaths", reached.values().map(BTreeSet::len).sum::<usize>());
    row.require("points that no command reached", json!(never), never.is_empty());
    row.require("torn changes", torn, torn == 0);
    let committed = reached.get(COMMITTED).map_or(0, BTreeSet::len);
    row.require("answered from the stored answer when repeated", format!("{done_before} of {committed}"), done_before == committed);
    stage.conclude(&mut row, &world, &world.api.tries()).await?;
    drop(server);
    Ok(row)
}

/// The names of the points, as the binary gives them.
fn points(crashing: &Path) -> Outcome<Vec<String>> {
    let told = Command::new(crashing).arg("settings").env("CRASH_AT", "?").output()?.stderr;
    let points: Vec<String> = String::from_utf8(told)?.trim_start_matches("linli: ").split_whitespace().map(str::to_owned).collect();
    if points.iter().any(|p| p == COMMITTED) { Ok(points) } else { Err(format!("these are no crash points: {points:?}").into()) }
}

/// Waits until the server has died.
async fn gone(server: &Server) -> Outcome {
    let began = Instant::now();
    while server.runs() {
        if began.elapsed() > Duration::from_secs(5) {
            return Err("the server gives no answer and does not die".into());
        }
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// How much there is of everything that a command writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Content {
    versions: i64,
    events: i64,
    keys: i64,
    helpers: i64,
    followers: i64,
}

impl Content {
    async fn of(world: &World) -> Outcome<Self> {
        let count = |what: &str| format!("(SELECT CAST({what} AS bigint) FROM ");
        let sql = format!(
            "SELECT {}orders), {all}events WHERE type LIKE 'order.%'), {all}idempotency_keys), {all}order_assistants), {all}order_followers)",
            count("coalesce(sum(version), 0)"),
            all = count("count(*)"),
        );
        let rows: Vec<(i64, i64, i64, i64, i64)> = world.database.rows(&sql).await?;
        let (versions, events, keys, helpers, followers) = *rows.first().ok_or("no content")?;
        Ok(Self { versions, events, keys, helpers, followers })
    }

    /// Whether one command has been carried out in between: one stored answer, and an event for each version.
    fn is_one_change_after(&self, before: &Self) -> bool {
        let versions = self.versions - before.versions;
        versions >= 1 && self.events - before.events == versions && self.keys - before.keys == 1
    }
}

/// A command, with what has to happen before it.
#[derive(Clone)]
struct Case {
    name: &'static str,
    in_short: bool,
    before: Vec<(&'static str, Value)>,
    action: &'static str,
    who: fn(&World) -> &Person,
    body: Value,
}

fn commands(world: &World) -> Vec<Case> {
    let home = &world.people.communities[0];
    let person = |p: &Person| json!({"kind": "person", "id": p.id});
    let assign = json!({"mode": "assign", "lead": person(&home.takers[0])});
    let with_helpers =
        json!({"mode": "assign", "lead": person(&home.takers[0]), "assistants": [person(&home.takers[1]), person(&home.takers[2])]});
    let nothing = || json!({});
    let triaged = vec![("triage", nothing())];
    let pooled = [&triaged[..], &[("dispatch", json!({"mode": "pool"}))]].concat();
    let assigned = [&triaged[..], &[("dispatch", assign.clone())]].concat();
    let accepted = [&assigned[..], &[("accept", nothing())]].concat();
    let completed = [&accepted[..], &[("complete", json!({"result": "solved", "answer": "好了"}))]].concat();
    let resident: fn(&World) -> &Person = |w| &w.people.communities[0].residents[0];
    let worker: fn(&World) -> &Person = |w| &w.people.communities[0].worker;
    let taker: fn(&World) -> &Person = |w| &w.people.communities[0].takers[0];
    let case = |name, in_short, before: &Vec<_>, action, who, body| Case { name, in_short, before: before.clone(), action, who, body };
    vec![
        case("place", true, &vec![], "place", resident, lamp(home)),
        case("triage", false, &vec![], "triage", worker, nothing()),
        case("dispatch to a pool", false, &triaged, "dispatch", worker, json!({"mode": "pool"})),
        case("dispatch with helpers", true, &triaged, "dispatch", worker, with_helpers),
        case("do at once", false, &triaged, "dispatch", worker, json!({"mode": "self_handled"})),
        case("claim", true, &pooled, "accept", taker, nothing()),
        case("accept", false, &assigned, "accept", taker, nothing()),
        case("complete", false, &accepted, "complete", taker, json!({"result": "solved", "answer": "好了"})),
        case("evaluate", true, &completed, "evaluate", resident, json!({"level": "dissatisfied"})),
        case("close", false, &completed, "close", worker, nothing()),
        case("cancel", false, &pooled, "cancel", resident, nothing()),
        case("suspend", false, &accepted, "suspend", worker, json!({"reason": "等一等"})),
        case("merge", true, &triaged, "merge", worker, Value::Null),
    ]
}

impl Case {
    /// Makes the order that the command is for; for a merger also the one that goes on, behind a space.
    async fn prepare(&self, world: &World, point: &str) -> Outcome<String> {
        if self.action == "place" {
            return Ok(String::new());
        }
        let name = format!("{}-{point}", self.name.replace(' ', "-"));
        let mut order = prepare(world, &name, &self.before).await?;
        if self.body.is_null() {
            order = format!("{order} {}", prepare(world, &format!("{name}-other"), &[]).await?);
        }
        Ok(order)
    }

    fn step<'a>(&'a self, world: &'a World, order: &str, point: &str) -> Step<'a> {
        let (order, other) = order.split_once(' ').unwrap_or((order, ""));
        let body = if self.body.is_null() { &json!({"into": other}) } else { &self.body };
        Step::new(self.action, (self.who)(world), order, body, format!("crash-{}-{point}", self.name.replace(' ', "-")))
    }
}
