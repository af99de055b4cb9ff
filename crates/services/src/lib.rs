//! What a community offers and how it is asked for: the service catalogue, the policies that differ
//! by place, working time, and the one order engine.
//!
//! Begin with [`order`]: 点单 → 派单 → 接单 → 办结 → 评单 → 销号.

pub mod attribute;
pub mod calendar;
pub mod catalogue;
pub mod ground;
pub mod hotline;
pub mod limit;
pub mod order;
pub mod participation;
pub mod policy;
pub mod retention;
pub mod whistle;

use kernel::{Cx, RegionCode, Result};

/// What is offered or ruled is so in a region that there is; the country is no row of the list.
///
/// # Errors
/// `region_unknown`, `region_closed`.
pub async fn require_region(cx: &Cx, region: RegionCode) -> Result<()> {
    if region != RegionCode::COUNTRY {
        grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    }
    Ok(())
}

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    [catalogue::event_types(), policy::event_types(), order::event_types(), retention_event_types(), whistle::event_types()].concat()
}

fn retention_event_types() -> Vec<kernel::event::Catalogued> {
    kernel::event::catalogued::<retention::DataPurged>(&[kernel::EventType::DataPurged])
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    [catalogue::tables(schema), policy::tables(schema), order::tables(schema), whistle::tables(schema)].concat()
}

/// The sealed columns of this crate.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    let mut columns = vec![kernel::sealed::SealedColumn::by_id("orders", "contact", |key| format!("order {}", key[0]))];
    columns.extend(whistle::sealed_columns());
    columns
}
