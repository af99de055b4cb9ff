//! How often households are visited (五星走访 and its like): each has a class (走访类别), and the rules of the place say after how many
//! days one of that class is due again. No source says what the classes are; they are the place's own.

use crate::table::{day, plain_query};
use chrono::{Days, NaiveDate};
use grids::Household;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, RegionCode, Result,
    id::{GridId, HouseholdId},
};
use serde::{Deserialize, Serialize};
use services::policy;
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Sets how often a household is visited (设定走访类别).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetVisitClass {
    /// A class of the place's visit rules (走访类别); absent: the household is of none.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "star_5")]
    pub visit_class: Option<String>,
    /// The version of the household that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which households are due (到期走访).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDueVisits {
    /// In this community or village (社区、村), whose rules decide.
    pub region_code: RegionCode,
    /// Only of this grid (网格).
    pub grid_id: Option<GridId>,
    /// Due on this day or before (到期日); today unless told.
    pub due_by: Option<NaiveDate>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// A household that is due for a visit (到期走访户).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DueVisit {
    /// The household (户), the name of its head masked.
    pub household: Household,
    /// What its class is called (走访类别名称).
    pub class_name: String,
    /// When the visit was due (到期日); absent where nobody was met yet: then it is due since the class was set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_on: Option<NaiveDate>,
}

/// Sets how often a household is visited (设定走访类别).
///
/// # Errors
/// `household_not_found`; `permission_missing`; `household_closed`; `version_stale`; `visit_class_unknown`.
pub async fn set_visit_class(cx: &Cx, id: HouseholdId, command: SetVisitClass) -> Result<Household> {
    let home = crate::visit::home(cx, id, Permission::VisitManage, false, "").await?;
    if let Some(class) = &command.visit_class {
        let rules = policy::visit_rules(cx, home.region).await?;
        if !rules.classes.iter().any(|c| c.code == *class) {
            return Err(Error::new(Code::VisitClassUnknown).with("class", class).at("#/visit_class"));
        }
    }
    grids::set_visit_class(cx, id, command.visit_class, command.version).await
}

/// The households of a community that are due for a visit by the rules of now (到期走访户列表), by age of the household.
///
/// # Errors
/// `permission_missing` for a caller who may read visits nowhere; `region_unknown`, `region_closed`, `region_not_community`;
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_due_visits(cx: &Cx, query: ListDueVisits) -> Result<Page<DueVisit>> {
    plain_query(&[], &[query.due_by])?;
    let region = query.region_code;
    let today = query.due_by.unwrap_or_else(|| day(cx.now()));
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let pager = Pager::new("due_visits", &(region, query.grid_id, query.due_by), page)?;
    if region.level() != kernel::region::RegionLevel::Community {
        let reason = "region_code is a community or village".to_owned();
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", reason));
    }
    let rules = policy::visit_rules(cx, region).await?;
    let since = |days: u16| today.checked_sub_days(Days::new(u64::from(days)));
    let classes: Vec<_> = rules.classes.iter().filter_map(|c| Some((c.code.clone(), since(c.every_days)?))).collect();
    let known: HashMap<_, _> = rules.classes.iter().map(|c| (c.code.as_str(), c)).collect();
    let page = grids::households_due(cx, region, query.grid_id, &classes, &pager).await?;
    Ok(page.map(|household| {
        let class = household.visit_class.as_deref().and_then(|code| known.get(code));
        let every = class.map(|c| Days::new(u64::from(c.every_days)));
        DueVisit {
            class_name: class.map(|c| c.name.clone()).unwrap_or_default(),
            due_on: household.visited_on.zip(every).and_then(|(on, every)| on.checked_add_days(every)),
            household,
        }
    }))
}
