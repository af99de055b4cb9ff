//! What the crates share that delete data whose time is over (保存期限).

use crate::{clock::Time, cx::Cx, error::Result, region::RegionCode};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select, StatementBuilder,
    sea_query::{Expr, SelectStatement},
};

/// So many rows go in one transaction, or one after another.
pub const CHUNK: u64 = 500;

/// What of the country a policy rules: its region, without the parts that have their own.
#[derive(Clone, Debug)]
pub struct Ruled {
    /// The region.
    pub region: RegionCode,
    /// Regions within it that have a policy of their own.
    pub without: Vec<RegionCode>,
}

impl Ruled {
    /// The rows that lie there.
    #[must_use]
    pub fn covers<C: ColumnTrait>(&self, column: C) -> Condition {
        let (first, last) = self.region.range();
        let here = Condition::all().add(column.between(first, last));
        self.without.iter().fold(here, |here, part| {
            let (first, last) = part.range();
            here.add(Condition::any().add(column.lt(first)).add(column.gt(last)))
        })
    }
}

/// What is to go.
#[derive(Clone, Debug)]
pub struct Purge {
    /// Where.
    pub ruled: Ruled,
    /// What ended before then.
    pub before: Time,
    /// Only counted, nothing is written.
    pub dry: bool,
}

impl Purge {
    /// Deletes the rows that are due, some in a transaction; with `dry` only counts them. How many there were. Safe to stop and to do again.
    ///
    /// # Errors
    /// `database_unavailable`.
    pub async fn delete<E: EntityTrait>(&self, cx: &Cx, due: Select<E>, id: E::Column) -> Result<u64> {
        self.in_chunks(cx, due, id, |some| E::delete_many().filter(id.in_subquery(some)).into_query()).await
    }

    /// Empties a text of the rows that are due, in the same way. Rows without it are not due any more.
    ///
    /// # Errors
    /// `database_unavailable`.
    pub async fn blank<E: EntityTrait>(&self, cx: &Cx, due: Select<E>, id: E::Column, text: E::Column) -> Result<u64> {
        let nothing = || Expr::val(None::<String>);
        self.in_chunks(cx, due, id, |some| E::update_many().col_expr(text, nothing()).filter(id.in_subquery(some)).into_query()).await
    }

    async fn in_chunks<E: EntityTrait, S: StatementBuilder>(
        &self,
        cx: &Cx,
        due: Select<E>,
        id: E::Column,
        write: impl Fn(SelectStatement) -> S,
    ) -> Result<u64> {
        if self.dry {
            let count: Option<i64> = due.select_only().expr(id.count()).into_tuple().one(cx.reader()).await?;
            return Ok(count.unwrap_or_default().unsigned_abs());
        }
        // PostgreSQL writes without a limit of its own; the ids are read once.
        let statement = write(due.select_only().column(id).limit(CHUNK).into_query());
        let mut all = 0;
        loop {
            let mut tx = cx.begin();
            let done = tx.conn().await?.execute(&statement).await?.rows_affected();
            tx.commit(()).await?;
            all += done;
            if done < CHUNK {
                return Ok(all);
            }
        }
    }
}
