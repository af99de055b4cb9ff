//! What happens to residents. Never what a personal field says.

use super::{Kinship, LeaveReason, LinkedBy, PersonalField, Purpose, Residence};
use chrono::NaiveDate;
use kernel::{Event, EventType, id::HouseholdId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ResidentEvent {
    Created {
        /// How the resident lives here.
        residence: Residence,
    },
    Updated {
        /// How the resident lives here.
        residence: Residence,
        /// The personal fields that changed.
        changed: Vec<PersonalField>,
    },
    MovedIn {
        /// The household.
        household_id: HouseholdId,
        /// What the resident is to its head.
        relation: Kinship,
        /// The first day.
        valid_from: NaiveDate,
    },
    MovedOut {
        /// The household.
        household_id: HouseholdId,
        /// The last day.
        valid_to: NaiveDate,
    },
    Left {
        /// Why.
        reason: LeaveReason,
        /// The last day.
        left_on: NaiveDate,
    },
    Revealed {
        /// What for.
        purpose: Purpose,
        /// The fields that were shown.
        fields: Vec<PersonalField>,
    },
    LookedUp {
        /// What for.
        purpose: Purpose,
        /// By which of the numbers.
        by: PersonalField,
        /// How many were found.
        found: u32,
    },
    Linked {
        /// How it was seen whose account it is.
        verified_by: LinkedBy,
    },
    Unlinked {},
    Restricted {},
    Erased {},
}

impl Event for ResidentEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::ResidentCreated,
            Self::Updated { .. } => EventType::ResidentUpdated,
            Self::MovedIn { .. } => EventType::ResidentMovedIn,
            Self::MovedOut { .. } => EventType::ResidentMovedOut,
            Self::Left { .. } => EventType::ResidentLeft,
            Self::Revealed { .. } => EventType::ResidentRevealed,
            Self::LookedUp { .. } => EventType::ResidentLookedUp,
            Self::Linked { .. } => EventType::ResidentLinked,
            Self::Unlinked {} => EventType::ResidentUnlinked,
            Self::Restricted {} => EventType::ResidentRestricted,
            Self::Erased {} => EventType::ResidentErased,
        }
    }
}

/// Their types, in the order of the variants.
pub(crate) const TYPES: [EventType; 11] = [
    EventType::ResidentCreated,
    EventType::ResidentUpdated,
    EventType::ResidentMovedIn,
    EventType::ResidentMovedOut,
    EventType::ResidentLeft,
    EventType::ResidentRevealed,
    EventType::ResidentLookedUp,
    EventType::ResidentLinked,
    EventType::ResidentUnlinked,
    EventType::ResidentRestricted,
    EventType::ResidentErased,
];
