//! What goes out: the note in full for the visitor and who may read such things, masked for others.

use super::{VisitResult, row::visit::Model};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, RegionCode, Result,
    id::{AccountId, GridId, HouseholdId, ResidentId, VisitCampaignId, VisitId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A visit (走访).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The campaign that counts it (走访活动).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub campaign_id: Option<VisitCampaignId>,
    /// The household (户).
    pub household_id: HouseholdId,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// Who went there (走访人).
    pub visitor_id: AccountId,
    /// When (走访时间).
    pub visited_at: DateTime<Utc>,
    /// How it went (走访结果).
    pub result: VisitResult,
    /// How many residents were met (见面人数).
    #[schema(minimum = 0)]
    pub residents_met: i16,
    /// Which residents were met (见面居民); only where one visit is read or recorded.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub resident_ids: Vec<ResidentId>,
    /// What was written down (走访记录). Phone and ID numbers are masked for those who do not see it in full.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// When somebody should go there again (回访日期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revisit_on: Option<NaiveDate>,
    /// Whether the note is masked (已脱敏).
    pub masked: bool,
    /// When it was recorded (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

fn owner(id: VisitId) -> String {
    format!("visit {id} note")
}

pub(super) fn seal(cx: &Cx, id: VisitId, note: &str) -> Result<String> {
    cx.vault().seal(&owner(id), note)
}

/// The visit by itself.
pub(super) fn alone(cx: &Cx, row: Model, resident_ids: Vec<ResidentId>) -> Result<Visit> {
    Ok(Visit { resident_ids, ..in_list(cx, row)? })
}

/// The visit in a list.
pub(super) fn in_list(cx: &Cx, row: Model) -> Result<Visit> {
    let full = super::sees_in_full(cx, &row);
    let note = row.note.as_ref().map(|sealed| cx.vault().open(&owner(row.id), sealed)).transpose()?;
    Ok(Visit {
        id: row.id,
        version: row.version,
        campaign_id: row.campaign_id,
        household_id: row.household_id,
        region_code: row.region_code,
        grid_id: row.grid_id,
        visitor_id: row.visitor_id,
        visited_at: row.visited_at,
        result: row.result,
        residents_met: row.residents_met,
        resident_ids: Vec::new(),
        note: note.map(|note| if full { note } else { mask::text(&note) }),
        revisit_on: row.revisit_on,
        masked: !full,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
