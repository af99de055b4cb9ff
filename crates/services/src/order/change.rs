//! An order on its way from one state to the next: read, checked, stepped, saved. Every verb of the engine goes through
//! here, so that each leaves one event a version and moves the clocks by the same rules.

use super::{
    attachments,
    command::{DispatchMode, TakerKind, TakerRef},
    contact,
    event::{Logged, OrderEvent},
    external::{self, ExternalRef},
    flow::{self, Action, Right, State, Step},
    row::{assistant, order::Model},
    sight::{self, Standing},
    standing, store, subject,
    view::{self, Order},
};
use crate::{limit::Limit, policy};
use files::{Attachment, Owner, OwnerKind, Part};
use identity::SealedContact;
use kernel::{
    Code, Cx, Error, Permission, Result, Tx,
    id::{AttachmentId, OrderId},
    mask,
};
use serde::Serialize;
use uuid::Uuid;

/// An order on its way from one state to the next.
pub(super) struct Change<'a> {
    pub(super) tx: Tx<'a>,
    pub(super) before: Model,
    pub(super) after: Model,
    pub(super) standing: Standing,
    pub(super) team: Vec<assistant::Model>,
    /// The requester's contact as their account says, if it was read along.
    requester: Option<SealedContact>,
    /// Files that come with this step.
    pub(super) attachments: Vec<Attachment>,
    /// A number of another system that comes with this step.
    pub(super) linked: Option<ExternalRef>,
}

impl<'a> Change<'a> {
    /// Reads the order and checks that the action is the caller's, is legal now, and starts from the version
    /// that the caller read. Who says which version that was may spare the database a question: if it has moved on
    /// since, the guard finds out.
    pub(super) async fn begin(cx: &'a Cx, id: OrderId, action: Action, version: Option<i32>) -> Result<Self> {
        if let Some(order) = version.and_then(|v| store::at_hand(cx, id, v))
            && let Ok(change) = Self::of(cx, order, action, version).await
        {
            return Ok(change);
        }
        let (order, requester) = store::find_with_contact(cx, id).await?.ok_or_else(|| Error::new(Code::OrderNotFound))?;
        Ok(Self { requester, ..Self::of(cx, order, action, version).await? })
    }

    async fn of(cx: &'a Cx, order: Model, action: Action, version: Option<i32>) -> Result<Self> {
        let (standing, team) = standing(cx, &order).await?;
        let legal = flow::next(order.state, action).is_some();
        // To somebody who might have taken it, the news is that it is gone, not that it was never theirs.
        let late = action == Action::Accept && !legal && standing.provider;
        let from_pool = order.dispatch_mode == Some(DispatchMode::Pool);
        let told = standing.sees(&cx.actor, &order) || (late && from_pool);
        if !told {
            return Err(Error::new(Code::OrderNotFound));
        }
        // Where nobody leads, the news is where the order stands, not that somebody else leads.
        let leaderless =
            !legal && order.lead_id.is_none() && matches!(action.right(), Right::Taker | Right::Lead | Right::LeadOr(_) | Right::Team);
        match standing.check(&cx.actor, &order, action) {
            Err(_) if late || leaderless => return Err(refused(&order, standing, action)),
            checked => checked?,
        }
        if version.is_some_and(|v| v != order.version) {
            return Err(Error::new(Code::OrderVersionStale).with("version", order.version).with("state", order.state.as_str()));
        }
        if !legal {
            return Err(refused(&order, standing, action));
        }
        Ok(Self::starting(cx, order, standing, team))
    }

    /// The order as it stands, for a step that has been checked.
    pub(super) fn starting(cx: &'a Cx, order: Model, standing: Standing, team: Vec<assistant::Model>) -> Self {
        Self { tx: cx.begin(), before: order.clone(), after: order, standing, team, requester: None, attachments: Vec::new(), linked: None }
    }

    /// Reads the order for a step that another system takes: what it needs is a permission where the order lies, and nothing else.
    pub(super) async fn outside(cx: &'a Cx, id: OrderId, permission: Permission) -> Result<Self> {
        let order = store::find(cx, id).await?.filter(|o| cx.actor.can(permission, &sight::place(o)));
        let order = order.ok_or_else(|| Error::new(Code::OrderNotFound))?;
        let (standing, team) = standing(cx, &order).await?;
        Ok(Self::starting(cx, order, standing, team))
    }

    /// Takes files of the caller's to the order, within this change.
    pub(super) async fn attach(&mut self, ids: &[AttachmentId], part: Part) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let owner = Owner { kind: OwnerKind::Order, id: self.after.id.0, part };
        self.attachments = files::claim(&mut self.tx, ids, owner).await?;
        let count = i16::try_from(ids.len()).map_err(Error::internal)?;
        self.after.attachment_count = self.after.attachment_count.saturating_add(count);
        Ok(())
    }

    /// Takes one step of the table: state, version, running deadline and event.
    pub(super) fn step(&mut self, action: Action, what: &OrderEvent) -> Result<()> {
        let from = self.after.state;
        let to = match flow::next(from, action) {
            Some(Step::To(to)) => to,
            Some(Step::Stay) => from,
            Some(Step::Back) => {
                let back = self.after.suspended_from.ok_or_else(|| Error::internal("a suspended order knows where it stood"))?;
                self.wake();
                back
            }
            None => return Err(refused(&self.after, self.standing, action)),
        };
        self.logged(to, what)
    }

    /// The next version: the state, the running deadline and the event.
    pub(super) fn logged(&mut self, to: State, what: &OrderEvent) -> Result<()> {
        let from = self.after.state;
        self.after.state = to;
        self.after.version += 1;
        self.after.updated_at = self.tx.now;
        self.after.due_at = match to {
            // Nothing leads here: what runs is what another system has set.
            State::Placed => self.after.due_at,
            State::Triaged | State::Dispatched => [self.after.respond_by, self.after.finish_by].into_iter().flatten().min(),
            State::Accepted | State::InProgress => self.after.finish_by,
            _ => None,
        };
        self.tx.emit(subject(&self.after), &Logged { from: Some(from), to, what })
    }

    /// Leaves a word without a step: state and clocks stay.
    pub(super) fn note(&mut self, what: &OrderEvent) -> Result<()> {
        let state = self.after.state;
        self.after.version += 1;
        self.after.updated_at = self.tx.now;
        self.tx.emit(subject(&self.after), &Logged { from: Some(state), to: state, what })
    }

    /// The order will not be done: whoever has claimed it has a slot free again.
    pub(super) fn cancel(&mut self, note: Option<String>) -> Result<()> {
        self.after.lead_slot = None;
        self.wake();
        self.step(Action::Cancel, &OrderEvent::Cancelled { note: note.map(|n| mask::text(&n)) })
    }

    /// Writes everything, or hears that somebody else was faster.
    pub(super) async fn save(self) -> Result<Order> {
        self.save_as(|order| order).await
    }

    /// The same where the caller is answered something else than the order.
    pub(super) async fn save_as<T: Serialize>(self, answer: impl FnOnce(Order) -> T) -> Result<T> {
        self.save_with(async |_, order| Ok(answer(order))).await
    }

    /// The same together with what another crate changes for it; `also` says what the caller is answered.
    pub(super) async fn save_with<T: Serialize>(mut self, also: impl AsyncFnOnce(&mut Tx<'_>, Order) -> Result<T>) -> Result<T> {
        let cx = self.tx.cx();
        store::advance(&mut self.tx, &self.before, &self.after);
        let Standing { follower, provider, .. } = self.standing;
        let mut standing = Standing { follower, provider, ..sight::standing(&cx.actor, &self.after) };
        standing.assistant = self.team.iter().any(|a| sight::is_taker(&cx.actor, Some(a.taker_kind), Some(a.taker_id)));
        let contact = contact(cx, &self.after, standing, self.requester.as_ref()).await?;
        let mut attachments = attachments(cx, &self.before, standing).await?;
        if standing.sees_files(&cx.actor, &self.after) {
            attachments.append(&mut self.attachments);
        }
        let mut refs = external::shown(cx, &self.before, standing).await?;
        if let Some(linked) = self.linked.take() {
            refs.retain(|r| (&r.system, &r.number) != (&linked.system, &linked.number));
            refs.push(linked);
            refs.sort_by(|a, b| (&a.system, &a.number).cmp(&(&b.system, &b.number)));
        }
        let (id, after) = (self.after.id, self.after.clone());
        let answer = view::alone(&cx.actor, self.tx.now, self.after, standing, contact, &self.team, (attachments, refs))?;
        let answer = also(&mut self.tx, answer).await?;
        match self.tx.commit(answer).await {
            Ok(answer) => {
                store::keep(cx, &after);
                Ok(answer)
            }
            Err(e) if e.code == Code::OrderVersionStale => Err(match store::find(cx, id).await? {
                Some(now) if now.lead_id != self.before.lead_id && self.before.state == State::Dispatched => taken(&now),
                Some(now) => Error::new(Code::OrderVersionStale).with("version", now.version).with("state", now.state.as_str()),
                None => e,
            }),
            Err(e) => Err(e),
        }
    }

    pub(super) fn set_lead(&mut self, lead: Option<TakerRef>, slot: Option<i16>) {
        let parts: Option<(TakerKind, Uuid)> = lead.map(TakerRef::parts);
        self.after.lead_kind = parts.map(|(kind, _)| kind);
        self.after.lead_id = parts.map(|(_, id)| id);
        self.after.lead_slot = slot;
    }

    /// The limits for accepting and for finishing that the order has.
    pub(super) fn limits(&self) -> Result<(Option<Limit>, Option<Limit>)> {
        let read = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
        Ok((read(&self.after.respond_limit)?, read(&self.after.finish_limit)?))
    }

    /// Sets both limits and starts their clocks now.
    pub(super) async fn set_clocks(&mut self, respond: Option<Limit>, finish: Option<Limit>) -> Result<()> {
        let hours = self.working_time(respond.is_some() || finish.is_some()).await?;
        let end = |limit: Option<Limit>| limit.zip(hours.as_ref()).map(|(l, h)| l.end(self.tx.now, h));
        let (respond_by, finish_by) = (end(respond), end(finish));
        self.after.respond_by = respond_by;
        self.after.finish_by = self.capped(finish_by);
        self.after.respond_limit = respond.map(|l| l.to_string());
        self.after.finish_limit = finish.map(|l| l.to_string());
        Ok(())
    }

    pub(super) async fn restart_respond_clock(&mut self) -> Result<()> {
        let limit: Option<Limit> = self.after.respond_limit.as_deref().map(str::parse).transpose()?;
        let hours = self.working_time(limit.is_some()).await?;
        self.after.respond_by = limit.zip(hours).map(|(l, h)| l.end(self.tx.now, &h));
        Ok(())
    }

    pub(super) async fn resume_clocks(&mut self) -> Result<()> {
        let Some(stopped) = self.after.suspended_at else { return Ok(()) };
        let hours = self.working_time(self.after.respond_by.is_some() || self.after.finish_by.is_some()).await?;
        let now = self.tx.now;
        let resume = |limit: Option<&String>, end: Option<chrono::DateTime<chrono::Utc>>| -> Result<_> {
            let limit: Option<Limit> = limit.map(|t| t.parse()).transpose()?;
            Ok(match (limit, end, hours.as_ref()) {
                (Some(limit), Some(end), Some(hours)) => Some(limit.resume(end, stopped, now, hours)),
                _ => end,
            })
        };
        let respond_by = resume(self.after.respond_limit.as_ref(), self.after.respond_by)?;
        let finish_by = resume(self.after.finish_limit.as_ref(), self.after.finish_by)?;
        self.after.respond_by = respond_by;
        self.after.finish_by = self.capped(finish_by);
        Ok(())
    }

    /// No limit of ours goes beyond what another system has set.
    fn capped(&self, finish_by: Option<chrono::DateTime<chrono::Utc>>) -> Option<chrono::DateTime<chrono::Utc>> {
        [self.after.fixed_finish_by, finish_by].into_iter().flatten().min()
    }

    pub(super) async fn working_time(&self, needed: bool) -> Result<Option<policy::WorkingTime>> {
        if needed { policy::working_time(self.tx.cx(), self.after.region_code).await.map(Some) } else { Ok(None) }
    }

    /// The order is not suspended any more.
    pub(super) fn wake(&mut self) {
        self.after.suspended_from = None;
        self.after.suspended_at = None;
    }

    /// Back to dispatching: the round that failed leaves the row (its events stay), the clocks run anew.
    pub(super) async fn rework(&mut self, reason: Option<String>) -> Result<()> {
        let (respond, finish) = self.limits()?;
        self.set_clocks(respond, finish).await?;
        self.set_lead(None, None);
        let order = &mut self.after;
        order.rework_count += 1;
        (order.result, order.answer, order.completed_by, order.completed_at, order.accepted_at) = (None, None, None, None, None);
        (order.score, order.tags, order.comment, order.evaluated_at) = (None, None, None, None);
        let automatic = reason.is_none();
        let reworked = OrderEvent::Reworked { rework_count: order.rework_count, automatic, reason: reason.map(|r| mask::text(&r)) };
        self.step(Action::Rework, &reworked)
    }
}

/// The step is not possible from where the order stands.
fn refused(order: &Model, standing: Standing, action: Action) -> Error {
    if action == Action::Accept && order.lead_id.is_some() && !standing.lead {
        return taken(order);
    }
    Error::new(Code::OrderStateConflict).with("state", order.state.as_str()).with("action", action.as_str())
}

fn taken(order: &Model) -> Error {
    Error::new(Code::OrderTaken).with("state", order.state.as_str())
}
