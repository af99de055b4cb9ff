//! What happened. Names stay out: a studio or a team may be called after a person.

use crate::{MemberRole, OrganizationKind};
use kernel::{
    Event,
    id::{GridId, OrganizationId},
};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum OrganizationEvent {
    Created {
        kind: OrganizationKind,
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        parent_id: Option<OrganizationId>,
    },
    Updated {
        #[serde(skip_serializing_if = "Option::is_none")]
        grid_id: Option<GridId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        parent_id: Option<OrganizationId>,
    },
    Closed {},
}

impl Event for OrganizationEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "organization.created",
            Self::Updated { .. } => "organization.updated",
            Self::Closed {} => "organization.closed",
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum MembershipEvent {
    Started { organization_id: OrganizationId, role: MemberRole },
    Ended { organization_id: OrganizationId, role: MemberRole },
}

impl Event for MembershipEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "membership.started",
            Self::Ended { .. } => "membership.ended",
        }
    }
}
