//! What organizations offer and need (双向服务清单): 八共八联, service packages (服务套餐), pairing items (结对服务), within an alliance or for a region.
//!
//! Either side may begin: a department offers and a community claims, or a community needs and a department claims (双向认领). Who comes
//! first has it ([`claim_partnership_item`]); both sides sign ([`sign_partnership_item`]); the receiving side judges whether it was
//! fulfilled ([`judge_partnership_item`]). What nobody has signed in time lapses by itself.
//!
//! Somebody acts for an organization by `partnership.act` over it: its own staff, and who works for its community or street,
//! because many units have no account. Nobody signs for both sides.

mod command;
mod event;
pub mod flow;
mod row;
mod sight;
mod view;

pub use command::{
    ClaimPartnershipItem, CreatePartnershipItem, JudgePartnershipItem, ListPartnershipItems, SignPartnershipItem, WithdrawPartnershipItem,
};
pub(crate) use event::event_types;
pub use flow::{Action, Party};
pub(crate) use row::{Column as ItemColumn, Entity as ItemEntity};
pub use row::{PartnershipItemKind, PartnershipItemState, PartnershipSide};
pub use view::PartnershipItem;

use crate::{
    alliance::{
        self,
        common::{plain_query, plausible, related, require_version, today},
        store::names,
    },
    require_active,
    row::organization,
};
use event::PartnershipEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, RegionCode, Result, Subject,
    id::{AllianceId, OrganizationId, PartnershipItemId},
    stage::{stage_new, stage_next},
};
use row::{Column as C, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};

/// Says what an organization offers or needs (发布服务清单).
///
/// # Errors
/// `organization_not_found`; `permission_missing`; `organization_closed`; `alliance_not_found`, `alliance_state_conflict`,
/// `partnership_outside_alliance`; `region_unknown`, `region_closed`, `partnership_region_outside`; `period_invalid`.
pub async fn create_partnership_item(cx: &Cx, command: CreatePartnershipItem) -> Result<PartnershipItem> {
    let owner = acting(cx, command.organization_id).await?;
    let mut region = command.region_code.unwrap_or(owner.region_code);
    if let Some(id) = command.alliance_id {
        let alliance = alliance::visible(cx, id).await.map_err(|e| e.at("#/alliance_id"))?;
        alliance::flow::decide(alliance.state, alliance::Action::Meet)?;
        require_partner(cx, id, owner.id, alliance.lead_id).await?;
        region = command.region_code.unwrap_or(alliance.region_code);
    }
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if !related(owner.region_code, region) {
        return Err(Error::new(Code::PartnershipRegionOutside).at("#/region_code"));
    }
    let now = today(cx);
    let valid_until = command.valid_until.map(|day| plausible(now, day, "#/valid_until")).transpose()?;
    if valid_until.is_some_and(|day| day < now) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_until"));
    }
    let mut tx = cx.begin();
    let row = Model {
        id: tx.id(),
        version: 1,
        state: PartnershipItemState::Open,
        side: command.side,
        kind: command.kind,
        alliance_id: command.alliance_id,
        region_code: region,
        owner_id: owner.id,
        owner_region: owner.region_code,
        title: command.title,
        detail: command.detail,
        valid_until,
        claimant_id: None,
        claimant_region: None,
        claimed_at: None,
        owner_signed_by: None,
        owner_signed_at: None,
        claimant_signed_by: None,
        claimant_signed_at: None,
        judged_at: None,
        proof: None,
        reason: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let event = PartnershipEvent::Created { side: row.side, kind: row.kind, owner_id: row.owner_id, alliance_id: row.alliance_id };
    tx.emit(subject(&row), &event)?;
    stage_new(&mut tx, row.clone());
    let names = [(owner.id, owner.name)].into();
    tx.commit_created(view::alone(cx, row, &names)?).await
}

/// Claims what another organization offers or needs (认领). Of several at once one has it.
///
/// # Errors
/// `partnership_item_not_found`; `organization_not_found`; `permission_missing`; `version_stale`; `partnership_item_state_conflict`;
/// `partnership_own_item`; `organization_closed`; `partnership_outside_alliance`; `partnership_region_outside`.
pub async fn claim_partnership_item(cx: &Cx, id: PartnershipItemId, command: ClaimPartnershipItem) -> Result<PartnershipItem> {
    let old = found(cx, id).await?;
    let claimant = acting(cx, command.organization_id).await?;
    if claimant.id == old.owner_id {
        return Err(Error::new(Code::PartnershipOwnItem).at("#/organization_id"));
    }
    possible(cx, &old, Action::Claim, command.version)?;
    if let Some(alliance) = old.alliance_id {
        let row = alliance::visible(cx, alliance).await?;
        require_partner(cx, alliance, claimant.id, row.lead_id).await?;
    }
    if !related(claimant.region_code, old.region_code) {
        return Err(Error::new(Code::PartnershipRegionOutside).at("#/organization_id"));
    }
    let mut row = old.clone();
    row.state = PartnershipItemState::Claimed;
    row.claimant_id = Some(claimant.id);
    row.claimant_region = Some(claimant.region_code);
    row.claimed_at = Some(cx.now());
    let given = command.version;
    match step(cx, old, row, &PartnershipEvent::Claimed { claimant_id: claimant.id }).await {
        // Whoever was faster may have claimed it: that is then what stands in the way.
        Err(e) if e.code == Code::VersionStale && given.is_none() => {
            let now = found(cx, id).await?;
            possible(cx, &now, Action::Claim, None)?;
            Err(e)
        }
        done => done,
    }
}

/// Signs for one of the two sides (签约); with the second signature it is signed.
///
/// # Errors
/// `partnership_item_not_found`; `partnership_party_foreign` for an organization that is none of the two; `permission_missing`;
/// `version_stale`; `partnership_item_state_conflict`; `partnership_signed_twice`; `partnership_signer_same`.
pub async fn sign_partnership_item(cx: &Cx, id: PartnershipItemId, command: SignPartnershipItem) -> Result<PartnershipItem> {
    let old = found(cx, id).await?;
    let party = party(cx, &old, command.organization_id, Action::Sign)?;
    possible(cx, &old, Action::Sign, command.version)?;
    let (own, other) = match party {
        Party::Owner => (old.owner_signed_at, (old.claimant_signed_at, old.claimant_signed_by)),
        _ => (old.claimant_signed_at, (old.owner_signed_at, old.owner_signed_by)),
    };
    if own.is_some() {
        return Err(Error::new(Code::PartnershipSignedTwice));
    }
    let me = cx.actor.account;
    if other.0.is_some() && other.1.is_some() && other.1 == me {
        return Err(Error::new(Code::PartnershipSignerSame));
    }
    let mut row = old.clone();
    let now = Some(cx.now());
    match party {
        Party::Owner => (row.owner_signed_at, row.owner_signed_by) = (now, me),
        _ => (row.claimant_signed_at, row.claimant_signed_by) = (now, me),
    }
    if other.0.is_some() {
        row.state = PartnershipItemState::Signed;
    }
    let event = PartnershipEvent::Signed { organization_id: command.organization_id, state: row.state };
    step(cx, old, row, &event).await
}

/// Judges whether it was fulfilled (履约评价): for the receiving side.
///
/// # Errors
/// `partnership_item_not_found`; `partnership_party_foreign` for any other than the receiving side; `permission_missing`; `version_stale`;
/// `partnership_item_state_conflict`.
pub async fn judge_partnership_item(cx: &Cx, id: PartnershipItemId, command: JudgePartnershipItem) -> Result<PartnershipItem> {
    let old = found(cx, id).await?;
    party(cx, &old, command.organization_id, Action::Judge)?;
    possible(cx, &old, Action::Judge, command.version)?;
    let mut row = old.clone();
    row.state = if command.fulfilled { PartnershipItemState::Fulfilled } else { PartnershipItemState::Unfulfilled };
    row.judged_at = Some(cx.now());
    row.proof = Some(view::seal(cx, id, &command.proof)?);
    let event = PartnershipEvent::Judged { organization_id: command.organization_id, fulfilled: command.fulfilled };
    step(cx, old, row, &event).await
}

/// Withdraws what was offered or needed (撤回), or, for who claimed it, steps back so that it is open again (取消认领); until both have signed.
///
/// # Errors
/// `partnership_item_not_found`; `partnership_party_foreign` for an organization that is none of the two; `permission_missing`;
/// `version_stale`; `partnership_item_state_conflict`.
pub async fn withdraw_partnership_item(cx: &Cx, id: PartnershipItemId, command: WithdrawPartnershipItem) -> Result<PartnershipItem> {
    let old = found(cx, id).await?;
    let action = if old.claimant_id == Some(command.organization_id) { Action::Release } else { Action::Withdraw };
    party(cx, &old, command.organization_id, action)?;
    possible(cx, &old, action, command.version)?;
    let mut row = old.clone();
    row.state = if action == Action::Release { PartnershipItemState::Open } else { PartnershipItemState::Withdrawn };
    row.reason = Some(command.reason);
    (row.claimant_id, row.claimant_region, row.claimed_at) = (None, None, None);
    (row.owner_signed_by, row.owner_signed_at) = (None, None);
    (row.claimant_signed_by, row.claimant_signed_at) = (None, None);
    let event = match action {
        Action::Release => PartnershipEvent::Released { claimant_id: command.organization_id },
        _ => PartnershipEvent::Withdrawn {},
    };
    step(cx, old, row, &event).await
}

/// One of what is offered and needed (查询服务清单条目).
///
/// # Errors
/// `partnership_item_not_found`, also for those who may not know of it.
pub async fn get_partnership_item(cx: &Cx, id: PartnershipItemId) -> Result<PartnershipItem> {
    let row = found(cx, id).await?;
    let names = names(cx, both(&row)).await?;
    view::alone(cx, row, &names)
}

/// What is offered and needed, as far as one may know of it (双向服务清单), the newest of a region first.
///
/// # Errors
/// `permission_missing` for a caller who may know of none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_partnership_items(cx: &Cx, list: ListPartnershipItems) -> Result<Page<PartnershipItem>> {
    plain_query(list.updated_after)?;
    if cx.actor.reach(Permission::OrganizationRead).is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrganizationRead));
    }
    let sides = (list.side, list.kind, list.state, list.organization_id, list.claimant_id);
    let filters = (list.region_code, list.alliance_id, sides, list.updated_after);
    let pager = Pager::new("partnership_items", &filters, PageQuery { limit: list.limit, cursor: list.cursor })?;
    let region = list.region_code.unwrap_or(RegionCode::COUNTRY);
    let (first, last) = region.range();
    let mut select = Entity::find()
        .filter(C::RegionCode.between(first, last))
        .apply_if(sight::of(cx).await?.condition(region), QueryFilter::filter)
        .apply_if(list.alliance_id, |q, id| q.filter(C::AllianceId.eq(id)))
        .apply_if(list.organization_id, |q, id| q.filter(C::OwnerId.eq(id)))
        .apply_if(list.claimant_id, |q, id| q.filter(C::ClaimantId.eq(id)))
        .apply_if(list.side, |q, side| q.filter(C::Side.eq(side)))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.state, |q, state| q.filter(sight::stands(state, today(cx))))
        .apply_if(list.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    if let Some((region, id)) = pager.after::<(RegionCode, PartnershipItemId)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    let page = pager.page(rows, |i| (i.region_code, i.id))?;
    let names = names(cx, page.items.iter().flat_map(both).collect()).await?;
    Ok(page.map(|row| view::in_list(cx, row, &names)))
}

/// Whoever offers or needs it, and whoever claimed it.
fn both(row: &Model) -> Vec<OrganizationId> {
    [Some(row.owner_id), row.claimant_id].into_iter().flatten().collect()
}

/// An organization that the caller acts for.
async fn acting(cx: &Cx, id: OrganizationId) -> Result<organization::Model> {
    let row = crate::visible(cx, id).await.map_err(|e| e.at("#/organization_id"))?;
    cx.actor.require(Permission::PartnershipAct, &crate::place(&row))?;
    require_active(&row).map_err(|e| e.at("#/organization_id"))?;
    Ok(row)
}

/// Requires that an organization leads an alliance or is a member of it today.
async fn require_partner(cx: &Cx, alliance: AllianceId, organization: OrganizationId, lead: OrganizationId) -> Result<()> {
    if organization == lead || alliance::store::is_member(cx, alliance, organization, today(cx)).await? {
        return Ok(());
    }
    Err(Error::new(Code::PartnershipOutsideAlliance).at("#/organization_id"))
}

/// Which side an organization is, if this action is that side's and the caller acts for it.
fn party(cx: &Cx, row: &Model, organization: OrganizationId, action: Action) -> Result<Party> {
    let (party, region) = match row.claimant_region {
        _ if organization == row.owner_id => (Party::Owner, row.owner_region),
        Some(region) if row.claimant_id == Some(organization) => (Party::Claimant, region),
        _ => (Party::Other, row.region_code),
    };
    if !flow::belongs(action, row.side, party) {
        return Err(Error::new(Code::PartnershipPartyForeign));
    }
    let place = kernel::Place { region: Some(region), grid: None, organization: Some(organization) };
    cx.actor.require(Permission::PartnershipAct, &place)?;
    Ok(party)
}

/// Requires that the action can be taken now.
fn possible(cx: &Cx, row: &Model, action: Action, version: Option<i32>) -> Result<()> {
    require_version(version, row.version)?;
    flow::decide(flow::standing(row.state, row.valid_until, today(cx)), action)
}

async fn step(cx: &Cx, old: Model, mut row: Model, event: &PartnershipEvent) -> Result<PartnershipItem> {
    let names = names(cx, both(&row)).await?;
    let mut tx = cx.begin();
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(subject(&row), event)?;
    stage_next(&mut tx, [C::Id, C::Version], old, row.clone());
    tx.commit(view::alone(cx, row, &names)?).await
}

async fn found(cx: &Cx, id: PartnershipItemId) -> Result<Model> {
    let missing = || Error::new(Code::PartnershipItemNotFound);
    let row = Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    if sight::of(cx).await?.sees(cx, &row).await? { Ok(row) } else { Err(missing()) }
}

fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
