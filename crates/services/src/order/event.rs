//! What happened to an order: the words of its timeline and of the change feed. No personal data: what
//! people write has its phone and ID numbers masked before it comes here.

use super::{
    command::{Channel, DispatchMode, OrderResult, Priority, Satisfaction, TakerRef},
    flow::State,
};
use chrono::{DateTime, Utc};
use kernel::{
    Event,
    id::{ItemId, OrderId},
};
use serde::Serialize;

/// One step of an order, as it is logged: where from, where to, and what.
#[derive(Serialize)]
pub(super) struct Logged<'a> {
    /// Absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<State>,
    pub to: State,
    #[serde(flatten)]
    pub what: &'a OrderEvent,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum OrderEvent {
    Placed {
        number: String,
        channel: Channel,
        on_behalf: bool,
    },
    Triaged {
        #[serde(skip_serializing_if = "Option::is_none")]
        item_id: Option<ItemId>,
        priority: Priority,
        #[serde(skip_serializing_if = "Option::is_none")]
        respond_by: Option<DateTime<Utc>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        finish_by: Option<DateTime<Utc>>,
    },
    Rejected {
        code: String,
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
    },
    Dispatched {
        mode: DispatchMode,
        #[serde(skip_serializing_if = "Option::is_none")]
        lead: Option<TakerRef>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        assistants: Vec<TakerRef>,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Accepted {
        lead: TakerRef,
        claimed: bool,
    },
    Declined {
        reason: String,
    },
    HandedBack {
        reason: String,
    },
    Started {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Progressed {
        note: String,
    },
    Completed {
        result: OrderResult,
        answer: String,
    },
    Evaluated {
        level: Satisfaction,
        score: i16,
        tags: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    Reworked {
        rework_count: i16,
        automatic: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Closed {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Cancelled {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Suspended {
        reason: String,
    },
    Resumed {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Merged {
        into: OrderId,
    },
}

impl Event for Logged<'_> {
    fn kind(&self) -> &'static str {
        match self.what {
            OrderEvent::Placed { .. } => "order.placed",
            OrderEvent::Triaged { .. } => "order.triaged",
            OrderEvent::Rejected { .. } => "order.rejected",
            OrderEvent::Dispatched { .. } => "order.dispatched",
            OrderEvent::Accepted { .. } => "order.accepted",
            OrderEvent::Declined { .. } => "order.declined",
            OrderEvent::HandedBack { .. } => "order.handed_back",
            OrderEvent::Started { .. } => "order.started",
            OrderEvent::Progressed { .. } => "order.progressed",
            OrderEvent::Completed { .. } => "order.completed",
            OrderEvent::Evaluated { .. } => "order.evaluated",
            OrderEvent::Reworked { .. } => "order.reworked",
            OrderEvent::Closed { .. } => "order.closed",
            OrderEvent::Cancelled { .. } => "order.cancelled",
            OrderEvent::Suspended { .. } => "order.suspended",
            OrderEvent::Resumed { .. } => "order.resumed",
            OrderEvent::Merged { .. } => "order.merged",
        }
    }
}
