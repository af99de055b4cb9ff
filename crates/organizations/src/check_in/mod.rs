//! Double check-in (双报到双服务): an in-service member checks in where they live and where they work.
//!
//! A member says where, what they can do, what they would like to do and when ([`file_check_in`]); the community, or the organization,
//! confirms ([`confirm_check_in`]). Whoever is confirmed where they live takes orders there: the confirmation gives the right to, unless
//! they have it, and the order engine counts them among its candidates ([`serving`], [`serves`]). When the check-in ends, so does that
//! right. The community says how they take part ([`praise_check_in`]), and the workplace reads it with the number of their orders
//! ([`colleagues`]); it learns nothing of the residents.

mod command;
mod event;
pub mod flow;
mod row;
mod store;
mod view;

pub use command::{FileCheckIn, ListCheckIns, PraiseCheckIn, StepCheckIn};
pub(crate) use event::event_types;
pub use flow::Action;
pub use row::{CheckInKind, CheckInState};
pub use view::CheckIn;

use crate::{
    OrganizationStatus,
    paging::{plain_time, require_version},
};
use chrono::{DateTime, Utc};
use event::CheckInEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Role, Subject, Tx,
    access::PersonalData,
    id::{AccountId, CheckInId, OrganizationId},
    stage::{stage_new, stage_next},
};
use row::{Column as C, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use view::{Detail, owner};

/// Checks in (双报到).
///
/// # Errors
/// `permission_missing`; `content_invalid` for a kind without its place; `region_unknown`, `region_closed`, `region_not_community`;
/// `reference_broken` for an organization that the caller neither may know of nor belongs to; `organization_closed`; `check_in_exists`.
pub async fn file_check_in(cx: &Cx, command: FileCheckIn) -> Result<CheckIn> {
    if cx.actor.reach(Permission::CheckInFile).is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::CheckInFile));
    }
    let account = cx.actor.account()?;
    let region = place_of(cx, &command).await?;
    let mut tx = cx.begin();
    let id: CheckInId = tx.id();
    let detail = Detail { address: command.address, post_wish: command.post_wish, hours: command.hours };
    let said = detail.address.is_some() || detail.post_wish.is_some() || detail.hours.is_some();
    let json = serde_json::to_string(&detail).map_err(Error::internal)?;
    let mut skills: Vec<String> = Vec::new();
    for skill in command.skills.iter().map(|s| s.trim().to_owned()) {
        if !skills.contains(&skill) {
            skills.push(skill);
        }
    }
    let row = Model {
        id,
        version: 1,
        account_id: account,
        kind: command.kind,
        state: CheckInState::Filed,
        region_code: region,
        organization_id: command.organization_id,
        skills: serde_json::to_string(&skills).map_err(Error::internal)?,
        detail: if said { Some(cx.vault().seal(&owner(id, "detail"), &json)?) } else { None },
        words: None,
        grant_id: None,
        confirmed_by: None,
        confirmed_at: None,
        ended_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    tx.emit(subject(&row), &CheckInEvent::Filed { kind: row.kind, organization_id: row.organization_id })?;
    stage_new(&mut tx, row.clone());
    let view = view::full(cx, row, true, false)?;
    tx.commit_created(view).await.map_err(|e| if e.breaks("check_ins") { Error::new(Code::CheckInExists).because(e) } else { e })
}

/// Where a check-in lies.
async fn place_of(cx: &Cx, command: &FileCheckIn) -> Result<RegionCode> {
    let missing = |name: &str| Error::field_with(format!("#/{name}"), Code::FieldMissing, vec![("name", name.to_owned())]);
    let odd = |name: &str| {
        let reason = vec![("reason", "not for this kind of check-in".to_owned())];
        Error::field_with(format!("#/{name}"), Code::FieldInvalid, reason)
    };
    if command.kind == CheckInKind::Residence {
        if command.organization_id.is_some() {
            return Err(odd("organization_id"));
        }
        let region = command.region_code.ok_or_else(|| missing("region_code"))?;
        return Ok(grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?.code);
    }
    if command.region_code.is_some() {
        return Err(odd("region_code"));
    }
    let id = command.organization_id.ok_or_else(|| missing("organization_id"))?;
    let row = match crate::store::find_organization(cx, id).await? {
        Some(row) if cx.actor.can(Permission::OrganizationRead, &crate::place(&row)) || belongs(cx, id).await? => row,
        _ => return Err(Error::new(Code::ReferenceBroken).at("#/organization_id")),
    };
    if row.status == OrganizationStatus::Active { Ok(row.region_code) } else { Err(Error::new(Code::OrganizationClosed)) }
}

/// Whether the caller is a member of an organization now.
async fn belongs(cx: &Cx, id: OrganizationId) -> Result<bool> {
    use crate::row::membership::{Column as M, Entity};
    let select = Entity::find().filter(M::OrganizationId.eq(id)).filter(M::AccountId.eq(cx.actor.account()?));
    Ok(select.filter(crate::store::holds_now(cx.now())).one(cx.reader()).await?.is_some())
}

/// Confirms a check-in (确认报到). Where somebody lives it gives them the right to take orders there, unless they have it.
///
/// # Errors
/// `check_in_not_found`; `permission_missing`; `matter_is_own` for one's own; `version_stale`; `check_in_state_conflict`.
pub async fn confirm_check_in(cx: &Cx, id: CheckInId, command: StepCheckIn) -> Result<CheckIn> {
    let old = managed(cx, id, command.version).await?;
    let mut row = old.clone();
    row.state = flow::decide(old.state, Action::Confirm)?;
    let home = Place::from(row.region_code);
    let takes = row.kind != CheckInKind::Residence || identity::holds(cx, row.account_id, Permission::OrderTake, &home).await?;
    let mut tx = cx.begin();
    row.confirmed_by = cx.actor.account;
    row.confirmed_at = Some(tx.now);
    if !takes {
        row.grant_id = Some(identity::grant_within(&mut tx, row.account_id, Role::Volunteer, row.region_code).await?);
    }
    let event = CheckInEvent::Confirmed { kind: row.kind, account_id: row.account_id };
    step(tx, old, row, &event).await
}

/// Says how a checked-in member takes part (社区评语).
///
/// # Errors
/// `check_in_not_found`; `permission_missing`; `matter_is_own` for one's own; `version_stale`; `check_in_state_conflict`.
pub async fn praise_check_in(cx: &Cx, id: CheckInId, command: PraiseCheckIn) -> Result<CheckIn> {
    let old = managed(cx, id, command.version).await?;
    let mut row = old.clone();
    row.state = flow::decide(old.state, Action::Praise)?;
    row.words = Some(cx.vault().seal(&owner(id, "words"), &command.words)?);
    step(cx.begin(), old, row, &CheckInEvent::Praised {}).await
}

/// Ends a check-in (结束报到), one's own or one that the caller confirms; the right that came with it ends too.
///
/// # Errors
/// `check_in_not_found`; `permission_missing`; `version_stale`; `check_in_state_conflict`.
pub async fn end_check_in(cx: &Cx, id: CheckInId, command: StepCheckIn) -> Result<CheckIn> {
    let old = known(cx, id).await?;
    if !is_own(cx, &old) {
        cx.actor.require(Permission::CheckInConfirm, &place(&old))?;
    }
    require_version(command.version, old.version)?;
    let mut row = old.clone();
    row.state = flow::decide(old.state, Action::End)?;
    let mut tx = cx.begin();
    row.ended_at = Some(tx.now);
    if let Some(grant) = row.grant_id {
        identity::end_within(&mut tx, grant).await?;
    }
    let event = CheckInEvent::Ended { kind: row.kind, account_id: row.account_id };
    step(tx, old, row, &event).await
}

/// One check-in (查询报到).
///
/// # Errors
/// `check_in_not_found`, also for those who may not know of it.
pub async fn get_check_in(cx: &Cx, id: CheckInId) -> Result<CheckIn> {
    let row = known(cx, id).await?;
    shown(cx, row)
}

/// The check-ins that one may read, or one's own (报到列表), without anything personal.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_check_ins(cx: &Cx, query: ListCheckIns) -> Result<Page<CheckIn>> {
    plain_time(query.updated_after)?;
    let reach = cx.actor.reach(Permission::CheckInRead);
    let own = if query.mine || reach.is_empty() { Some(cx.actor.account()?) } else { None };
    let filters = (query.region_code, query.organization_id, query.kind, query.state, query.updated_after, own.is_some(), cx.actor.account);
    let pager = Pager::new("check_ins", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::list(cx, &reach, own, &query, &pager).await?, |c| (c.region_code.as_i64(), c.id))?;
    let view = |row: Model| {
        let (own, confirms) = (is_own(cx, &row), cx.actor.can(Permission::CheckInConfirm, &place(&row)));
        view::plain(row, own, confirms)
    };
    let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Somebody who takes orders where they live by a confirmed check-in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Serving {
    /// Who.
    pub account_id: AccountId,
    /// What they can do.
    pub skills: Vec<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Serving {
    fn of(row: Model) -> Result<Self> {
        let skills = serde_json::from_str(&row.skills).map_err(Error::internal)?;
        Ok(Self { account_id: row.account_id, skills, since: row.confirmed_at.unwrap_or(row.created_at) })
    }
}

/// Who takes orders in a community by a confirmed check-in, at most so many. For the order engine: no permission is asked.
///
/// # Errors
/// `database_unavailable`.
pub async fn serving(cx: &Cx, community: RegionCode, limit: u64) -> Result<Vec<Serving>> {
    store::serving(cx, community, limit).await?.into_iter().map(Serving::of).collect()
}

/// Whether somebody takes orders in a community by a confirmed check-in. For the order engine: no permission is asked.
///
/// # Errors
/// `database_unavailable`.
pub async fn serves(cx: &Cx, account: AccountId, community: RegionCode) -> Result<Option<Serving>> {
    store::serves(cx, account, community).await?.map(Serving::of).transpose()
}

/// A member of a workplace, and where they have checked in to live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Colleague {
    /// Who.
    pub account_id: AccountId,
    /// Where they live and serve; absent when they have not been confirmed anywhere.
    pub region_code: Option<RegionCode>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// What the community says of them, phone and ID numbers masked.
    pub words: Option<String>,
}

/// The members of a workplace by account, with where they live: what its participation is counted from.
///
/// # Errors
/// `organization_not_found`; `permission_missing`; `cursor_invalid`.
pub async fn colleagues(cx: &Cx, organization: OrganizationId, page: PageQuery) -> Result<Page<Colleague>> {
    let place = crate::place(&crate::visible(cx, organization).await?);
    cx.actor.require(Permission::CheckInRead, &place)?;
    let pager = Pager::new("participation", &organization, page)?;
    let page = pager.page(store::colleagues(cx, organization, &pager).await?, |account| *account)?;
    let homes = store::homes(cx, &page.items).await?;
    let items = page.items.into_iter().map(|account_id| {
        let home = homes.iter().find(|h| h.account_id == account_id);
        let words = home.and_then(|h| h.words.as_ref().map(|w| cx.vault().open(&owner(h.id, "words"), w))).transpose()?;
        let words = words.map(|w| kernel::mask::text(&w));
        Ok(Colleague { account_id, region_code: home.map(|h| h.region_code), since: home.and_then(|h| h.confirmed_at), words })
    });
    Ok(Page { items: items.collect::<Result<_>>()?, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The caller's own check-ins in full, newest first, at most `limit` (我的报到).
///
/// # Errors
/// `token_missing` for the system itself; `key_missing`; `database_unavailable`.
pub async fn own_check_ins(cx: &Cx, limit: u64) -> Result<Vec<CheckIn>> {
    let select = row::Entity::find().filter(C::AccountId.eq(cx.actor.account()?)).order_by_desc(C::Id).limit(limit);
    select.all(cx.reader()).await?.into_iter().map(|row| view::full(cx, row, true, false)).collect()
}

/// Ends the check-ins of an account that is deleted, and erases what was said with them.
///
/// # Errors
/// `database_unavailable`.
pub async fn erase_check_ins(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::erase(tx, account).await
}

async fn step(mut tx: Tx<'_>, old: Model, mut row: Model, event: &CheckInEvent) -> Result<CheckIn> {
    row.version = old.version + 1;
    row.updated_at = tx.now;
    tx.emit(subject(&row), event)?;
    stage_next(&mut tx, [C::Id, C::Version], old, row.clone());
    let view = shown(tx.cx(), row)?;
    tx.commit(view).await
}

fn shown(cx: &Cx, row: Model) -> Result<CheckIn> {
    let (own, confirms) = (is_own(cx, &row), cx.actor.can(Permission::CheckInConfirm, &place(&row)));
    if (own || confirms) && cx.actor.sees(PersonalData::Staff) {
        view::full(cx, row, own, confirms)
    } else {
        view::plain(row, own, confirms)
    }
}

/// The check-in, if the caller may confirm it and say something of it; nobody does so of themselves.
async fn managed(cx: &Cx, id: CheckInId, version: Option<i32>) -> Result<Model> {
    let row = known(cx, id).await?;
    cx.actor.require(Permission::CheckInConfirm, &place(&row))?;
    if is_own(cx, &row) {
        return Err(Error::new(Code::MatterIsOwn));
    }
    require_version(version, row.version)?;
    Ok(row)
}

async fn known(cx: &Cx, id: CheckInId) -> Result<Model> {
    let row = store::find(cx, id).await?;
    let row = row.filter(|row| is_own(cx, row) || cx.actor.can(Permission::CheckInRead, &place(row)));
    row.ok_or_else(|| Error::new(Code::CheckInNotFound))
}

fn is_own(cx: &Cx, row: &Model) -> bool {
    cx.actor.account == Some(row.account_id)
}

const fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: None, organization: row.organization_id }
}

const fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

/// The sealed columns of check-ins.
pub(crate) fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    vec![
        S::by_id("check_ins", "detail", |key| format!("check_in {} detail", key[0])),
        S::by_id("check_ins", "words", |key| format!("check_in {} words", key[0])),
    ]
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity)]
}
