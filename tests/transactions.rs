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

async fn carry_out(core: &Core, actor: &Arc<Actor>, opened: bool, step: usize, command: &Command) -> Result<(), Code> {
    let [table, name, value, updated_at] = ["settings", "name", "value", "updated_at"].map(Alias::new);
    let cx = Cx::new(core.clone(), Arc::clone(actor)).with_key(command.key.clone());
    let mut tx = cx.begin();
    if opened {
        tx.conn().await.unwrap();
    }
    for nth in 0..command.events {
        let version = i32::try_from(nth + 1).unwrap();
        let subject = Subject { id: Uuid::from_u128(step as u128), version, region: HOME.parse().unwrap() };
        tx.emit(subject, &Said { step, nth }).unwrap();
    }
    let guard = match &command.from {
        None => {
            let columns = [name, value, updated_at];
            let values = [Expr::val(command.name.as_str()), Expr::val(command.to.as_str()), Expr::val(tx.now)];
            Guard::Insert(Query::insert().into_table(table).columns(columns).values_panic(values).to_owned())
        }
        Some(from) => Guard::Update(
            Query::update()
                .table(table)
                .value(value.clone(), command.to.as_str())
                .value(updated_at, tx.now)
                .and_where(Expr::col(name).eq(command.name.as_str()))
                .and_where(Expr::col(value).eq(from.as_str()))
                .to_owned(),
        ),
    };
    tx.stage(guard, kernel::Error::new(Code::VersionStale));
    let answer = format!("answer {step}");
    let done = if command.from.is_none() { tx.commit_created(answer).await } else { tx.commit(answer).await };
    done.map(drop).map_err(|e| e.code)
}

fn core(db: &Db, clock: &Arc<ManualClock>) -> (Core, Arc<Actor>) {
    let vault = Arc::new(Vault::new(&[(1, [7; 32])]).unwrap());
    let actor = Actor { account: Some(ME), session: None, grants: Vec::new(), program: None };
    (Core::new(db.clone(), Arc::clone(clock) as Arc<dyn Clock>, vault), Arc::new(actor))
}

async fn run(backend: Backend, opened: bool, commands: &[Command]) -> Option<Left> {
    let database = Database::empty(backend).await?;
    let db = database.connect(2).await;
    Migrator::up(db.writer(), None).await.unwrap();
    let clock = Arc::new(ManualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
    let (core, actor) = core(&db, &clock);
    let mut told = Vec::new();
    for (step, command) in commands.iter().enumerate() {
        clock.advance(Duration::seconds(1));
        told.push(carry_out(&core, &actor, opened, step, command).await);
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

/// With one connection all but the first wait, and go together; what is wrong with one is nobody else's affair.
#[test]
fn changes_that_share_a_commit_do_not_share_their_refusals() {
    testkit::block_on(async {
        let Some(database) = Database::empty(Backend::Postgres).await else { return };
        let db = database.connect(1).await;
        Migrator::up(db.writer(), None).await.unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-16T01:00:00Z".parse().unwrap()));
        let (core, actor) = core(&db, &clock);
        let new = |name: usize, key: usize| Command {
            name: format!("n{name}"),
            from: None,
            to: "v0".to_owned(),
            events: 1,
            key: Some(IdempotencyKey { key: format!("k{key}"), fingerprint: "f".to_owned() }),
        };
        let change = |name: usize, key: usize, from: &str| Command { from: Some(from.to_owned()), to: "v1".to_owned(), ..new(name, key) };
        carry_out(&core, &actor, false, 1000, &new(1000, 1000)).await.unwrap();
        let mut commands = (0..40).map(|n| new(n, n)).collect::<Vec<_>>();
        // A name that is taken, a key that is used, and of two who want the same name one.
        commands.extend([new(1000, 40), new(41, 1000), new(42, 42), new(42, 43)]);
        // Of those who change the same row from the same value one; a row that is not there; a value that is not.
        commands.extend((44..60).map(|key| change(1000, key, "v0")));
        commands.extend([change(5000, 60, "v0"), change(1000, 61, "v7")]);
        let told = futures_util::future::join_all(
            commands.iter().enumerate().map(|(step, command)| carry_out(&core, &actor, false, step, command)),
        )
        .await;

        assert!(told[..40].iter().all(Result::is_ok), "{told:?}");
        assert_eq!(told[40..42], [Err(Code::ValueTaken), Err(Code::IdempotencyKeySeen)]);
        let one_of = |told: &[Result<(), Code>], lost: Code| {
            let won = told.iter().filter(|t| t.is_ok()).count();
            let refused = told.iter().filter(|t| **t == Err(lost)).count();
            assert_eq!((won, refused), (1, told.len() - 1), "{told:?}");
        };
        one_of(&told[42..44], Code::ValueTaken);
        one_of(&told[44..60], Code::VersionStale);
        assert_eq!(told[60..], [Err(Code::VersionStale), Err(Code::VersionStale)]);

        let events = select(&db, "SELECT subject_id, xid::text FROM events", |r| (at::<Uuid>(r, 0), at::<String>(r, 1))).await;
        for (step, told) in told.iter().enumerate() {
            let logged = events.iter().filter(|e| e.0 == Uuid::from_u128(step as u128)).count();
            assert_eq!(logged, usize::from(told.is_ok()), "step {step}: an event for each change, and for nothing else");
        }
        let commits = events.iter().map(|e| e.1.as_str()).collect::<std::collections::HashSet<_>>().len();
        assert!(commits < events.len() / 2, "{} changes took {commits} commits", events.len());
        drop(core);
        db.close().await;
        database.remove().await;
    });
}
