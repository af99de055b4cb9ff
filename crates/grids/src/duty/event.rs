//! What happens to duties. Who it is stands in no event, but by the account.

use super::{DutyRole, row::Model};
use chrono::{DateTime, Utc};
use kernel::{
    EventType,
    id::{AccountId, GridId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a duty whenever something happens to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DutyFacts {
    /// The grid.
    grid_id: GridId,
    /// As what.
    role: DutyRole,
    /// The account of who is on duty; absent when they have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<AccountId>,
    /// From when on.
    valid_from: DateTime<Utc>,
    /// Until when; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<DateTime<Utc>>,
}

/// What has happened to it.
#[derive(Debug, Serialize)]
pub(super) struct DutyEvent {
    #[serde(flatten)]
    facts: DutyFacts,
    #[serde(skip)]
    kind: EventType,
}

impl DutyEvent {
    pub(super) fn new(kind: EventType, row: &Model) -> Self {
        let facts = DutyFacts {
            grid_id: row.grid_id,
            role: row.role,
            account_id: row.account_id,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        };
        Self { facts, kind }
    }
}

impl kernel::Event for DutyEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}
