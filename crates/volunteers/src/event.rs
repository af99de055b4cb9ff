//! What happened.

use crate::VolunteerKind;
use kernel::{Event, EventType, id::GridId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum VolunteerEvent {
    Registered {
        /// Volunteer or party member.
        kind: VolunteerKind,
        /// The grid that the taker serves.
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        /// Whether the taker takes orders now.
        available: bool,
    },
    Updated {
        /// The grid that the taker serves.
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        /// Whether the taker takes orders now.
        available: bool,
    },
}

impl Event for VolunteerEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Registered { .. } => EventType::VolunteerRegistered,
            Self::Updated { .. } => EventType::VolunteerUpdated,
        }
    }
}
