//! What happened: between which organizations, and never what was written.

use super::{PartnershipItemKind, PartnershipItemState, PartnershipSide};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::{AllianceId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum PartnershipEvent {
    Created {
        /// Whether it is offered or needed.
        side: PartnershipSide,
        /// What sort of thing it is.
        kind: PartnershipItemKind,
        /// By which organization.
        owner_id: OrganizationId,
        /// Within which alliance.
        #[serde(skip_serializing_if = "Option::is_none")]
        alliance_id: Option<AllianceId>,
    },
    Claimed {
        /// By which organization.
        claimant_id: OrganizationId,
    },
    Released {
        /// By which organization.
        claimant_id: OrganizationId,
    },
    Signed {
        /// For which organization.
        organization_id: OrganizationId,
        /// Where it stands now.
        state: PartnershipItemState,
    },
    Judged {
        /// For which organization.
        organization_id: OrganizationId,
        /// Whether it was fulfilled.
        fulfilled: bool,
    },
    Withdrawn {},
}

impl Event for PartnershipEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::PartnershipItemCreated,
            Self::Claimed { .. } => EventType::PartnershipItemClaimed,
            Self::Released { .. } => EventType::PartnershipItemReleased,
            Self::Signed { .. } => EventType::PartnershipItemSigned,
            Self::Judged { .. } => EventType::PartnershipItemJudged,
            Self::Withdrawn {} => EventType::PartnershipItemWithdrawn,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<PartnershipEvent>(&[
        T::PartnershipItemCreated,
        T::PartnershipItemClaimed,
        T::PartnershipItemReleased,
        T::PartnershipItemSigned,
        T::PartnershipItemJudged,
        T::PartnershipItemWithdrawn,
    ])
}
