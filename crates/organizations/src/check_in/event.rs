//! What happened to a check-in. Who it is stands in it; nothing personal does.

use super::CheckInKind;
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::{AccountId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum CheckInEvent {
    Filed {
        /// Where.
        kind: CheckInKind,
        /// The workplace or the organization.
        #[serde(skip_serializing_if = "Option::is_none")]
        organization_id: Option<OrganizationId>,
    },
    Confirmed {
        /// Where.
        kind: CheckInKind,
        /// Who.
        account_id: AccountId,
    },
    Praised {},
    Ended {
        /// Where.
        kind: CheckInKind,
        /// Who.
        account_id: AccountId,
    },
}

impl Event for CheckInEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Filed { .. } => EventType::CheckInFiled,
            Self::Confirmed { .. } => EventType::CheckInConfirmed,
            Self::Praised {} => EventType::CheckInPraised,
            Self::Ended { .. } => EventType::CheckInEnded,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<CheckInEvent>(&[T::CheckInFiled, T::CheckInConfirmed, T::CheckInPraised, T::CheckInEnded])
}
