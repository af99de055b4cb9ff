//! How the grids of a region stand by a checklist (清单检查报表).

use super::{ChecklistReportQuery, ChecklistRun, store, view};
use crate::{GridRef, grid};
use kernel::{Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, id::ChecklistId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// How a grid stands by a checklist (网格清单得分).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChecklistStanding {
    /// The grid (网格).
    pub grid: GridRef,
    /// Its newest run (最近一次检查), without what was found; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<ChecklistRun>,
}

/// The comprehensive grids in use of a region, each with its newest run of a checklist (清单检查报表), by community and, within one, by
/// age.
///
/// # Errors
/// `checklist_not_found`; `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn checklist_report(cx: &Cx, id: ChecklistId, query: ChecklistReportQuery) -> Result<Page<ChecklistStanding>> {
    store::newest(cx, id).await?.ok_or_else(|| Error::new(Code::ChecklistNotFound))?;
    cx.actor.require(Permission::ChecklistRead, &Place::from(query.region_code))?;
    let pager = Pager::new("checklist_report", &(id, query.region_code), PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(grid::page_in_use(cx, query.region_code, &pager).await?, |grid| (grid.region_code, grid.id))?;
    let runs = store::newest_runs(cx, id, &page.items.iter().map(|grid| grid.id).collect::<Vec<_>>()).await?;
    let mut runs: HashMap<_, _> = runs.into_iter().map(|run| (run.grid_id, run)).collect();
    Ok(page.map(|grid| ChecklistStanding { run: runs.remove(&grid.id).map(view::brief), grid }))
}
