//! What happened to an item of an admission list or of a duty list.

use super::{AdmissionKind, DutyNature};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::OrganizationId,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum AdmissionEvent {
    Proposed {
        /// A task, or something that communities are not assessed by.
        kind: AdmissionKind,
        /// Whose task it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        department_id: Option<OrganizationId>,
    },
    Approved {
        /// Whose task it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        department_id: Option<OrganizationId>,
    },
    Refused {
        /// Whose task it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        department_id: Option<OrganizationId>,
    },
}

impl Event for AdmissionEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Proposed { .. } => EventType::AdmissionProposed,
            Self::Approved { .. } => EventType::AdmissionApproved,
            Self::Refused { .. } => EventType::AdmissionRefused,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum DutyItemEvent {
    Created {
        /// Whose duty it is.
        department_id: OrganizationId,
        /// By law, or with the community only helping.
        nature: DutyNature,
    },
    Ended {
        /// Whose duty it was.
        department_id: OrganizationId,
    },
}

impl Event for DutyItemEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::DutyItemCreated,
            Self::Ended { .. } => EventType::DutyItemEnded,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    let mut types = catalogued::<AdmissionEvent>(&[T::AdmissionProposed, T::AdmissionApproved, T::AdmissionRefused]);
    types.extend(catalogued::<DutyItemEvent>(&[T::DutyItemCreated, T::DutyItemEnded]));
    types
}
