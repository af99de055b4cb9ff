//! A change that is a single statement, and how several of them become one.
//!
//! The statement begins with the guard, and writes the events and the answer to the Idempotency-Key from the row that the
//! guard wrote: no row, nothing. Several changes stand in it side by side, each with its own guard, so that they share a
//! round trip and a commit, and each is told by its number whether it wrote its row.

use crate::cx::{Guard, events_insert, key_insert};
use sea_orm::{
    DbBackend, DbErr, Statement, StatementBuilder,
    sea_query::{CommonTableExpression, Expr, InsertStatement, Query, SelectStatement, SubQueryStatement, UnionType, WithClause},
};

/// A guard, and what follows if it writes its row.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) guard: Guard,
    /// The values of each event.
    pub(crate) events: Vec<Vec<Expr>>,
    /// The values of the answer that is kept for an Idempotency-Key.
    pub(crate) key: Option<Vec<Expr>>,
}

impl Change {
    /// Whether two can share a statement that PostgreSQL is likely to know already: both insert, or both update, with as
    /// many values each.
    pub(crate) fn resembles(&self, other: &Self) -> bool {
        let shape = |c: &Self| match &c.guard {
            Guard::Insert(_) => (0, c.events.len(), c.key.is_some()),
            Guard::Update(update) => (1 + update.get_values().len(), c.events.len(), c.key.is_some()),
        };
        shape(self) == shape(other)
    }
}

/// All of these as one statement. It gives a row for each whose guard wrote its own: the number of the change.
pub(crate) fn together<'a>(changes: impl Iterator<Item = &'a Change>) -> Result<Statement, DbErr> {
    let (mut with, mut wrote, mut events, mut keys) = (WithClause::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, change) in changes.enumerate() {
        let name = format!("guard_{number}");
        let returning = || Query::returning().expr(Expr::cust(format!("{number} AS number")));
        let guard: SubQueryStatement = match &change.guard {
            Guard::Insert(insert) => insert.clone().returning(returning()).to_owned().into(),
            Guard::Update(update) => update.clone().returning(returning()).to_owned().into(),
        };
        with.cte(CommonTableExpression::new().query(guard).table_name(name.clone()).to_owned());
        let from_guard = |values: &Vec<Expr>| SelectStatement::new().exprs(values.clone()).from(name.clone()).to_owned();
        events.extend(change.events.iter().map(from_guard));
        keys.extend(change.key.iter().map(from_guard));
        wrote.push(SelectStatement::new().expr(Expr::cust("number")).from(name.clone()).to_owned());
    }
    // One insert for all events: separate ones would run in an order of PostgreSQL's own choosing.
    for (name, insert, rows) in [("log", events_insert(), events), ("key", key_insert(), keys)] {
        if let Some(rows) = all(rows) {
            let insert = insert_from(insert, rows)?;
            with.cte(CommonTableExpression::new().query(insert).table_name(name).to_owned());
        }
    }
    let wrote = all(wrote).ok_or_else(|| DbErr::Custom("a change of nothing".to_owned()))?;
    Ok(StatementBuilder::build(&wrote.with(with), &DbBackend::Postgres))
}

fn all(rows: Vec<SelectStatement>) -> Option<SelectStatement> {
    rows.into_iter().reduce(|mut all, row| all.union(UnionType::All, row).to_owned())
}

fn insert_from(mut insert: InsertStatement, rows: SelectStatement) -> Result<InsertStatement, DbErr> {
    Ok(insert.select_from(rows).map_err(|e| DbErr::Custom(e.to_string()))?.to_owned())
}
