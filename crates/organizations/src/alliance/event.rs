//! What happened. Names stay out.

use super::{AllianceKind, AllianceSeat, rotation::Month};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::{AllianceMemberId, AllianceSwapId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum AllianceEvent {
    Created {
        /// Its kind.
        kind: AllianceKind,
        /// The organization that leads it.
        lead_id: OrganizationId,
    },
    Updated {
        /// The organization that leads it.
        lead_id: OrganizationId,
        /// How many months a turn in the chair lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        rotation_months: Option<i16>,
    },
    Joined {
        /// The membership.
        member_id: AllianceMemberId,
        /// Which organization.
        organization_id: OrganizationId,
        /// What seat it has.
        seat: AllianceSeat,
    },
    Left {
        /// The membership.
        member_id: AllianceMemberId,
        /// Which organization.
        organization_id: OrganizationId,
        /// The first day on which it is a member no more.
        left_on: chrono::NaiveDate,
    },
    Swapped {
        /// The swap.
        swap_id: AllianceSwapId,
        /// The first month of the one turn.
        month: Month,
        /// Who has it now.
        unit_id: OrganizationId,
        /// The first month of the other turn.
        other_month: Month,
        /// Who has that now.
        other_unit_id: OrganizationId,
    },
    Closed {},
}

impl Event for AllianceEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::AllianceCreated,
            Self::Updated { .. } => EventType::AllianceUpdated,
            Self::Joined { .. } => EventType::AllianceJoined,
            Self::Left { .. } => EventType::AllianceLeft,
            Self::Swapped { .. } => EventType::AllianceTurnsSwapped,
            Self::Closed {} => EventType::AllianceClosed,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<AllianceEvent>(&[
        T::AllianceCreated,
        T::AllianceUpdated,
        T::AllianceJoined,
        T::AllianceLeft,
        T::AllianceTurnsSwapped,
        T::AllianceClosed,
    ])
}
