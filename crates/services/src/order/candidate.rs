//! Who could do it (派单候选): the service team of the order's grid (“1+N”网格服务团队) before the roll of the community, whoever has the
//! skill before who has not, whoever has fewer orders in hand before who has more.
//!
//! Only those are named that a dispatch would take: the rules are those of [`super::taking`]. Nobody's phone is told.

use super::{
    command::TakerRef,
    seen, sight, store,
    taking::{as_volunteer, suits},
};
use crate::catalogue;
use grids::{DutyRole, OnDuty};
use kernel::{
    Cx, Error, Permission, Result,
    access::PersonalData,
    id::{AccountId, OrderId, OrganizationId},
    mask,
};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::HashMap};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use volunteers::Volunteer;

/// So many of the roll are looked at.
const ROLL: u64 = 500;

/// Whom to look for (派单候选).
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCandidates {
    /// What they should be able to do (技能特长). Absent: what the order's service item (服务事项) is called.
    #[param(min_length = 1, max_length = 20, example = "水电维修")]
    pub skill: Option<String>,
    /// How many, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
}

/// Where a candidate comes from (候选来源).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CandidateSource {
    /// 网格服务团队: on duty in the grid of the order.
    GridTeam,
    /// 接单人名册: on the roll of the community.
    Roll,
}

/// Somebody who could take an order (派单候选人).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// Who: as `lead` of a dispatch takes it (接单方).
    pub taker: TakerRef,
    /// What they are called (姓名、名称).
    pub name: String,
    /// Where they come from (候选来源).
    pub source: CandidateSource,
    /// What they are in the grid (网格职务); only of the grid's team.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub duties: Vec<DutyRole>,
    /// What they can do (技能特长).
    pub skills: Vec<String>,
    /// Whether one of these is what the order asks for (技能匹配).
    pub fits: bool,
    /// How many orders they have in hand (在办订单数).
    #[schema(minimum = 0)]
    pub open_orders: u32,
}

/// Who could take an order (派单候选), the best first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Candidates {
    /// The skill that was looked for (所需技能); absent when the order has no service item and none was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub skill: Option<String>,
    /// The candidates (候选人).
    pub items: Vec<Candidate>,
}

/// Who could take an order (派单候选).
///
/// # Errors
/// `order_not_found`, also for those who may not know of it; `permission_missing`; `query_parameter_invalid`.
pub async fn candidates(cx: &Cx, id: OrderId, query: ListCandidates) -> Result<Candidates> {
    let limit = kernel::Pager::new("candidates", &(), kernel::PageQuery { limit: query.limit, cursor: None })?.limit();
    let (order, ..) = seen(cx, id).await?;
    let place = sight::place(&order);
    cx.actor.require(Permission::OrderDispatch, &place)?;
    // Items are called otherwise than skills: what an item is called ranks, and keeps nobody out.
    let asked = query.skill.as_ref().is_some_and(|s| !s.trim().is_empty());
    let skill = match (query.skill, order.item_id) {
        (Some(skill), _) => Some(skill.trim().to_owned()).filter(|s| !s.is_empty()),
        (None, Some(item)) => catalogue::version(cx, item).await?.map(|item| item.name.clone()),
        (None, None) => None,
    };
    let fits = |skills: &[String]| skill.as_ref().is_some_and(|wanted| skills.iter().any(|s| alike(s, wanted)));
    let team = match order.grid_id {
        Some(grid) => grids::on_duty(cx, grid).await?,
        None => Vec::new(),
    };
    let mut found: HashMap<Uuid, Candidate> = HashMap::new();
    let accounts: Vec<AccountId> = team.iter().filter_map(|d| d.account_id).collect();
    let mut people = volunteers::find_volunteers(cx, &accounts).await?;
    let roll = volunteers::serving(cx, order.region_code, ROLL).await?;
    people.extend(roll.into_iter().filter(|v| !accounts.contains(&v.account_id) && (!asked || fits(&v.skills))));
    // Whoever lives there by a confirmed check-in is as good as on the roll.
    let checked_in = organizations::check_in::serving(cx, order.region_code, ROLL).await?.into_iter();
    let checked_in: Vec<Volunteer> = checked_in
        .filter(|c| !people.iter().any(|v| v.account_id == c.account_id && v.serves(order.region_code, order.grid_id)))
        .map(|c| as_volunteer(c, order.region_code))
        .filter(|v| accounts.contains(&v.account_id) || !asked || fits(&v.skills))
        .collect();
    people.retain(|v| !checked_in.iter().any(|c| c.account_id == v.account_id));
    people.extend(checked_in);
    people.retain(|v| suits(v, &order));
    let ids: Vec<AccountId> = people.iter().map(|v| v.account_id).collect();
    let holding = identity::who_holds(cx, &ids, Permission::OrderTake, &place).await?;
    people.retain(|v| holding.contains(&v.account_id));
    let names = identity::names(cx, &ids).await?;
    for person in people {
        let name = names.get(&person.account_id).cloned().unwrap_or_default();
        let name = if cx.actor.sees(PersonalData::Staff) { name } else { mask::name(&name) };
        let taker = TakerRef::Person { id: person.account_id };
        found.insert(
            person.account_id.0,
            candidate(taker, name, skills_of(&person, &team), duties_of(&team, |d| d.account_id, person.account_id)),
        );
    }
    for id in organizations_of(&team) {
        let Some(organization) = organizations::find_organization(cx, &id).await? else { continue };
        if organization.active && organization.region_code.covers(order.region_code) {
            let skills = team.iter().filter(|d| d.organization_id == Some(id)).flat_map(|d| d.skills.clone()).collect();
            let taker = TakerRef::Organization { id };
            found.insert(id.0, candidate(taker, organization.name, skills, duties_of(&team, |d| d.organization_id, id)));
        }
    }
    let takers: Vec<Uuid> = found.keys().copied().collect();
    let open = store::open_orders(cx, &takers).await?;
    let mut items: Vec<Candidate> = found
        .into_iter()
        .map(|(id, mut candidate)| {
            candidate.fits = fits(&candidate.skills);
            candidate.open_orders = open.get(&id).and_then(|n| u32::try_from(*n).ok()).unwrap_or_default();
            candidate
        })
        .collect();
    items.sort_by_cached_key(|c| (c.source, Reverse(c.fits), c.open_orders, c.name.clone(), c.taker.parts().1));
    items.truncate(usize::try_from(limit).map_err(Error::internal)?);
    Ok(Candidates { skill, items })
}

/// Whether a skill is the one that is asked for, or names it in more words or in fewer.
fn alike(skill: &str, wanted: &str) -> bool {
    skill == wanted || wanted.contains(skill) || skill.contains(wanted)
}

fn candidate(taker: TakerRef, name: String, mut skills: Vec<String>, duties: Vec<DutyRole>) -> Candidate {
    skills.sort_unstable();
    skills.dedup();
    let source = if duties.is_empty() { CandidateSource::Roll } else { CandidateSource::GridTeam };
    Candidate { taker, name, source, duties, skills, fits: false, open_orders: 0 }
}

/// What somebody can do, by the roll and by their duty in the grid.
fn skills_of(person: &Volunteer, team: &[OnDuty]) -> Vec<String> {
    let on_duty = team.iter().filter(|d| d.account_id == Some(person.account_id)).flat_map(|d| d.skills.iter());
    person.skills.iter().chain(on_duty).cloned().collect()
}

fn duties_of<T: PartialEq>(team: &[OnDuty], who: impl Fn(&OnDuty) -> Option<T>, id: T) -> Vec<DutyRole> {
    team.iter().filter(|d| who(d).as_ref() == Some(&id)).map(|d| d.role).collect()
}

fn organizations_of(team: &[OnDuty]) -> Vec<OrganizationId> {
    let mut ids: Vec<OrganizationId> = team.iter().filter_map(|d| d.organization_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn a_skill_fits_in_more_words_or_in_fewer() {
        for (skill, wanted, fits) in
            [("水电维修", "水电维修", true), ("水电", "水电维修", true), ("水电维修", "维修", true), ("理发", "水电维修", false)]
        {
            assert_eq!(alike(skill, wanted), fits, "{skill} {wanted}");
        }
    }
}
