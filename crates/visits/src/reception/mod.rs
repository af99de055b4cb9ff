//! Reception days (接待日): on the 20th of each month (温暖20), or by whatever rule a place has, representatives and
//! committee members (两代表一委员) and cadres receive residents.
//!
//! A place announces them once ([`create_reception`]); the days follow from the rule and are planned a year ahead. Each day
//! has slots, each slot some places. A resident books one ([`book_appointment`]), comes or does not come
//! ([`record_attendance`]), and what is said there becomes an opinion. No place is taken twice: whoever books holds
//! the day for that moment, and a place is a number that only one appointment can have.
//!
//! That there are reception days, where, and who receives, is public to all who are signed in. Who comes, and about
//! what, is known to the resident, to the hosts of the day, and to those who keep the receptions.

mod command;
mod event;
mod row;
mod rule;
mod store;
mod view;

pub use command::{
    BookAppointment, CancelAppointment, CancelReceptionSession, CloseReception, CreateReception, ListAppointments, ListReceptionSessions,
    ListReceptions, PlanReception, RecordAttendance, UpdateReception,
};
pub(crate) use event::event_types;
pub use row::{AppointmentState, DayOff, ReceptionSessionState};
pub use view::{Appointment, Reception, ReceptionHost, ReceptionSession, ReceptionSlot};

use crate::{
    opinion::Origin,
    table::{lacking, require_version, stage_new, stage_next},
};
use chrono::{Days, NaiveDate, NaiveTime, Timelike};
use event::{AppointmentEvent, ReceptionEvent, SessionCancelled};
use kernel::{
    Code, Cx, Error, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Tx,
    access::Reach,
    id::{AccountId, AppointmentId, ReceptionId, ReceptionSessionId},
};
use row::{appointment, reception, session};
use sea_orm::{EntityTrait, IntoActiveModel};
use view::{Names, Sealed, hosts};

/// The most places that a day has.
const MOST_PLACES: i32 = 1000;

/// Announces reception days (设立接待日) and plans them.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `reference_broken` for a host who is nobody here;
/// `reception_rule_invalid`; `period_invalid`.
pub async fn create_reception(cx: &Cx, command: CreateReception) -> Result<Reception> {
    let region = command.region_code;
    cx.actor.require(Permission::ReceptionManage, &Place::from(region))?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    require_hosts(cx, &command.host_ids).await?;
    let today = rule::today(cx.now());
    let first_day = command.first_day.unwrap_or(today);
    let planned_until = command.plan_until.unwrap_or_else(|| rule::year_after(first_day));
    if first_day < today {
        return Err(Error::new(Code::PeriodInvalid).at("#/first_day"));
    }
    require_horizon(today, first_day, planned_until, "#/plan_until")?;
    let mut tx = cx.begin();
    let row = reception::Model {
        id: tx.id(),
        version: 1,
        region_code: region,
        title: command.title,
        rule: command.rule,
        on_day_off: command.on_day_off.unwrap_or(DayOff::Hold),
        first_day,
        planned_until,
        opens: minutes(command.opens),
        closes: minutes(command.closes),
        slot_minutes: command.slot_minutes,
        slot_capacity: command.slot_capacity,
        place: command.place,
        host_ids: serde_json::to_string(&command.host_ids).map_err(Error::internal)?,
        created_at: tx.now,
        updated_at: tx.now,
        closed_at: None,
    };
    let slots = (i32::from(row.closes) - i32::from(row.opens)) / i32::from(row.slot_minutes);
    if slots < 1 || slots * i32::from(row.slot_capacity) > MOST_PLACES {
        let reason = format!("at least one slot, and at most {MOST_PLACES} places a day");
        return Err(Error::field_with("#/closes", Code::FieldInvalid, vec![("reason", reason)]));
    }
    let names = Names::of(cx, std::iter::once(row.host_ids.as_str())).await?;
    let days = rule::days(&row.rule, first_day, planned_until, row.on_day_off)?;
    let sessions = days.into_iter().map(|day| plan(&tx, &row, day)).collect::<Result<Vec<_>>>()?;
    tx.emit(of_reception(&row), &ReceptionEvent::Created { sessions: sessions.len() })?;
    reception::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    store::insert_sessions(&mut tx, sessions).await?;
    tx.commit_created(view::reception(&names, row)?).await
}

/// Changes reception days (修改接待日), those to come, too.
///
/// # Errors
/// `reception_not_found`; `permission_missing`; `reception_closed`; `version_stale`; `reference_broken`.
pub async fn update_reception(cx: &Cx, id: ReceptionId, command: UpdateReception) -> Result<Reception> {
    let old = manageable(cx, id, command.version).await?;
    if let Some(hosts) = &command.host_ids {
        require_hosts(cx, hosts).await?;
    }
    let mut tx = cx.begin();
    let mut row = old.clone();
    row.title = command.title.unwrap_or(row.title);
    row.place = command.place.unwrap_or(row.place);
    if let Some(hosts) = command.host_ids {
        row.host_ids = serde_json::to_string(&hosts).map_err(Error::internal)?;
    }
    let names = Names::of(cx, std::iter::once(row.host_ids.as_str())).await?;
    advance(&mut tx, old, &mut row);
    store::update_coming(&mut tx, &row).await?;
    tx.emit(of_reception(&row), &ReceptionEvent::Updated {})?;
    tx.commit(view::reception(&names, row)?).await
}

/// Plans further days by the rule (续排场次). Days that are planned stay as they are.
///
/// # Errors
/// `reception_not_found`; `permission_missing`; `reception_closed`; `version_stale`; `period_invalid`; `reception_rule_invalid`.
pub async fn plan_reception(cx: &Cx, id: ReceptionId, command: PlanReception) -> Result<Reception> {
    let old = manageable(cx, id, command.version).await?;
    let today = rule::today(cx.now());
    require_horizon(today, old.planned_until, command.until, "#/until")?;
    let mut days = rule::days(&old.rule, old.first_day, command.until, old.on_day_off)?;
    let names = Names::of(cx, std::iter::once(old.host_ids.as_str())).await?;
    let mut tx = cx.begin();
    let mut row = old.clone();
    let planned = store::planned(&mut tx, id).await?;
    days.retain(|day| *day > old.planned_until && *day >= today && !planned.contains(day));
    row.planned_until = command.until;
    let sessions = days.into_iter().map(|day| plan(&tx, &row, day)).collect::<Result<Vec<_>>>()?;
    advance(&mut tx, old, &mut row);
    tx.emit(of_reception(&row), &ReceptionEvent::Planned { until: row.planned_until, sessions: sessions.len() })?;
    store::insert_sessions(&mut tx, sessions).await?;
    tx.commit(view::reception(&names, row)?).await
}

/// Ends reception days (停止接待日): the days to come are cancelled, which needs that nobody has booked them.
///
/// # Errors
/// `reception_not_found`; `permission_missing`; `reception_closed`; `version_stale`; `reception_booked`.
pub async fn close_reception(cx: &Cx, id: ReceptionId, command: CloseReception) -> Result<Reception> {
    let old = manageable(cx, id, command.version).await?;
    let names = Names::of(cx, std::iter::once(old.host_ids.as_str())).await?;
    let mut tx = cx.begin();
    let mut row = old.clone();
    let now = tx.now;
    store::lock_coming(&mut tx, id).await?;
    if store::booked_after(&mut tx, id, now).await? {
        return Err(Error::new(Code::ReceptionBooked));
    }
    store::cancel_coming(&mut tx, id, "已停止").await?;
    row.closed_at = Some(now);
    advance(&mut tx, old, &mut row);
    tx.emit(of_reception(&row), &ReceptionEvent::Closed {})?;
    tx.commit(view::reception(&names, row)?).await
}

/// Reception days (查询接待日安排).
///
/// # Errors
/// `reception_not_found`.
pub async fn get_reception(cx: &Cx, id: ReceptionId) -> Result<Reception> {
    let row = store::reception(cx, id).await?.ok_or_else(|| Error::new(Code::ReceptionNotFound))?;
    let names = Names::of(cx, std::iter::once(row.host_ids.as_str())).await?;
    view::reception(&names, row)
}

/// The reception days of a region (接待日列表).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_receptions(cx: &Cx, query: ListReceptions) -> Result<Page<Reception>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("receptions", &(query.region_code, query.include_closed), page)?;
    let page = pager.page(store::list(cx, &query, &pager).await?, |r| (r.region_code.as_i64(), r.id))?;
    let names = Names::of(cx, page.items.iter().map(|r| r.host_ids.as_str())).await?;
    let items = page.items.into_iter().map(|row| view::reception(&names, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// One reception day with its slots (查询场次).
///
/// # Errors
/// `reception_session_not_found`.
pub async fn get_reception_session(cx: &Cx, id: ReceptionSessionId) -> Result<ReceptionSession> {
    let row = store::session(cx, id).await?.ok_or_else(|| Error::new(Code::ReceptionSessionNotFound))?;
    let names = Names::of(cx, std::iter::once(row.host_ids.as_str())).await?;
    let taken = store::taken(cx, &[id]).await?.remove(&id).unwrap_or_default();
    view::session(&names, row, &taken)
}

/// Reception days with what is left of their slots, the earliest first (场次列表).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_reception_sessions(cx: &Cx, query: ListReceptionSessions) -> Result<Page<ReceptionSession>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("reception_sessions", &(query.reception_id, query.region_code, query.from, query.until), page)?;
    let from = query.from.unwrap_or_else(|| rule::today(cx.now()));
    let page = pager.page(store::list_sessions(cx, &query, from, &pager).await?, |s| (s.starts_at, s.id))?;
    let names = Names::of(cx, page.items.iter().map(|s| s.host_ids.as_str())).await?;
    let mut taken = store::taken(cx, &page.items.iter().map(|s| s.id).collect::<Vec<_>>()).await?;
    let mut items = Vec::new();
    for row in page.items {
        let taken = taken.remove(&row.id).unwrap_or_default();
        items.push(view::session(&names, row, &taken)?);
    }
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Cancels a reception day (取消场次), and with it the appointments that were booked for it.
///
/// # Errors
/// `reception_session_not_found`; `permission_missing`; `version_stale`; `reception_session_cancelled`; `reception_session_over`.
pub async fn cancel_reception_session(cx: &Cx, id: ReceptionSessionId, command: CancelReceptionSession) -> Result<ReceptionSession> {
    let missing = || Error::new(Code::ReceptionSessionNotFound);
    let seen = store::session(cx, id).await?.ok_or_else(missing)?;
    cx.actor.require(Permission::ReceptionManage, &Place::from(seen.region_code))?;
    let names = Names::of(cx, std::iter::once(seen.host_ids.as_str())).await?;
    let mut tx = cx.begin();
    let mut row = store::lock_session(&mut tx, id).await?.ok_or_else(missing)?;
    require_version(command.version, row.version)?;
    require_planned(&row)?;
    if row.ends_at <= tx.now {
        return Err(Error::new(Code::SessionOver));
    }
    let old = row.clone();
    row.state = ReceptionSessionState::Cancelled;
    row.reason = Some(command.reason);
    row.version += 1;
    for seated in store::seated(&mut tx, id).await?.into_iter().filter(|a| a.state == AppointmentState::Booked) {
        let mut after = seated.clone();
        give_up(&tx, &mut after);
        emit(&mut tx, &after, EventType::AppointmentCancelled)?;
        let update = crate::table::next([appointment::Column::Id, appointment::Column::Version], seated, after);
        sea_orm::ConnectionTrait::execute(tx.conn().await?, &update).await?;
    }
    let subject = Subject { id: id.0, version: row.version, region: row.region_code };
    tx.emit(subject, &SessionCancelled { reception_id: row.reception_id })?;
    stage_next(&mut tx, [session::Column::Id, session::Column::Version], old, row.clone());
    tx.commit(view::session(&names, row, &std::collections::HashMap::default())?).await
}

/// Books an appointment (预约接待), for oneself or on behalf of somebody without an account. Of those who want the last
/// place at once, one gets it.
///
/// # Errors
/// `reception_session_not_found`; `permission_missing`; `order_requester_missing`; `reception_session_cancelled`; `reception_session_over`;
/// `appointment_slot_unknown`; `appointment_slot_full`; `appointment_exists`.
pub async fn book_appointment(cx: &Cx, id: ReceptionSessionId, command: BookAppointment) -> Result<Appointment> {
    let missing = || Error::new(Code::ReceptionSessionNotFound);
    let seen = store::session(cx, id).await?.ok_or_else(missing)?;
    let account = cx.actor.account()?;
    if command.on_behalf {
        cx.actor.require(Permission::ReceptionManage, &Place::from(seen.region_code))?;
        if command.contact.as_ref().is_none_or(|c| c.name.is_none()) {
            return Err(Error::new(Code::RequesterMissing).at("#/contact"));
        }
    } else {
        require_resident(cx, seen.region_code)?;
    }
    let contact = command.contact.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    let mut tx = cx.begin();
    let session = store::lock_session(&mut tx, id).await?.ok_or_else(missing)?;
    require_planned(&session)?;
    if command.slot > session.slots {
        return Err(Error::new(Code::SlotUnknown).with("slots", session.slots).at("#/slot"));
    }
    if view::slot_start(&session, command.slot) <= tx.now {
        return Err(Error::new(Code::SessionOver));
    }
    let seated = store::seated(&mut tx, id).await?;
    let requester_id = (!command.on_behalf).then_some(account);
    if requester_id.is_some() && seated.iter().any(|a| a.requester_id == requester_id) {
        return Err(Error::new(Code::AppointmentExists));
    }
    let taken: Vec<_> = seated.iter().filter(|a| a.slot == command.slot).filter_map(|a| a.seat).collect();
    let seat = (1..=session.slot_capacity).find(|seat| !taken.contains(seat));
    let seat = seat.ok_or_else(|| Error::new(Code::SlotFull).with("slot", command.slot))?;
    let appointment: AppointmentId = tx.id();
    let row = appointment::Model {
        id: appointment,
        version: 1,
        session_id: id,
        region_code: session.region_code,
        slot: command.slot,
        seat: Some(seat),
        state: AppointmentState::Booked,
        requester_id,
        booked_by: Some(account),
        subject: Sealed::Subject.seal(cx, appointment, &command.subject)?,
        contact: contact.map(|json| Sealed::Contact.seal(cx, appointment, &json)).transpose()?,
        note: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    emit(&mut tx, &row, EventType::AppointmentBooked)?;
    let answer = view::alone(cx, &session, &row, true).await?;
    stage_new(&mut tx, row);
    tx.commit_created(answer).await
}

/// One appointment (查询预约).
///
/// # Errors
/// `appointment_not_found`, also for those who may not know of it.
pub async fn get_appointment(cx: &Cx, id: AppointmentId) -> Result<Appointment> {
    let found = found(cx, id).await?;
    view::alone(cx, &found.session, &found.row, found.full).await
}

/// Appointments (预约列表): those that one may read, those of a day that one hosts, or one's own.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_appointments(cx: &Cx, query: ListAppointments) -> Result<Page<Appointment>> {
    let filters = (query.session_id, query.state, query.mine, query.region_code, cx.actor.account);
    let pager = Pager::new("appointments", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let reach = Reach { grids: Vec::new(), organizations: Vec::new(), ..cx.actor.reach(Permission::ReceptionRead) };
    let hosted = match query.session_id {
        Some(id) => store::session(cx, id).await?.is_some_and(|s| hosts_it(cx, &s)),
        None => false,
    };
    let (reach, own) = match (query.mine, hosted, reach.is_empty()) {
        (false, true, _) => (None, None),
        (false, false, false) => (Some(&reach), None),
        _ => (None, Some(cx.actor.account()?)),
    };
    let rows = store::list_appointments(cx, &query, reach, own, &pager).await?;
    let page = pager.page(rows, |a| (a.region_code.as_i64(), a.id))?;
    let items = page.items.iter().map(|a| view::in_list(cx, a, is_own(cx, a))).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Cancels an appointment (取消预约): whoever booked it, or who keeps the receptions, until the slot begins. The place is
/// free again.
///
/// # Errors
/// `appointment_not_found`; `permission_missing`; `version_stale`; `appointment_state_conflict`; `reception_session_over`.
pub async fn cancel_appointment(cx: &Cx, id: AppointmentId, command: CancelAppointment) -> Result<Appointment> {
    let found = found(cx, id).await?;
    if !is_own(cx, &found.row) {
        cx.actor.require(Permission::ReceptionManage, &Place::from(found.row.region_code))?;
    }
    require_version(command.version, found.row.version)?;
    require_booked(&found.row, "cancel")?;
    if view::slot_start(&found.session, found.row.slot) <= cx.now() {
        return Err(Error::new(Code::SessionOver));
    }
    let mut tx = cx.begin();
    let mut row = found.row.clone();
    give_up(&tx, &mut row);
    emit(&mut tx, &row, EventType::AppointmentCancelled)?;
    let answer = view::alone(cx, &found.session, &row, found.full).await?;
    stage_next(&mut tx, [appointment::Column::Id, appointment::Column::Version], found.row, row);
    tx.commit(answer).await
}

/// Records whether the resident came (登记到访): a host of the day, or who keeps the receptions, once the day has begun.
///
/// # Errors
/// `appointment_not_found`; `permission_missing`; `version_stale`; `appointment_state_conflict`; `reception_session_ahead`.
pub async fn record_attendance(cx: &Cx, id: AppointmentId, command: RecordAttendance) -> Result<Appointment> {
    let found = found(cx, id).await?;
    if !hosts_it(cx, &found.session) {
        cx.actor.require(Permission::ReceptionManage, &Place::from(found.row.region_code))?;
    }
    require_version(command.version, found.row.version)?;
    require_booked(&found.row, "record_attendance")?;
    if found.session.starts_at > cx.now() {
        return Err(Error::new(Code::SessionAhead));
    }
    let mut tx = cx.begin();
    let mut row = found.row.clone();
    row.state = if command.attended { AppointmentState::Attended } else { AppointmentState::Missed };
    row.note = command.note.map(|note| Sealed::Note.seal(cx, id, &note)).transpose()?;
    row.version += 1;
    row.updated_at = tx.now;
    emit(&mut tx, &row, if command.attended { EventType::AppointmentAttended } else { EventType::AppointmentMissed })?;
    let answer = view::alone(cx, &found.session, &row, found.full).await?;
    stage_next(&mut tx, [appointment::Column::Id, appointment::Column::Version], found.row, row);
    tx.commit(answer).await
}

/// Where an opinion comes from that was raised at an appointment, for whoever received there; nothing for others.
pub(crate) async fn origin(cx: &Cx, id: AppointmentId) -> Result<Option<Origin>> {
    let Some(row) = store::appointment(cx, id).await? else { return Ok(None) };
    let Some(session) = store::session(cx, row.session_id).await? else { return Ok(None) };
    let receives = hosts_it(cx, &session) || cx.actor.can(Permission::ReceptionManage, &Place::from(row.region_code));
    let said = matches!(row.state, AppointmentState::Booked | AppointmentState::Attended);
    if !receives || !said {
        return Ok(None);
    }
    Ok(Some(Origin {
        region_code: row.region_code,
        grid_id: None,
        household_id: None,
        requester_id: row.requester_id,
        contact: view::contact(cx, &row).await?,
    }))
}

/// An appointment that the caller may know of.
struct Found {
    session: session::Model,
    row: appointment::Model,
    full: bool,
}

async fn found(cx: &Cx, id: AppointmentId) -> Result<Found> {
    let missing = || Error::new(Code::AppointmentNotFound);
    let row = store::appointment(cx, id).await?.ok_or_else(missing)?;
    let session = store::session(cx, row.session_id).await?.ok_or_else(missing)?;
    let place = Place::from(row.region_code);
    let full = is_own(cx, &row) || hosts_it(cx, &session) || cx.actor.can(Permission::ReceptionManage, &place);
    if full || cx.actor.can(Permission::ReceptionRead, &place) { Ok(Found { session, row, full }) } else { Err(missing()) }
}

/// Whether it is the caller's: booked for them, or by them for somebody without an account.
fn is_own(cx: &Cx, row: &appointment::Model) -> bool {
    cx.actor.account.is_some() && (row.requester_id.or(row.booked_by) == cx.actor.account)
}

fn hosts_it(cx: &Cx, session: &session::Model) -> bool {
    cx.actor.account.is_some_and(|me| hosts(&session.host_ids).is_ok_and(|hosts| hosts.contains(&me)))
}

/// Residents book where they live, whatever region around them receives.
fn require_resident(cx: &Cx, region: RegionCode) -> Result<()> {
    let reach = cx.actor.reach(Permission::ReceptionBook);
    let lives = reach.regions.iter().any(|r| r.covers(region) || region.covers(*r));
    if lives { Ok(()) } else { Err(lacking(Permission::ReceptionBook)) }
}

async fn require_hosts(cx: &Cx, hosts: &[AccountId]) -> Result<()> {
    for (n, host) in hosts.iter().enumerate() {
        identity::require_named(cx, *host).await.map_err(|e| e.at(format!("#/host_ids/{n}")))?;
    }
    Ok(())
}

fn require_horizon(today: NaiveDate, first: NaiveDate, until: NaiveDate, pointer: &str) -> Result<()> {
    let horizon = today.checked_add_days(Days::new(731)).unwrap_or(today);
    if until < first || until > horizon { Err(Error::new(Code::PeriodInvalid).at(pointer)) } else { Ok(()) }
}

fn require_planned(row: &session::Model) -> Result<()> {
    if row.state == ReceptionSessionState::Planned { Ok(()) } else { Err(Error::new(Code::SessionCancelled)) }
}

fn require_booked(row: &appointment::Model, action: &str) -> Result<()> {
    if row.state == AppointmentState::Booked {
        return Ok(());
    }
    Err(Error::new(Code::AppointmentStateConflict).with("state", row.state).with("action", action))
}

async fn manageable(cx: &Cx, id: ReceptionId, version: Option<i32>) -> Result<reception::Model> {
    let row = store::reception(cx, id).await?.ok_or_else(|| Error::new(Code::ReceptionNotFound))?;
    cx.actor.require(Permission::ReceptionManage, &Place::from(row.region_code))?;
    require_version(version, row.version)?;
    if row.closed_at.is_some() { Err(Error::new(Code::ReceptionClosed)) } else { Ok(row) }
}

/// Stages the next version of a reception.
fn advance(tx: &mut Tx<'_>, old: reception::Model, row: &mut reception::Model) {
    row.version += 1;
    row.updated_at = tx.now;
    stage_next(tx, [reception::Column::Id, reception::Column::Version], old, row.clone());
}

/// One day as the reception's rule makes it.
fn plan(tx: &Tx<'_>, row: &reception::Model, day: NaiveDate) -> Result<session::Model> {
    let slots = (row.closes - row.opens) / row.slot_minutes;
    Ok(session::Model {
        id: tx.id(),
        version: 1,
        reception_id: row.id,
        region_code: row.region_code,
        day,
        starts_at: rule::in_china(day, row.opens)?,
        ends_at: rule::in_china(day, row.closes)?,
        slots,
        slot_minutes: row.slot_minutes,
        slot_capacity: row.slot_capacity,
        place: row.place.clone(),
        host_ids: row.host_ids.clone(),
        state: ReceptionSessionState::Planned,
        reason: None,
    })
}

/// The appointment gives its place up.
fn give_up(tx: &Tx<'_>, row: &mut appointment::Model) {
    row.state = AppointmentState::Cancelled;
    row.seat = None;
    row.version += 1;
    row.updated_at = tx.now;
}

fn minutes(time: NaiveTime) -> i16 {
    i16::try_from(time.num_seconds_from_midnight() / 60).unwrap_or_default()
}

fn of_reception(row: &reception::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

fn emit(tx: &mut Tx<'_>, row: &appointment::Model, kind: EventType) -> Result<()> {
    let subject = Subject { id: row.id.0, version: row.version, region: row.region_code };
    tx.emit(subject, &AppointmentEvent { kind, session_id: row.session_id, slot: row.slot })
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(reception::Entity),
        schema.create_table_from_entity(session::Entity),
        schema.create_table_from_entity(appointment::Entity),
    ]
}

/// The appointments of somebody, in full, newest first.
pub(crate) async fn own(cx: &Cx, account: AccountId, limit: u64) -> Result<Vec<Appointment>> {
    let mut own = Vec::new();
    for row in store::of_requester(cx, account, limit).await? {
        own.push(Appointment { contact: view::contact(cx, &row).await?, ..view::in_list(cx, &row, true)? });
    }
    Ok(own)
}

/// Erases the contacts of somebody's appointments.
pub(crate) async fn erase(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::erase_contacts(tx, account).await
}
