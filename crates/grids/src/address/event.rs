//! What happens to addresses.

use super::{AddressKind, row};
use kernel::{
    Event, EventType,
    id::{AddressId, GridId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of an address whenever something happens to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressFacts {
    /// What it names.
    kind: AddressKind,
    /// What it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<AddressId>,
    /// The grid that it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_id: Option<GridId>,
}

#[derive(Debug, Serialize)]
pub(super) struct AddressEvent {
    #[serde(skip)]
    event_type: EventType,
    #[serde(flatten)]
    facts: AddressFacts,
}

impl AddressEvent {
    pub(super) const fn of(event_type: EventType, row: &row::Model) -> Self {
        Self { event_type, facts: AddressFacts { kind: row.kind, parent_id: row.parent_id, grid_id: row.grid_id } }
    }
}

impl Event for AddressEvent {
    fn kind(&self) -> EventType {
        self.event_type
    }
}
