//! The security battery: what somebody tries who means harm, against every operation of the contract.
//!
//! [`cases`] is the one table that knows how each operation is asked properly; an operation that is not in it is red.
//! From it follow who gets at what ([`matrix`]), what cannot be slipped into a body ([`assignment`]), what a body may look
//! like ([`malformed`]), what a query may hold ([`injection`]), and what is told to who asks twice ([`again`]). [`tokens`] forges, [`wire`] speaks broken HTTP,
//! [`flows`] abuses what is allowed. After each the whole database is compared with what it was before.

mod again;
mod assignment;
mod cases;
mod flows;
mod fuzzed;
mod injection;
mod malformed;
mod matrix;
mod programs;
mod sealed;
mod tokens;
mod wire;

pub(crate) use injection::HOSTILE;

use crate::contract::{Operation, document, operations};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Backend, Reply, World};

/// The chapters of the contract in four parts, so that no test does all the work.
const PARTS: [&[&str]; 4] = [
    &["orders", "snapshots"],
    &["mediation", "regions", "grids", "residents", "catalogue", "visits"],
    &["attachments", "jobs", "accounts", "applications", "sessions", "system", "events", "webhooks", "wechat", "hotlines", "own_data"],
    &["organizations", "alliances", "venues", "departments", "check_ins", "volunteers"],
];

/// The operations of a part.
fn part(n: usize) -> Vec<Operation> {
    let document = document();
    let tags = |o: &Operation| o.spec["tags"][0].as_str().unwrap_or_default().to_owned();
    let all = operations(&document);
    assert!(all.iter().all(|o| PARTS.iter().any(|part| part.contains(&tags(o).as_str()))), "a chapter that is in no part");
    all.into_iter().filter(|o| PARTS[n].contains(&tags(o).as_str())).collect()
}

/// Declares a test for each part of the contract.
macro_rules! in_parts {
    ($test:ident) => {
        testkit::on_both! {
            async fn part_one(world: World) {
                $test(world, 0).await;
            }
            async fn part_two(world: World) {
                $test(world, 1).await;
            }
            async fn part_three(world: World) {
                $test(world, 2).await;
            }
            async fn part_four(world: World) {
                $test(world, 3).await;
            }
        }
    };
}
pub(crate) use in_parts;

/// The same on one database: for what does not get as far as there.
macro_rules! in_parts_once {
    ($test:ident) => {
        in_parts_once! { $test part_one 0 part_two 1 part_three 2 part_four 3 }
    };
    ($test:ident $($name:ident $part:literal)+) => {$(
        #[test]
        fn $name() {
            testkit::run(testkit::Backend::Sqlite, async |world: testkit::World| $test(world, $part).await);
        }
    )+};
}
pub(crate) use in_parts_once;

/// Everything that the database holds: each table's rows as text.
pub(crate) async fn contents(world: &World) -> BTreeMap<String, Vec<String>> {
    let db = &world.core().db;
    let ask = async |query: String| {
        let rows = db.reader().query_all_raw(Statement::from_string(db.backend(), query)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>()
    };
    let sqlite = world.backend == Backend::Sqlite;
    let tables = if sqlite {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
    };
    let mut contents = BTreeMap::new();
    for table in ask(tables.to_owned()).await {
        let row = if sqlite {
            let columns = ask(format!("SELECT name FROM pragma_table_info('{table}')")).await;
            columns.iter().map(|c| format!("quote(\"{c}\")")).collect::<Vec<_>>().join(" || ',' || ")
        } else {
            "t::text".to_owned()
        };
        let mut rows = ask(format!("SELECT {row} FROM \"{table}\" t")).await;
        rows.sort_unstable();
        contents.insert(table, rows);
    }
    assert!(contents.len() > 10 && contents["accounts"].len() > 10, "the tables were found");
    contents
}

/// Whether a text stands open anywhere in the database.
pub(crate) async fn holds(world: &World, text: &str) -> bool {
    contents(world).await.values().flatten().any(|row| row.contains(text))
}

/// Requires that nothing has been written since.
#[track_caller]
pub(crate) fn is_unchanged(what: &str, before: &BTreeMap<String, Vec<String>>, now: &BTreeMap<String, Vec<String>>) {
    for (table, rows) in now {
        let new: Vec<_> = rows.iter().filter(|row| !before[table].contains(row)).collect();
        assert!(new.is_empty() && rows.len() == before[table].len(), "{what} changed {table}: {new:#?}");
    }
}

/// What makes an answer a proper refusal, whatever it refuses.
fn fault_of(reply: &Reply) -> Option<String> {
    if !(400..500).contains(&reply.status) {
        return Some(format!("{} {:.300}", reply.status, reply.text()));
    }
    let problem: Value = serde_json::from_slice(&reply.bytes).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or_default();
    let fine = reply.header("content-type") == "application/problem+json"
        && !code.is_empty()
        && problem["status"] == reply.status
        && !reply.header("x-request-id").is_empty()
        && problem["request_id"] == reply.header("x-request-id");
    (!fine).then(|| format!("{} {:.300}", reply.status, reply.text()))
}

/// A refusal without what differs from request to request.
fn told(reply: &Reply) -> (u16, Value) {
    let mut problem = reply.json();
    problem["request_id"] = json!("");
    (reply.status, problem)
}
