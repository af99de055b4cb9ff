//! What goes out.

use super::{
    VisitCampaignState, VisitTargetState,
    flow::{self, Action},
    row::{campaign, target},
};
use crate::visit::VisitResult;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, RegionCode, Result,
    id::{AccountId, AddressId, GridId, HouseholdId, VisitCampaignId, VisitId},
};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

/// How far a campaign has come (走访覆盖), of what the caller may see of it.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct VisitCoverage {
    /// How many households there are (应访户数).
    #[schema(minimum = 0)]
    pub households: i64,
    /// Where somebody was met (已访户数).
    #[schema(minimum = 0)]
    pub visited: i64,
    /// Where nobody was met yet, though somebody went (未见面户数).
    #[schema(minimum = 0)]
    pub tried: i64,
    /// Where nobody lives any more (无人居住户数).
    #[schema(minimum = 0)]
    pub gone: i64,
    /// How many residents belonged to the households when the campaign started (应访人数).
    #[schema(minimum = 0)]
    pub residents: i64,
    /// How many of them were met (已访人数).
    #[schema(minimum = 0)]
    pub residents_met: i64,
    /// Households visited, in percent with two decimals (户覆盖率).
    #[schema(minimum = 0, maximum = 100, example = 87.25)]
    pub household_rate: f64,
    /// Residents met, in percent with two decimals (人覆盖率).
    #[schema(minimum = 0, maximum = 100, example = 61.4)]
    pub resident_rate: f64,
}

/// Sums of counts, as the database adds them up.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub(super) struct Sums {
    pub(super) households: i64,
    pub(super) visited: i64,
    pub(super) tried: i64,
    pub(super) gone: i64,
    pub(super) residents: i64,
    pub(super) residents_met: i64,
}

impl From<Sums> for VisitCoverage {
    fn from(sums: Sums) -> Self {
        Self {
            households: sums.households,
            visited: sums.visited,
            tried: sums.tried,
            gone: sums.gone,
            residents: sums.residents,
            residents_met: sums.residents_met,
            household_rate: rate(sums.visited, sums.households),
            resident_rate: rate(sums.residents_met, sums.residents),
        }
    }
}

/// A share in percent with two decimals; nothing of nothing is nothing.
fn rate(part: i64, whole: i64) -> f64 {
    let share = |basis_points: i64| i32::try_from(basis_points).map_or(0.0, |points| f64::from(points) / 100.0);
    if whole <= 0 { 0.0 } else { share(part * 10_000 / whole) }
}

/// The coverage of a part of a campaign (分项覆盖): of a region, a grid or a visitor.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct VisitCoveragePart {
    /// The region (区划), where it is added up by regions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region_code: Option<RegionCode>,
    /// The grid (网格), where it is added up by grids; absent for households in none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// The visitor (走访人), where it is added up by visitors; absent for households that nobody was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub visitor_id: Option<AccountId>,
    /// How far it has come (覆盖).
    pub coverage: VisitCoverage,
}

/// A visit campaign (走访活动).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct VisitCampaign {
    /// Its id.
    pub id: VisitCampaignId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it stands (状态).
    pub state: VisitCampaignState,
    /// In which region (区划).
    pub region_code: RegionCode,
    /// What kind it is (类别).
    pub kind: String,
    /// What it is called (名称).
    pub title: String,
    /// Its first day (起始日).
    pub starts_on: NaiveDate,
    /// Its last day (截止日).
    pub ends_on: NaiveDate,
    /// The grids that it was narrowed to (网格).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub grid_ids: Vec<GridId>,
    /// The buildings that it was narrowed to (楼栋).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub building_ids: Vec<AddressId>,
    /// How many single households it was narrowed to (指定户数).
    #[schema(minimum = 0)]
    pub named_households: usize,
    /// How far it has come (覆盖); only where one campaign is read or changed, and of what the caller may see of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub coverage: Option<VisitCoverage>,
    /// Who planned it (创建人).
    pub created_by: AccountId,
    /// When it was planned (创建时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// When it started (启动时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended (结束时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed_at: Option<DateTime<Utc>>,
    /// What is possible with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// A household of a campaign (走访对象).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct VisitTarget {
    /// The campaign (走访活动).
    pub campaign_id: VisitCampaignId,
    /// The household (户).
    pub household_id: HouseholdId,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid when the campaign started (网格).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// The standard address (标准地址).
    #[schema(max_length = 400)]
    pub address: String,
    /// The name of the head, masked (户主姓名).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "张*")]
    pub head_name: Option<String>,
    /// Who is to visit it (走访人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub visitor_id: Option<AccountId>,
    /// How far it has come (状态).
    pub state: VisitTargetState,
    /// How many belonged to it when the campaign started (应访人数).
    #[schema(minimum = 0)]
    pub residents: i32,
    /// How many of them were met (已访人数).
    #[schema(minimum = 0)]
    pub residents_met: i32,
    /// How often somebody went there (走访次数).
    #[schema(minimum = 0)]
    pub visits: i32,
    /// The last visit (最近走访).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_visit_id: Option<VisitId>,
    /// How that went (最近结果).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_result: Option<VisitResult>,
    /// When that was (最近走访时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_visited_at: Option<DateTime<Utc>>,
    /// When it is to be visited again (回访日期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revisit_on: Option<NaiveDate>,
}

/// A stored list.
pub(super) fn list<T: DeserializeOwned>(json: &str) -> Result<Vec<T>> {
    serde_json::from_str(json).map_err(Error::internal)
}

pub(super) fn campaign(row: campaign::Model, coverage: Option<VisitCoverage>, manages: bool) -> Result<VisitCampaign> {
    let possible = |a: &Action| flow::next(row.state, *a).is_some() && (manages || *a == Action::Visit);
    Ok(VisitCampaign {
        allowed_actions: Action::all().filter(possible).collect(),
        id: row.id,
        version: row.version,
        state: row.state,
        region_code: row.region_code,
        grid_ids: list(&row.grid_ids)?,
        building_ids: list(&row.building_ids)?,
        named_households: list::<HouseholdId>(&row.household_ids)?.len(),
        kind: row.kind,
        title: row.title,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        coverage,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
        started_at: row.started_at,
        closed_at: row.closed_at,
    })
}

pub(super) fn target(row: target::Model, home: Option<&grids::Household>) -> VisitTarget {
    VisitTarget {
        campaign_id: row.campaign_id,
        household_id: row.household_id,
        region_code: row.region_code,
        grid_id: row.grid_id,
        address: home.map(|h| h.address.clone()).unwrap_or_default(),
        head_name: home.and_then(|h| h.head_name.clone()),
        visitor_id: row.visitor_id,
        state: row.state,
        residents: row.residents,
        residents_met: row.residents_met,
        visits: row.visits,
        last_visit_id: row.last_visit_id,
        last_result: row.last_result,
        last_visited_at: row.last_visited_at,
        revisit_on: row.revisit_on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_more_than_was_done() {
        assert_eq!((rate(0, 0), rate(1, 3), rate(40_346, 40_347), rate(7, 7)), (0.0, 33.33, 99.99, 100.0));
    }
}
