//! What happened to an order: the words of its timeline and of the change feed. No personal data: what
//! people write has its phone and ID numbers masked before it comes here.

use super::{
    command::{Channel, DispatchMode, OrderResult, Priority, Satisfaction, TakerRef},
    flow::State,
};
use chrono::{DateTime, Utc};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::{AdmissionItemId, AttachmentId, ItemId, OrderId},
};
use serde::Serialize;
use utoipa::ToSchema;

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

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum OrderEvent {
    Placed {
        /// The number of the order.
        #[schema(pattern = "^[0-9]{8}-[0-9A-Z]+$")]
        number: String,
        /// The way by which it came.
        channel: Channel,
        /// Whether somebody placed it for somebody else.
        on_behalf: bool,
        /// The files that belong to it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        attachment_ids: Vec<AttachmentId>,
        /// The item of the admission list that let a department's task in.
        #[serde(skip_serializing_if = "Option::is_none")]
        admission_item_id: Option<AdmissionItemId>,
    },
    Triaged {
        /// The version of the catalogue entry.
        #[serde(skip_serializing_if = "Option::is_none")]
        item_id: Option<ItemId>,
        /// How urgent it is.
        priority: Priority,
        /// Until when it is to be accepted.
        #[serde(skip_serializing_if = "Option::is_none")]
        respond_by: Option<DateTime<Utc>>,
        /// Until when it is to be done.
        #[serde(skip_serializing_if = "Option::is_none")]
        finish_by: Option<DateTime<Utc>>,
    },
    Rejected {
        /// The code of the reason.
        code: String,
        /// The reason in words.
        text: String,
        /// Where to turn instead.
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
    },
    Dispatched {
        /// How it was dispatched.
        mode: DispatchMode,
        /// Who is to take it.
        #[serde(skip_serializing_if = "Option::is_none")]
        lead: Option<TakerRef>,
        /// Who is to help.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        assistants: Vec<TakerRef>,
        /// What the dispatcher adds.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Accepted {
        /// Who took it.
        lead: TakerRef,
        /// Whether it was claimed from the pool.
        claimed: bool,
    },
    Declined {
        /// Why.
        reason: String,
    },
    HandedBack {
        /// Why.
        reason: String,
    },
    Started {
        /// What is added.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Progressed {
        /// How far it has come.
        note: String,
        /// The files that belong to it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        attachment_ids: Vec<AttachmentId>,
    },
    Completed {
        /// What came of it.
        result: OrderResult,
        /// The answer to the requester.
        answer: String,
        /// The files that belong to it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        attachment_ids: Vec<AttachmentId>,
    },
    Evaluated {
        /// How satisfied the requester is.
        level: Satisfaction,
        /// The same as a number.
        score: i16,
        /// What was good or bad, in single words.
        tags: Vec<String>,
        /// The requester's words.
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    Reworked {
        /// How many reworks there have been.
        rework_count: i16,
        /// Whether the policy of the place made it go back by itself.
        automatic: bool,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Closed {
        /// What is added.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Cancelled {
        /// What is added.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Suspended {
        /// Why.
        reason: String,
    },
    Resumed {
        /// What is added.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Merged {
        /// Into which order.
        into: OrderId,
    },
    Commented {
        /// What was added.
        note: String,
    },
    Amended {
        /// Which system says something new.
        system: String,
        /// Its version of the order.
        external_version: i32,
        /// Until when it is to be done.
        #[serde(skip_serializing_if = "Option::is_none")]
        finish_by: Option<DateTime<Utc>>,
    },
    Linked {
        /// Which system has a number for it.
        system: String,
    },
}

impl Event for Logged<'_> {
    fn kind(&self) -> EventType {
        match self.what {
            OrderEvent::Placed { .. } => EventType::OrderPlaced,
            OrderEvent::Triaged { .. } => EventType::OrderTriaged,
            OrderEvent::Rejected { .. } => EventType::OrderRejected,
            OrderEvent::Dispatched { .. } => EventType::OrderDispatched,
            OrderEvent::Accepted { .. } => EventType::OrderAccepted,
            OrderEvent::Declined { .. } => EventType::OrderDeclined,
            OrderEvent::HandedBack { .. } => EventType::OrderHandedBack,
            OrderEvent::Started { .. } => EventType::OrderStarted,
            OrderEvent::Progressed { .. } => EventType::OrderProgressed,
            OrderEvent::Completed { .. } => EventType::OrderCompleted,
            OrderEvent::Evaluated { .. } => EventType::OrderEvaluated,
            OrderEvent::Reworked { .. } => EventType::OrderReworked,
            OrderEvent::Closed { .. } => EventType::OrderClosed,
            OrderEvent::Cancelled { .. } => EventType::OrderCancelled,
            OrderEvent::Suspended { .. } => EventType::OrderSuspended,
            OrderEvent::Resumed { .. } => EventType::OrderResumed,
            OrderEvent::Merged { .. } => EventType::OrderMerged,
            OrderEvent::Commented { .. } => EventType::OrderCommented,
            OrderEvent::Amended { .. } => EventType::OrderAmended,
            OrderEvent::Linked { .. } => EventType::OrderLinked,
        }
    }
}

/// A step of an order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Step {
    /// The state before; absent for the first.
    from: Option<State>,
    /// The state after.
    to: State,
}

/// What happens to orders, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    let types = [
        T::OrderPlaced,
        T::OrderTriaged,
        T::OrderRejected,
        T::OrderDispatched,
        T::OrderAccepted,
        T::OrderDeclined,
        T::OrderHandedBack,
        T::OrderStarted,
        T::OrderProgressed,
        T::OrderCompleted,
        T::OrderEvaluated,
        T::OrderReworked,
        T::OrderClosed,
        T::OrderCancelled,
        T::OrderSuspended,
        T::OrderResumed,
        T::OrderMerged,
        T::OrderCommented,
        T::OrderAmended,
        T::OrderLinked,
    ];
    catalogued::<OrderEvent>(&types).into_iter().map(Catalogued::and::<Step>).collect()
}
