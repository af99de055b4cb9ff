//! What happens to venues. Their names stay out: a studio may be called after a person.

use super::{VenueKind, row::venue};
use kernel::{
    EventType,
    id::{GridId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a venue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VenueFacts {
    /// Its kind.
    kind: VenueKind,
    /// The grid that it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_id: Option<GridId>,
    /// The organization that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
}

#[derive(Debug, Serialize)]
pub(super) struct VenueEvent {
    #[serde(flatten)]
    facts: VenueFacts,
    #[serde(skip)]
    kind: EventType,
}

impl VenueEvent {
    pub(super) const fn of(kind: EventType, row: &venue::Model) -> Self {
        Self { facts: VenueFacts { kind: row.kind, grid_id: row.grid_id, organization_id: row.organization_id }, kind }
    }
}

impl kernel::Event for VenueEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}
