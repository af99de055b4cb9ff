//! What happens to consents. Neither whose they are nor what they say: that somebody agreed to a kind of data tells of it.

use super::{ConsentChannel, ConsentGiver};
use kernel::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ConsentEvent {
    Recorded {
        /// Who agreed.
        given_by: ConsentGiver,
        /// How.
        channel: ConsentChannel,
    },
    Withdrawn {
        /// How many tags ended with it.
        ended_tags: u32,
    },
}

impl Event for ConsentEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Recorded { .. } => EventType::ConsentRecorded,
            Self::Withdrawn { .. } => EventType::ConsentWithdrawn,
        }
    }
}
