//! Who may take an order: that a taker exists, is active and serves the place; and, for a claim from the pool, that it
//! is a provider of the service and has a free slot.

use super::{command::TakerRef, row::order::Model, sight, store};
use crate::{
    catalogue::{self, ProviderKind},
    policy,
};
use kernel::{Code, Cx, Error, Permission, Place, RegionCode, Result};
use organizations::check_in::{self, Serving};
use volunteers::{Volunteer, VolunteerKind};

/// Whether a taker may be given work here at all: it exists, is active, and serves the place.
pub(super) async fn check_taker(cx: &Cx, order: &Model, taker: TakerRef) -> Result<()> {
    // That somebody serves elsewhere is told to them and to those who read the roll there; to others there is nobody.
    let (kind, id) = taker.parts();
    let own = sight::is_taker(&cx.actor, Some(kind), Some(id));
    let foreign = |roll, place| match own || cx.actor.can(roll, &place) {
        true => Error::new(Code::TakerForeign).with("region", order.region_code),
        false => Error::new(Code::TakerUnknown),
    };
    match taker {
        TakerRef::Person { id } => {
            let registered = volunteers::find_volunteer(cx, id).await?;
            let here = registered.as_ref().is_some_and(|v| v.serves(order.region_code, order.grid_id));
            let checked_in = if here { None } else { check_in::serves(cx, id, order.region_code).await? };
            let volunteer = checked_in.map(|c| as_volunteer(c, order.region_code)).or(registered);
            let volunteer = volunteer.ok_or_else(|| Error::new(Code::TakerUnknown))?;
            if !volunteer.serves(order.region_code, order.grid_id) {
                let place = Place { region: Some(volunteer.region_code), grid: volunteer.grid_id, organization: volunteer.organization_id };
                return Err(foreign(Permission::VolunteerRead, place));
            }
            if !volunteer.available || !identity::holds(cx, id, Permission::OrderTake, &sight::place(order)).await? {
                return Err(ineligible("not available"));
            }
            if order.requester_id == Some(id) {
                return Err(ineligible("it is their own order"));
            }
        }
        TakerRef::Organization { id } => {
            let organization = organizations::find_organization(cx, &id).await?.ok_or_else(|| Error::new(Code::TakerUnknown))?;
            if !organization.region_code.covers(order.region_code) {
                let place = Place { region: Some(organization.region_code), grid: organization.grid_id, organization: Some(id) };
                return Err(foreign(Permission::OrganizationRead, place));
            }
            if !organization.active {
                return Err(ineligible("closed"));
            }
        }
    }
    Ok(())
}

/// What [`check_taker`] asks of somebody on the roll, but for the grants of their account: for a list of many.
pub(super) fn suits(volunteer: &Volunteer, order: &Model) -> bool {
    volunteer.serves(order.region_code, order.grid_id) && volunteer.available && order.requester_id != Some(volunteer.account_id)
}

/// Somebody who lives there by a confirmed check-in (双报到), as the roll would have them.
pub(super) fn as_volunteer(checked_in: Serving, region_code: RegionCode) -> Volunteer {
    Volunteer {
        account_id: checked_in.account_id,
        kind: VolunteerKind::PartyMember,
        region_code,
        grid_id: None,
        organization_id: None,
        skills: checked_in.skills,
        available: true,
        version: 1,
        created_at: checked_in.since,
        updated_at: checked_in.since,
    }
}

fn ineligible(reason: &str) -> Error {
    Error::new(Code::TakerIneligible).with("reason", reason)
}

/// Checks that a taker may claim an order from the pool, and finds a free slot within its limit.
pub(super) async fn claim(cx: &Cx, order: &Model, taker: TakerRef) -> Result<i16> {
    let (kind, id) = taker.parts();
    if !sight::is_taker(&cx.actor, Some(kind), Some(id)) {
        return Err(ineligible("you do not act for this organization"));
    }
    if order.requester_id.is_some() && order.requester_id == cx.actor.account {
        return Err(ineligible("it is your own order"));
    }
    check_taker(cx, order, taker).await.map_err(|e| match e.code {
        Code::TakerUnknown => ineligible("not registered as a taker"),
        Code::TakerForeign => ineligible("does not serve this place"),
        _ => e,
    })?;
    if let Some(item) = order.item_id {
        let allowed = catalogue::version(cx, item).await?.map(|i| i.provider_kinds.clone()).unwrap_or_default();
        if !allowed.is_empty() && !provider_kinds(cx, taker, order.region_code).await?.iter().any(|k| allowed.contains(k)) {
            return Err(ineligible("not a provider of this service item"));
        }
    }
    let limit = policy::order_flow(cx, order.region_code).await?.claim_limit;
    let open = store::open_slots(cx, id).await?;
    if open.len() >= usize::from(limit) {
        return Err(Error::new(Code::TakerLimitReached).with("limit", limit));
    }
    let free = (1..=i16::MAX).find(|slot| !open.contains(&Some(*slot)));
    free.ok_or_else(|| Error::internal("no free slot"))
}

/// What sorts of provider a taker is.
async fn provider_kinds(cx: &Cx, taker: TakerRef, community: RegionCode) -> Result<Vec<ProviderKind>> {
    use organizations::OrganizationKind as O;
    use volunteers::VolunteerKind as V;
    Ok(match taker {
        TakerRef::Person { id } => match volunteers::find_volunteer(cx, id).await?.map(|v| v.kind) {
            Some(V::GridMember | V::CommunityWorker) => vec![ProviderKind::Public],
            Some(V::SocialWorker) => vec![ProviderKind::Social],
            Some(V::Volunteer | V::PartyMember) => vec![ProviderKind::Volunteer],
            None if check_in::serves(cx, id, community).await?.is_some() => vec![ProviderKind::Volunteer],
            None => vec![],
        },
        TakerRef::Organization { id } => match organizations::find_organization(cx, &id).await?.map(|o| o.kind) {
            Some(
                O::StreetPartyCommittee
                | O::NewEmploymentPartyCommittee
                | O::CommunityPartyOrganization
                | O::GridBranch
                | O::JointBranch
                | O::PartyGroup
                | O::PartyHousehold,
            ) => vec![ProviderKind::Public, ProviderKind::Volunteer],
            Some(O::Neighborhood | O::ResidentsCommittee | O::GovernmentDepartment) => vec![ProviderKind::Public],
            Some(O::ResidentUnit | O::SocialOrganization | O::OwnersCommittee) => vec![ProviderKind::Social],
            Some(O::PropertyCompany) => vec![ProviderKind::Market],
            Some(O::VolunteerTeam | O::HarmonyAssociation | O::BuildingCouncil) => vec![ProviderKind::Volunteer],
            Some(O::Other) | None => vec![],
        },
    })
}
