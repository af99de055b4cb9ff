//! Patrols (巡查) by residents, couriers, riders and grid members, and what is found on them or on the way (红色啄木鸟, 人在格中走 事在网中办).
//!
//! A patrol is recorded when it is over. What is found, a hazard, a clue or something else, is dealt with on the spot, or pushed up: then it is an
//! order of the finder's, placed in the finding's own transaction. Words and routes are sealed.

mod command;
mod count;
mod row;
mod view;

pub use command::{CountPatrols, ListFindings, ListPatrols, PatrolCountBy, RecordFinding, RecordPatrol};
pub use count::count_patrols;
pub use row::{FindingHandling, FindingKind, FindingSeverity, PatrolKind};
pub use view::{Finding, Patrol, PatrolCount};

use crate::table::{Lies, newest, past, plain_query, stage_new};
use chrono::Duration;
use files::{Owner, OwnerKind, Part};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Tx,
    access::PersonalData,
    clock::has_plain_year,
    event::{Catalogued, catalogued},
    geo::{Datum, Position},
    id::{FindingId, GridId, OrderId, PatrolId},
};
use row::{finding, patrol};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use serde::Serialize;
use services::order::{self, Channel, PlaceOrder, Terms};
use utoipa::ToSchema;
use view::owner;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum PatrolEvent {
    PatrolRecorded {
        /// Alone or together.
        kind: PatrolKind,
        /// How many went along.
        participants: i16,
    },
    FindingRecorded {
        /// What it is.
        kind: FindingKind,
        /// How bad it is.
        severity: FindingSeverity,
        /// What was done about it.
        handling: FindingHandling,
        /// The order that it became.
        #[serde(skip_serializing_if = "Option::is_none")]
        order_id: Option<OrderId>,
    },
}

impl Event for PatrolEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::PatrolRecorded { .. } => EventType::PatrolRecorded,
            Self::FindingRecorded { .. } => EventType::FindingRecorded,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    catalogued::<PatrolEvent>(&[EventType::PatrolRecorded, EventType::FindingRecorded])
}

/// Records a patrol (登记巡查).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `grid_foreign`, `grid_ended`; `period_invalid` for one that has not
/// ended, or took more than a day; `point_outside_country`.
pub async fn record_patrol(cx: &Cx, command: RecordPatrol) -> Result<Patrol> {
    let region = command.region_code;
    let place = Place { region: Some(region), grid: command.grid_id, organization: None };
    cx.actor.require(Permission::PatrolRecord, &place)?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if let Some(grid) = command.grid_id {
        grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id"))?;
    }
    let ended_at = past(cx.now(), Some(command.ended_at), "#/ended_at")?;
    let started_at = command.started_at;
    if !has_plain_year(started_at) || started_at > ended_at || ended_at - started_at > Duration::days(1) {
        return Err(Error::new(Code::PeriodInvalid).at("#/started_at"));
    }
    let mut route = Vec::new();
    for (n, point) in command.route.iter().enumerate() {
        route.push(point.to_wgs84().map_err(|e| e.at(format!("#/route/{n}")))?.to_datum(Datum::Wgs84));
    }
    let mut tx = cx.begin();
    let id: PatrolId = tx.id();
    let seal = |column: &str, text: &str| cx.vault().seal(&owner("patrol", id.0, column), text);
    let points = serde_json::to_string(&route).map_err(Error::internal)?;
    let row = patrol::Model {
        id,
        version: 1,
        region_code: region,
        grid_id: command.grid_id,
        kind: if command.participants > 1 { PatrolKind::Group } else { PatrolKind::Single },
        participants: command.participants,
        recorded_by: cx.actor.account()?,
        started_at,
        ended_at,
        route_points: i16::try_from(route.len()).map_err(Error::internal)?,
        route: if route.is_empty() { None } else { Some(seal("route", &points)?) },
        note: command.note.map(|note| seal("note", &note)).transpose()?,
        findings: 0,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let event = PatrolEvent::PatrolRecorded { kind: row.kind, participants: row.participants };
    tx.emit(Subject { id: id.0, version: 1, region }, &event)?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(view::patrol_alone(cx, row)?).await
}

/// Records what was found (登记巡查发现); pushed up, it is an order of the finder's as well.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `grid_foreign`, `grid_ended`; `patrol_unknown`; `period_invalid` for
/// a time in the future; `point_outside_country`, `point_outside_community`; `attachment_unknown`; those of placing an order.
pub async fn record_finding(cx: &Cx, command: RecordFinding) -> Result<Finding> {
    let region = command.region_code;
    let at = command.point.map(kernel::geo::Point::to_wgs84).transpose().map_err(|e| e.at("#/point"))?;
    let told = match at {
        Some(at) if cx.actor.can(Permission::PatrolRecord, &Place::from(region)) || command.grid_id.is_none() => {
            grids::place_in(cx, region, at).await.map_err(|e| e.at("#/point"))?
        }
        _ => None,
    };
    let grid_id = command.grid_id.or(told);
    cx.actor.require(Permission::PatrolRecord, &Place { region: Some(region), grid: grid_id, organization: None })?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if let Some(grid) = command.grid_id {
        grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id"))?;
    }
    let found_at = past(cx.now(), command.found_at, "#/found_at")?;
    if let Some(id) = command.patrol_id {
        let own = patrol::Entity::find_by_id(id).one(cx.reader()).await?;
        let own = own.filter(|p| cx.actor.account == Some(p.recorded_by) && p.region_code == region);
        own.ok_or_else(|| Error::new(Code::PatrolUnknown).at("#/patrol_id"))?;
    }
    if command.handling == FindingHandling::Handled {
        if command.item_code.is_some() {
            let reason = vec![("reason", "only of what is pushed up".to_owned())];
            return Err(Error::field_with("#/item_code", Code::FieldInvalid, reason));
        }
        let mut tx = cx.begin();
        let row = fresh(&tx, &command, (grid_id, at), found_at)?;
        let held = Owner { kind: OwnerKind::Finding, id: row.id.0, part: Part::Evidence };
        let photos = files::claim(&mut tx, &command.attachment_ids, held).await?;
        write(&mut tx, &row).await?;
        return tx.commit_created(view::finding_alone(cx, row, photos)?).await;
    }
    let placing = PlaceOrder {
        title: command.title.clone(),
        content: command.content.clone(),
        region_code: region,
        item_code: command.item_code.clone(),
        point: command.point,
        contact: None,
        channel: Some(Channel::GridVisit),
        on_behalf: false,
        requester_id: None,
        attachment_ids: command.attachment_ids.clone(),
        department_id: None,
        admission_item_id: None,
        terms: Terms::default(),
    };
    order::place_with(cx, placing, async |tx, order| {
        let mut row = fresh(tx, &command, (grid_id.or(order.grid_id), at), found_at)?;
        row.order_id = Some(order.id);
        write(tx, &row).await?;
        view::finding_alone(tx.cx(), row, Vec::new())
    })
    .await
}

fn fresh(
    tx: &Tx<'_>,
    command: &RecordFinding,
    (grid_id, at): (Option<GridId>, Option<Position>),
    found_at: kernel::Time,
) -> Result<finding::Model> {
    let id: FindingId = tx.id();
    let seal = |column: &str, text: &str| tx.cx().vault().seal(&owner("finding", id.0, column), text);
    Ok(finding::Model {
        id,
        version: 1,
        patrol_id: command.patrol_id,
        region_code: command.region_code,
        grid_id,
        kind: command.kind,
        severity: command.severity,
        handling: command.handling,
        title: seal("title", &command.title)?,
        content: seal("content", &command.content)?,
        lng: at.map(|p| p.lng),
        lat: at.map(|p| p.lat),
        attachment_count: i16::try_from(command.attachment_ids.len()).map_err(Error::internal)?,
        order_id: None,
        recorded_by: tx.cx().actor.account()?,
        found_at,
        created_at: tx.now,
        updated_at: tx.now,
    })
}

/// Writes a finding, and counts it with its patrol.
async fn write(tx: &mut Tx<'_>, row: &finding::Model) -> Result<()> {
    use patrol::Column as P;
    let event = PatrolEvent::FindingRecorded { kind: row.kind, severity: row.severity, handling: row.handling, order_id: row.order_id };
    tx.emit(Subject { id: row.id.0, version: 1, region: row.region_code }, &event)?;
    let now = tx.now;
    let conn = tx.conn().await?;
    finding::Entity::insert(row.clone().into_active_model()).exec_without_returning(conn).await?;
    if let Some(patrol) = row.patrol_id {
        patrol::Entity::update_many()
            .col_expr(P::Findings, Expr::col(P::Findings).add(1))
            .col_expr(P::Version, Expr::col(P::Version).add(1))
            .col_expr(P::UpdatedAt, Expr::val(now))
            .filter(P::Id.eq(patrol))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// One patrol (查询巡查).
///
/// # Errors
/// `patrol_not_found`, also for those who may not know of it.
pub async fn get_patrol(cx: &Cx, id: PatrolId) -> Result<Patrol> {
    let row = patrol::Entity::find_by_id(id).one(cx.reader()).await?;
    let row = row.filter(|p| knows(cx, cx.actor.account == Some(p.recorded_by), p.region_code, p.grid_id));
    view::patrol_alone(cx, row.ok_or_else(|| Error::new(Code::PatrolNotFound))?)
}

/// One finding (查询巡查发现).
///
/// # Errors
/// `finding_not_found`, also for those who may not know of it.
pub async fn get_finding(cx: &Cx, id: FindingId) -> Result<Finding> {
    let row = finding::Entity::find_by_id(id).one(cx.reader()).await?;
    let row = row.filter(|f| knows(cx, cx.actor.account == Some(f.recorded_by), f.region_code, f.grid_id));
    let row = row.ok_or_else(|| Error::new(Code::FindingNotFound))?;
    let photos = if row.order_id.is_none() && row.attachment_count > 0 { files::of(cx, id.0).await? } else { Vec::new() };
    view::finding_alone(cx, row, photos)
}

/// Whether the caller may see the photos of a finding.
///
/// # Errors
/// `database_unavailable`.
pub async fn sees_attachments(cx: &Cx, id: FindingId) -> Result<bool> {
    Ok(finding::Entity::find_by_id(id).one(cx.reader()).await?.is_some_and(|row| sees_finding(cx, &row)))
}

/// The patrols that one may read, or has recorded (巡查列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_patrols(cx: &Cx, query: ListPatrols) -> Result<Page<Patrol>> {
    use patrol::Column as C;
    let filters = (query.region_code, query.grid_id, query.kind, query.recorded_by, cx.actor.account);
    let pager = Pager::new("patrols", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let (reach, me) = (cx.actor.reach(Permission::PatrolRead), cx.actor.account);
    let own = reach.is_empty() || (query.recorded_by.is_some() && query.recorded_by == me);
    let select = patrol::Entity::find()
        .apply_if(own.then_some(me).flatten(), |q, me| q.filter(C::RecordedBy.eq(me)))
        .apply_if(query.recorded_by, |q, who| q.filter(C::RecordedBy.eq(who)))
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.kind, |q, kind| q.filter(C::Kind.eq(kind)));
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, (!own).then_some(&reach), query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |p| (p.region_code.as_i64(), p.id))?;
    let items = page.items.into_iter().map(|row| view::patrol(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The findings that one may read, or has recorded (巡查发现列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_findings(cx: &Cx, query: ListFindings) -> Result<Page<Finding>> {
    use finding::Column as C;
    plain_query(&[query.updated_after], &[])?;
    let filters = (query.region_code, query.grid_id, query.patrol_id, query.kind, query.recorded_by, query.updated_after, cx.actor.account);
    let pager = Pager::new("findings", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let (reach, me) = (cx.actor.reach(Permission::PatrolRead), cx.actor.account);
    let own = reach.is_empty() || (query.recorded_by.is_some() && query.recorded_by == me);
    let select = finding::Entity::find()
        .apply_if(own.then_some(me).flatten(), |q, me| q.filter(C::RecordedBy.eq(me)))
        .apply_if(query.recorded_by, |q, who| q.filter(C::RecordedBy.eq(who)))
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.patrol_id, |q, patrol| q.filter(C::PatrolId.eq(patrol)))
        .apply_if(query.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, (!own).then_some(&reach), query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |f| (f.region_code.as_i64(), f.id))?;
    let items = page.items.into_iter().map(|row| view::finding(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

fn knows(cx: &Cx, own: bool, region: RegionCode, grid: Option<GridId>) -> bool {
    own || cx.actor.can(Permission::PatrolRead, &Place { region: Some(region), grid, organization: None })
}

/// Who recorded it sees all of it, and who works on what is found there; an auditor does not.
fn full(cx: &Cx, own: bool, region: RegionCode, grid: Option<GridId>) -> bool {
    let place = Place { region: Some(region), grid, organization: None };
    cx.actor.sees(PersonalData::Visits) && (own || cx.actor.can(Permission::VisitReadPersonal, &place))
}

fn sees_patrol(cx: &Cx, row: &patrol::Model) -> bool {
    full(cx, cx.actor.account == Some(row.recorded_by), row.region_code, row.grid_id)
}

fn sees_finding(cx: &Cx, row: &finding::Model) -> bool {
    full(cx, cx.actor.account == Some(row.recorded_by), row.region_code, row.grid_id)
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(patrol::Entity), schema.create_table_from_entity(finding::Entity)]
}
