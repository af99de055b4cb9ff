//! What goes out: the texts in full for who may read such things, masked for others.

use super::{HouseholdPlanOutcome, HouseholdPlanState, Measure, Need, row::Model};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{AccountId, GridId, HouseholdId, HouseholdPlanId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A review of a plan (评估记录).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = HouseholdPlanReview)]
pub struct Review {
    /// How it stood (评估意见).
    pub note: String,
    /// Who looked at it (评估人).
    pub by: AccountId,
    /// When (评估时间).
    pub at: DateTime<Utc>,
}

/// What is sealed of a plan.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) needs: Vec<Need>,
    pub(super) measures: Vec<Measure>,
    pub(super) reviews: Vec<Review>,
    pub(super) closing: Option<String>,
}

/// A plan for a household (一户一策).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HouseholdPlan {
    /// Its id.
    pub id: HouseholdPlanId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The household (户).
    pub household_id: HouseholdId,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// Where it stands (状态).
    pub state: HouseholdPlanState,
    /// What the household needs (需求); only where one plan is read or changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub needs: Vec<Need>,
    /// What is to be done (措施); only where one plan is read or changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub measures: Vec<Measure>,
    /// How it was judged (评估记录); only where one plan is read or changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reviews: Vec<Review>,
    /// What was said when it ended (办结说明); only where one plan is read or changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closing: Option<String>,
    /// How many measures there are (措施数).
    #[schema(minimum = 0)]
    pub measure_count: i16,
    /// How many of them are done (已完成措施数).
    #[schema(minimum = 0)]
    pub measures_done: i16,
    /// How often it was reviewed (评估次数).
    #[schema(minimum = 0)]
    pub review_count: i16,
    /// When it is to be looked at again (评估日期); absent when it has ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub review_on: Option<NaiveDate>,
    /// How it ended (办结结果).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<HouseholdPlanOutcome>,
    /// Whether phone and ID numbers in the texts are masked (已脱敏).
    pub masked: bool,
    /// Who made it (制定人).
    pub created_by: AccountId,
    /// When it was made (制定时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// When it ended (办结时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed_at: Option<DateTime<Utc>>,
}

fn owner(id: HouseholdPlanId) -> String {
    format!("household plan {id} content")
}

pub(super) fn seal(cx: &Cx, id: HouseholdPlanId, content: &Content) -> Result<String> {
    cx.vault().seal(&owner(id), &serde_json::to_string(content).map_err(Error::internal)?)
}

pub(super) fn open(cx: &Cx, row: &Model) -> Result<Content> {
    serde_json::from_str(&cx.vault().open(&owner(row.id), &row.content)?).map_err(Error::internal)
}

/// The plan by itself.
pub(super) fn alone(row: Model, mut content: Content, full: bool) -> HouseholdPlan {
    if !full {
        let hide = |text: &mut String| *text = mask::text(text);
        content.needs.iter_mut().for_each(|n| hide(&mut n.text));
        content.reviews.iter_mut().for_each(|r| hide(&mut r.note));
        content.closing.iter_mut().for_each(hide);
        for measure in &mut content.measures {
            hide(&mut measure.text);
            hide(&mut measure.owner);
        }
    }
    HouseholdPlan {
        needs: content.needs,
        measures: content.measures,
        reviews: content.reviews,
        closing: content.closing,
        ..in_list(row, full)
    }
}

/// The plan in a list.
pub(super) fn in_list(row: Model, full: bool) -> HouseholdPlan {
    HouseholdPlan {
        id: row.id,
        version: row.version,
        household_id: row.household_id,
        region_code: row.region_code,
        grid_id: row.grid_id,
        state: row.state,
        needs: Vec::new(),
        measures: Vec::new(),
        reviews: Vec::new(),
        closing: None,
        measure_count: row.measures,
        measures_done: row.measures_done,
        review_count: row.reviews,
        review_on: row.review_on,
        outcome: row.outcome,
        masked: !full,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
        closed_at: row.closed_at,
    }
}
