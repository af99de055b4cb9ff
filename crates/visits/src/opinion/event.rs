//! What happened: never what was said.

use super::{OpinionOccasion, OpinionOutcome};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::OrderId,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum OpinionEvent {
    Recorded {
        /// Where it was heard.
        source: OpinionOccasion,
    },
    Ordered {
        /// The order that it became.
        order_id: OrderId,
    },
    Answered {
        /// What came of it.
        outcome: OpinionOutcome,
    },
    Reopened {},
    FedBack {},
}

impl Event for OpinionEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Recorded { .. } => EventType::OpinionRecorded,
            Self::Ordered { .. } => EventType::OpinionOrdered,
            Self::Answered { .. } => EventType::OpinionAnswered,
            Self::Reopened {} => EventType::OpinionReopened,
            Self::FedBack {} => EventType::OpinionFedBack,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<OpinionEvent>(&[T::OpinionRecorded, T::OpinionOrdered, T::OpinionAnswered, T::OpinionReopened, T::OpinionFedBack])
}
