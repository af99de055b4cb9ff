//! Whether the households of a community are well divided among its party members (联户负荷).

use super::{Members, store};
use crate::{household, region};
use kernel::{Code, Cx, Error, Permission, Place, RegionCode, RegionLevel, Result, id::AccountId, mask};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// How a place divides its households among party members (联户规则). More or fewer is told, not refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = in_order))]
pub struct LinkRules {
    /// The fewest households that a party member should have (联户下限); no such bound when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = 1000))]
    #[schema(minimum = 0, maximum = 1000)]
    pub min_households: Option<u16>,
    /// The most households that a party member should have (联户上限); no such bound when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = 1000))]
    #[schema(minimum = 0, maximum = 1000, example = 10)]
    pub max_households: Option<u16>,
    /// The most party members that a household is linked with at one time (每户党员数上限): one more is refused. No such bound when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 100))]
    #[schema(minimum = 1, maximum = 100, example = 1)]
    pub max_members: Option<u16>,
}

fn in_order(rules: &LinkRules) -> std::result::Result<(), ValidationError> {
    match (rules.min_households, rules.max_households) {
        (Some(min), Some(max)) if min > max => {
            Err(ValidationError::new("households").with_message("the fewest are at most the most".into()))
        }
        _ => Ok(()),
    }
}

impl LinkRules {
    /// How somebody with so many households stands.
    #[must_use]
    pub fn load(&self, households: u32) -> Load {
        if self.max_households.is_some_and(|max| households > u32::from(max)) {
            Load::Over
        } else if self.min_households.is_some_and(|min| households < u32::from(min)) {
            Load::Under
        } else {
            Load::Fitting
        }
    }
}

/// How much a party member has to do (联户负荷).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// 偏少: fewer households than the rules of the place have it.
    Under,
    /// 适中
    Fitting,
    /// 偏多: more households than that.
    Over,
}

/// A party member and how many households they are linked with (党员联户数).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberLoad {
    /// The account of the party member (党员).
    pub member_id: AccountId,
    /// The name, masked (党员姓名).
    #[schema(example = "陈*")]
    pub member_name: String,
    /// With how many households (联系户数).
    pub households: u32,
    /// Whether that is much or little by the rules of the place (负荷).
    pub load: Load,
}

/// How the households of a community are divided among its party members (联户负荷报表).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkReport {
    /// The community (社区、村).
    pub region_code: RegionCode,
    /// How many households are in use (在册户数).
    pub households: u32,
    /// How many of those are linked with somebody (已联系户数).
    pub linked: u32,
    /// The rules of the place (规则).
    pub rules: LinkRules,
    /// How many party members have more households than that (偏多人数).
    pub over: u32,
    /// How many have fewer (偏少人数).
    pub under: u32,
    /// Each party member of the community, and whoever else is linked there, at most 1,000 (党员).
    pub members: Vec<MemberLoad>,
}

/// How the households of a community are divided among its party members (联户负荷报表).
///
/// # Errors
/// `region_not_found`; `permission_missing`; `region_not_community`.
pub async fn link_report(cx: &Cx, community: RegionCode, rules: LinkRules, members: &impl Members) -> Result<LinkReport> {
    let region = region::get_region(cx, community).await?;
    cx.actor.require(Permission::LinkRead, &Place::from(community))?;
    if region.level != RegionLevel::Community {
        return Err(Error::new(Code::RegionNotCommunity).with("region", community));
    }
    // Whoever has no household yet is the one who has too few.
    let mut loads: BTreeMap<AccountId, i64> = members.all_of(community).await?.into_iter().map(|id| (id, 0)).collect();
    loads.extend(store::loads(cx, community).await?);
    let ids: Vec<AccountId> = loads.keys().take(1000).copied().collect();
    let names = members.names(&ids).await?;
    let number = |n: i64| u32::try_from(n).unwrap_or_default();
    let load = |(id, n): (AccountId, i64)| MemberLoad {
        member_id: id,
        member_name: names.get(&id).map(|name| mask::name(name)).unwrap_or_default(),
        households: number(n),
        load: rules.load(number(n)),
    };
    let members: Vec<MemberLoad> = loads.into_iter().take(1000).map(load).collect();
    let count = |load: Load| u32::try_from(members.iter().filter(|m| m.load == load).count()).unwrap_or_default();
    Ok(LinkReport {
        region_code: community,
        households: number(household::store::tally(cx, community).await?),
        linked: number(store::linked(cx, community).await?),
        rules,
        over: count(Load::Over),
        under: count(Load::Under),
        members,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_and_little_are_what_the_place_says() {
        let rules = LinkRules { min_households: Some(5), max_households: Some(10), max_members: None };
        assert_eq!([4, 5, 10, 11].map(|n| rules.load(n)), [Load::Under, Load::Fitting, Load::Fitting, Load::Over]);
        assert_eq!(LinkRules::default().load(1000), Load::Fitting);
        assert!(LinkRules { min_households: Some(11), ..rules }.validate().is_err());
        assert!(rules.validate().is_ok());
    }
}
