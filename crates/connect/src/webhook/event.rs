//! What happened to an endpoint: never where it is, never its secret.

use super::{Format, StopReason};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum WebhookEvent {
    Created {
        /// How its messages are written.
        format: Format,
    },
    Updated {},
    Removed {},
    Paused {
        /// Why.
        reason: StopReason,
    },
    Disabled {
        /// Why.
        reason: StopReason,
    },
    Resumed {},
    Tested {},
    Replayed {
        /// The number of the event before the first.
        after_event_id: i64,
        /// The number of the last event.
        until_event_id: i64,
        /// Whether only what has not been delivered.
        undelivered_only: bool,
    },
    Rotated {},
}

impl Event for WebhookEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::WebhookEndpointCreated,
            Self::Updated {} => EventType::WebhookEndpointUpdated,
            Self::Removed {} => EventType::WebhookEndpointRemoved,
            Self::Paused { .. } => EventType::WebhookEndpointPaused,
            Self::Disabled { .. } => EventType::WebhookEndpointDisabled,
            Self::Resumed {} => EventType::WebhookEndpointResumed,
            Self::Tested {} => EventType::WebhookEndpointTested,
            Self::Replayed { .. } => EventType::WebhookEndpointReplayed,
            Self::Rotated {} => EventType::WebhookSecretRotated,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<WebhookEvent>(&[
        T::WebhookEndpointCreated,
        T::WebhookEndpointUpdated,
        T::WebhookEndpointRemoved,
        T::WebhookEndpointPaused,
        T::WebhookEndpointDisabled,
        T::WebhookEndpointResumed,
        T::WebhookEndpointTested,
        T::WebhookEndpointReplayed,
        T::WebhookSecretRotated,
    ])
}
