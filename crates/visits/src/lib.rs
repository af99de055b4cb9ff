//! Going to the people, and letting them come: visits (走访), and what is heard there.
//!
//! [`reception`]: days on which representatives receive residents by appointment (温暖20). [`diary`]: the diary of a
//! matter worked through step by step (民情日记). [`opinion`]: what residents say on such an occasion becomes an order and
//! comes back with its outcome (意见建议). [`campaign`]: visits to all households of a list, with live coverage (走访活动).
//! [`visit`]: one visit. [`cadence`]: which households are visited how often (五星走访). [`plan`]: what is done for a household
//! (一户一策). [`note`]: what is known of one (民情档案). [`snapshot`]: what residents send with a photo (随手拍). [`patrol`]: patrols,
//! and what is found on them or on the way (巡查).

pub mod cadence;
pub mod campaign;
pub mod diary;
pub mod note;
pub mod opinion;
mod own;
pub mod patrol;
pub mod plan;
pub mod reception;
pub mod snapshot;
mod table;
pub mod visit;

pub use own::{OwnVisits, erase_visits, own_visits, purge_opinions};

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    [
        reception::event_types(),
        diary::event_types(),
        opinion::event_types(),
        campaign::event_types(),
        visit::event_types(),
        plan::event_types(),
        note::event_types(),
        snapshot::event_types(),
        patrol::event_types(),
    ]
    .concat()
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    [
        reception::tables(schema),
        diary::tables(schema),
        opinion::tables(schema),
        campaign::tables(schema),
        visit::tables(schema),
        plan::tables(schema),
        note::tables(schema),
        snapshot::tables(schema),
        patrol::tables(schema),
    ]
    .concat()
}

/// The sealed columns of this crate.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    vec![
        S::by_id("appointments", "subject", |key| format!("appointment {} subject", key[0])),
        S::by_id("appointments", "contact", |key| format!("appointment {} contact", key[0])),
        S::by_id("appointments", "note", |key| format!("appointment {} note", key[0])),
        S::by_id("diaries", "content", |key| format!("diary {} content", key[0])),
        S::by_id("opinions", "content", |key| format!("opinion {} content", key[0])),
        S::by_id("opinions", "contact", |key| format!("opinion {} contact", key[0])),
        S::by_id("opinions", "answer", |key| format!("opinion {} answer", key[0])),
        S::by_id("opinions", "feedback", |key| format!("opinion {} feedback", key[0])),
        S::by_id("visits", "note", |key| format!("visit {} note", key[0])),
        S::by_id("household_plans", "content", |key| format!("household plan {} content", key[0])),
        S::by_id("household_notes", "content", |key| format!("household note {}", key[0])),
        S::by_id("snapshots", "title", |key| format!("snapshot {} title", key[0])),
        S::by_id("snapshots", "content", |key| format!("snapshot {} content", key[0])),
        S::by_id("snapshots", "answer", |key| format!("snapshot {} answer", key[0])),
        S::by_id("patrols", "route", |key| format!("patrol {} route", key[0])),
        S::by_id("patrols", "note", |key| format!("patrol {} note", key[0])),
        S::by_id("findings", "title", |key| format!("finding {} title", key[0])),
        S::by_id("findings", "content", |key| format!("finding {} content", key[0])),
    ]
}
