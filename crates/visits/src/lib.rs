//! Going to the people, and letting them come: visits (走访), and what is heard there.
//!
//! [`reception`]: days on which representatives receive residents by appointment (温暖20). [`diary`]: the diary of a
//! matter worked through step by step (民情日记). [`opinion`]: what residents say on such an occasion becomes an order and
//! comes back with its outcome (意见建议).

pub mod diary;
pub mod opinion;
pub mod reception;
mod table;

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    [reception::event_types(), diary::event_types(), opinion::event_types()].concat()
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    [reception::tables(schema), diary::tables(schema), opinion::tables(schema)].concat()
}
