//! The outside world: what leaves the house for other programs.
//!
//! [`catalogue`] says what every event looks like; [`webhook`] tells other programs of them, [`wechat`] people in a mini-program.
//! [`open311`] lets reporting apps of other makers ask for services and see what became of it; [`hotline`] takes work orders of
//! 12345 and tells it what becomes of them.

pub mod catalogue;
pub mod hotline;
pub mod open311;
mod reading;
pub mod webhook;
pub mod wechat;

pub use reading::Dispatched;

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    [webhook::tables(schema), wechat::tables(schema), hotline::tables(schema)].concat()
}
