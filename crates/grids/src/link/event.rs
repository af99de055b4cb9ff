//! What happens to links. What a member knows of a household stands in no event.

use super::row::Model;
use chrono::{DateTime, Utc};
use kernel::{
    EventType,
    id::{AccountId, HouseholdId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a link whenever something happens to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkFacts {
    /// The household.
    household_id: HouseholdId,
    /// The account of the party member.
    member_id: AccountId,
    /// From when on.
    valid_from: DateTime<Utc>,
    /// Until when; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
pub(super) struct LinkEvent {
    #[serde(flatten)]
    facts: LinkFacts,
    #[serde(skip)]
    kind: EventType,
}

impl LinkEvent {
    pub(super) const fn new(kind: EventType, row: &Model) -> Self {
        let facts =
            LinkFacts { household_id: row.household_id, member_id: row.member_id, valid_from: row.valid_from, valid_to: row.valid_to };
        Self { facts, kind }
    }
}

impl kernel::Event for LinkEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}
