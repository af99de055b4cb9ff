//! What happened. Names stay out: a studio or a team may be called after a person.

use crate::{MemberRole, OrganizationKind, row::organization};
use kernel::{
    Event, EventType,
    id::{GridId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OrganizationEvent {
    Created {
        /// Its kind.
        kind: OrganizationKind,
        /// The grid that it lies in.
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        /// The organization above it.
        #[serde(skip_serializing_if = "Option::is_none")]
        parent_id: Option<OrganizationId>,
    },
    Updated {
        /// The grid that it lies in.
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        /// The organization above it.
        #[serde(skip_serializing_if = "Option::is_none")]
        parent_id: Option<OrganizationId>,
    },
    Closed {},
}

impl OrganizationEvent {
    pub(crate) const fn created(row: &organization::Model) -> Self {
        Self::Created { kind: row.kind, grid_id: row.grid_id, parent_id: row.parent_id }
    }

    pub(crate) const fn updated(row: &organization::Model) -> Self {
        Self::Updated { grid_id: row.grid_id, parent_id: row.parent_id }
    }
}

impl Event for OrganizationEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::OrganizationCreated,
            Self::Updated { .. } => EventType::OrganizationUpdated,
            Self::Closed {} => EventType::OrganizationClosed,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum MembershipEvent {
    Started {
        /// Of which organization.
        organization_id: OrganizationId,
        /// As what.
        role: MemberRole,
    },
    Ended {
        /// Of which organization.
        organization_id: OrganizationId,
        /// As what.
        role: MemberRole,
    },
}

impl Event for MembershipEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Started { .. } => EventType::MembershipStarted,
            Self::Ended { .. } => EventType::MembershipEnded,
        }
    }
}
