//! Visit campaigns (走访活动): a place wants every household of a list seen, and to know at any moment how far it is (走访全覆盖,
//! 大走访, 三访, 帮帮团 …: kinds of one thing).
//!
//! A campaign is planned over a region, or over grids, buildings and households of it. When it starts
//! ([`start_visit_campaign`]) its households stand fast, so that coverage has a fixed whole. They are given to visitors
//! ([`assign_visitor`]); each visit that names the campaign is counted in its own transaction. Coverage is a sum over counts by community, grid and
//! visitor, never over the households, and of what the caller may see only.

mod command;
mod event;
pub mod flow;
mod row;
mod store;
mod view;

pub use command::{
    AssignVisitor, CoverageBy, CreateVisitCampaign, ListVisitCampaigns, ListVisitCoverage, ListVisitTargets, StepVisitCampaign,
    UpdateVisitCampaign,
};
pub(crate) use event::event_types;
pub use flow::Action;
pub use row::{VisitCampaignState, VisitTargetState};
pub use view::{VisitCampaign, VisitCoverage, VisitCoveragePart, VisitTarget};

use crate::{
    table::{coming, day, next, plain_query, require_version, stage_new, stage_next},
    visit::VisitResult,
};
use chrono::NaiveDate;
use event::VisitCampaignEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Tx,
    access::Reach,
    id::{HouseholdId, ResidentId, VisitCampaignId, VisitId},
};
use row::campaign::{Column as C, Model};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use std::collections::HashMap;
use store::Sight;

/// Plans a visit campaign (新建走访活动).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `grid_foreign`, `grid_ended`; `address_unknown` for what is no building of the
/// region; `household_unknown`; `period_invalid`.
pub async fn create_visit_campaign(cx: &Cx, command: CreateVisitCampaign) -> Result<VisitCampaign> {
    let region = command.region_code;
    cx.actor.require(Permission::VisitManage, &Place::from(region))?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    for (n, grid) in command.grid_ids.iter().enumerate() {
        grids::require_grid_in(cx, *grid, region).await.map_err(|e| e.at(format!("#/grid_ids/{n}")))?;
    }
    let [building, household] = grids::not_among(cx, region, &command.building_ids, &command.household_ids).await?;
    if let Some(n) = building {
        return Err(Error::new(Code::AddressUnknown).at(format!("#/building_ids/{n}")));
    }
    if let Some(n) = household {
        return Err(Error::new(Code::HouseholdUnknown).at(format!("#/household_ids/{n}")));
    }
    let today = day(cx.now());
    let starts_on = coming(today, command.starts_on.unwrap_or(today), "#/starts_on")?;
    let ends_on = coming(starts_on, command.ends_on, "#/ends_on")?;
    let mut tx = cx.begin();
    let row = Model {
        id: tx.id(),
        version: 1,
        state: VisitCampaignState::Planned,
        region_code: region,
        kind: command.kind,
        title: command.title,
        starts_on,
        ends_on,
        grid_ids: serde_json::to_string(&command.grid_ids).map_err(Error::internal)?,
        building_ids: serde_json::to_string(&command.building_ids).map_err(Error::internal)?,
        household_ids: serde_json::to_string(&command.household_ids).map_err(Error::internal)?,
        created_by: cx.actor.account()?,
        created_at: tx.now,
        updated_at: tx.now,
        started_at: None,
        closed_at: None,
    };
    tx.emit(subject(&row), &VisitCampaignEvent::Created {})?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(view::campaign(row, Some(VisitCoverage::default()), true)?).await
}

/// Changes a visit campaign (修改走访活动).
///
/// # Errors
/// `visit_campaign_not_found`; `permission_missing`; `version_stale`; `visit_campaign_state_conflict`; `period_invalid`.
pub async fn update_visit_campaign(cx: &Cx, id: VisitCampaignId, command: UpdateVisitCampaign) -> Result<VisitCampaign> {
    let old = stepping(cx, id, Action::Update, command.version).await?;
    let mut row = old.clone();
    row.title = command.title.unwrap_or(row.title);
    if let Some(ends_on) = command.ends_on {
        row.ends_on = coming(row.starts_on, ends_on, "#/ends_on")?;
    }
    step(cx, old, row, &VisitCampaignEvent::Updated {}).await
}

/// Ends a visit campaign (结束走访活动): no more visits are counted for it.
///
/// # Errors
/// `visit_campaign_not_found`; `permission_missing`; `version_stale`; `visit_campaign_state_conflict`.
pub async fn close_visit_campaign(cx: &Cx, id: VisitCampaignId, command: StepVisitCampaign) -> Result<VisitCampaign> {
    let old = stepping(cx, id, Action::Close, command.version).await?;
    let mut row = old.clone();
    row.state = flow::decide(old.state, Action::Close)?;
    row.closed_at = Some(cx.now());
    step(cx, old, row, &VisitCampaignEvent::Closed {}).await
}

/// Starts a visit campaign (启动走访活动): its households stand fast from now on.
///
/// # Errors
/// `visit_campaign_not_found`; `permission_missing`; `version_stale`; `visit_campaign_state_conflict`; `visit_campaign_empty`.
pub async fn start_visit_campaign(cx: &Cx, id: VisitCampaignId, command: StepVisitCampaign) -> Result<VisitCampaign> {
    let old = stepping(cx, id, Action::Start, command.version).await?;
    let mut tx = cx.begin();
    let mut row = old.clone();
    row.state = flow::decide(old.state, Action::Start)?;
    row.started_at = Some(tx.now);
    advance(&mut tx, old, &mut row).await?;
    let whole = everything();
    let conn = tx.conn().await?;
    store::take_time(conn).await?;
    store::freeze(conn, &row).await?;
    store::recount(conn, id).await?;
    let sums = store::coverage(conn, id, &whole, row.region_code).await?;
    if sums.households == 0 {
        return Err(Error::new(Code::VisitCampaignEmpty));
    }
    tx.emit(subject(&row), &VisitCampaignEvent::Started { households: sums.households, residents: sums.residents })?;
    tx.commit(view::campaign(row, Some(sums.into()), true)?).await
}

/// Gives households of a running campaign to a visitor (分配走访对象). Whoever had them before has them no more.
///
/// # Errors
/// `visit_campaign_not_found`; `permission_missing`; `version_stale`; `visit_campaign_state_conflict`; `visit_target_unknown` for a place
/// where the campaign has no household; `visitor_unknown` for somebody who may not record visits there.
pub async fn assign_visitor(cx: &Cx, id: VisitCampaignId, command: AssignVisitor) -> Result<VisitCampaign> {
    let old = stepping(cx, id, Action::Assign, command.version).await?;
    if command.grid_ids.is_empty() && command.building_ids.is_empty() && command.household_ids.is_empty() {
        let reason = vec![("reason", "name grids, buildings or households".to_owned())];
        return Err(Error::field_with("#/grid_ids", Code::FieldInvalid, reason));
    }
    store::require_targets(cx, id, &command).await?;
    let unknown = || Error::new(Code::VisitorUnknown).at("#/visitor_id");
    let visitor = identity::actor_of(cx, command.visitor_id).await?.ok_or_else(unknown)?;
    for (region, grid) in store::places(cx, id, &command).await? {
        if !visitor.can(Permission::VisitRecord, &Place { region: Some(region), grid, organization: None }) {
            return Err(unknown());
        }
    }
    let mut tx = cx.begin();
    let mut row = old.clone();
    // The campaign first: whoever records a visit holds it, and waits or is waited for.
    advance(&mut tx, old, &mut row).await?;
    let conn = tx.conn().await?;
    store::take_time(conn).await?;
    let households = store::assign(conn, id, &command).await?;
    store::recount(conn, id).await?;
    let sums = store::coverage(conn, id, &everything(), row.region_code).await?;
    tx.emit(subject(&row), &VisitCampaignEvent::Assigned { visitor_id: command.visitor_id, households })?;
    tx.commit(view::campaign(row, Some(sums.into()), true)?).await
}

/// One visit campaign with its coverage now (查询走访活动), of what the caller may see of it.
///
/// # Errors
/// `visit_campaign_not_found`, also for those who may not know of it.
pub async fn get_visit_campaign(cx: &Cx, id: VisitCampaignId) -> Result<VisitCampaign> {
    let (row, sight) = found(cx, id).await?;
    let sums = store::coverage(cx.reader(), id, &sight, row.region_code).await?;
    let manages = manages(cx, &row);
    view::campaign(row, Some(sums.into()), manages)
}

/// The visit campaigns that concern what the caller may see, or in which they have households to visit (走访活动列表).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_visit_campaigns(cx: &Cx, query: ListVisitCampaigns) -> Result<Page<VisitCampaign>> {
    let filters = (query.region_code, query.state, cx.actor.account);
    let pager = Pager::new("visit_campaigns", &filters, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let mut regions = cx.actor.reach(Permission::VisitRead).regions;
    regions.extend(homes_of_grids(cx).await?);
    let rows = store::campaigns(cx, &regions, query.region_code, query.state, &pager).await?;
    let page = pager.page(rows, |c| (c.region_code.as_i64(), c.id))?;
    let view = |row: Model| {
        let manages = manages(cx, &row);
        view::campaign(row, None, manages)
    };
    let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The coverage of a campaign now by regions beneath, grids or visitors (走访覆盖统计), of what the caller may see of it.
///
/// # Errors
/// `visit_campaign_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_visit_coverage(cx: &Cx, id: VisitCampaignId, query: ListVisitCoverage) -> Result<Page<VisitCoveragePart>> {
    let (row, sight) = found(cx, id).await?;
    let by = query.by.unwrap_or_default();
    let pager = Pager::new("visit_coverage", &(id, by, query.region_code), PageQuery { limit: query.limit, cursor: query.cursor })?;
    let region = query.region_code.unwrap_or(row.region_code);
    let page = pager.page(store::parts(cx, id, &sight, region, by, &pager).await?, |part| {
        match by {
            CoverageBy::Region => serde_json::to_value(part.region_code),
            CoverageBy::Grid => serde_json::to_value(part.grid_id),
            CoverageBy::Visitor => serde_json::to_value(part.visitor_id),
        }
        .unwrap_or_default()
    })?;
    Ok(page.map(|part| VisitCoveragePart {
        region_code: part.region_code,
        grid_id: part.grid_id.filter(|id| !id.0.is_nil()),
        visitor_id: part.visitor_id.filter(|id| !id.0.is_nil()),
        coverage: part.sums.into(),
    }))
}

/// The households of a campaign (走访对象列表), those still to be visited unless told.
///
/// # Errors
/// `visit_campaign_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_visit_targets(cx: &Cx, id: VisitCampaignId, query: ListVisitTargets) -> Result<Page<VisitTarget>> {
    plain_query(&[], &[query.revisit_until])?;
    let (row, sight) = found(cx, id).await?;
    let filters = (id, query.waiting, query.mine, query.visitor_id, query.region_code, query.grid_id, query.revisit_until);
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("visit_targets", &(filters, cx.actor.account), page)?;
    let region = query.region_code.unwrap_or(row.region_code);
    let page = pager.page(store::targets(cx, id, &sight, &query, region, &pager).await?, |t| (t.region_code, t.household_id))?;
    let homes = grids::households_named(cx, &page.items.iter().map(|t| t.household_id).collect::<Vec<_>>()).await?;
    Ok(page.map(|t| {
        let home = homes.get(&t.household_id);
        view::target(t, home)
    }))
}

/// Whether a household is the caller's to visit in a campaign; nothing when it is no household of the campaign.
pub(crate) async fn is_visitor(cx: &Cx, id: VisitCampaignId, home: HouseholdId) -> Result<Option<bool>> {
    let target = store::target(cx.reader(), id, home).await?;
    Ok(target.map(|t| t.visitor_id.is_some() && t.visitor_id == cx.actor.account))
}

/// A visit as a campaign counts it.
pub(crate) struct Counted<'a> {
    pub(crate) visit: VisitId,
    pub(crate) home: HouseholdId,
    pub(crate) result: VisitResult,
    pub(crate) at: kernel::Time,
    pub(crate) revisit_on: Option<NaiveDate>,
    /// Who was met, with the day since when they belong to the household.
    pub(crate) met: &'a HashMap<ResidentId, NaiveDate>,
}

/// Counts a visit in its campaign, within the visit's own change.
///
/// # Errors
/// `visit_campaign_unknown`; `visit_campaign_state_conflict`.
pub(crate) async fn count(tx: &DatabaseTransaction, id: VisitCampaignId, visit: &Counted<'_>) -> Result<()> {
    let unknown = || Error::new(Code::VisitCampaignUnknown).at("#/campaign_id");
    let campaign = store::hold(tx, id).await?.ok_or_else(unknown)?;
    let old = store::lock_target(tx, id, visit.home).await?.ok_or_else(unknown)?;
    flow::decide(campaign.state, Action::Visit)?;
    let started = campaign.started_at.map(day);
    // Who came later is not of the whole that coverage is a part of.
    let there = visit.met.iter().filter(|(_, since)| started.is_some_and(|day| **since <= day)).map(|(id, _)| *id);
    let new_people = store::meet(tx, id, visit.visit, &there.collect::<Vec<_>>()).await?;
    let mut new = old.clone();
    new.state = flow::after_visit(old.state, visit.result);
    new.waiting = new.state.waits();
    new.residents_met = (old.residents_met + new_people).min(old.residents);
    new.visits += 1;
    new.last_visit_id = Some(visit.visit);
    new.last_result = Some(visit.result);
    new.last_visited_at = Some(visit.at);
    new.revisit_on = visit.revisit_on;
    store::advance(tx, &old, &new).await
}

/// What the caller may see of a campaign that they may know of.
async fn found(cx: &Cx, id: VisitCampaignId) -> Result<(Model, Sight)> {
    let missing = || Error::new(Code::VisitCampaignNotFound);
    let row = store::find(cx.reader(), id).await?.ok_or_else(missing)?;
    let reach = cx.actor.reach(Permission::VisitRead);
    let near = |region: &RegionCode| region.covers(row.region_code) || row.region_code.covers(*region);
    if reach.regions.iter().any(near) || homes_of_grids(cx).await?.iter().any(near) {
        return Ok((row, Sight::Within(reach)));
    }
    match cx.actor.account {
        Some(me) if store::visits(cx, id, me).await? => Ok((row, Sight::Own(me))),
        _ => Err(missing()),
    }
}

/// The communities of the grids in which the caller may read visits.
async fn homes_of_grids(cx: &Cx) -> Result<Vec<RegionCode>> {
    let mut homes = Vec::new();
    for grid in cx.actor.reach(Permission::VisitRead).grids {
        homes.extend(grids::grid_region(cx, grid).await?);
    }
    Ok(homes)
}

/// The campaign, if the caller may take this action with it and it can be taken now.
async fn stepping(cx: &Cx, id: VisitCampaignId, action: Action, version: Option<i32>) -> Result<Model> {
    let (row, _) = found(cx, id).await?;
    cx.actor.require(Permission::VisitManage, &Place::from(row.region_code))?;
    require_version(version, row.version)?;
    flow::decide(row.state, action)?;
    Ok(row)
}

/// Takes a campaign to its next version, by itself.
async fn step(cx: &Cx, old: Model, mut row: Model, event: &VisitCampaignEvent) -> Result<VisitCampaign> {
    let sums = store::coverage(cx.reader(), row.id, &everything(), row.region_code).await?;
    let mut tx = cx.begin();
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(subject(&row), event)?;
    stage_next(&mut tx, [C::Id, C::Version], old, row.clone());
    tx.commit(view::campaign(row, Some(sums.into()), true)?).await
}

/// The same within a change that does more.
async fn advance(tx: &mut Tx<'_>, old: Model, row: &mut Model) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    let update = next([C::Id, C::Version], old, row.clone());
    if tx.conn().await?.execute(&update).await?.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// Who manages a campaign may see all of it.
fn everything() -> Sight {
    Sight::Within(Reach { regions: vec![RegionCode::COUNTRY], ..Reach::default() })
}

fn manages(cx: &Cx, row: &Model) -> bool {
    cx.actor.can(Permission::VisitManage, &Place::from(row.region_code))
}

fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(row::campaign::Entity),
        schema.create_table_from_entity(row::target::Entity),
        schema.create_table_from_entity(row::count::Entity),
        schema.create_table_from_entity(row::person::Entity),
    ]
}
