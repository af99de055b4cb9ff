//! Household links (党员联户): a party member keeps in touch with some households nearby, about ten.
//!
//! How many are too many or too few differs by place ([`LinkRules`]) and is told, not refused. A link has a period; the same two are
//! not linked twice at one time, and where the rules of the place say how many members a household has at most, no more. What a
//! member knows of a household (四知: 提户知人、提人知事、提事知情、提情知策) is checked now and then and kept with the link.
//!
//! Who is a party member is the matter of `identity`, a sibling of this crate: whoever calls answers it ([`Members`]).

mod command;
pub(crate) mod event;
mod report;
mod row;
mod store;
mod view;

pub use command::{CheckLink, CreateLink, EndLink, ListLinks};
pub use report::{LinkReport, LinkRules, Load, MemberLoad, link_report};
pub use view::{FourKnows, HouseholdLink};

use crate::{household, region};
use event::LinkEvent;
use kernel::{
    Code, Cx, Error, EventType, Page, PageQuery, Pager, Permission, RegionCode, Result, Subject, Tx,
    access::Place,
    clock::has_plain_year,
    id::{AccountId, HouseholdId, HouseholdLinkId},
};
use row::Model;
use std::collections::HashMap;

/// What must be known of accounts.
pub trait Members {
    /// Whether this account is that of a party member of a community.
    fn belongs(&self, id: AccountId, community: RegionCode) -> impl Future<Output = Result<bool>>;
    /// The party members of a community.
    fn all_of(&self, community: RegionCode) -> impl Future<Output = Result<Vec<AccountId>>>;
    /// What these are called, in full.
    fn names(&self, ids: &[AccountId]) -> impl Future<Output = Result<HashMap<AccountId, String>>>;
}

/// Links a party member with a household (党员联户).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `household_unknown`, also for one that the caller
/// may not know of; `household_closed`; `not_party_member`; `period_invalid`; `household_link_overlaps`; `household_link_taken`.
pub async fn create_link(cx: &Cx, command: CreateLink, rules: &LinkRules, members: &impl Members) -> Result<HouseholdLink> {
    let region = command.region_code;
    cx.actor.require(Permission::LinkManage, &Place::from(region))?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let unknown = || Error::new(Code::HouseholdUnknown).at("#/household_id");
    if !members.belongs(command.member_id, region).await? {
        return Err(Error::new(Code::NotPartyMember).at("#/member_id"));
    }
    let mut tx = cx.begin();
    let now = tx.now;
    let from = command.valid_from.unwrap_or(now);
    if !has_plain_year(from) || command.valid_to.is_some_and(|to| to <= from || !has_plain_year(to)) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_to"));
    }
    // Of two who link the same household at once the second waits here and sees what the first has done.
    let conn = tx.conn().await?;
    let home = household::store::lock(conn, command.household_id).await?.filter(|home| home.region_code == region).ok_or_else(unknown)?;
    if home.valid_to.is_some() {
        return Err(Error::new(Code::HouseholdClosed).at("#/household_id"));
    }
    let others = store::overlapping(conn, home.id, from, command.valid_to).await?;
    clash(&others, command.member_id, rules)?;
    let row = Model {
        id: tx.id(),
        region_code: region,
        household_id: home.id,
        member_id: command.member_id,
        knows: None,
        checked_at: None,
        version: 1,
        valid_from: from,
        valid_to: command.valid_to,
        created_at: now,
        updated_at: now,
    };
    store::insert(tx.conn().await?, row.clone()).await?;
    tx.emit(row.subject(), &LinkEvent::new(EventType::HouseholdLinked, &row))?;
    let shown = view::one(cx, tx.conn().await?, row, members).await?;
    tx.commit_created(shown).await
}

/// What stands against a new link of a household, given those that share a moment with it.
fn clash(others: &[Model], member: AccountId, rules: &LinkRules) -> Result<()> {
    if let Some(other) = others.iter().find(|o| o.member_id == member) {
        return Err(Error::new(Code::LinkOverlaps).with("from", other.valid_from.to_rfc3339()).at("#/valid_from"));
    }
    let mut linked: Vec<AccountId> = others.iter().map(|o| o.member_id).collect();
    linked.sort_unstable();
    linked.dedup();
    match rules.max_members {
        Some(limit) if linked.len() >= usize::from(limit) => {
            Err(Error::new(Code::LinkHouseholdTaken).with("limit", limit).at("#/household_id"))
        }
        _ => Ok(()),
    }
}

/// Keeps what a party member was found to know of a household (四知检查).
///
/// # Errors
/// `household_link_not_found`, also for those who may not know of it; `permission_missing`; `household_link_ended`; `version_stale`.
pub async fn check_link(cx: &Cx, id: HouseholdLinkId, command: CheckLink, members: &impl Members) -> Result<HouseholdLink> {
    let mut row = manageable(cx, id, command.version).await?;
    row.knows = Some(serde_json::to_string(&command.knows()).map_err(Error::internal)?);
    row.checked_at = Some(cx.now());
    save(cx, row, EventType::HouseholdLinkChecked, members).await
}

/// Ends a link (结束联户).
///
/// # Errors
/// As [`check_link`]; `period_invalid`.
pub async fn end_link(cx: &Cx, id: HouseholdLinkId, command: EndLink, members: &impl Members) -> Result<HouseholdLink> {
    let mut row = manageable(cx, id, command.version).await?;
    let at = command.at.unwrap_or_else(|| row.valid_from.max(cx.now()));
    if at < row.valid_from || row.valid_to.is_some_and(|to| at > to) || !has_plain_year(at) {
        return Err(Error::new(Code::PeriodInvalid).at("#/at"));
    }
    row.valid_to = Some(at);
    save(cx, row, EventType::HouseholdLinkEnded, members).await
}

async fn save(cx: &Cx, mut row: Model, kind: EventType, members: &impl Members) -> Result<HouseholdLink> {
    let mut tx = cx.begin();
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), &LinkEvent::new(kind, &row))?;
    store::write(tx.conn().await?, &row).await?;
    let shown = view::one(cx, tx.conn().await?, row, members).await?;
    tx.commit(shown).await
}

/// Ends the links of a household that is closed.
pub(crate) async fn end_all(tx: &mut Tx<'_>, household: HouseholdId) -> Result<()> {
    let now = tx.now;
    for mut row in store::overlapping(tx.conn().await?, household, now, None).await? {
        row.valid_to = Some(row.valid_from.max(now));
        row.version += 1;
        row.updated_at = now;
        store::write(tx.conn().await?, &row).await?;
        tx.emit(row.subject(), &LinkEvent::new(EventType::HouseholdLinkEnded, &row))?;
    }
    Ok(())
}

/// One link (查询联户).
///
/// # Errors
/// `household_link_not_found`, also for those who may not know of it.
pub async fn get_link(cx: &Cx, id: HouseholdLinkId, members: &impl Members) -> Result<HouseholdLink> {
    let row = seen(cx, id).await?;
    view::one(cx, cx.reader(), row, members).await
}

/// Links (联户列表) by community and, within one, by age: those within the caller's reach, and those of the caller as a member.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_links(cx: &Cx, query: ListLinks, members: &impl Members) -> Result<Page<HouseholdLink>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let filters = (query.region_code, query.member_id, query.household_id, query.include_ended, query.updated_after, cx.actor.account);
    let pager = Pager::new("household_links", &filters, page)?;
    let page = pager.page(store::list(cx, &query, &pager).await?, |row| (row.region_code, row.id))?;
    let items = view::shown(cx, cx.reader(), page.items, members).await?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The link, if the caller may see it.
async fn seen(cx: &Cx, id: HouseholdLinkId) -> Result<Model> {
    let missing = || Error::new(Code::LinkNotFound);
    let row = store::find(cx, id).await?.ok_or_else(missing)?;
    let own = cx.actor.account == Some(row.member_id);
    if own || cx.actor.can(Permission::LinkRead, &place(cx, &row).await?) { Ok(row) } else { Err(missing()) }
}

/// Where a link lies: where its household does.
async fn place(cx: &Cx, row: &Model) -> Result<Place> {
    let home = household::store::find(cx.reader(), row.household_id).await?;
    Ok(home.map_or_else(|| Place::from(row.region_code), |home| home.place()))
}

/// The link, if the caller may change it, it goes on, and it has not changed since it was read.
async fn manageable(cx: &Cx, id: HouseholdLinkId, version: Option<i32>) -> Result<Model> {
    let row = seen(cx, id).await?;
    cx.actor.require(Permission::LinkManage, &place(cx, &row).await?)?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.valid_to.is_some_and(|to| to <= cx.now()) { Err(Error::new(Code::LinkEnded)) } else { Ok(row) }
}

impl Model {
    const fn subject(&self) -> Subject {
        Subject { id: self.id.0, version: self.version, region: self.region_code }
    }
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
