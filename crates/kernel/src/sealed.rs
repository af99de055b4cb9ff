//! Which columns the vault has sealed, and how they are sealed anew when its key changes.
//!
//! Each crate names its own ([`SealedColumn`]), as it names its tables. [`reseal`] goes through one of them in chunks: what is
//! sealed with an older key is opened and sealed with the newest, if nobody has changed it meanwhile. So it may run while
//! servers do, be stopped at any point and be started again: what is done is done, and what is left is found by its key.
//!
//! The table `vault_keys` says which keys the database needs. A server registers the key that it seals with, and is not
//! ready while it lacks one that is registered, or seals with one that is not any more.

use crate::{
    cx::{Core, Cx},
    error::{Code, Error, Result},
    vault::Vault,
};
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, QueryOrder, QueryResult, QuerySelect, Value,
    sea_query::{Alias, Expr, ExprTrait, LikeExpr, OnConflict, Query, SelectStatement},
};
use uuid::Uuid;

/// So many rows are sealed anew in one transaction.
const CHUNK: u64 = 500;

/// What kind of value a column of a key holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// A UUID.
    Uuid,
    /// A text.
    Text,
    /// A number of 32 bits.
    Int,
}

/// A column of sealed texts.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// Its primary key.
    pub key: &'static [(&'static str, KeyKind)],
    /// The column.
    pub column: &'static str,
    /// What a value is bound to, by the key of its row.
    pub owner: fn(&[String]) -> String,
}

/// The key of most tables.
const ID: &[(&str, KeyKind)] = &[("id", KeyKind::Uuid)];

impl SealedColumn {
    /// A column of a table whose primary key is a UUID `id`.
    #[must_use]
    pub const fn by_id(table: &'static str, column: &'static str, owner: fn(&[String]) -> String) -> Self {
        Self { table, key: ID, column, owner }
    }

    fn value(&self) -> Expr {
        Expr::col(Alias::new(self.column))
    }

    /// Whether it is sealed with another key than this.
    fn older(&self, newest: u32) -> Expr {
        self.value().is_not_null().and(self.value().not_like(LikeExpr::new(format!("{newest}.%"))))
    }

    fn select(&self, newest: u32, after: Option<&[Value]>) -> SelectStatement {
        let mut select = Query::select();
        select.from(Alias::new(self.table)).and_where(self.older(newest));
        for (name, _) in self.key {
            select.column(Alias::new(*name)).order_by(Alias::new(*name), sea_orm::Order::Asc);
        }
        select.column(Alias::new(self.column)).limit(CHUNK);
        if let Some(after) = after {
            let names = self.key.iter().map(|(name, _)| Expr::col(Alias::new(*name)));
            let values = after.iter().cloned().map(Expr::val);
            select.and_where(match after {
                [only] => Expr::col(Alias::new(self.key[0].0)).gt(Expr::val(only.clone())),
                _ => Expr::tuple(names.collect::<Vec<_>>()).gt(Expr::tuple(values.collect::<Vec<_>>())),
            });
        }
        select
    }

    /// The key of a row, as values and as words.
    fn key_of(&self, row: &QueryResult) -> Result<(Vec<Value>, Vec<String>)> {
        let mut key = (Vec::new(), Vec::new());
        for (n, (_, kind)) in self.key.iter().enumerate() {
            let (value, word) = match kind {
                KeyKind::Uuid => {
                    let id: Uuid = row.try_get_by_index(n)?;
                    (Value::from(id), id.to_string())
                }
                KeyKind::Text => {
                    let text: String = row.try_get_by_index(n)?;
                    (Value::from(text.clone()), text)
                }
                KeyKind::Int => {
                    let number: i32 = row.try_get_by_index(n)?;
                    (Value::from(number), number.to_string())
                }
            };
            key.0.push(value);
            key.1.push(word);
        }
        Ok(key)
    }
}

/// What has been done so far with a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Resealed {
    /// Values that are now sealed with the newest key.
    pub done: u64,
    /// Values that do not open: their key is missing, or somebody has tampered with them.
    pub broken: u64,
}

/// Seals a column anew, chunk by chunk; `told` hears how many values have been done each time.
///
/// # Errors
/// `database_unavailable`. A value that does not open is counted, logged by its row, and left as it is.
pub async fn reseal(core: &Core, column: &SealedColumn, mut told: impl FnMut(u64)) -> Result<Resealed> {
    let cx = Cx::system(core.clone());
    let newest = newest(&core.vault)?;
    let mut all = Resealed::default();
    let mut after: Option<Vec<Value>> = None;
    loop {
        let rows = core.db.reader().query_all(&column.select(newest, after.as_deref())).await?;
        if rows.is_empty() {
            return Ok(all);
        }
        let mut tx = cx.begin();
        let conn = tx.conn().await?;
        let mut done = 0;
        for row in &rows {
            let (key, words) = column.key_of(row)?;
            let sealed: String = row.try_get_by_index(column.key.len())?;
            after = Some(key.clone());
            let anew = match core.vault.reseal(&(column.owner)(&words), &sealed) {
                Ok(Some(anew)) => anew,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(table = column.table, column = column.column, row = words.join(" "), %error, "does not open");
                    all.broken += 1;
                    continue;
                }
            };
            let mut update = Query::update();
            update.table(Alias::new(column.table)).value(Alias::new(column.column), anew);
            for ((name, _), value) in column.key.iter().zip(key) {
                update.and_where(Expr::col(Alias::new(*name)).eq(Expr::val(value)));
            }
            // Whoever has written meanwhile has sealed it with a key of theirs; the next round looks at it.
            update.and_where(column.value().eq(sealed));
            done += conn.execute(&update).await?.rows_affected();
        }
        tx.commit(()).await?;
        all.done += done;
        told(all.done);
    }
}

/// How many values of a column are sealed with another key than the newest.
///
/// # Errors
/// `database_unavailable`.
pub async fn left(core: &Core, column: &SealedColumn) -> Result<u64> {
    let mut count = Query::select();
    count.from(Alias::new(column.table)).expr(Expr::col(Alias::new(column.column)).count()).and_where(column.older(newest(&core.vault)?));
    let row = core.db.reader().query_one(&count).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
    Ok(count.unsigned_abs())
}

fn newest(vault: &Vault) -> Result<u32> {
    vault.key_ids().first().copied().ok_or_else(|| Error::internal("the vault has no key"))
}

pub(crate) mod key {
    //! The table `vault_keys`: the keys that the database needs.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "vault_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// A text that this key has sealed.
        #[sea_orm(column_type = "Text")]
        pub sample: String,
        pub first_used_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn owner(id: i64) -> String {
    format!("vault key {id}")
}

/// Registers the key that this vault seals with; where none is registered yet, all of its keys. Each that is registered must
/// be there and be the same.
///
/// # Errors
/// `key_missing` when the vault lacks one; `internal_error` when one is another key by the same id; `database_unavailable`.
pub async fn register(core: &Core) -> Result<()> {
    let known = key::Entity::find().order_by_asc(key::Column::Id).all(core.db.reader()).await?;
    for row in &known {
        core.vault.open(&owner(row.id), &row.sample)?;
    }
    let ids = core.vault.key_ids();
    let wanted = if known.is_empty() { ids.as_slice() } else { &ids[..ids.len().min(1)] };
    let cx = Cx::system(core.clone());
    let mut tx = cx.begin();
    let (now, conn) = (tx.now, tx.conn().await?);
    for id in wanted.iter().map(|id| i64::from(*id)).filter(|id| known.iter().all(|row| row.id != *id)) {
        let sample = core.vault.seal_with(u32::try_from(id).map_err(Error::internal)?, &owner(id), "sample")?;
        let row = key::ActiveModel { id: Set(id), sample: Set(sample), first_used_at: Set(now) };
        let once = OnConflict::column(key::Column::Id).do_nothing().to_owned();
        key::Entity::insert(row).on_conflict(once).exec_without_returning(conn).await?;
    }
    tx.commit(()).await
}

/// Whether the vault has every key that the database needs, and seals with one of them.
///
/// # Errors
/// `key_missing`; `database_unavailable`.
pub async fn check(core: &Core) -> Result<()> {
    let known: Vec<i64> = key::Entity::find().select_only().column(key::Column::Id).into_tuple().all(core.db.reader()).await?;
    let ids = core.vault.key_ids();
    let held = |id: i64| ids.iter().any(|held| i64::from(*held) == id);
    if let Some(missing) = known.iter().find(|id| !held(**id)) {
        return Err(Error::new(Code::KeyMissing).because(format!("the vault lacks key {missing}, which the database needs")));
    }
    let sealing = newest(&core.vault)?;
    if !known.is_empty() && !known.contains(&i64::from(sealing)) {
        return Err(Error::new(Code::KeyMissing).because(format!("key {sealing}, with which this server seals, has been retired")));
    }
    Ok(())
}

/// The keys that the database needs.
///
/// # Errors
/// `database_unavailable`.
pub async fn registered(core: &Core) -> Result<Vec<i64>> {
    Ok(key::Entity::find().select_only().column(key::Column::Id).order_by_asc(key::Column::Id).into_tuple().all(core.db.reader()).await?)
}

/// Forgets every key but the one that seals: nothing needs the others any more.
///
/// # Errors
/// `database_unavailable`.
pub async fn retire(core: &Core) -> Result<()> {
    use sea_orm::{ColumnTrait, QueryFilter};
    let newest = i64::from(newest(&core.vault)?);
    let cx = Cx::system(core.clone());
    let mut tx = cx.begin();
    key::Entity::delete_many().filter(key::Column::Id.ne(newest)).exec(tx.conn().await?).await?;
    tx.commit(()).await
}

/// The sealed columns of the kernel's own tables.
#[must_use]
pub fn columns() -> Vec<SealedColumn> {
    vec![SealedColumn {
        table: "idempotency_keys",
        key: &[("account_id", KeyKind::Uuid), ("key", KeyKind::Text)],
        column: "answer",
        owner: |key| format!("idempotency {} {}", key[0], key[1]),
    }]
}
