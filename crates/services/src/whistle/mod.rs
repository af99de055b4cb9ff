//! Whistles (街道吹哨、部门报到): a community or street calls departments to an order.
//!
//! Only departments with a duty in force where the order lies can be called (`organizations::admission`). Each must come within the
//! limit of the place's whistle rules ([`arrive_whistle`]); who comes later comes late, and who does not come is absent. Who called says
//! when a department has done its part, or need not come ([`finish_whistle`]), and both sides judge each other once
//! ([`judge_whistle`]). The order stays with the community: its holder and its state do not change, and a department is told of it
//! without anybody's name or phone.

mod command;
mod event;
pub mod flow;
mod row;
mod rules;
mod store;
mod view;

pub use command::{ArriveWhistle, BlowWhistle, CountWhistles, FinishWhistle, JudgeWhistle, ListWhistles, WhistleOutcome};
pub(crate) use event::event_types;
pub use flow::{Action, WhistleState};
pub use rules::WhistleRules;
pub use view::{Whistle, WhistleCount, Whistles};

use crate::{order, policy};
use event::WhistleEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, Subject, Tx,
    access::Reach,
    clock::has_plain_year,
    id::{OrderId, WhistleId},
    stage::stage_next,
};
use row::{Column as C, Model, StoredState};
use sea_orm::{EntityTrait, IntoActiveModel};
use view::{Sides, average, owner};

/// Calls departments to an order (吹哨); the order stays where it is.
///
/// # Errors
/// `order_not_found`; `permission_missing`; `order_state_conflict` for an order that is over; `whistle_duty_missing` for a department that has no duty in
/// force there, or is none; `whistle_limit_missing`; `whistle_exists` for one that is called to this order already.
pub async fn blow_whistle(cx: &Cx, id: OrderId, command: BlowWhistle) -> Result<Whistles> {
    let brief = order::brief(cx, id).await?;
    cx.actor.require(Permission::WhistleBlow, &brief.place())?;
    if !brief.state.is_open() {
        return Err(Error::new(Code::OrderStateConflict).with("state", brief.state.as_str()).with("action", "whistle"));
    }
    let region = brief.region_code;
    let on_duty = organizations::admission::on_duty(cx, &command.department_ids, region).await?;
    for (n, department) in command.department_ids.iter().enumerate() {
        let at = format!("#/department_ids/{n}");
        if command.department_ids[..n].contains(department) {
            return Err(Error::field_with(at, Code::FieldInvalid, vec![("reason", "a department is named twice".to_owned())]));
        }
        if !on_duty.contains(department) {
            let day = cx.now().with_timezone(&crate::calendar::china()).date_naive();
            return Err(Error::new(Code::WhistleDutyMissing).with("region", region).with("day", day).at(at));
        }
    }
    let limit = match command.respond_limit {
        Some(limit) => limit,
        None => {
            let rules = policy::whistle_rules(cx, region).await?;
            rules.respond_limit.ok_or_else(|| Error::new(Code::WhistleLimitMissing).at("#/respond_limit"))?
        }
    };
    let respond_by = limit.end(cx.now(), &policy::working_time(cx, region).await?);
    let mut tx = cx.begin();
    let mut items = Vec::new();
    for department_id in command.department_ids {
        let id: WhistleId = tx.id();
        let row = Model {
            id,
            version: 1,
            order_id: brief.id,
            region_code: region,
            department_id,
            state: StoredState::Called,
            reason: cx.vault().seal(&owner(id, "reason"), &command.reason)?,
            called_by: cx.actor.account,
            respond_limit: limit.to_string(),
            respond_by,
            arrived_at: None,
            arrived_by: None,
            ended_at: None,
            department_score: None,
            department_comment: None,
            call_score: None,
            call_comment: None,
            created_at: tx.now,
            updated_at: tx.now,
        };
        tx.emit(subject(&row), &WhistleEvent::Blown { order_id: row.order_id, department_id, respond_by })?;
        let insert = row::Entity::insert(row.clone().into_active_model());
        insert.exec_without_returning(tx.conn().await?).await.map_err(|e| {
            let e = Error::from(e);
            if e.code == Code::ValueTaken { Error::new(Code::WhistleExists).because(e) } else { e }
        })?;
        items.push(view::whistle(cx, row, Some(brief.clone()), Sides { caller: true, department: false })?);
    }
    tx.commit_created(Whistles { items }).await
}

/// Comes to an order for a department (报到), in time or late.
///
/// # Errors
/// `whistle_not_found`; `permission_missing`; `version_stale`; `whistle_state_conflict` for who has come already.
pub async fn arrive_whistle(cx: &Cx, id: WhistleId, command: ArriveWhistle) -> Result<Whistle> {
    let old = stepping(cx, id, command.version, Permission::WhistleAnswer).await?;
    let mut row = old.clone();
    row.state = flow::decide(now(cx, &old), Action::Arrive)?;
    let tx = cx.begin();
    row.arrived_at = Some(tx.now);
    row.arrived_by = cx.actor.account;
    let event = WhistleEvent::Arrived { order_id: row.order_id, department_id: row.department_id, late: tx.now > row.respond_by };
    step(tx, old, row, &event).await
}

/// Ends a whistle (结束吹哨): the department has done its part, or need not come.
///
/// # Errors
/// `whistle_not_found`; `permission_missing`; `version_stale`; `whistle_state_conflict`.
pub async fn finish_whistle(cx: &Cx, id: WhistleId, command: FinishWhistle) -> Result<Whistle> {
    let old = stepping(cx, id, command.version, Permission::WhistleBlow).await?;
    let mut row = old.clone();
    let (order_id, department_id) = (row.order_id, row.department_id);
    let (action, event) = match command.outcome {
        WhistleOutcome::Done => (Action::Finish, WhistleEvent::Done { order_id, department_id }),
        WhistleOutcome::Excused => (Action::Excuse, WhistleEvent::Excused { order_id, department_id }),
    };
    row.state = flow::decide(now(cx, &old), action)?;
    let tx = cx.begin();
    row.ended_at = Some(tx.now);
    step(tx, old, row, &event).await
}

/// Judges the other side (互评), once: the department the call, who called the department.
///
/// # Errors
/// `whistle_not_found`; `permission_missing`; `version_stale`; `whistle_state_conflict` before there is something to judge;
/// `whistle_judged`.
pub async fn judge_whistle(cx: &Cx, id: WhistleId, command: JudgeWhistle) -> Result<Whistle> {
    let by_department = match known(cx, id).await? {
        row if cx.actor.can(Permission::WhistleAnswer, &place(&row)) => true,
        row => {
            cx.actor.require(Permission::WhistleBlow, &place(&row))?;
            false
        }
    };
    let right = if by_department { Permission::WhistleAnswer } else { Permission::WhistleBlow };
    let old = stepping(cx, id, command.version, right).await?;
    let mut row = old.clone();
    row.state = flow::decide(now(cx, &old), if by_department { Action::JudgeCall } else { Action::JudgeDepartment })?;
    let column = if by_department { "call_comment" } else { "department_comment" };
    let comment = command.comment.map(|text| cx.vault().seal(&owner(id, column), &text)).transpose()?;
    let (score, said) =
        if by_department { (&mut row.call_score, &mut row.call_comment) } else { (&mut row.department_score, &mut row.department_comment) };
    if score.is_some() {
        return Err(Error::new(Code::WhistleJudged));
    }
    *score = Some(command.score);
    *said = comment;
    let event = WhistleEvent::Judged { order_id: row.order_id, department_id: row.department_id, by_department, score: command.score };
    step(cx.begin(), old, row, &event).await
}

/// One whistle with its order as the department is told of it (查询吹哨).
///
/// # Errors
/// `whistle_not_found`, also for those who may not know of it.
pub async fn get_whistle(cx: &Cx, id: WhistleId) -> Result<Whistle> {
    let row = known(cx, id).await?;
    shown(cx, row).await
}

/// The whistles of a region, or those that call a department (吹哨列表).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_whistles(cx: &Cx, query: ListWhistles) -> Result<Page<Whistle>> {
    plain(&[query.updated_after])?;
    let reach = reach(cx)?;
    let filters = (query.region_code, query.department_id, query.order_id, query.state, query.updated_after, cx.actor.account);
    let pager = Pager::new("whistles", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::list(cx, &reach, &query, &pager).await?, |w| (w.region_code.as_i64(), w.id))?;
    let orders = order::briefs(cx, &page.items.iter().map(|w| w.order_id).collect::<Vec<_>>()).await?;
    let view = |row: Model| {
        let (sides, order) = (sides(cx, &row), orders.get(&row.order_id).cloned());
        view::whistle(cx, row, order, sides)
    };
    let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// How departments came when they were called, and what both sides think (吹哨统计), by department.
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn count_whistles(cx: &Cx, query: CountWhistles) -> Result<Page<WhistleCount>> {
    plain(&[query.from, query.until])?;
    let reach = reach(cx)?;
    let filters = (query.region_code, query.from, query.until, cx.actor.account);
    let pager = Pager::new("whistle_counts", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::counts(cx, &reach, &query, &pager).await?, |sums| sums.department_id)?;
    Ok(page.map(|sums| WhistleCount {
        department_id: sums.department_id,
        called: sums.called,
        in_time: sums.in_time,
        late: sums.late,
        absent: sums.absent,
        excused: sums.excused,
        department_judged: sums.department_judged,
        department_score: average(sums.department_sum, sums.department_judged),
        call_judged: sums.call_judged,
        call_score: average(sums.call_sum, sums.call_judged),
    }))
}

/// The whistle, if the caller may take a step of their side and it is at the version that they read.
async fn stepping(cx: &Cx, id: WhistleId, version: Option<i32>, right: Permission) -> Result<Model> {
    let row = known(cx, id).await?;
    cx.actor.require(right, &place(&row))?;
    if version.is_some_and(|v| v != row.version) { Err(Error::new(Code::VersionStale)) } else { Ok(row) }
}

async fn step(mut tx: Tx<'_>, old: Model, mut row: Model, event: &WhistleEvent) -> Result<Whistle> {
    row.version = old.version + 1;
    row.updated_at = tx.now;
    tx.emit(subject(&row), event)?;
    stage_next(&mut tx, [C::Id, C::Version], old, row.clone());
    let view = shown(tx.cx(), row).await?;
    tx.commit(view).await
}

async fn shown(cx: &Cx, row: Model) -> Result<Whistle> {
    let order = order::briefs(cx, &[row.order_id]).await?.remove(&row.order_id);
    let sides = sides(cx, &row);
    view::whistle(cx, row, order, sides)
}

async fn known(cx: &Cx, id: WhistleId) -> Result<Model> {
    let row = store::find(cx, id).await?.filter(|row| cx.actor.can(Permission::WhistleRead, &place(row)));
    row.ok_or_else(|| Error::new(Code::WhistleNotFound))
}

fn now(cx: &Cx, row: &Model) -> WhistleState {
    flow::at(row.state, row.respond_by, cx.now())
}

fn sides(cx: &Cx, row: &Model) -> Sides {
    let place = place(row);
    Sides { caller: cx.actor.can(Permission::WhistleBlow, &place), department: cx.actor.can(Permission::WhistleAnswer, &place) }
}

fn reach(cx: &Cx) -> Result<Reach> {
    let reach = cx.actor.reach(Permission::WhistleRead);
    if reach.is_empty() { Err(Error::new(Code::PermissionMissing).with("permission", Permission::WhistleRead)) } else { Ok(reach) }
}

fn plain(times: &[Option<kernel::Time>]) -> Result<()> {
    if times.iter().flatten().all(|time| has_plain_year(*time)) {
        Ok(())
    } else {
        Err(Error::new(Code::QueryParameterInvalid).with("reason", "a year of four digits"))
    }
}

const fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: None, organization: Some(row.department_id) }
}

const fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    vec![
        S::by_id("whistles", "reason", |key| format!("whistle {} reason", key[0])),
        S::by_id("whistles", "department_comment", |key| format!("whistle {} department_comment", key[0])),
        S::by_id("whistles", "call_comment", |key| format!("whistle {} call_comment", key[0])),
    ]
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity)]
}
