//! Reads a row by the position of its columns.
//!
//! SeaORM finds each column by its name and writes an error text for each that is NULL, only to drop it. For a list of
//! orders, with fifty columns of which half are NULL, that was more work than everything else the server did. A
//! wide row that is read often implements `FromQueryResult` with these, which ask the driver once for each column.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveEnum, DbErr, QueryResult, RuntimeErr};
use sqlx::Row;
use std::sync::Arc;
use uuid::Uuid;

/// What a column can hold: asked of the driver itself, once.
pub trait Cell: Sized {
    /// The value; none for NULL.
    ///
    /// # Errors
    /// When there is no such column, or it holds something else.
    fn read(row: &QueryResult, position: usize) -> Result<Option<Self>, DbErr>;
}

macro_rules! plain {
    ($($cell:ty)+) => {$(
        impl Cell for $cell {
            fn read(row: &QueryResult, position: usize) -> Result<Option<Self>, DbErr> {
                let value = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
                    (Some(row), _) => row.try_get(position),
                    (_, Some(row)) => row.try_get(position),
                    _ => return row.try_get_by(position),
                };
                value.map_err(|e| DbErr::Query(RuntimeErr::SqlxError(Arc::new(e))))
            }
        }
    )+};
}
plain! { bool i16 i32 i64 f64 String Uuid DateTime<Utc> }

/// A column that is never NULL.
///
/// # Errors
/// As [`Cell::read`]; when it is NULL.
pub fn get<T: Cell>(row: &QueryResult, position: usize) -> Result<T, DbErr> {
    T::read(row, position)?.ok_or_else(|| null(position))
}

/// A column that may be NULL.
///
/// # Errors
/// As [`Cell::read`].
pub fn maybe<T: Cell>(row: &QueryResult, position: usize) -> Result<Option<T>, DbErr> {
    T::read(row, position)
}

/// A column with a word of a list, such as a state, that is never NULL.
///
/// # Errors
/// As [`get`]; for a word that is not of the list.
pub fn word<T: ActiveEnum<Value = String>>(row: &QueryResult, position: usize) -> Result<T, DbErr> {
    maybe_word(row, position)?.ok_or_else(|| null(position))
}

/// A column with a word of a list that may be NULL.
///
/// # Errors
/// As [`maybe`]; for a word that is not of the list.
pub fn maybe_word<T: ActiveEnum<Value = String>>(row: &QueryResult, position: usize) -> Result<Option<T>, DbErr> {
    String::read(row, position)?.map(|word| T::try_from_value(&word)).transpose()
}

fn null(position: usize) -> DbErr {
    DbErr::Type(format!("column {position} is NULL"))
}
