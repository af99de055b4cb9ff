//! Reads a row by the position of its columns.
//!
//! SeaORM finds each column by its name and writes an error text for each that is NULL, only to drop it. For a list of
//! orders, with fifty columns of which half are NULL, that was more work than everything else the server did. A
//! wide row that is read often implements `FromQueryResult` with these two.

use sea_orm::{DbErr, QueryResult, RuntimeErr, TryGetable};
use sqlx::{Row, ValueRef};
use std::sync::Arc;

/// A column that is never NULL.
///
/// # Errors
/// When there is no such column, or it holds something else.
pub fn get<T: TryGetable>(row: &QueryResult, position: usize) -> Result<T, DbErr> {
    row.try_get_by(position)
}

/// A column that may be NULL.
///
/// # Errors
/// As [`get`].
pub fn maybe<T: TryGetable>(row: &QueryResult, position: usize) -> Result<Option<T>, DbErr> {
    let null = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get_raw(position).map(|v| v.is_null()),
        (_, Some(row)) => row.try_get_raw(position).map(|v| v.is_null()),
        _ => Ok(false),
    };
    if null.map_err(|e| DbErr::Query(RuntimeErr::SqlxError(Arc::new(e))))? { Ok(None) } else { get(row, position).map(Some) }
}
