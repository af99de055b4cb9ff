//! What goes out: numbers and codes; what somebody says in an appeal to them and to whoever decides.

use super::{
    AppealState, CapPeriod,
    row::{appeal, entry, rule, settlement},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, RegionCode, Result,
    id::{AccountId, OrderId, OrganizationId, PointEntryId, PointRuleId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One version of a rule of points (积分规则).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PointRule {
    /// The id of this version.
    pub id: PointRuleId,
    /// Where it holds (区划).
    pub region_code: RegionCode,
    /// Its code (编码).
    pub code: String,
    /// 1, 2, 3 … for this code and region (版本).
    #[schema(minimum = 1)]
    pub version: i32,
    /// What it is for (事由).
    pub title: String,
    /// How many points it gives, or takes when negative (分值).
    pub points: i32,
    /// The most points that it gives, or takes, in a period (封顶分值).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cap: Option<i32>,
    /// In which period (封顶周期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cap_period: Option<CapPeriod>,
    /// From which day on (起始日).
    pub valid_from: NaiveDate,
    /// The first day on which it holds no more (失效日).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<NaiveDate>,
}

/// An entry of the ledger of points (积分流水).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PointEntry {
    /// Its id.
    pub id: PointEntryId,
    /// In which community (社区、村).
    pub region_code: RegionCode,
    /// Whose (账号).
    pub account_id: AccountId,
    /// In which organization (所在组织).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<OrganizationId>,
    /// By which version of the rule (规则版本).
    pub rule_id: PointRuleId,
    /// By which rule (规则编码).
    pub rule_code: String,
    /// How many (分值).
    pub points: i32,
    /// What for (计分事项).
    pub subject: String,
    /// The order that it comes from (订单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<OrderId>,
    /// When it was (发生日).
    pub happened_on: NaiveDate,
    /// The year that it counts in (年度).
    pub year: i32,
    /// The entry that it takes back (冲销流水).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reverses_id: Option<PointEntryId>,
    /// Who entered it (登记人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entered_by: Option<AccountId>,
    /// When it was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// What the member says against it (积分申诉).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub appeal: Option<PointAppeal>,
}

/// An appeal against an entry of points (积分申诉).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PointAppeal {
    /// Where it stands (申诉状态).
    pub state: AppealState,
    /// Why (申诉理由); for the member and whoever decides.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What the member is told (答复); as the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<String>,
    /// When it was filed (申诉时间).
    pub filed_at: DateTime<Utc>,
    /// When it was decided (办理时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided_at: Option<DateTime<Utc>>,
}

/// How many points somebody has in a year (积分合计).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PointStanding {
    /// Whose (账号).
    pub account_id: AccountId,
    /// Of which year (年度).
    pub year: i32,
    /// How many (合计积分).
    pub points: i64,
    /// From how many entries (流水条数).
    #[schema(minimum = 0)]
    pub entries: i64,
    /// Whether the year is settled (是否已结算).
    pub settled: bool,
}

/// A year of a community that is settled (积分年度结算).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PointSettlement {
    /// Which community (社区、村).
    pub region_code: RegionCode,
    /// Which year (年度).
    pub year: i32,
    /// How many have points in it (人数).
    #[schema(minimum = 0)]
    pub accounts: i32,
    /// How many points they have together (合计积分).
    pub points: i64,
    /// When it was settled (结算时间).
    pub settled_at: DateTime<Utc>,
}

/// What a sealed column of an appeal is bound to.
pub(super) fn owner(id: PointEntryId, column: &str) -> String {
    format!("point_appeal {id} {column}")
}

pub(super) fn rule(row: rule::Model) -> PointRule {
    PointRule {
        id: row.id,
        region_code: row.region_code,
        code: row.code,
        version: row.version,
        title: row.title,
        points: row.points,
        cap: row.cap,
        cap_period: row.cap_period,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
    }
}

pub(super) fn entry(row: entry::Model, appeal: Option<PointAppeal>) -> PointEntry {
    PointEntry {
        id: row.id,
        region_code: row.region_code,
        account_id: row.account_id,
        organization_id: row.organization_id,
        rule_id: row.rule_id,
        rule_code: row.rule_code,
        points: row.points,
        subject: row.subject,
        order_id: row.order_id,
        happened_on: row.happened_on,
        year: row.year,
        reverses_id: row.reverses_id,
        entered_by: row.entered_by,
        created_at: row.created_at,
        appeal,
    }
}

/// An appeal, with what was said where it is `open`.
pub(super) fn appeal(cx: &Cx, row: &appeal::Model, open: bool) -> Result<PointAppeal> {
    let said = |column: &str, sealed: Option<&String>| match sealed {
        Some(sealed) if open => cx.vault().open(&owner(row.id, column), sealed).map(Some),
        _ => Ok(None),
    };
    Ok(PointAppeal {
        state: row.state,
        reason: said("reason", Some(&row.reason))?,
        answer: said("answer", row.answer.as_ref())?,
        filed_at: row.filed_at,
        decided_at: row.decided_at,
    })
}

pub(super) fn settlement(row: settlement::Model) -> PointSettlement {
    PointSettlement { region_code: row.region_code, year: row.year, accounts: row.accounts, points: row.points, settled_at: row.settled_at }
}
