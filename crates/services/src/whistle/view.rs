//! What goes out. A department learns what it needs to come, and nobody's name or phone.

use super::{
    WhistleState,
    flow::{self, Action},
    row::{Model, StoredState},
};
use crate::{limit::Limit, order::OrderBrief};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, RegionCode, Result,
    id::{AccountId, OrderId, OrganizationId, WhistleId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A whistle (吹哨): one department called to one order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Whistle {
    /// Its id.
    pub id: WhistleId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// To which order (订单编号); it stays with its community.
    pub order_id: OrderId,
    /// The order as the department is told of it (订单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<OrderBrief>,
    /// Where the order lies (区划).
    pub region_code: RegionCode,
    /// Who is called (部门).
    pub department_id: OrganizationId,
    /// Where it stands now (状态).
    pub state: WhistleState,
    /// What the department is needed for (吹哨事由); phone and ID numbers are masked for all but those who call.
    pub reason: String,
    /// Who called (吹哨人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub called_by: Option<AccountId>,
    /// The limit for arriving (报到时限).
    pub respond_limit: Limit,
    /// Until when the department must come (应报到时间).
    pub respond_by: DateTime<Utc>,
    /// When it came (报到时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arrived_at: Option<DateTime<Utc>>,
    /// Who came for it (报到人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arrived_by: Option<AccountId>,
    /// Whether it came after the limit, or has not come and the limit is over (是否逾期).
    pub late: bool,
    /// When it was done or excused (结束时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// How who called judges the department (对部门评分), 5 is best.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 1, maximum = 5)]
    pub department_score: Option<i16>,
    /// What is said with it (对部门评语).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department_comment: Option<String>,
    /// How the department judges the call (对吹哨评分), 5 is best.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 1, maximum = 5)]
    pub call_score: Option<i16>,
    /// What is said with it (对吹哨评语).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call_comment: Option<String>,
    /// When it was blown (吹哨时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What the caller can do with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// The whistles of one call (吹哨结果).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Whistles {
    /// One for each department (吹哨).
    pub items: Vec<Whistle>,
}

/// How a department came when it was called, and what both sides think (部门吹哨统计).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WhistleCount {
    /// Which department (部门).
    pub department_id: OrganizationId,
    /// How often it was called (吹哨次数).
    #[schema(minimum = 0)]
    pub called: i64,
    /// How often it came within the limit (按时报到).
    #[schema(minimum = 0)]
    pub in_time: i64,
    /// How often it came after the limit (逾期报到).
    #[schema(minimum = 0)]
    pub late: i64,
    /// How often it has not come and the limit is over (逾期未到).
    #[schema(minimum = 0)]
    pub absent: i64,
    /// How often it need not come (免于报到).
    #[schema(minimum = 0)]
    pub excused: i64,
    /// How often it was judged (被评价次数).
    #[schema(minimum = 0)]
    pub department_judged: i64,
    /// How it is judged on average, two decimals (部门平均分); absent while nobody has judged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department_score: Option<f64>,
    /// How often it judged a call (评价吹哨次数).
    #[schema(minimum = 0)]
    pub call_judged: i64,
    /// How it judges the calls on average, two decimals (吹哨平均分); absent while it has not judged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call_score: Option<f64>,
}

/// An average with two decimals.
pub(super) fn average(sum: i64, count: i64) -> Option<f64> {
    let hundredths = sum.checked_mul(100)?.checked_add(count / 2)?.checked_div(count)?;
    i32::try_from(hundredths).ok().map(|h| f64::from(h) / 100.0)
}

/// What a sealed column of a whistle is bound to.
pub(super) fn owner(id: WhistleId, column: &str) -> String {
    format!("whistle {id} {column}")
}

/// Who asks, as far as a whistle is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    /// May call there.
    pub(super) caller: bool,
    /// Acts for the department.
    pub(super) department: bool,
}

pub(super) fn whistle(cx: &Cx, row: Model, order: Option<OrderBrief>, sides: Sides) -> Result<Whistle> {
    let now = cx.now();
    let state = flow::at(row.state, row.respond_by, now);
    let judged = |a: Action| match a {
        Action::JudgeDepartment => row.department_score.is_some(),
        Action::JudgeCall => row.call_score.is_some(),
        Action::Arrive | Action::Finish | Action::Excuse => false,
    };
    let theirs = |a: Action| if a.is_of_department() { sides.department } else { sides.caller };
    let allowed_actions = Action::all().filter(|a| flow::next(state, *a).is_some() && theirs(*a) && !judged(*a)).collect();
    let open = |column: &str, sealed: &str| -> Result<String> {
        let text = cx.vault().open(&owner(row.id, column), sealed)?;
        Ok(if sides.caller { text } else { mask::text(&text) })
    };
    let reason = open("reason", &row.reason)?;
    let department_comment = row.department_comment.as_ref().map(|s| open("department_comment", s)).transpose()?;
    let call_comment = row.call_comment.as_ref().map(|s| open("call_comment", s)).transpose()?;
    let reached = row.arrived_at.unwrap_or(now);
    Ok(Whistle {
        late: reached > row.respond_by && row.state != StoredState::Excused,
        id: row.id,
        version: row.version,
        order_id: row.order_id,
        order,
        region_code: row.region_code,
        department_id: row.department_id,
        state,
        reason,
        called_by: row.called_by,
        respond_limit: row.respond_limit.parse()?,
        respond_by: row.respond_by,
        arrived_at: row.arrived_at,
        arrived_by: row.arrived_by,
        ended_at: row.ended_at,
        department_score: row.department_score,
        department_comment,
        call_score: row.call_score,
        call_comment,
        created_at: row.created_at,
        updated_at: row.updated_at,
        allowed_actions,
    })
}

#[cfg(test)]
mod tests {
    use super::average;

    #[test]
    fn an_average_of_nothing_is_none() {
        assert_eq!((average(0, 0), average(14, 3), average(5, 1), average(9, 2)), (None, Some(4.67), Some(5.0), Some(4.5)));
    }
}
