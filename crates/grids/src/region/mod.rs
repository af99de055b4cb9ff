//! Regions (区划): the five administrative levels that everything lies in.
//!
//! The list comes from outside, once a year, and codes come and go with it: a region that ended
//! stays, with the day of its end and the region that took its place, because old orders lie in
//! it. Nothing new may: [`require_open`] is what every other crate asks before it lets
//! something lie in a region, and [`require_community`] what the order engine asks.
//! [`import_regions`] is the only writer.

pub(crate) mod event;
mod import;
mod row;
pub(crate) mod sheet;
mod store;
mod view;

pub use import::{ImportOptions, ImportReport, import_regions};
pub use view::{ListRegions, Region};

use chrono::{Duration, NaiveDate};
use kernel::{Code, Cx, Error, Page, PageQuery, Pager, RegionCode, RegionLevel, Result, Time};
use std::sync::Arc;

/// The day in China, which is eight hours ahead of UTC all year: regions begin and end with it.
pub(crate) fn day(now: Time) -> NaiveDate {
    (now + Duration::hours(8)).date_naive()
}

/// One region, whether it still exists or has ended (查询区划).
///
/// # Errors
/// `region_not_found`; `database_unavailable`.
pub async fn get_region(cx: &Cx, code: RegionCode) -> Result<Region> {
    store::find(cx, code).await?.ok_or_else(|| Error::new(Code::RegionNotFound))
}

/// Regions by code ascending (区划列表).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`; `database_unavailable`.
pub async fn list_regions(cx: &Cx, query: ListRegions) -> Result<Page<Region>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("regions", &(query.parent, query.level, query.include_closed), page)?;
    store::list(cx, &query, &pager).await
}

/// Those of these regions that there are, ended ones included, in one query.
///
/// # Errors
/// `database_unavailable`.
pub async fn regions_named(cx: &Cx, codes: &[RegionCode]) -> Result<Vec<Region>> {
    store::named(cx, codes).await
}

/// The region, if something new may lie in it: it exists and has not ended. Asked by every order, so it is remembered.
///
/// # Errors
/// `region_unknown`; `region_closed`, with the day; `database_unavailable`.
pub async fn require_open(cx: &Cx, code: RegionCode) -> Result<Arc<Region>> {
    let region = cx
        .remembered(code.to_string(), store::find(cx, code))
        .await?
        .ok_or_else(|| Error::new(Code::RegionUnknown).with("region", code))?;
    match region.valid_to {
        Some(end) if end <= day(cx.now()) => Err(Error::new(Code::RegionClosed).with("region", code).with("date", end)),
        _ => Ok(region),
    }
}

/// The same for what may lie in nothing but a community or village: grids and orders.
///
/// # Errors
/// `region_not_community`, besides those of [`require_open`].
pub async fn require_community(cx: &Cx, code: RegionCode) -> Result<Arc<Region>> {
    let region = require_open(cx, code).await?;
    if region.level == RegionLevel::Community { Ok(region) } else { Err(Error::new(Code::RegionNotCommunity).with("region", code)) }
}

/// Lets one change at a time hand out something that must be unique within a region.
pub(crate) async fn lock(tx: &sea_orm::DatabaseTransaction, code: RegionCode) -> Result<()> {
    store::lock(tx, code).await
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
