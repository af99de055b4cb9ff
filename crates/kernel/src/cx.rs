//! One request: who asks, what time it is, which database; and the one way to change anything.
//!
//! [`Cx`] is the first argument of every domain function. [`Tx`] is one change: it freezes the time
//! and the actor, hands out ids, collects events, and at [`Tx::commit`] sends the change, its
//! events and the answer to an Idempotency-Key to the database *together*.
//!
//! A `Tx` opens a database transaction when it is first asked for its connection. A hot command
//! never asks: it [stages](Tx::stage) its one guarded statement, and on PostgreSQL the commit
//! is then a single statement ([`change`](crate::change)) in which the events and the key are written
//! only if the guard wrote its row. SQLite runs the same statements in one immediate transaction.

use crate::{
    access::Actor,
    change::Change,
    clock::{Clock, Time},
    crash::{self, Point},
    db::Db,
    error::{Code, Error, Result},
    event::{self, Bell, Event, Pending, Subject},
    id::AccountId,
    lanes::Single,
    memory::Memory,
    metrics, trace,
    vault::Vault,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
    sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query, UpdateStatement},
};
use serde::Serialize;
use std::{any::Any, sync::Arc, time::Instant};
use tracing::Instrument;
use uuid::{NoContext, Timestamp, Uuid};

pub(crate) mod key_row {
    //! The table `idempotency_keys`.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub fingerprint: String,
        pub status: i16,
        #[sea_orm(column_type = "Text")]
        pub answer: String,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// How long an answer can be replayed.
pub const KEY_LIFETIME: chrono::Duration = chrono::Duration::hours(72);

/// What does not change from request to request.
#[derive(Clone, Debug)]
pub struct Core {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The keys of personal data.
    pub vault: Arc<Vault>,
    /// What is remembered for some seconds.
    pub memory: Arc<Memory>,
    /// Rings when something happened.
    pub bell: Arc<Bell>,
}

impl Core {
    /// With these, remembering nothing yet.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>, vault: Arc<Vault>) -> Self {
        Self { db, clock, vault, memory: Arc::new(Memory::new()), bell: Arc::new(Bell::new()) }
    }
}

impl std::fmt::Debug for dyn Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// A client's Idempotency-Key, with a digest of the request that it came with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// The key as the client chose it.
    pub key: String,
    /// A digest of method, path and body.
    pub fingerprint: String,
}

/// An answer that was stored with its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replay {
    /// Its HTTP status.
    pub status: u16,
    /// Its body, byte for byte.
    pub body: String,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Cx {
    core: Core,
    /// Who asks.
    pub actor: Arc<Actor>,
    key: Option<IdempotencyKey>,
}

impl Cx {
    /// A request of this actor.
    #[must_use]
    pub fn new(core: Core, actor: Arc<Actor>) -> Self {
        Self { core, actor, key: None }
    }

    /// A request of the system itself: workers, seeding, the command line.
    #[must_use]
    pub fn system(core: Core) -> Self {
        Self::new(core, Arc::new(Actor::system()))
    }

    /// The same request with an Idempotency-Key: its first commit stores its answer.
    #[must_use]
    pub fn with_key(mut self, key: Option<IdempotencyKey>) -> Self {
        self.key = key;
        self
    }

    /// The connection for reads.
    #[must_use]
    pub const fn reader(&self) -> &Single {
        self.core.db.reader()
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.core.db.backend()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.core.clock.now()
    }

    /// The keys of personal data.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.core.vault
    }

    /// What goes by this name among things of its type: as remembered from the last five seconds, else as read now. For
    /// what hardly ever changes; whoever changes it calls [`Cx::forget`] after the commit.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn remembered<T: Any + Send + Sync>(
        &self,
        name: String,
        read: impl Future<Output = Result<Option<T>>>,
    ) -> Result<Option<Arc<T>>> {
        if let Some(thing) = self.core.memory.recall(&name) {
            return Ok(Some(thing));
        }
        let began = Instant::now();
        let thing = read.await?.map(Arc::new);
        if let Some(thing) = &thing {
            self.core.memory.keep(name, began, thing);
        }
        Ok(thing)
    }

    /// Forgets what is remembered of this type, because some of it has changed.
    pub fn forget<T: Any>(&self) {
        self.core.memory.forget::<T>();
    }

    /// A row as it was a short while ago, if it was kept then. Others may have changed it since: only for a change whose guard
    /// compares the version.
    #[must_use]
    pub fn recent<T: Any + Send + Sync>(&self, id: Uuid) -> Option<Arc<T>> {
        self.core.memory.row(id)
    }

    /// Keeps a row for [`Cx::recent`].
    pub fn keep_recent<T: Any + Send + Sync>(&self, id: Uuid, row: T) {
        self.core.memory.keep_row(id, row);
    }

    /// The one thing of this type that the process keeps for all requests, empty when it is first asked for. Its owner sees to
    /// it that it agrees with the database.
    #[must_use]
    pub fn shelf<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        self.core.memory.shelf()
    }

    /// Begins a change. Nothing is sent to the database yet.
    #[must_use]
    pub fn begin(&self) -> Tx<'_> {
        crash::at(Point::Begun, &self.actor);
        Tx { cx: self, now: self.now(), open: None, guard: None, events: Vec::new(), nameless: false }
    }

    /// The stored answer to this request's Idempotency-Key, if it has been carried out before.
    ///
    /// # Errors
    /// `idempotency_key_reused` when the key belongs to another request.
    pub async fn replay(&self) -> Result<Option<Replay>> {
        let (Some(key), Some(account)) = (&self.key, self.actor.account) else { return Ok(None) };
        let row = key_row::Entity::find_by_id((account.0, key.key.clone())).one(self.reader()).await?;
        match row {
            Some(row) if row.created_at + KEY_LIFETIME < self.now() => Ok(None),
            Some(row) if row.fingerprint != key.fingerprint => Err(Error::new(Code::IdempotencyKeyReused)),
            Some(row) => {
                Ok(Some(Replay { status: row.status.unsigned_abs(), body: self.vault().open(&key_owner(account, &row.key), &row.answer)? }))
            }
            None => Ok(None),
        }
    }

    /// Refuses a request whose Idempotency-Key has been carried out, for what would find nothing to do: its caller then gets the stored
    /// answer.
    ///
    /// # Errors
    /// `idempotency_key_seen`; `idempotency_key_reused` when the key belongs to another request.
    pub async fn require_unseen_key(&self) -> Result<()> {
        if self.replay().await?.is_some() { Err(Error::new(Code::IdempotencyKeySeen)) } else { Ok(()) }
    }

    /// Deletes the stored answer to this request's key, if it has expired; tells whether there was one.
    async fn forget_expired_key(&self) -> Result<bool> {
        let (Some(key), Some(account)) = (&self.key, self.actor.account) else { return Ok(false) };
        let done = key_row::Entity::delete_by_id((account.0, key.key.clone()))
            .filter(key_row::Column::CreatedAt.lt(self.now() - KEY_LIFETIME))
            .exec(self.core.db.writer())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Deletes answers that are too old to be replayed; returns how many.
    ///
    /// # Errors
    /// `database_unavailable`.
    pub async fn purge_keys(&self) -> Result<u64> {
        let deadline = self.now() - KEY_LIFETIME;
        let done = key_row::Entity::delete_many().filter(key_row::Column::CreatedAt.lt(deadline)).exec(self.core.db.writer()).await?;
        Ok(done.rows_affected)
    }
}

/// How many events a statement writes.
const EVENTS_AT_ONCE: usize = 2000;

fn key_owner(account: AccountId, key: &str) -> String {
    format!("idempotency {account} {key}")
}

/// A statement that writes exactly one row, or loses.
#[derive(Clone, Debug)]
pub enum Guard {
    /// Inserts it.
    Insert(InsertStatement),
    /// Updates it, if it is still at the version that was read.
    Update(UpdateStatement),
}

/// One change. Dropped without a commit, it leaves nothing behind.
pub struct Tx<'a> {
    cx: &'a Cx,
    /// The time of the change.
    pub now: Time,
    open: Option<DatabaseTransaction>,
    guard: Option<(Guard, Error)>,
    events: Vec<Pending>,
    nameless: bool,
}

impl<'a> Tx<'a> {
    /// A new id, made of the time of the change.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is what everybody else asks")]
    pub fn id<T: From<Uuid>>(&self) -> T {
        let seconds = u64::try_from(self.now.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, self.now.timestamp_subsec_nanos())).into()
    }

    /// The request that this change belongs to.
    #[must_use]
    pub const fn cx(&self) -> &'a Cx {
        self.cx
    }

    /// The connection of the change, for statements that it runs besides the staged one. Opens the
    /// transaction when first called.
    ///
    /// # Errors
    /// `database_unavailable`.
    pub async fn conn(&mut self) -> Result<&DatabaseTransaction> {
        if self.open.is_none() {
            let options =
                TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
            let began = Instant::now();
            let span = trace::statement(self.cx.backend(), "BEGIN");
            let open = self.cx.core.db.writer().begin_with_options(options).instrument(span).await;
            metrics::waited(metrics::TRANSACTIONS, began.elapsed());
            self.open = Some(open?);
            crash::at(Point::Opened, &self.cx.actor);
        }
        self.open.as_ref().ok_or_else(|| Error::internal("the transaction is open"))
    }

    /// Says that something happened. The event is written at commit, with the change.
    ///
    /// # Errors
    /// `internal_error` if the event cannot be written down.
    pub fn emit(&mut self, subject: Subject, event: &impl Event) -> Result<()> {
        let data = serde_json::to_string(event).map_err(Error::internal)?;
        self.events.push(Pending { kind: event.kind(), subject, data });
        Ok(())
    }

    /// The events of this change do not say who made it: for what somebody may send without their name.
    pub fn withhold_actor(&mut self) {
        self.nameless = true;
    }

    /// Stages the one statement that decides whether the change happens: it writes exactly one row,
    /// or the commit refuses with `lost` and nothing is written at all.
    pub fn stage(&mut self, guard: Guard, lost: Error) {
        self.guard = Some((guard, lost));
    }

    /// Makes the change happen; `answer` is what the client gets, and gets again for the same key.
    ///
    /// # Errors
    /// The staged `lost` error; `idempotency_key_seen` when the key was used before; whatever the
    /// database refuses.
    pub async fn commit<T: Serialize>(self, answer: T) -> Result<T> {
        self.finish(200, answer).await
    }

    /// The same where the change made something new: the answer is a 201.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub async fn commit_created<T: Serialize>(self, answer: T) -> Result<T> {
        self.finish(201, answer).await
    }

    async fn finish<T: Serialize>(mut self, status: i16, answer: T) -> Result<T> {
        let key = self.key_values(status, &answer)?;
        match (self.open.is_some(), self.cx.backend(), self.guard.take()) {
            (false, DbBackend::Postgres, Some((guard, lost))) => {
                let events = self.events.iter().map(|event| self.event_values(event)).collect();
                let change = Arc::new(Change { guard, events, key });
                match self.commit_at_once(Arc::clone(&change), lost.clone()).await {
                    // The key may be one whose answer has expired: then it is free again.
                    Err(e) if e.breaks("idempotency_keys") && self.cx.forget_expired_key().await? => {
                        self.commit_at_once(change, lost).await
                    }
                    Err(e) if e.breaks("idempotency_keys") => Err(Error::new(Code::IdempotencyKeySeen).because(e)),
                    done => done,
                }
            }
            (_, _, guard) => {
                let span = trace::statement(self.cx.backend(), "COMMIT");
                self.commit_in_steps(guard, key).instrument(span).await
            }
        }?;
        self.events.iter().for_each(|event| metrics::logged(event.kind.as_str()));
        if !self.events.is_empty() {
            self.cx.core.bell.ring();
        }
        crash::at(Point::Committed, &self.cx.actor);
        Ok(answer)
    }

    /// One statement, one round trip; where many wait, one for several of them.
    async fn commit_at_once(&self, change: Arc<Change>, lost: Error) -> Result<()> {
        crash::at(Point::Committing, &self.cx.actor);
        if self.cx.core.db.change(change).await? { Ok(()) } else { Err(lost) }
    }

    /// The same as several statements in one transaction.
    async fn commit_in_steps(&mut self, guard: Option<(Guard, Error)>, key: Option<Vec<Expr>>) -> Result<()> {
        self.conn().await?;
        let open = self.open.take().ok_or_else(|| Error::internal("the transaction is open"))?;
        if let Some((guard, lost)) = guard {
            let done = match &guard {
                Guard::Insert(statement) => open.execute(statement).await?,
                Guard::Update(statement) => open.execute(statement).await?,
            };
            if done.rows_affected() != 1 {
                return Err(lost);
            }
        }
        crash::at(Point::Guarded, &self.cx.actor);
        // PostgreSQL takes 65,535 values a statement, SQLite half of that.
        for some in self.events.chunks(EVENTS_AT_ONCE) {
            let mut insert = events_insert();
            for event in some {
                insert.values(self.event_values(event)).map_err(Error::internal)?;
            }
            open.execute(&insert).await?;
        }
        crash::at(Point::Logged, &self.cx.actor);
        if let Some(values) = key {
            // An expired answer gives way; one that can still be replayed does not, and nothing happens at all.
            use key_row::Column as C;
            let mut expired = OnConflict::columns([C::AccountId, C::Key]);
            expired.update_columns([C::Fingerprint, C::Status, C::Answer, C::CreatedAt]);
            expired.action_and_where(Expr::col((key_row::Entity, C::CreatedAt)).lt(self.now - KEY_LIFETIME));
            let insert = key_insert().values(values).map_err(Error::internal)?.on_conflict(expired).to_owned();
            if open.execute(&insert).await?.rows_affected() != 1 {
                return Err(Error::new(Code::IdempotencyKeySeen));
            }
        }
        crash::at(Point::Keyed, &self.cx.actor);
        crash::at(Point::Committing, &self.cx.actor);
        open.commit().await?;
        Ok(())
    }

    fn event_values(&self, event: &Pending) -> Vec<Expr> {
        vec![
            Expr::val(event.kind.as_str()),
            Expr::val(event.subject.id),
            Expr::val(event.subject.version),
            Expr::val(event.subject.region.as_i64()),
            Expr::val(self.cx.actor.account.filter(|_| !self.nameless).map(|a| a.0)),
            Expr::val(self.cx.actor.program.as_ref().map(|p| p.id.0)),
            Expr::val(self.now),
            Expr::val(event.data.clone()),
        ]
    }

    fn key_values(&self, status: i16, answer: &impl Serialize) -> Result<Option<Vec<Expr>>> {
        let (Some(key), Some(account)) = (&self.cx.key, self.cx.actor.account) else { return Ok(None) };
        let body = serde_json::to_string(answer).map_err(Error::internal)?;
        let sealed = self.cx.vault().seal(&key_owner(account, &key.key), &body)?;
        Ok(Some(vec![
            Expr::val(account.0),
            Expr::val(key.key.clone()),
            Expr::val(key.fingerprint.clone()),
            Expr::val(status),
            Expr::val(sealed),
            Expr::val(self.now),
        ]))
    }
}

/// Forgets the stored answers to an account's Idempotency-Keys, which hold what it was told.
///
/// # Errors
/// `database_unavailable`.
pub async fn forget_keys(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    let of = key_row::Column::AccountId.eq(account.0);
    key_row::Entity::delete_many().filter(of).exec(tx.conn().await?).await?;
    Ok(())
}

pub(crate) fn events_insert() -> InsertStatement {
    use event::row::Column as C;
    let columns = [C::Kind, C::SubjectId, C::SubjectVersion, C::RegionCode, C::ActorId, C::ApplicationId, C::At, C::Data];
    Query::insert().into_table(event::row::Entity).columns(columns).to_owned()
}

pub(crate) fn key_insert() -> InsertStatement {
    use key_row::Column as C;
    let columns = [C::AccountId, C::Key, C::Fingerprint, C::Status, C::Answer, C::CreatedAt];
    Query::insert().into_table(key_row::Entity).columns(columns).to_owned()
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(event::row::Entity),
        schema.create_table_from_entity(key_row::Entity),
        schema.create_table_from_entity(crate::sealed::key::Entity),
    ]
}
