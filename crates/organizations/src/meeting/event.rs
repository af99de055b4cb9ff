//! What happened: how many matters, and never which.

use super::JointMeetingKind;
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::AllianceId,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum JointMeetingEvent {
    Planned {
        /// Of which alliance.
        alliance_id: AllianceId,
        /// What it is for.
        kind: JointMeetingKind,
    },
    Recorded {
        /// How many organizations came.
        attendees: i16,
        /// How many matters were spoken of.
        matters: i16,
        /// How many of them are settled.
        settled: i16,
    },
    Cancelled {},
}

impl Event for JointMeetingEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Planned { .. } => EventType::JointMeetingPlanned,
            Self::Recorded { .. } => EventType::JointMeetingRecorded,
            Self::Cancelled {} => EventType::JointMeetingCancelled,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<JointMeetingEvent>(&[T::JointMeetingPlanned, T::JointMeetingRecorded, T::JointMeetingCancelled])
}
