//! The one order engine: 群众点单 → 社区派单 → 党员接单 → 办结 → 群众评单 → 销号.
//!
//! A resident [`place`]s an order; the community takes it in hand ([`triage`], the clocks start) and
//! [`dispatch`]es it to a named taker, to a pool, or does it at once; a party member, a volunteer or an
//! organization [`accept`]s and [`complete`]s it; the resident [`evaluate`]s; somebody who did not do
//! the work [`close`]s it. What may follow what is the table in [`flow`]; who may do it, [`sight`].
//!
//! Every verb has the same shape: find the order, check that it is the caller's step, take the
//! [`Change`] through one or two steps of the table, save. Saving compares the version that was read, so
//! of two who act at once exactly one wins, and the other hears where the order stands now.

mod brief;
mod candidate;
mod change;
pub mod command;
mod event;
pub mod external;
pub mod flow;
mod number;
pub mod open;
mod own;
mod row;
mod sight;
mod store;
mod taking;
mod view;

pub use brief::OrderBrief;
pub(crate) use brief::{brief, briefs};
pub use candidate::{Candidate, CandidateSource, Candidates, ListCandidates, candidates};
pub use command::*;
pub use event::event_types;
pub use external::{Amendment, ExternalRef, LinkOrder, OrderFacts, Terms, UpsertOrder, link, upsert};
pub use flow::{Action, State};
pub(crate) use own::done_by;
pub use own::{OwnOrder, erase_contacts, open_orders_of, own_orders, purge_contacts};
pub use store::{COUNTED_ORDERS, backlog};
pub use view::{Evaluation, Order, Rejection, masked_contact};

use crate::{catalogue, policy};
use change::Change;
use event::{Logged, OrderEvent};
use files::{Attachment, Owner, OwnerKind, Part};
use identity::SealedContact;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, Subject, Tx,
    event::LoggedEvent,
    id::{AccountId, OrderId},
    mask,
};
use row::{assistant, order::Model};
use serde::Serialize;
use sight::Standing;
use taking::{check_taker, claim};

/// Places an order (点单), for oneself or on behalf of somebody.
///
/// # Errors
/// `region_unknown`, `region_closed`, `region_not_community`; `permission_missing`; `service_item_unknown`;
/// `point_outside_country`, `point_outside_community`; `order_address_missing`; `order_requester_missing`; `admission_missing` for a
/// department's task that no item of the admission list lets in.
pub async fn place(cx: &Cx, command: PlaceOrder) -> Result<Order> {
    place_with(cx, command, async |_, order| Ok(order)).await
}

/// Places an order together with what another crate changes for it: `also` runs in the order's own transaction and says what
/// the caller is answered. It may run again, in another transaction, when the order's number was taken.
///
/// # Errors
/// Those of [`place`] and of `also`.
pub async fn place_with<T: Serialize>(cx: &Cx, command: PlaceOrder, also: impl AsyncFn(&mut Tx<'_>, Order) -> Result<T>) -> Result<T> {
    let region = grids::require_community(cx, command.region_code).await.map_err(|e| e.at("#/region_code"))?.code;
    let account = cx.actor.account()?;
    let on_behalf = command.on_behalf || command.requester_id.is_some_and(|r| r != account);
    let position = command.point.map(kernel::geo::Point::to_wgs84).transpose().map_err(|e| e.at("#/point"))?;
    let grid_id = match position {
        Some(at) => grids::place_in(cx, region, at).await.map_err(|e| e.at("#/point"))?,
        None => None,
    };
    let terms = &command.terms;
    let permission = match (terms.permission, on_behalf) {
        (Some(permission), _) => permission,
        (None, true) => Permission::OrderPlaceOnBehalf,
        (None, false) => Permission::OrderPlace,
    };
    // A department's own staff places for it wherever the admission list lets it in; for a department that is not theirs, as on behalf.
    let department = command.department_id;
    let permission = if command.department_id.is_some() || command.admission_item_id.is_some() {
        if department.is_some_and(|d| cx.actor.staff_of().contains(&d)) { permission } else { Permission::OrderPlaceOnBehalf }
    } else {
        permission
    };
    cx.actor.require(permission, &Place { region: Some(region), grid: grid_id, organization: department })?;
    let requester_id = if on_behalf { command.requester_id } else { Some(account) };
    match requester_id {
        // A hotline has callers who do not say who they are; it knows how to reach them.
        None if terms.permission.is_none() && command.contact.as_ref().is_none_or(|c| c.name.is_none() && c.phone.is_none()) => {
            return Err(Error::new(Code::RequesterMissing).at("#/requester_id"));
        }
        // Only for one of those there: else anybody's name and phone could be had by placing an order for them.
        Some(requester) if on_behalf && !identity::holds(cx, requester, Permission::OrderPlace, &Place::from(region)).await? => {
            return Err(Error::new(Code::AccountNotFound).at("#/requester_id"));
        }
        _ => {}
    }
    let item = match &command.item_code {
        Some(code) => Some(catalogue::offered(cx, code, region).await?),
        None => None,
    };
    let addressed = command.contact.as_ref().is_some_and(|c| c.address.is_some());
    if item.as_ref().is_some_and(|i| i.needs_address) && !addressed {
        return Err(Error::new(Code::AddressMissing).at("#/contact/address"));
    }

    let admission_item_id = match (department, command.admission_item_id) {
        (None, None) => None,
        (department, item) => Some(organizations::admission::require(cx, department, item, region).await?),
    };

    let contact = command.contact.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    for _ in 0..3 {
        let mut tx = cx.begin();
        let id: OrderId = tx.id();
        let sealed = contact.as_deref().map(|json| cx.vault().seal(&view::contact_owner(id), json)).transpose()?;
        let mut order = Model {
            id,
            number: number::make(id.0, tx.now),
            version: 1,
            state: State::Placed,
            region_code: region,
            grid_id,
            item_id: item.as_ref().map(|i| i.id),
            priority: terms.priority.unwrap_or(Priority::Normal),
            channel: command.channel.unwrap_or(Channel::Other),
            title: command.title.clone(),
            content: command.content.clone(),
            requester_id,
            placed_by: Some(account),
            contact: sealed,
            lng: position.map(|p| p.lng),
            lat: position.map(|p| p.lat),
            given_lng: command.point.map(|p| p.lng),
            given_lat: command.point.map(|p| p.lat),
            given_datum: command.point.map(|p| format!("{:?}", p.datum).to_lowercase()),
            dispatch_mode: None,
            lead_kind: None,
            lead_id: None,
            lead_slot: None,
            assistant_count: 0,
            attachment_count: i16::try_from(command.attachment_ids.len()).map_err(Error::internal)?,
            respond_limit: None,
            finish_limit: None,
            respond_by: None,
            finish_by: terms.finish_by,
            due_at: terms.sign_by,
            suspended_from: None,
            suspended_at: None,
            rework_count: 0,
            result: None,
            answer: None,
            completed_by: None,
            score: None,
            tags: None,
            comment: None,
            reject_code: None,
            reject_text: None,
            reject_channel: None,
            merged_into: None,
            created_at: tx.now,
            updated_at: tx.now,
            accepted_at: None,
            completed_at: None,
            evaluated_at: None,
            closed_at: None,
            confidential: terms.confidential,
            designated: terms.designated,
            reject_until: terms.reject_until,
            fixed_finish_by: terms.finish_by,
            external_count: i16::from(terms.external.is_some()),
            admission_item_id,
        };
        let owner = Owner { kind: OwnerKind::Order, id: id.0, part: Part::Request };
        let mut attachments = files::claim(&mut tx, &command.attachment_ids, owner).await?;
        if let Some(from) = terms.files_of {
            attachments.extend(files::pass_on(&mut tx, from, owner).await?);
            order.attachment_count = i16::try_from(attachments.len()).map_err(Error::internal)?;
        }
        let attachment_ids = attachments.iter().map(|a| a.id).collect();
        let placed =
            OrderEvent::Placed { number: order.number.clone(), channel: order.channel, on_behalf, attachment_ids, admission_item_id };
        tx.emit(subject(&order), &Logged { from: None, to: State::Placed, what: &placed })?;
        external::give(&mut tx, terms, id).await?;
        store::insert(&mut tx, order.clone());
        let standing = sight::standing(&cx.actor, &order);
        let refs = terms.external.iter().cloned().collect();
        let contact = filled(cx, &order, standing, command.contact.clone(), None).await?;
        let attachments = if standing.sees_files(&cx.actor, &order) { attachments } else { Vec::new() };
        let answer = view::alone(&cx.actor, tx.now, order.clone(), standing, contact, &[], (attachments, refs))?;
        let answer = also(&mut tx, answer).await?;
        match tx.commit_created(answer).await {
            Ok(answer) => {
                store::keep(cx, &order);
                return Ok(answer);
            }
            // Two orders of one day drew the same number: draw again.
            Err(e) if e.breaks("number") => {}
            Err(e) => return Err(e),
        }
    }
    Err(Error::internal("three order numbers in a row were taken"))
}

/// Takes an order in hand (受理分类): sorts it, sets its limits, starts its clocks.
///
/// # Errors
/// Those of every step; `service_item_unknown`; `grid_foreign`.
pub async fn triage(cx: &Cx, id: OrderId, command: TriageOrder) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Triage, command.version).await?;
    let region = change.after.region_code;
    let item = match (&command.item_code, change.after.item_id) {
        (Some(code), _) => Some(catalogue::offered(cx, code, region).await?),
        (None, Some(id)) => catalogue::version(cx, id).await?,
        (None, None) => None,
    };
    if let Some(grid) = command.grid_id {
        grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id"))?;
        change.after.grid_id = Some(grid);
    }
    // Who only corrects the priority or the grid of an order in hand does not set its clocks back.
    let fresh = change.before.state == State::Placed || command.item_code.is_some();
    if fresh || command.respond_limit.is_some() || command.finish_limit.is_some() {
        let (respond, finish) = if fresh {
            // What another system has set goes before what the catalogue says.
            let finish = item.as_ref().and_then(|i| i.finish_limit).filter(|_| change.after.fixed_finish_by.is_none());
            (item.as_ref().and_then(|i| i.respond_limit), finish)
        } else {
            change.limits()?
        };
        change.set_clocks(command.respond_limit.or(respond), command.finish_limit.or(finish)).await?;
    }
    change.after.item_id = item.map(|i| i.id);
    change.after.priority = command.priority.unwrap_or(change.after.priority);
    let triaged = OrderEvent::Triaged {
        item_id: change.after.item_id,
        priority: change.after.priority,
        respond_by: change.after.respond_by,
        finish_by: change.after.finish_by,
    };
    change.step(Action::Triage, &triaged)?;
    change.save().await
}

/// Refuses an order (不予受理), with the reason and where to turn instead. One that came from another system goes back there (退单).
///
/// # Errors
/// Those of every step; `content_invalid` for a reason that the place's policy does not list; `order_designated` and
/// `order_reject_late` for what another system says may not, or not any more, be returned.
pub async fn reject(cx: &Cx, id: OrderId, command: RejectOrder) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Reject, command.version).await?;
    if change.after.designated {
        return Err(Error::new(Code::OrderDesignated));
    }
    if let Some(until) = change.after.reject_until.filter(|until| *until < change.tx.now) {
        return Err(Error::new(Code::OrderRejectLate).with("until", until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)));
    }
    let listed = policy::order_flow(cx, change.after.region_code).await?.reject_codes;
    if !listed.is_empty() && !listed.contains(&command.code) {
        let reason = format!("one of {}", listed.join(", "));
        return Err(Error::field_with("#/code", Code::FieldInvalid, vec![("reason", reason)]));
    }
    change.after.reject_code = Some(command.code.clone());
    change.after.reject_text = Some(command.text.clone());
    change.after.reject_channel.clone_from(&command.channel);
    let rejected =
        OrderEvent::Rejected { code: command.code, text: mask::text(&command.text), channel: command.channel.map(|c| mask::text(&c)) };
    change.step(Action::Reject, &rejected)?;
    change.save().await
}

/// Dispatches an order (派单): to a named taker whom others may assist, to a pool, or to oneself.
///
/// # Errors
/// Those of every step; `dispatch_invalid`; `taker_unknown`; `taker_foreign`; `taker_ineligible`.
pub async fn dispatch(cx: &Cx, id: OrderId, command: DispatchOrder) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Dispatch, command.version).await?;
    let invalid = |reason: &str| Error::new(Code::DispatchInvalid).with("reason", reason).at("#/mode");
    let lead = match (command.mode, command.lead) {
        (DispatchMode::Assign, Some(lead)) => Some(lead),
        (DispatchMode::Assign, None) => return Err(invalid("assign needs a lead")),
        (DispatchMode::Pool | DispatchMode::SelfHandled, _) if command.lead.is_some() || !command.assistants.is_empty() => {
            return Err(invalid("only assign names takers"));
        }
        (DispatchMode::Pool, _) => None,
        (DispatchMode::SelfHandled, _) => Some(TakerRef::Person { id: cx.actor.account()? }),
    };
    let mut team = command.assistants;
    for (n, taker) in team.iter().enumerate() {
        if Some(*taker) == lead || team[..n].contains(taker) {
            return Err(Error::new(Code::DispatchInvalid).with("reason", "a taker is named twice").at(format!("#/assistants/{n}")));
        }
        check_taker(cx, &change.after, *taker).await.map_err(|e| e.at(format!("#/assistants/{n}")))?;
    }
    if let (Some(lead), DispatchMode::Assign) = (lead, command.mode) {
        check_taker(cx, &change.after, lead).await.map_err(|e| e.at("#/lead"))?;
    }
    if command.respond_limit.is_some() || command.finish_limit.is_some() {
        let (respond, finish) = change.limits()?;
        change.set_clocks(command.respond_limit.or(respond), command.finish_limit.or(finish)).await?;
    }
    change.after.dispatch_mode = Some(command.mode);
    change.set_lead(lead, None);
    let (order_id, now) = (change.after.id, change.tx.now);
    if !team.is_empty() || !change.team.is_empty() {
        let rows = team.drain(..).map(|taker| {
            let (taker_kind, taker_id) = taker.parts();
            assistant::Model { order_id, taker_id, taker_kind, added_at: now }
        });
        change.team = rows.collect();
        change.after.assistant_count = i16::try_from(change.team.len()).map_err(Error::internal)?;
        store::set_assistants(&mut change.tx, order_id, change.team.clone()).await?;
    }
    let assistants = change.team.iter().map(|a| TakerRef::of(a.taker_kind, a.taker_id)).collect();
    let dispatched = OrderEvent::Dispatched { mode: command.mode, lead, assistants, note: command.note.map(|n| mask::text(&n)) };
    change.step(Action::Dispatch, &dispatched)?;
    if let (Some(lead), DispatchMode::SelfHandled) = (lead, command.mode) {
        change.after.accepted_at = Some(now);
        change.step(Action::Accept, &OrderEvent::Accepted { lead, claimed: false })?;
    }
    change.save().await
}

/// Accepts an order (接单): one's own assignment, or a claim from the pool (抢单), of which exactly one
/// wins and which counts against the taker's limit of open orders.
///
/// # Errors
/// Those of every step; `order_taken`; `taker_ineligible`; `taker_limit_reached`; `not_the_taker`.
pub async fn accept(cx: &Cx, id: OrderId, command: AcceptOrder) -> Result<Order> {
    // Another claim of the same taker at the same moment has used the slot: look again. It ends at the limit at the latest.
    loop {
        match try_accept(cx, id, &command).await {
            Err(e) if e.breaks("lead_slot") => {}
            done => return done,
        }
    }
}

async fn try_accept(cx: &Cx, id: OrderId, command: &AcceptOrder) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Accept, command.version).await?;
    let claimed = change.after.lead_id.is_none();
    let lead = match (change.after.lead_kind, change.after.lead_id) {
        (Some(kind), Some(id)) => TakerRef::of(kind, id),
        _ => {
            let taker = match command.organization_id {
                Some(id) => TakerRef::Organization { id },
                None => TakerRef::Person { id: cx.actor.account()? },
            };
            let slot = claim(cx, &change.after, taker).await?;
            change.set_lead(Some(taker), Some(slot));
            taker
        }
    };
    change.after.accepted_at = Some(change.tx.now);
    change.step(Action::Accept, &OrderEvent::Accepted { lead, claimed })?;
    change.save().await
}

/// Declines an assignment (拒单): the order goes back to the dispatcher.
///
/// # Errors
/// Those of every step.
pub async fn decline(cx: &Cx, id: OrderId, command: GiveReason) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Decline, command.version).await?;
    change.set_lead(None, None);
    change.step(Action::Decline, &OrderEvent::Declined { reason: mask::text(&command.reason) })?;
    change.save().await
}

/// Hands an accepted order back (退单), or takes it back from a taker who does not come: it goes back to the dispatcher,
/// and the clock for accepting runs anew.
///
/// # Errors
/// Those of every step.
pub async fn hand_back(cx: &Cx, id: OrderId, command: GiveReason) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::HandBack, command.version).await?;
    change.set_lead(None, None);
    change.after.accepted_at = None;
    change.restart_respond_clock().await?;
    change.step(Action::HandBack, &OrderEvent::HandedBack { reason: mask::text(&command.reason) })?;
    change.save().await
}

/// Begins the work (开始办理).
///
/// # Errors
/// Those of every step.
pub async fn start(cx: &Cx, id: OrderId, command: TakeStep) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Start, command.version).await?;
    change.step(Action::Start, &OrderEvent::Started { note: command.note.map(|n| mask::text(&n)) })?;
    change.save().await
}

/// Records progress (办理进度), by the lead or one who assists.
///
/// # Errors
/// Those of every step.
pub async fn record_progress(cx: &Cx, id: OrderId, command: RecordProgress) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::RecordProgress, command.version).await?;
    change.attach(&command.attachment_ids, Part::Progress).await?;
    let progressed = OrderEvent::Progressed { note: mask::text(&command.note), attachment_ids: command.attachment_ids };
    change.step(Action::RecordProgress, &progressed)?;
    change.save().await
}

/// Completes the work (办结) with its result and the answer to the requester.
///
/// # Errors
/// Those of every step.
pub async fn complete(cx: &Cx, id: OrderId, command: CompleteOrder) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Complete, command.version).await?;
    change.after.result = Some(command.result);
    change.after.answer = Some(command.answer.clone());
    change.after.completed_by = cx.actor.account;
    change.after.completed_at = Some(change.tx.now);
    change.after.lead_slot = None;
    change.attach(&command.attachment_ids, Part::Evidence).await?;
    let completed =
        OrderEvent::Completed { result: command.result, answer: mask::text(&command.answer), attachment_ids: command.attachment_ids };
    change.step(Action::Complete, &completed)?;
    change.save().await
}

/// Judges the work (评单), once a round, by the requester. A dissatisfied judgement puts the order back
/// to dispatching by itself, as often as the place's policy says; after that a dispatcher decides.
///
/// # Errors
/// Those of every step; `not_the_requester`.
pub async fn evaluate(cx: &Cx, id: OrderId, command: EvaluateOrder) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Evaluate, command.version).await?;
    change.judge(command.level, &command.tags, command.comment)?;
    if command.level.is_dissatisfied() {
        let automatic = policy::order_flow(cx, change.after.region_code).await?.automatic_reworks;
        if change.after.rework_count < i16::try_from(automatic).unwrap_or(i16::MAX) {
            change.rework(None).await?;
        }
    }
    change.save().await
}

/// Puts an order back to dispatching (重办) after a dissatisfied judgement, or, before any, after a failed
/// call-back (回访).
///
/// # Errors
/// Those of every step; `evaluation_satisfied`.
pub async fn rework(cx: &Cx, id: OrderId, command: GiveReason) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Rework, command.version).await?;
    if sight::is_satisfied(&change.after) {
        return Err(Error::new(Code::EvaluationSatisfied));
    }
    change.rework(Some(command.reason)).await?;
    change.save().await
}

/// Closes an order (销号); never by somebody who did the work.
///
/// # Errors
/// Those of every step; `closer_is_doer`.
pub async fn close(cx: &Cx, id: OrderId, command: TakeStep) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Close, command.version).await?;
    change.after.closed_at = Some(change.tx.now);
    change.step(Action::Close, &OrderEvent::Closed { note: command.note.map(|n| mask::text(&n)) })?;
    change.save().await
}

/// Cancels an order (撤单): the requester freely until somebody has accepted, then with a reason.
///
/// # Errors
/// Those of every step; `content_invalid` when the reason is missing.
pub async fn cancel(cx: &Cx, id: OrderId, command: TakeStep) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Cancel, command.version).await?;
    if command.note.is_none() && change.after.accepted_at.is_some() {
        return Err(Error::field_with("#/note", Code::FieldMissing, vec![("name", "note".to_owned())]));
    }
    change.cancel(command.note)?;
    change.save().await
}

/// Suspends an order (挂起): its clocks stand still.
///
/// # Errors
/// Those of every step.
pub async fn suspend(cx: &Cx, id: OrderId, command: GiveReason) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Suspend, command.version).await?;
    change.after.suspended_from = Some(change.after.state);
    change.after.suspended_at = Some(change.tx.now);
    change.step(Action::Suspend, &OrderEvent::Suspended { reason: mask::text(&command.reason) })?;
    change.save().await
}

/// Resumes an order (恢复): it stands where it stood, and its clocks run on with what was left.
///
/// # Errors
/// Those of every step.
pub async fn resume(cx: &Cx, id: OrderId, command: TakeStep) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Resume, command.version).await?;
    change.resume_clocks().await?;
    change.step(Action::Resume, &OrderEvent::Resumed { note: command.note.map(|n| mask::text(&n)) })?;
    change.save().await
}

/// Merges a duplicate into another order (并单); its requester and followers follow that one from now on.
///
/// # Errors
/// Those of every step; `merge_into_itself`; `order_not_found`; `merge_target_closed`.
pub async fn merge(cx: &Cx, id: OrderId, command: MergeOrder) -> Result<Order> {
    let mut change = Change::begin(cx, id, Action::Merge, command.version).await?;
    if command.into == id {
        return Err(Error::new(Code::MergeIntoItself).at("#/into"));
    }
    let missing = || Error::new(Code::OrderNotFound).at("#/into");
    // Both in the order of their ids: two merges that cross each other wait instead of dying of a deadlock.
    let (first, second) = (id.min(command.into), id.max(command.into));
    let (a, b) = (store::lock(&mut change.tx, first).await?, store::lock(&mut change.tx, second).await?);
    let target = [a, b].into_iter().flatten().find(|o| o.id == command.into).ok_or_else(missing)?;
    if !cx.actor.can(Permission::OrderMerge, &sight::place(&target)) {
        return Err(missing());
    }
    if !target.state.is_open() {
        return Err(Error::new(Code::MergeTargetClosed).with("state", target.state.as_str()).at("#/into"));
    }
    store::move_followers(&mut change.tx, &change.before, target.id).await?;
    change.after.merged_into = Some(target.id);
    change.step(Action::Merge, &OrderEvent::Merged { into: target.id })?;
    change.save().await
}

/// Reads an order.
///
/// # Errors
/// `order_not_found`, also for those who may not know of it.
pub async fn get(cx: &Cx, id: OrderId) -> Result<Order> {
    let (order, standing, team, requester) = seen(cx, id).await?;
    let contact = contact(cx, &order, standing, requester.as_ref()).await?;
    let attachments = attachments(cx, &order, standing).await?;
    let refs = external::shown(cx, &order, standing).await?;
    view::alone(&cx.actor, cx.now(), order, standing, contact, &team, (attachments, refs))
}

/// The files of an order with links to them (附件列表).
///
/// # Errors
/// `order_not_found`; `permission_missing` for those who see the order, but not its files.
pub async fn linked_attachments(cx: &Cx, id: OrderId) -> Result<Vec<Attachment>> {
    let (order, standing, ..) = seen(cx, id).await?;
    if !standing.sees_files(&cx.actor, &order) {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrderReadPersonal));
    }
    attachments(cx, &order, standing).await?.into_iter().map(|a| a.linked(cx)).collect()
}

/// Whether the caller sees the files of an order (附件可见).
///
/// # Errors
/// `database_unavailable`.
pub async fn sees_attachments(cx: &Cx, id: OrderId) -> Result<bool> {
    let Some(order) = store::find(cx, id).await? else { return Ok(false) };
    let (standing, _) = standing(cx, &order).await?;
    Ok(standing.sees_files(&cx.actor, &order))
}

/// The files of an order, as far as the caller sees them.
async fn attachments(cx: &Cx, order: &Model, standing: Standing) -> Result<Vec<Attachment>> {
    if order.attachment_count == 0 || !standing.sees_files(&cx.actor, order) {
        return Ok(Vec::new());
    }
    files::of(cx, order.id.0).await
}

/// Lists orders; see [`ListOrders`].
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list(cx: &Cx, filter: ListOrders, page: PageQuery) -> Result<Page<Order>> {
    let page = store::list(cx, &filter, page).await?;
    let now = cx.now();
    let claimable = filter.view == Some(OrderListView::Claimable);
    let items = page.items.into_iter().map(|order| view::in_list(&cx.actor, now, order, claimable)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The timeline of an order (办理进度), oldest first.
///
/// # Errors
/// `order_not_found`; `cursor_invalid`.
pub async fn timeline(cx: &Cx, id: OrderId, page: PageQuery) -> Result<Page<LoggedEvent>> {
    let (order, ..) = seen(cx, id).await?;
    kernel::event::timeline(cx, order.id.0, &Pager::new("order_events", &id, page)?).await
}

/// Who follows an order since their own was merged into it (关注人), for those who read in its scope.
///
/// # Errors
/// `order_not_found`; `permission_missing`.
pub async fn followers(cx: &Cx, id: OrderId) -> Result<Vec<AccountId>> {
    let (order, ..) = seen(cx, id).await?;
    cx.actor.require(Permission::OrderRead, &sight::place(&order))?;
    store::followers(cx, id).await
}

async fn seen(cx: &Cx, id: OrderId) -> Result<(Model, Standing, Vec<assistant::Model>, Option<SealedContact>)> {
    let (order, requester) = store::find_with_contact(cx, id).await?.ok_or_else(|| Error::new(Code::OrderNotFound))?;
    let (standing, team) = standing(cx, &order).await?;
    if standing.sees(&cx.actor, &order) { Ok((order, standing, team, requester)) } else { Err(Error::new(Code::OrderNotFound)) }
}

/// What the caller is to an order; whether the caller may know of it is not decided yet.
async fn standing(cx: &Cx, order: &Model) -> Result<(Standing, Vec<assistant::Model>)> {
    let mut standing = sight::standing(&cx.actor, order);
    let team = store::complete_standing(cx, order, &mut standing).await?;
    Ok((standing, team))
}

/// How to reach the requester: as given with the order; what was not given, for those who see it, as their account says,
/// which may have been read already.
async fn contact(cx: &Cx, order: &Model, standing: Standing, read: Option<&SealedContact>) -> Result<Option<Contact>> {
    filled(cx, order, standing, view::open_contact(cx.vault(), order)?, read).await
}

async fn filled(
    cx: &Cx,
    order: &Model,
    standing: Standing,
    given: Option<Contact>,
    read: Option<&SealedContact>,
) -> Result<Option<Contact>> {
    let complete = given.as_ref().is_some_and(|g| g.name.is_some() && g.phone.is_some());
    let Some(requester) = order.requester_id.filter(|_| !complete && standing.sees_contact(&cx.actor, order)) else { return Ok(given) };
    let account = match read {
        Some(sealed) => Some(sealed.open(cx)?),
        None => identity::contact(cx, requester).await?,
    };
    let Some(account) = account else { return Ok(given) };
    let given = given.unwrap_or_default();
    Ok(Some(Contact { name: given.name.or(Some(account.name)), phone: given.phone.or(account.phone), address: given.address }))
}

fn subject(order: &Model) -> Subject {
    Subject { id: order.id.0, version: order.version, region: order.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    let mut tables = vec![
        schema.create_table_from_entity(row::order::Entity),
        schema.create_table_from_entity(row::external::Entity),
        schema.create_table_from_entity(row::assistant::Entity),
        schema.create_table_from_entity(row::follower::Entity),
    ];
    tables.extend(open::tables(schema));
    tables
}
