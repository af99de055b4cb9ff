//! Visits (走访): somebody goes to a household, meets its people or does not, and writes down how it went.
//!
//! A visit may belong to a campaign, which counts it in the same transaction. What residents say there is an opinion
//! ([`crate::opinion`]) whose occasion is the visit. The note is sealed: in full for the visitor and with `visit.read_personal`.

mod command;
mod row;
mod view;

pub use command::{ListVisits, RecordVisit};
pub use row::VisitResult;
pub use view::Visit;

use crate::{
    campaign::{self, Counted},
    opinion::Origin,
    table::{Lies, coming, day, newest, past, plain_query},
};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    access::PersonalData,
    event::{Catalogued, catalogued},
    id::{GridId, HouseholdId, VisitCampaignId, VisitId},
};
use row::{
    resident,
    visit::{Column as C, Entity, Model},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryTrait};
use serde::Serialize;
use utoipa::ToSchema;

/// What is logged of a visit: never who was met, nor what was said.
#[derive(Serialize, ToSchema)]
struct VisitRecorded {
    /// The household that was visited.
    household_id: HouseholdId,
    /// The campaign that counts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<VisitCampaignId>,
    /// How it went.
    result: VisitResult,
    /// How many residents were met.
    residents_met: i16,
}

impl Event for VisitRecorded {
    fn kind(&self) -> EventType {
        EventType::VisitRecorded
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    catalogued::<VisitRecorded>(&[EventType::VisitRecorded])
}

/// A household, as far as somebody who goes there may know of it.
pub(crate) struct Home {
    pub(crate) region: RegionCode,
    pub(crate) grid: Option<GridId>,
}

impl Home {
    pub(crate) const fn place(&self) -> Place {
        Place { region: Some(self.region), grid: self.grid, organization: None }
    }
}

/// The household, if the caller holds this permission there, or is `entitled` to it by something else.
///
/// # Errors
/// `household_not_found`, also for those who may not know of it; `permission_missing` for those who may; `household_closed`.
pub(crate) async fn home(cx: &Cx, id: HouseholdId, permission: Permission, entitled: bool, pointer: &str) -> Result<Home> {
    let at = |e: Error| if pointer.is_empty() { e } else { e.at(pointer) };
    let missing = || at(Error::new(Code::HouseholdNotFound));
    let found = grids::households_named(cx, &[id]).await?.remove(&id).ok_or_else(missing)?;
    let home = Home { region: found.region_code, grid: found.grid_id };
    if !entitled && !cx.actor.can(permission, &home.place()) {
        let knows = cx.actor.can(Permission::HouseholdRead, &home.place());
        return Err(if knows { Error::new(Code::PermissionMissing).with("permission", permission) } else { missing() });
    }
    if found.valid_to.is_some() { Err(at(Error::new(Code::HouseholdClosed))) } else { Ok(home) }
}

/// Records a visit (登记走访).
///
/// # Errors
/// `household_not_found`; `permission_missing`; `household_closed`; `visit_campaign_unknown`, `visit_campaign_state_conflict`;
/// `visit_resident_unknown`; `period_invalid` for a time in the future, or a day to come that lies before it; `field_invalid` for residents
/// of a visit on which nobody was met.
pub async fn record_visit(cx: &Cx, command: RecordVisit) -> Result<Visit> {
    let account = cx.actor.account()?;
    let target = match command.campaign_id {
        Some(campaign) => campaign::is_visitor(cx, campaign, command.household_id).await?,
        None => None,
    };
    let home = home(cx, command.household_id, Permission::VisitRecord, target == Some(true), "#/household_id").await?;
    if command.campaign_id.is_some() && target.is_none() {
        return Err(Error::new(Code::VisitCampaignUnknown).at("#/campaign_id"));
    }
    let visited_at = past(cx.now(), command.visited_at, "#/visited_at")?;
    let revisit_on = command.revisit_on.map(|on| coming(day(visited_at), on, "#/revisit_on")).transpose()?;
    let mut people = command.resident_ids.clone();
    people.sort_unstable();
    people.dedup();
    if command.result != VisitResult::Met && !people.is_empty() {
        let reason = vec![("reason", "only where somebody was met".to_owned())];
        return Err(Error::field_with("#/resident_ids", Code::FieldInvalid, reason));
    }
    let met = grids::members_since(cx, command.household_id, &people).await?;
    if let Some(n) = command.resident_ids.iter().position(|id| !met.contains_key(id)) {
        return Err(Error::new(Code::VisitResidentUnknown).at(format!("#/resident_ids/{n}")));
    }
    let mut tx = cx.begin();
    let id: VisitId = tx.id();
    let row = Model {
        id,
        version: 1,
        campaign_id: command.campaign_id,
        household_id: command.household_id,
        region_code: home.region,
        grid_id: home.grid,
        visitor_id: account,
        visited_at,
        result: command.result,
        residents_met: i16::try_from(met.len()).map_err(Error::internal)?,
        note: command.note.map(|note| view::seal(cx, id, &note)).transpose()?,
        revisit_on,
        created_at: tx.now,
        updated_at: tx.now,
    };
    tx.emit(
        Subject { id: id.0, version: 1, region: home.region },
        &VisitRecorded {
            household_id: row.household_id,
            campaign_id: row.campaign_id,
            result: row.result,
            residents_met: row.residents_met,
        },
    )?;
    let conn = tx.conn().await?;
    if let Some(campaign) = row.campaign_id {
        let visit = Counted { visit: id, home: row.household_id, result: row.result, at: visited_at, revisit_on, met: &met };
        campaign::count(conn, campaign, &visit).await?;
    }
    Entity::insert(row.clone().into_active_model()).exec_without_returning(conn).await?;
    if !people.is_empty() {
        let rows = people.iter().map(|resident| resident::Model { visit_id: id, resident_id: *resident }.into_active_model());
        resident::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    if row.result == VisitResult::Met {
        grids::note_visited(conn, row.household_id, day(visited_at)).await?;
    }
    tx.commit_created(view::alone(cx, row, people)?).await
}

/// One visit (查询走访).
///
/// # Errors
/// `visit_not_found`, also for those who may not know of it.
pub async fn get_visit(cx: &Cx, id: VisitId) -> Result<Visit> {
    let row = Entity::find_by_id(id).one(cx.reader()).await?;
    let knows = |row: &Model| cx.actor.account == Some(row.visitor_id) || cx.actor.can(Permission::VisitRead, &place(row));
    let row = row.filter(knows).ok_or_else(|| Error::new(Code::VisitNotFound))?;
    let met = resident::Entity::find().filter(resident::Column::VisitId.eq(id)).all(cx.reader()).await?;
    view::alone(cx, row, met.into_iter().map(|m| m.resident_id).collect())
}

/// The visits that one may read, or has made (走访列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_visits(cx: &Cx, query: ListVisits) -> Result<Page<Visit>> {
    plain_query(&[query.updated_after], &[])?;
    let filters = (query.region_code, query.grid_id, query.household_id, query.campaign_id, query.visitor_id, query.result);
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("visits", &(filters, query.updated_after, cx.actor.account), page)?;
    let reach = cx.actor.reach(Permission::VisitRead);
    let me = cx.actor.account;
    let own = reach.is_empty() || (query.visitor_id.is_some() && query.visitor_id == me);
    let select = Entity::find()
        .apply_if(own.then_some(me).flatten(), |q, me| q.filter(C::VisitorId.eq(me)))
        .apply_if(query.visitor_id, |q, who| q.filter(C::VisitorId.eq(who)))
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.household_id, |q, home| q.filter(C::HouseholdId.eq(home)))
        .apply_if(query.campaign_id, |q, campaign| q.filter(C::CampaignId.eq(campaign)))
        .apply_if(query.result, |q, result| q.filter(C::Result.eq(result)))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, (!own).then_some(&reach), query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |v| (v.region_code.as_i64(), v.id))?;
    let items = page.items.into_iter().map(|row| view::in_list(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Where an opinion comes from that was heard on a visit, for whoever made the visit; nothing for others.
pub(crate) async fn origin(cx: &Cx, id: VisitId) -> Result<Option<Origin>> {
    let Some(row) = Entity::find_by_id(id).one(cx.reader()).await? else { return Ok(None) };
    let mine = cx.actor.account == Some(row.visitor_id);
    Ok(mine.then_some(Origin {
        region_code: row.region_code,
        grid_id: row.grid_id,
        household_id: Some(row.household_id),
        requester_id: None,
        contact: None,
    }))
}

fn sees_in_full(cx: &Cx, row: &Model) -> bool {
    cx.actor.sees(PersonalData::Visits)
        && (cx.actor.account == Some(row.visitor_id) || cx.actor.can(Permission::VisitReadPersonal, &place(row)))
}

fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: row.grid_id, organization: None }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity), schema.create_table_from_entity(resident::Entity)]
}
