//! The outside world: what leaves the house for other programs.
//!
//! [`catalogue`] says what every event looks like; [`webhook`] tells other programs of them.

pub mod catalogue;
pub mod webhook;

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    webhook::tables(schema)
}
