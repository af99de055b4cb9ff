//! What a community offers and how it is asked for: the service catalogue, the policies that differ
//! by place, working time, and the one order engine.
//!
//! Begin with [`order`]: 点单 → 派单 → 接单 → 办结 → 评单 → 销号.

pub mod calendar;
pub mod catalogue;
pub mod limit;
pub mod order;
pub mod policy;

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    [catalogue::tables(schema), policy::tables(schema), order::tables(schema)].concat()
}
