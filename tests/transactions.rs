//! A change leaves the same rows whichever way it is committed: in several statements on SQLite, in one statement on
//! PostgreSQL, and in several on PostgreSQL when its transaction was opened before.

use chrono::{DateTime, Duration, Utc};
use kernel::{
    Actor, Code, Core, Cx, Event, EventType, Guard, Subject,
    clock::{Clock, ManualClock},
    cx::{IdempotencyKey, Replay},
    db::Db,
    id::AccountId,
    vault::Vault,
};
use migrations::Migrator;
use sea_orm::{
    ConnectionTrait, Statement, TryGetable,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use sea_orm_migration::MigratorTrait;
use std::sync::Arc;
use testkit::{Backend, Database, HOME};
use uuid::Uuid;

const ME: AccountId = AccountId(Uuid::from_u128(7));

#[derive(serde::Serialize)]
struct Said {
    step: usize,
    nth: usize,
}

impl Event for Said {
    fn kind(&self) -> EventType {
        [EventType::GridCreated, EventType::GridUpdated, EventType::GridClosed][self.nth]
    }
}

/// One command: writes a row or changes it, says so, and may carry a key.
#[derive(Clone, Debug)]
struct Command {
    name: String,
    /// The value that must be there; none for a new row.
    from: Option<String>,
    to: String,
    events: usize,
    key: Option<IdempotencyKey>,
}

/// Commands by chance, the same for the same seed: many of them meet a row, a value or a key that another has left.
fn commands(seed: u64) -> Vec<Command> {
    let mut state = seed;
    let mut dice = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    (0..80)
        .map(|_| Command {
            name: format!("n{}", dice(12)),
            from: if dice(3) > 0 { Some(format!("v{}", dice(2))) } else { None },
            to: format!("v{}", dice(2)),
            events: usize::try_from(dice(4)).unwrap(),
            key: if dice(2) > 0 {
                Some(IdempotencyKey { key: format!("k{}", dice(20)), fingerprint: format!("f{}", dice(2)) })
            } else {
                None
            },
        })
        .collect()
}

/// Type, subject, its version and region, actor, time, data.
type Logged = (String, Uuid, i32, i64, Option<Uuid>, DateTime<Utc>, String);

/// Everything that the commands have left behind, and what each was told.
struct Left {
    told: Vec<Result<(), Code>>,
    rows: Vec<(String, String, DateTime<Utc>)>,
    events: Vec<Logged>,
    keys: Vec<(Uuid, String, String, i16, DateTime<Utc>)>,
    replays: Vec<Result<Option<Replay>, Code>>,
}

async fn select<T>(db: &Db, query: &str, read: impl Fn(&sea_orm::QueryResult) -> T) -> Vec<T> {
    let rows = db.reader().query_all_raw(Statement::from_string(db.backend(), query)).await.unwrap();
    rows.iter().map(read).collect()
}

fn at<T: TryGetable>(row: &sea_orm::QueryResult, n: usize) -> T {
    row.try_get_by_index(n).unwrap_or_else(|e| panic!("{e:?}"))
}

async fn run(backend: Backend, opened: bool, commands: &[Command]) -> Option<Left> {
    let database = Database::empty(backend).await?;
    let db = database.connect(2).await;
    Migrator::up(db.writer(), None).await.unwrap();
    let clock = Arc::new(ManualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
    let core = Core::new(db.clone(), Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(Vault::new(&[(1, [7; 32])]).unwrap()));
    let actor = Arc::new(Actor { account: Some(ME), session: None, grants: Vec::new(), program: None });
    let [table, name, value, updated_at] = ["settings", "name", "value", "updated_at"].map(Alias::new);
    let mut told = Vec::new();
    for (step, command) in commands.iter().enumerate() {
        clock.advance(Duration::seconds(1));
        let cx = Cx::new(core.clone(), Arc::clone(&actor)).with_key(command.key.clone());
        let mut tx = cx.begin();
        if opened {
            tx.conn().await.unwrap();
        }
        for nth in 0..command.events {
            let subject =
                Subject { id: Uuid::from_u128(step as u128), version: i32::try_from(nth + 1).unwrap(), region: HOME.parse().unwrap() };
            tx.emit(subject, &Said { step, nth }).unwrap();
        }
        let guard = match &command.from {
            None => {
                let columns = [name.clone(), value.clone(), updated_at.clone()];
                let values = [Expr::val(command.name.as_str()), Expr::val(command.to.as_str()), Expr::val(tx.now)];
                Guard::Insert(Query::insert().into_table(table.clone()).columns(columns).values_panic(values).to_owned())
            }
            Some(from) => Guard::Update(
                Query::update()
                    .table(table.clone())
                    .value(value.clone(), command.to.as_str())
                    .value(updated_at.clone(), tx.now)
                    .and_where(Expr::col(name.clone()).eq(command.name.as_str()))
                    .and_where(Expr::col(value.clone()).eq(from.as_str()))
                    .to_owned(),
            ),
        };
        tx.stage(guard, kernel::Error::new(Code::VersionStale));
        let answer = format!("answer {step}");
        let done = if command.from.is_none() { tx.commit_created(answer).await } else { tx.commit(answer).await };
        told.push(done.map(drop).map_err(|e| e.code));
    }
    let mut replays = Vec::new();
    for command in commands.iter().filter(|c| c.key.is_some()) {
        let cx = Cx::new(core.clone(), Arc::clone(&actor)).with_key(command.key.clone());
        replays.push(cx.replay().await.map_err(|e| e.code));
    }
    let left = Left {
        told,
        rows: select(&db, "SELECT name, value, updated_at FROM settings ORDER BY name", |r| (at(r, 0), at(r, 1), at(r, 2))).await,
        events: select(
            &db,
            "SELECT type, subject_id, subject_version, region_code, actor_id, at, data FROM events ORDER BY xid, seq",
            |r| (at(r, 0), at(r, 1), at(r, 2), at(r, 3), at(r, 4), at(r, 5), at(r, 6)),
        )
        .await,
        keys: select(&db, "SELECT account_id, key, fingerprint, status, created_at FROM idempotency_keys ORDER BY key", |r| {
            (at(r, 0), at(r, 1), at(r, 2), at(r, 3), at(r, 4))
        })
        .await,
        replays,
    };
    drop(core);
    db.close().await;
    database.remove().await;
    Some(left)
}

#[test]
fn every_way_to_commit_leaves_the_same_rows() {
    testkit::block_on(async {
        let mut codes = Vec::new();
        for seed in 1..=4 {
            let commands = commands(seed);
            let sqlite = run(Backend::Sqlite, false, &commands).await.unwrap();
            for (step, told) in sqlite.told.iter().enumerate() {
                let data = sqlite.events.iter().filter(|e| e.1 == Uuid::from_u128(step as u128)).count();
                assert_eq!(data, if told.is_ok() { commands[step].events } else { 0 }, "a refused change leaves nothing");
            }
            codes.extend(sqlite.told.iter().map(|t| t.err()));
            for opened in [false, true] {
                let Some(postgres) = run(Backend::Postgres, opened, &commands).await else { return };
                let what = format!("seed {seed}, opened before: {opened}");
                assert_eq!(postgres.told, sqlite.told, "{what}");
                assert_eq!(postgres.rows, sqlite.rows, "{what}");
                assert_eq!(postgres.events, sqlite.events, "{what}");
                assert_eq!(postgres.keys, sqlite.keys, "{what}");
                assert_eq!(postgres.replays, sqlite.replays, "{what}");
            }
        }
        for met in [None, Some(Code::ValueTaken), Some(Code::VersionStale), Some(Code::IdempotencyKeySeen)] {
            assert!(codes.contains(&met), "{met:?} was never met");
        }
    });
}
