//! What happens to households.

use super::{HouseholdKind, row};
use kernel::{
    Event, EventType,
    id::{AddressId, GridId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a household whenever something happens to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HouseholdFacts {
    /// What kind of household it is.
    kind: HouseholdKind,
    /// Where it lives.
    address_id: AddressId,
    /// The grid that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_id: Option<GridId>,
}

#[derive(Debug, Serialize)]
pub(super) struct HouseholdEvent {
    #[serde(skip)]
    event_type: EventType,
    #[serde(flatten)]
    facts: HouseholdFacts,
}

impl HouseholdEvent {
    pub(super) const fn of(event_type: EventType, row: &row::Model) -> Self {
        Self { event_type, facts: HouseholdFacts { kind: row.kind, address_id: row.address_id, grid_id: row.grid_id } }
    }
}

impl Event for HouseholdEvent {
    fn kind(&self) -> EventType {
        self.event_type
    }
}
