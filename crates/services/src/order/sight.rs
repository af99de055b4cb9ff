//! Who somebody is to an order, and from that: whether they may know of it, what they may do with
//! it, and how much of the requester they see. One place, so that a list, a single read and a refusal
//! cannot disagree.

use super::{
    command::{DispatchMode, Satisfaction, TakerKind},
    flow::{self, Action, Right, State},
    row::order::Model,
};
use kernel::{Actor, Code, Error, Permission, Place, Result, access::PersonalData};

/// What an actor is to an order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    pub requester: bool,
    pub lead: bool,
    pub assistant: bool,
    pub follower: bool,
    /// May take orders where this one lies, oneself or for an organization.
    pub provider: bool,
}

pub(super) fn place(order: &Model) -> Place {
    Place { region: Some(order.region_code), grid: order.grid_id, organization: None }
}

/// Whether somebody has taken it and it is not over.
fn is_worked_on(order: &Model) -> bool {
    order.accepted_at.is_some() && !matches!(order.state, State::Closed | State::Cancelled)
}

/// Whether the order lies in the pool, for whoever takes orders there.
fn pooled(order: &Model) -> bool {
    order.state == State::Dispatched && order.lead_id.is_none()
}

/// What can be told without asking the database: everything but assistants, followers, and staff of an organization.
pub(super) fn standing(actor: &Actor, order: &Model) -> Standing {
    let me = actor.account;
    Standing {
        requester: me.is_some() && (order.requester_id == me || (order.requester_id.is_none() && order.placed_by == me)),
        lead: is_taker(actor, order.lead_kind, order.lead_id),
        assistant: false,
        follower: false,
        provider: actor.can(Permission::OrderTake, &place(order)),
    }
}

/// Whether the actor is this taker, or acts for it.
pub(super) fn is_taker(actor: &Actor, kind: Option<TakerKind>, id: Option<uuid::Uuid>) -> bool {
    let (Some(kind), Some(id)) = (kind, id) else { return false };
    match kind {
        TakerKind::Person => actor.account.is_some_and(|me| me.0 == id),
        TakerKind::Organization => actor.staff_of().iter().any(|o| o.0 == id),
    }
}

/// Whether the requester has judged the work and does not want it done again.
pub(super) fn is_satisfied(order: &Model) -> bool {
    order.state == State::Evaluated && order.score.is_some_and(|s| !Satisfaction::of_score(s).is_dissatisfied())
}

impl Standing {
    /// Whether the actor may know that the order exists.
    pub(super) fn sees(self, actor: &Actor, order: &Model) -> bool {
        let candidate = self.provider && pooled(order);
        self.requester || self.lead || self.assistant || self.follower || candidate || actor.can(Permission::OrderRead, &place(order))
    }

    /// Whether the actor sees the requester's contact in full: the requester, whoever holds the permission,
    /// and the lead taker from accepting until the order is closed. Of a confidential order: who may read hotlines in full, and
    /// nobody who does the work, whatever else they are. A program also needs an agreement.
    pub(super) fn sees_contact(self, actor: &Actor, order: &Model) -> bool {
        let concerned = if order.confidential {
            !self.is_doer(actor, order) && (self.requester || actor.can(Permission::HotlineReadPersonal, &place(order)))
        } else {
            self.requester || (self.lead && is_worked_on(order)) || actor.can(Permission::OrderReadPersonal, &place(order))
        };
        concerned && actor.sees(PersonalData::Orders)
    }

    /// Whether the actor sees the exact place: whoever sees the contact, and who leads the work while it goes on.
    pub(super) fn sees_place(self, actor: &Actor, order: &Model) -> bool {
        self.sees_contact(actor, order) || (self.lead && is_worked_on(order) && actor.sees(PersonalData::Orders))
    }

    /// Whether the actor sees the files: whoever sees the contact, and who works on it while that goes on.
    pub(super) fn sees_files(self, actor: &Actor, order: &Model) -> bool {
        let working = (self.lead || self.assistant) && is_worked_on(order);
        self.sees_contact(actor, order) || (working && actor.sees(PersonalData::Orders))
    }

    /// Whether the actor does the work or did it: alone, in a team or for an organization.
    pub(super) fn is_doer(self, actor: &Actor, order: &Model) -> bool {
        self.lead || self.assistant || (order.completed_by.is_some() && order.completed_by == actor.account)
    }

    /// Whether the actor may take this action now, as far as the order itself can tell.
    pub(super) fn may(self, actor: &Actor, order: &Model, action: Action) -> bool {
        let pointless = match action {
            Action::Rework => is_satisfied(order),
            Action::Reject => order.designated,
            Action::Accept => order.lead_id.is_none() && order.requester_id.is_some() && order.requester_id == actor.account,
            _ => false,
        };
        !pointless && flow::next(order.state, action).is_some() && self.check(actor, order, action).is_ok()
    }

    /// Whether this action is the actor's, whatever the state.
    pub(super) fn check(self, actor: &Actor, order: &Model, action: Action) -> Result<()> {
        let holds = |permission| actor.require(permission, &place(order));
        let only = |allowed: bool, code| if allowed { Ok(()) } else { Err(Error::new(code)) };
        match action.right() {
            Right::Holder(permission) => holds(permission)?,
            Right::Lead => only(self.lead, Code::NotTheTaker)?,
            Right::LeadOr(_) if self.lead => {}
            Right::LeadOr(permission) => only(actor.can(permission, &place(order)), Code::NotTheTaker)?,
            Right::Team => only(self.lead || self.assistant, Code::NotTheTaker)?,
            Right::Taker if order.dispatch_mode == Some(DispatchMode::Pool) && order.lead_id.is_none() => {
                if !self.provider {
                    holds(Permission::OrderTake)?;
                }
            }
            Right::Taker => only(self.lead, Code::NotTheTaker)?,
            Right::Requester => only(self.requester, Code::NotTheRequester)?,
            Right::RequesterOr(_) if self.requester => {}
            Right::RequesterOr(permission) => holds(permission)?,
        }
        // Whoever did the work, alone, in a team or for an organization, neither judges it (评单) nor closes it (销号).
        let doer = self.is_doer(actor, order);
        match action {
            Action::Close if doer => Err(Error::new(Code::CloserIsDoer)),
            Action::Evaluate if doer => Err(Error::new(Code::EvaluatorIsDoer)),
            _ => Ok(()),
        }
    }
}
