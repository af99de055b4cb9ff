//! What is done about a work order beside its order: look at it, ask for more time, call the caller back, do it again.

use super::{
    command::{CallBackHotlineOrder, ExtendHotlineOrder, ListHotlineOrders, ReworkHotlineOrder},
    event::HotlineEvent,
    flow::{self, Again},
    intake::{admitted, begin_round, is_late, limits_of, moved, placing, speaks_for, subject},
    push::{PushHotlineOrder, plain_time},
    row::{hotline, order, payload},
    signature::Envelope,
    store,
    view::Sealed,
    work_order::{self, HotlineOrder, HotlinePayload},
};
use chrono::{DateTime, Duration, Utc};
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Result, Tx,
    id::{HotlineOrderId, OrderId},
    mask,
};
use services::{
    order::{
        self as orders, State,
        external::{self, OrderFacts},
    },
    policy,
};
use std::collections::{HashMap, hash_map::Entry};

/// How often a step is tried anew when somebody else has been faster.
const TRIES: usize = 5;
/// How far ahead of ours the clock of whoever called back may be.
const AHEAD: Duration = Duration::minutes(5);

/// The work orders that one may read (热线工单列表), the newest first, masked.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_orders(cx: &Cx, query: ListHotlineOrders) -> Result<Page<HotlineOrder>> {
    let reach = cx.actor.reach(Permission::HotlineRead);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::HotlineRead));
    }
    let filters = (query.region_code, query.hotline_id, &query.external_number, query.open);
    let pager = Pager::new("hotline_orders", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::list_orders(cx, &reach, &query, &pager).await?, |row| row.id)?;
    let mut payloads: HashMap<HotlineOrderId, payload::Model> =
        store::payloads(cx, &page.items).await?.into_iter().map(|p| (p.hotline_order_id, p)).collect();
    let mut systems = HashMap::new();
    let mut items = Vec::new();
    for row in &page.items {
        if let Entry::Vacant(unknown) = systems.entry(row.hotline_id) {
            unknown.insert(hotline_of(cx, row).await?.system);
        }
        let payload = payloads.remove(&row.id).ok_or_else(|| Error::internal("a work order has its payload"))?;
        items.push(work_order::work_order(&systems[&row.hotline_id], row, opened(cx, &payload)?, false));
    }
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// One work order (查询热线工单).
///
/// # Errors
/// `hotline_order_not_found`, also for those who may not know of it.
pub async fn get_order(cx: &Cx, id: HotlineOrderId) -> Result<HotlineOrder> {
    let (row, hotline) = found(cx, id).await?;
    shown(cx, &row, &hotline).await
}

/// A work order as it came (查看原始工单); that somebody looked at it is logged.
///
/// # Errors
/// `hotline_order_not_found`; `permission_missing`, also for who does the work on a confidential one; `agreement_missing`.
pub async fn reveal(cx: &Cx, id: HotlineOrderId) -> Result<HotlinePayload> {
    let (row, _) = found(cx, id).await?;
    cx.actor.require(Permission::HotlineReadPersonal, &row.region_code.into())?;
    cx.actor.require_sees(kernel::access::PersonalData::Orders)?;
    if row.confidential && external::is_doer(cx, row.order_id).await? {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::HotlineReadPersonal));
    }
    let kept = latest(cx, &row).await?;
    let payload = Sealed::Payload(kept.hotline_order_id, kept.external_version).open(cx, &kept.payload)?;
    let answer = HotlinePayload {
        hotline_order_id: row.id,
        external_version: kept.external_version,
        received_at: kept.received_at,
        payload: serde_json::from_str(&payload).map_err(Error::internal)?,
    };
    let mut tx = cx.begin();
    tx.emit(subject(&row), &HotlineEvent::Revealed {})?;
    tx.commit(answer).await
}

/// Asks the hotline for more time (申请延期). What it answers is a newer version of the work order.
///
/// # Errors
/// `hotline_order_not_found`; `permission_missing`; `version_stale`; `hotline_state_conflict` when the work is done;
/// `hotline_extension_late`; `hotline_extensions_used`.
pub async fn extend(cx: &Cx, id: HotlineOrderId, command: ExtendHotlineOrder) -> Result<HotlineOrder> {
    let (old, hotline) = found(cx, id).await?;
    cx.actor.require(Permission::HotlineHandle, &old.region_code.into())?;
    require_version(command.version, &old)?;
    let new_finish_by = plain_time(command.new_finish_by).map_err(|e| e.field_at("#/new_finish_by"))?;
    let told_claimant_at = command.told_claimant_at.map(plain_time).transpose().map_err(|e| e.field_at("#/told_claimant_at"))?;
    let facts = facts_of(cx, old.order_id).await?;
    if !facts.state.is_open() {
        return Err(conflict(facts.state, "extend"));
    }
    if old.finish_by < cx.now() || new_finish_by <= old.finish_by {
        let finish_by = old.finish_by.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        return Err(Error::new(Code::HotlineExtensionLate).with("finish_by", finish_by));
    }
    let limit = policy::hotline_rules(cx, old.region_code).await?.extensions;
    if i32::from(old.extensions) >= i32::from(limit) {
        return Err(Error::new(Code::HotlineExtensionsUsed).with("limit", limit));
    }
    let mut tx = cx.begin();
    let new = order::Model { extensions: old.extensions + 1, version: old.version + 1, updated_at: tx.now, ..old.clone() };
    store::advance_order(&mut tx, &old, &new).await?;
    let asked = HotlineEvent::ExtensionAsked { reason: mask::text(&command.reason), new_finish_by, told_claimant_at };
    tx.emit(subject(&new), &asked)?;
    tx.commit(shown(cx, &new, &hotline).await?).await
}

/// Records that the caller was called back (回访): by the hotline's program, or by the community, which then tells the hotline.
///
/// # Errors
/// `hotline_order_not_found`; `permission_missing`; `version_stale`; `hotline_state_conflict` while the work is not done;
/// `evaluator_is_doer` for whoever did the work; those of a signature.
pub async fn call_back(cx: &Cx, envelope: &Envelope<'_>, id: HotlineOrderId, command: CallBackHotlineOrder) -> Result<HotlineOrder> {
    for (name, given) in [("solved", command.solved.is_some()), ("satisfaction", command.satisfaction.is_some())] {
        if given && !command.reached {
            let reason = "nobody was reached who could say so".to_owned();
            return Err(Error::field_with(format!("#/{name}"), Code::FieldInvalid, vec![("reason", reason)]));
        }
    }
    let at = plain_time(command.at).map_err(|e| e.field_at("#/at"))?;
    if at > cx.now() + AHEAD {
        return Err(Error::field_with("#/at", Code::FieldInvalid, vec![("reason", "it lies in the future".to_owned())]));
    }
    let mut last = Error::new(Code::VersionStale);
    for _ in 0..TRIES {
        match try_call_back(cx, envelope, id, &command, at).await {
            Err(e) if is_late(&e) && command.version.is_none() => last = e,
            done => return done,
        }
    }
    Err(last)
}

async fn try_call_back(
    cx: &Cx,
    envelope: &Envelope<'_>,
    id: HotlineOrderId,
    command: &CallBackHotlineOrder,
    at: DateTime<Utc>,
) -> Result<HotlineOrder> {
    let (old, hotline) = found(cx, id).await?;
    let place = old.region_code.into();
    let by_hotline = cx.actor.program.is_some() && cx.actor.can(Permission::HotlinePush, &place) && speaks_for(cx, &hotline);
    let permission = if by_hotline { Permission::HotlinePush } else { Permission::HotlineHandle };
    cx.actor.require(permission, &place)?;
    let nonce = if by_hotline { admitted(cx, &hotline, envelope)? } else { None };
    require_version(command.version, &old)?;
    let facts = facts_of(cx, old.order_id).await?;
    if !flow::can_be_called_back(facts.state) {
        return Err(conflict(facts.state, "call_back"));
    }
    if !by_hotline && external::is_doer(cx, old.order_id).await? {
        return Err(Error::new(Code::EvaluatorIsDoer));
    }
    let from = policy::hotline_rules(cx, old.region_code).await?.satisfied_from;
    let new = order::Model {
        version: old.version + 1,
        called_back_at: Some(at),
        reached: Some(command.reached),
        solved: command.solved,
        satisfaction: command.satisfaction,
        satisfied: command.satisfaction.map(|s| s >= i16::from(from)),
        updated_at: cx.now(),
        ..old.clone()
    };
    let reason = command.reason.as_deref().map(mask::text);
    let event = HotlineEvent::CalledBack {
        by_hotline,
        called_back_at: at,
        reached: command.reached,
        solved: command.solved,
        satisfaction: command.satisfaction,
        reason,
    };
    let answer = shown(cx, &new, &hotline).await?;
    let write = async |tx: &mut Tx<'_>| {
        if let Some(nonce) = &nonce {
            store::take_nonce(tx, hotline.id, nonce).await?;
        }
        store::advance_order(tx, &old, &new).await?;
        tx.emit(subject(&new), &event)
    };
    match command.satisfaction.filter(|_| facts.state == State::Completed) {
        Some(satisfaction) => {
            let level = flow::level_of(satisfaction);
            external::judge_with(cx, old.order_id, permission, level, command.reason.clone(), async |tx, _| {
                write(tx).await?;
                Ok(answer)
            })
            .await
        }
        None => {
            let mut tx = cx.begin();
            write(&mut tx).await?;
            tx.commit(answer).await
        }
    }
}

/// Has a work order done again (二次办理): its order goes back to dispatching, or, if that is over, another one is placed.
///
/// # Errors
/// `hotline_order_not_found`; `permission_missing`; `version_stale`; `hotline_state_conflict` while the work goes on; those of a
/// signature.
pub async fn rework(cx: &Cx, envelope: &Envelope<'_>, id: HotlineOrderId, command: ReworkHotlineOrder) -> Result<HotlineOrder> {
    let finish_by = command.finish_by.map(plain_time).transpose().map_err(|e| e.field_at("#/finish_by"))?;
    let mut last = Error::new(Code::VersionStale);
    for _ in 0..TRIES {
        match try_rework(cx, envelope, id, &command, finish_by).await {
            Err(e) if is_late(&e) && command.version.is_none() => last = e,
            done => return done,
        }
    }
    Err(last)
}

async fn try_rework(
    cx: &Cx,
    envelope: &Envelope<'_>,
    id: HotlineOrderId,
    command: &ReworkHotlineOrder,
    finish_by: Option<DateTime<Utc>>,
) -> Result<HotlineOrder> {
    let (old, hotline) = found(cx, id).await?;
    cx.actor.require(Permission::HotlinePush, &old.region_code.into())?;
    if !speaks_for(cx, &hotline) {
        return Err(Error::new(Code::HotlineOrderNotFound));
    }
    let nonce = admitted(cx, &hotline, envelope)?;
    require_version(command.version, &old)?;
    let facts = facts_of(cx, old.order_id).await?;
    let again = flow::again(facts.state).ok_or_else(|| conflict(facts.state, "rework"))?;
    let pushed = opened(cx, &latest(cx, &old).await?)?;
    let rules = policy::hotline_rules(cx, old.region_code).await?;
    // The limits of the work order were those of the first handling.
    let bare = PushHotlineOrder { sign_by: None, reply_by: None, finish_by, ..pushed.clone() };
    let limits = limits_of(cx, &bare, &rules).await?;
    let mut new = order::Model { version: old.version + 1, finish_by: limits.finish_by, updated_at: cx.now(), ..old.clone() };
    let sees = work_order::sees_in_full(cx, old.region_code);
    let write = async |tx: &mut Tx<'_>, new: &order::Model| {
        if let Some(nonce) = &nonce {
            store::take_nonce(tx, hotline.id, nonce).await?;
        }
        store::advance_order(tx, &old, new).await?;
        tx.emit(subject(new), &HotlineEvent::Reopened { order_id: new.order_id, round: new.round })?;
        Ok(work_order::work_order(&hotline.system, new, pushed.clone(), sees))
    };
    match again {
        Again::Rework => {
            (new.finished_at, new.returned_at) = (None, None);
            let reason = command.reason.clone();
            let permission = Permission::HotlinePush;
            external::rework_with(cx, old.order_id, permission, reason, limits.finish_by, async |tx, _| write(tx, &new).await).await
        }
        Again::Place => {
            let known = external::numbered(cx, &hotline.system, &old.external_number).await?.map(|(_, version)| version);
            let placing = placing(cx, &hotline.system, &pushed, old.item_code.as_ref(), limits, known).await?;
            (new.sign_by, new.reply_by) = (limits.sign_by, limits.reply_by);
            begin_round(&mut new);
            let placed = orders::place_with(cx, placing, async |tx, order| {
                let new = order::Model { order_id: order.id, ..new.clone() };
                store::insert_round(tx, &new).await?;
                write(tx, &new).await
            });
            placed.await.map_err(moved)
        }
    }
}

/// The work order, if the caller may know of it, and its hotline.
async fn found(cx: &Cx, id: HotlineOrderId) -> Result<(order::Model, hotline::Model)> {
    let missing = || Error::new(Code::HotlineOrderNotFound);
    let row = store::find_order(cx, id).await?.ok_or_else(missing)?;
    let hotline = hotline_of(cx, &row).await?;
    let place = row.region_code.into();
    let reads = cx.actor.can(Permission::HotlineRead, &place) || cx.actor.can(Permission::HotlineHandle, &place);
    let speaks = cx.actor.can(Permission::HotlinePush, &place) && speaks_for(cx, &hotline);
    if reads || speaks { Ok((row, hotline)) } else { Err(missing()) }
}

async fn hotline_of(cx: &Cx, row: &order::Model) -> Result<hotline::Model> {
    store::find_any(cx, row.hotline_id).await?.ok_or_else(|| Error::internal("a work order has its hotline"))
}

async fn facts_of(cx: &Cx, id: OrderId) -> Result<OrderFacts> {
    external::facts(cx, &[id]).await?.pop().ok_or_else(|| Error::internal("a work order has its order"))
}

/// What came with the version that a work order is at.
async fn latest(cx: &Cx, row: &order::Model) -> Result<payload::Model> {
    store::payloads(cx, std::slice::from_ref(row)).await?.pop().ok_or_else(|| Error::internal("a work order has its payload"))
}

fn opened(cx: &Cx, kept: &payload::Model) -> Result<PushHotlineOrder> {
    let payload = Sealed::Payload(kept.hotline_order_id, kept.external_version).open(cx, &kept.payload)?;
    serde_json::from_str(&payload).map_err(Error::internal)
}

async fn shown(cx: &Cx, row: &order::Model, hotline: &hotline::Model) -> Result<HotlineOrder> {
    let sees = work_order::sees_in_full(cx, row.region_code);
    let full = sees && !(row.confidential && external::is_doer(cx, row.order_id).await?);
    Ok(work_order::work_order(&hotline.system, row, opened(cx, &latest(cx, row).await?)?, full))
}

fn require_version(seen: Option<i32>, row: &order::Model) -> Result<()> {
    if seen.is_some_and(|v| v != row.version) { Err(Error::new(Code::VersionStale)) } else { Ok(()) }
}

fn conflict(state: State, action: &str) -> Error {
    Error::new(Code::HotlineStateConflict).with("state", state.as_str()).with("action", action)
}
