//! How the members of a workplace take part where they live (双报到参与情况): what their workplace is told of it. It is counted from the
//! orders that there are, and tells nothing of the residents.

use crate::order;
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Page, PageQuery, RegionCode, Result,
    access::PersonalData,
    id::{AccountId, OrganizationId},
    mask,
};
use organizations::check_in;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of how the members of a workplace take part.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParticipation {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// How a member of a workplace takes part where they live (双报到参与情况).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Participation {
    /// Who (账号).
    pub account_id: AccountId,
    /// What they are called (姓名).
    pub name: String,
    /// Where they live by a confirmed check-in (居住社区); absent when they have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region_code: Option<RegionCode>,
    /// Since when (报到确认时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// How many orders they led to their end there (完成订单数).
    #[schema(minimum = 0)]
    pub orders: i64,
    /// The time from accepting to completing these, in hours with one decimal (服务时长).
    #[schema(minimum = 0)]
    pub hours: f64,
    /// What the community says of them (社区评语), phone and ID numbers masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub words: Option<String>,
}

/// How the members of a workplace take part where they live (双报到参与情况), by account.
///
/// # Errors
/// `organization_not_found`; `permission_missing`; `cursor_invalid`.
pub async fn list_participation(cx: &Cx, organization: OrganizationId, query: ListParticipation) -> Result<Page<Participation>> {
    let page = check_in::colleagues(cx, organization, PageQuery { limit: query.limit, cursor: query.cursor }).await?;
    let accounts: Vec<AccountId> = page.items.iter().map(|c| c.account_id).collect();
    let done = order::done_by(cx, &accounts).await?;
    let names = identity::names(cx, &accounts).await?;
    let open = cx.actor.sees(PersonalData::Staff);
    Ok(page.map(|colleague| {
        let name = names.get(&colleague.account_id).cloned().unwrap_or_default();
        let counted = colleague.region_code.and_then(|region| done.get(&(colleague.account_id, region)).copied());
        let (orders, seconds) = counted.unwrap_or_default();
        Participation {
            account_id: colleague.account_id,
            name: if open { name } else { mask::name(&name) },
            region_code: colleague.region_code,
            checked_in_at: colleague.since,
            orders,
            hours: hours(seconds),
            words: colleague.words,
        }
    }))
}

/// Seconds as hours with one decimal.
fn hours(seconds: i64) -> f64 {
    i32::try_from(seconds.max(0) / 360).map_or(0.0, |tenths| f64::from(tenths) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::hours;

    #[test]
    fn hours_have_one_decimal() {
        assert_eq!((hours(0), hours(5400), hours(359), hours(-1)), (0.0, 1.5, 0.0, 0.0));
    }
}
