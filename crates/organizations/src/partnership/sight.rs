//! Who may know of what is offered and needed.
//!
//! Whoever reads organizations in its region, or where one of the two sides lies; whoever works for one of the sides; the members of its
//! alliance. What is open and in no alliance concerns everybody in its region, above and beneath it, for they may claim it; once it is
//! claimed it is the two sides' affair again.

use super::{
    PartnershipItemState as S,
    flow::standing,
    row::{Column as C, Model},
};
use crate::{
    alliance::{
        self,
        common::{related, today, upwards},
    },
    row::organization,
};
use chrono::NaiveDate;
use kernel::{Cx, RegionCode, Result, access::Reach};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

/// What a caller may know of.
pub(super) struct Sight {
    reach: Reach,
    /// Where they, or the organizations that they work for, are.
    near: Vec<RegionCode>,
    today: NaiveDate,
}

pub(super) async fn of(cx: &Cx) -> Result<Sight> {
    use organization::Column as O;
    let reach = alliance::reach(cx);
    let mut near = reach.regions.clone();
    if !reach.organizations.is_empty() {
        let own = organization::Entity::find().select_only().column(O::RegionCode).filter(O::Id.is_in(reach.organizations.iter().copied()));
        near.extend(own.into_tuple::<RegionCode>().all(cx.reader()).await?);
    }
    Ok(Sight { reach, near, today: today(cx) })
}

impl Sight {
    fn covers(&self, region: RegionCode) -> bool {
        self.reach.regions.iter().any(|r| r.covers(region))
    }

    /// Whether they may know of this one.
    pub(super) async fn sees(&self, cx: &Cx, row: &Model) -> Result<bool> {
        let works = |id| self.reach.organizations.contains(id);
        let open = row.alliance_id.is_none() && standing(row.state, row.valid_until, self.today) == S::Open;
        let sees = self.covers(row.region_code)
            || self.covers(row.owner_region)
            || row.claimant_region.is_some_and(|region| self.covers(region))
            || works(&row.owner_id)
            || row.claimant_id.as_ref().is_some_and(works)
            || (open && self.near.iter().any(|near| related(*near, row.region_code)));
        match row.alliance_id {
            Some(id) if !sees => alliance::concerns_today(cx, id, &self.reach, self.today).await,
            _ => Ok(sees),
        }
    }

    /// The same of a list, within a region; nothing where all of the region is theirs to see.
    pub(super) fn condition(&self, region: RegionCode) -> Option<Condition> {
        if self.covers(region) {
            return None;
        }
        let mut any = Condition::any();
        for inner in &self.reach.regions {
            let (first, last) = inner.range();
            any = any
                .add(C::RegionCode.between(first, last))
                .add(C::OwnerRegion.between(first, last))
                .add(C::ClaimantRegion.between(first, last));
        }
        if !self.reach.organizations.is_empty() {
            let own = || self.reach.organizations.iter().copied();
            any = any.add(C::OwnerId.is_in(own())).add(C::ClaimantId.is_in(own()));
        }
        let mut around = Condition::any();
        for near in &self.near {
            let (first, last) = near.range();
            around = around.add(C::RegionCode.between(first, last)).add(C::RegionCode.is_in(upwards(*near)));
        }
        if !around.is_empty() {
            any = any.add(stands(S::Open, self.today).add(C::AllianceId.is_null()).add(around));
        }
        any = any.add(C::AllianceId.in_subquery(alliance::store::of_members(&self.reach, Some(self.today))));
        any = any.add(C::AllianceId.in_subquery(alliance::store::led_by(&self.reach)));
        Some(any)
    }
}

/// What stands so on this day.
pub(super) fn stands(state: S, today: NaiveDate) -> Condition {
    let all = Condition::all();
    match state {
        S::Lapsed => all.add(C::State.is_in([S::Open, S::Claimed])).add(C::ValidUntil.lt(today)),
        S::Open | S::Claimed => {
            all.add(C::State.eq(state)).add(Condition::any().add(C::ValidUntil.is_null()).add(C::ValidUntil.gte(today)))
        }
        _ => all.add(C::State.eq(state)),
    }
}
