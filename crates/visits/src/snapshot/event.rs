//! What happened: never what was written, and never who sent what was sent without a name.

use super::SnapshotTone;
use crate::opinion::OpinionOutcome;
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::OrderId,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum SnapshotEvent {
    Sent {
        /// What it tells of.
        tone: SnapshotTone,
        /// Whether without a name.
        anonymous: bool,
    },
    Ordered {
        /// The order that it became.
        order_id: OrderId,
    },
    Published {},
    Declined {},
    Answered {
        /// What came of the order.
        outcome: OpinionOutcome,
    },
    Reopened {},
}

impl Event for SnapshotEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Sent { .. } => EventType::SnapshotSent,
            Self::Ordered { .. } => EventType::SnapshotOrdered,
            Self::Published {} => EventType::SnapshotPublished,
            Self::Declined {} => EventType::SnapshotDeclined,
            Self::Answered { .. } => EventType::SnapshotAnswered,
            Self::Reopened {} => EventType::SnapshotReopened,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<SnapshotEvent>(&[
        T::SnapshotSent,
        T::SnapshotOrdered,
        T::SnapshotPublished,
        T::SnapshotDeclined,
        T::SnapshotAnswered,
        T::SnapshotReopened,
    ])
}
