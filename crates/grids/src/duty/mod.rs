//! Duty in a grid (网格任职): who answers for it, and who serves it.
//!
//! A grid has one dedicated member (专职网格员), one lead (网格长) and one secretary (网格书记) at a time; assistants, building
//! leads (楼栋长), party-group leads (党小组长), and the N of 1+N (police, lawyer, property, volunteers, doctor …) as many as
//! serve it. Each duty has a period. One who holds the same role in two grids is not refused but reported.
//!
//! Everybody may read the public [card](get_card): names masked unless the place's rules say otherwise, and the phone of the
//! duty, never a private one. The private phone is sealed together with the name.

mod command;
pub(crate) mod event;
mod row;
mod store;
mod view;

pub use command::{AssignDuty, CheckDuties, EndDuty, ListDuties, UpdateDuty, WithinRegion};
pub use view::{CardDuty, DoubleDuty, Duty, DutyReport, DutyRole, GridCard, ServiceTeam, ThreeLeads};

use crate::{
    Grid, grid, region,
    rules::{CardNames, GridRules},
};
use event::DutyEvent;
use kernel::{
    Code, Cx, Error, EventType, Guard, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Time, Tx,
    clock::has_plain_year,
    id::{AccountId, DutyId, GridId, OrganizationId},
    mask,
};
use row::Model;
use serde::{Deserialize, Serialize};
use view::{place, whole};

/// Who is on duty, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

impl Person {
    fn seal(&self, cx: &Cx, id: DutyId) -> Result<String> {
        cx.vault().seal(&owner(id), &serde_json::to_string(self).map_err(Error::internal)?)
    }

    fn open(cx: &Cx, row: &Model) -> Result<Self> {
        serde_json::from_str(&cx.vault().open(&owner(row.id), &row.person)?).map_err(Error::internal)
    }
}

fn owner(id: DutyId) -> String {
    format!("duty {id}")
}

/// Puts somebody on duty in a grid (网格任职). Whether the caller may name the account and the organization is asked before.
///
/// # Errors
/// `grid_not_found`; `permission_missing`; `grid_closed`; `period_invalid`; `field_invalid` when a private phone is given for the
/// duty's; `duty_taken`; `duty_overlap`; `reference_broken`.
pub async fn assign_duty(cx: &Cx, grid: GridId, command: AssignDuty) -> Result<Duty> {
    let home = grid::home(cx, grid).await?;
    cx.actor.require(Permission::DutyManage, &Place { region: Some(home.region_code), grid: Some(grid), organization: None })?;
    if command.duty_phone.is_some() && command.duty_phone == command.phone {
        let reason = vec![("reason", "the phone of a duty is published and cannot be a private one".to_owned())];
        return Err(Error::field_with("#/duty_phone", Code::FieldInvalid, reason));
    }
    let mut tx = cx.begin();
    let from = command.valid_from.unwrap_or(tx.now);
    if !has_plain_year(from) || command.valid_to.is_some_and(|to| to <= from || !has_plain_year(to)) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_to"));
    }
    let id: DutyId = tx.id();
    let key = match (command.account_id, &command.phone) {
        (Some(account), _) => format!("duty account {account}"),
        (None, Some(phone)) => format!("duty person {} {}", command.name.trim(), phone.trim_start_matches("+86")),
        (None, None) => format!("duty person {} of {}", command.name.trim(), home.region_code),
    };
    let row = Model {
        id,
        grid_id: grid,
        region_code: home.region_code,
        role: command.role,
        account_id: command.account_id,
        organization_id: command.organization_id,
        person: Person { name: command.name.trim().to_owned(), phone: command.phone }.seal(cx, id)?,
        person_key: cx.vault().blind_index(&key)?,
        duty_phone: command.duty_phone,
        building: command.building,
        skills: serde_json::to_string(&command.skills).map_err(Error::internal)?,
        version: 1,
        valid_from: from,
        valid_to: command.valid_to,
        created_at: tx.now,
        updated_at: tx.now,
    };
    // Of two who assign at once the second waits here and sees what the first has done.
    grid::hold(&mut tx, grid).await?;
    let others = store::overlapping(tx.conn().await?, grid, row.role, row.valid_from, row.valid_to).await?;
    clash(&row, &others)?;
    tx.emit(subject(&row), &DutyEvent::new(EventType::DutyAssigned, &row))?;
    tx.stage(Guard::Insert(store::insert(row.clone())), Error::internal("an insert writes its row"));
    tx.commit_created(whole(cx, row)?).await
}

/// What stands against a new duty, given those of the same role in the grid that share a moment with it.
fn clash(new: &Model, others: &[Model]) -> Result<()> {
    let told = |code, other: &Model| Error::new(code).with("role", new.role.as_str()).with("from", other.valid_from.to_rfc3339());
    if let Some(other) = others.iter().find(|o| o.person_key == new.person_key) {
        return Err(told(Code::DutyOverlap, other).at("#/valid_from"));
    }
    match others.first() {
        Some(other) if new.role.sole() => Err(told(Code::DutyTaken, other).at("#/role")),
        _ => Ok(()),
    }
}

/// Changes what can change of a duty (修改任职).
///
/// # Errors
/// `duty_not_found`, also for those who may not know of it; `permission_missing`; `duty_ended`; `version_stale`; `field_invalid`.
pub async fn update_duty(cx: &Cx, id: DutyId, command: UpdateDuty) -> Result<Duty> {
    let mut row = manageable(cx, id, command.version).await?;
    if command.duty_phone.is_some() && command.duty_phone == Person::open(cx, &row)?.phone {
        let reason = vec![("reason", "the phone of a duty is published and cannot be a private one".to_owned())];
        return Err(Error::field_with("#/duty_phone", Code::FieldInvalid, reason));
    }
    row.duty_phone = command.duty_phone.or(row.duty_phone);
    row.building = command.building.or(row.building);
    if let Some(skills) = &command.skills {
        row.skills = serde_json::to_string(skills).map_err(Error::internal)?;
    }
    save(cx, row, EventType::DutyUpdated).await
}

/// Ends a duty (结束任职).
///
/// # Errors
/// As [`update_duty`]; `period_invalid`.
pub async fn end_duty(cx: &Cx, id: DutyId, command: EndDuty) -> Result<Duty> {
    let mut row = manageable(cx, id, command.version).await?;
    let at = command.at.unwrap_or_else(|| row.valid_from.max(cx.now()));
    if at < row.valid_from || row.valid_to.is_some_and(|to| at > to) || !has_plain_year(at) {
        return Err(Error::new(Code::PeriodInvalid).at("#/at"));
    }
    row.valid_to = Some(at);
    save(cx, row, EventType::DutyEnded).await
}

async fn save(cx: &Cx, mut row: Model, kind: EventType) -> Result<Duty> {
    let mut tx = cx.begin();
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(subject(&row), &DutyEvent::new(kind, &row))?;
    tx.stage(Guard::Update(store::update(&row)), Error::new(Code::VersionStale));
    tx.commit(whole(cx, row)?).await
}

/// Ends everything that goes on in these grids, because they end.
pub(crate) async fn end_all(tx: &mut Tx<'_>, grids: &[GridId]) -> Result<()> {
    use sea_orm::ConnectionTrait;
    let now = tx.now;
    for mut row in store::unended(tx.conn().await?, grids, now).await? {
        row.valid_to = Some(row.valid_from.max(now));
        row.version += 1;
        row.updated_at = now;
        tx.conn().await?.execute(&store::update(&row)).await?;
        tx.emit(subject(&row), &DutyEvent::new(EventType::DutyEnded, &row))?;
    }
    Ok(())
}

/// The duties of a grid (任职列表), the oldest first.
///
/// # Errors
/// `grid_not_found`; `permission_missing`; `cursor_invalid`.
pub async fn list_duties(cx: &Cx, grid: GridId, list: ListDuties) -> Result<Page<Duty>> {
    readable(cx, grid).await?;
    let page = PageQuery { limit: list.limit, cursor: list.cursor.clone() };
    let pager = Pager::new("duties", &(grid, list.role, list.include_ended), page)?;
    let rows = store::list(cx, grid, &list, &pager).await?;
    let page = pager.page(rows, |r| r.id)?;
    let items = page.items.into_iter().map(|row| whole(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The three leads of a grid (三长): grid lead, building leads, party-group leads.
///
/// # Errors
/// `grid_not_found`; `permission_missing`.
pub async fn three_leads(cx: &Cx, grid: GridId) -> Result<ThreeLeads> {
    readable(cx, grid).await?;
    let mut leads = ThreeLeads::default();
    for row in store::current(cx, grid).await? {
        match row.role {
            DutyRole::Lead => leads.lead = Some(whole(cx, row)?),
            DutyRole::BuildingLead => leads.building_leads.push(whole(cx, row)?),
            DutyRole::PartyGroupLead => leads.party_group_leads.push(whole(cx, row)?),
            _ => {}
        }
    }
    Ok(leads)
}

/// The service team of a grid (“1+N”网格服务团队).
///
/// # Errors
/// `grid_not_found`; `permission_missing`.
pub async fn service_team(cx: &Cx, grid: GridId) -> Result<ServiceTeam> {
    readable(cx, grid).await?;
    let mut team = ServiceTeam::default();
    for row in store::current(cx, grid).await? {
        let duty = whole(cx, row)?;
        if duty.role == DutyRole::DedicatedMember { team.dedicated_member = Some(duty) } else { team.members.push(duty) }
    }
    Ok(team)
}

/// The comprehensive grids in use of which nobody holds a role now (空缺清单), by community and, within one, by age.
///
/// # Errors
/// `permission_missing` for a caller who may see none anywhere; `cursor_invalid`.
pub async fn list_vacancies(cx: &Cx, check: CheckDuties) -> Result<Page<Grid>> {
    let reach = reach(cx)?;
    let page = PageQuery { limit: check.limit, cursor: check.cursor.clone() };
    let pager = Pager::new("vacancies", &(check.region_code, check.role), page)?;
    let region = check.region_code.unwrap_or(RegionCode::COUNTRY);
    grid::without(cx, &reach, region, store::grids_with(check.role, cx.now()), &pager).await
}

/// Who holds the same role in more than one grid now (一人多格清单).
///
/// # Errors
/// `permission_missing` for a caller who may see none anywhere; `cursor_invalid`.
pub async fn list_double_duties(cx: &Cx, check: CheckDuties) -> Result<Page<DoubleDuty>> {
    let reach = reach(cx)?;
    let page = PageQuery { limit: check.limit, cursor: check.cursor.clone() };
    let pager = Pager::new("double_duties", &(check.region_code, check.role), page)?;
    let keys = pager.page(store::doubles(cx, &reach, &check, &pager).await?, String::clone)?;
    let mut items: Vec<DoubleDuty> = Vec::with_capacity(keys.items.len());
    let mut last = None;
    for row in store::of_people(cx, &reach, &check, &keys.items).await? {
        let key = row.person_key.clone();
        let duty = whole(cx, row)?;
        match items.last_mut() {
            Some(double) if last.as_ref() == Some(&key) => double.duties.push(duty),
            _ => items.push(DoubleDuty { name: duty.name.clone(), duties: vec![duty] }),
        }
        last = Some(key);
    }
    Ok(Page { items, next_cursor: keys.next_cursor, has_more: keys.has_more })
}

/// How the posts of a region's comprehensive grids are filled, and how many cards show whom to call (任职统计、公示率).
///
/// # Errors
/// `permission_missing`.
pub async fn duty_report(cx: &Cx, region: RegionCode) -> Result<DutyReport> {
    cx.actor.require(Permission::DutyRead, &Place::from(region))?;
    let (roles, disclosed) = store::filled(cx, region, grid::in_use(region)).await?;
    let number = |n: i64| u32::try_from(n).unwrap_or_default();
    let with = |role| number(roles.iter().find(|(r, _)| *r == role).map_or(0, |(_, n)| *n));
    Ok(DutyReport {
        grids: number(grid::count_in_use(cx, region).await?),
        with_dedicated_member: with(DutyRole::DedicatedMember),
        with_lead: with(DutyRole::Lead),
        with_secretary: with(DutyRole::Secretary),
        disclosed: number(disclosed),
    })
}

/// The public card of a grid (网格公示牌), by its code or its id. The card of one that has ended says what took its place.
///
/// # Errors
/// `grid_not_found`.
pub async fn get_card(cx: &Cx, grid: Grid, rules: &GridRules) -> Result<GridCard> {
    let region = region::get_region(cx, grid.region_code).await?;
    let rows = if grid.valid_to.is_some() { Vec::new() } else { store::current(cx, grid.id).await? };
    let mut duties = Vec::new();
    for row in rows {
        // Whoever has no phone to be called at and none of the three posts is of no use to the passer-by.
        if !row.role.sole() && row.duty_phone.is_none() {
            continue;
        }
        let name = Person::open(cx, &row)?.name;
        let name = if rules.card_names == CardNames::Full { name } else { mask::name(&name) };
        duties.push(CardDuty { role: row.role, name, duty_phone: row.duty_phone, building: row.building });
    }
    let successors = if grid.valid_to.is_some() { grid::successors(cx, grid.id).await? } else { Vec::new() };
    Ok(GridCard {
        code: grid.code,
        name: grid.name,
        kind: grid.kind,
        region_code: grid.region_code,
        region_name: region.name,
        extent: grid.extent,
        duties,
        supervision_phone: rules.supervision_phone.clone(),
        valid_to: grid.valid_to,
        successors,
    })
}

/// Somebody who can be given work in a grid. It is not part of the contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnDuty {
    /// As what.
    pub role: DutyRole,
    /// Their account.
    pub account_id: Option<AccountId>,
    /// Their organization.
    pub organization_id: Option<OrganizationId>,
    /// Their name.
    pub name: String,
    /// Their private phone.
    pub phone: Option<String>,
    /// What they can do.
    pub skills: Vec<String>,
}

/// Who serves a grid now (网格服务力量), for the order engine: no permission is asked.
///
/// # Errors
/// `database_unavailable`.
pub async fn on_duty(cx: &Cx, grid: GridId) -> Result<Vec<OnDuty>> {
    let rows = store::current(cx, grid).await?;
    let known = |row: Model| {
        let Person { name, phone } = Person::open(cx, &row)?;
        let skills = serde_json::from_str(&row.skills).map_err(Error::internal)?;
        Ok(OnDuty { role: row.role, account_id: row.account_id, organization_id: row.organization_id, name, phone, skills })
    };
    rows.into_iter().map(known).collect()
}

/// Whether this account is on duty in this grid now, for the order engine.
///
/// # Errors
/// `database_unavailable`.
pub async fn is_on_duty(cx: &Cx, grid: GridId, account: AccountId) -> Result<bool> {
    Ok(store::current(cx, grid).await?.iter().any(|row| row.account_id == Some(account)))
}

/// The grid, if the caller may see who is on duty in it.
async fn readable(cx: &Cx, grid: GridId) -> Result<()> {
    let row = grid::find(cx, grid).await?;
    cx.actor.require(Permission::DutyRead, &Place { region: Some(row.region_code), grid: Some(grid), organization: None })
}

fn reach(cx: &Cx) -> Result<kernel::access::Reach> {
    let reach = cx.actor.reach(Permission::DutyRead);
    if reach.is_empty() { Err(Error::new(Code::PermissionMissing).with("permission", Permission::DutyRead)) } else { Ok(reach) }
}

/// The duty, if the caller may change it, it goes on, and it has not changed since it was read.
async fn manageable(cx: &Cx, id: DutyId, version: Option<i32>) -> Result<Model> {
    let missing = || Error::new(Code::DutyNotFound);
    let row = store::find(cx, id).await?.ok_or_else(missing)?;
    cx.actor.require_sight(Permission::DutyManage, Permission::DutyRead, &place(&row), Code::DutyNotFound)?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if has_ended(&row, cx.now()) { Err(Error::new(Code::DutyEnded)) } else { Ok(row) }
}

fn has_ended(row: &Model, now: Time) -> bool {
    row.valid_to.is_some_and(|to| to <= now)
}

const fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
