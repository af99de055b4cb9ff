//! What happened.

use crate::VolunteerKind;
use kernel::{Event, id::GridId};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum VolunteerEvent {
    Registered {
        kind: VolunteerKind,
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        available: bool,
    },
    Updated {
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        available: bool,
    },
}

impl Event for VolunteerEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "volunteer.registered",
            Self::Updated { .. } => "volunteer.updated",
        }
    }
}
