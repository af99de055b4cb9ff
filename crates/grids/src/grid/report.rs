//! Which grids are unusual (网格规模核查): more or fewer households than the rules of the place have it.

use super::{Grid, store};
use crate::rules::GridRules;
use kernel::{Cx, Page, PageQuery, Pager, Permission, Place, RegionCode, Result};
use serde::Deserialize;
use utoipa::IntoParams;

/// Where to look for unusual grids (网格规模核查).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListUnusualGrids {
    /// Within this region (区划), of any level; its rules are those that count.
    pub region_code: RegionCode,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The grids in use of a region that have more or fewer households than its rules have it (网格规模核查), by community and, within
/// one, by age, each with what is unusual about it.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_unusual_grids(cx: &Cx, query: ListUnusualGrids, rules: &GridRules) -> Result<Page<Grid>> {
    cx.actor.require(Permission::GridRead, &Place::from(query.region_code))?;
    let pager = Pager::new("unusual_grids", &query.region_code, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let rows = store::unusual(cx, query.region_code, &rules.sizes, &pager).await?;
    let grids = rows.into_iter().map(|row| Ok(rules.judge(Grid::try_from(row)?))).collect::<Result<Vec<_>>>()?;
    pager.page(grids, |g| (g.region_code, g.id))
}
