//! What happened: how many, and never who.

use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::AccountId,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum VisitCampaignEvent {
    Created {},
    Updated {},
    Started {
        /// How many households it goes over.
        households: i64,
        /// How many residents belong to them.
        residents: i64,
    },
    Assigned {
        /// Who visits them.
        visitor_id: AccountId,
        /// How many households were given.
        households: u64,
    },
    Closed {},
}

impl Event for VisitCampaignEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created {} => EventType::VisitCampaignCreated,
            Self::Updated {} => EventType::VisitCampaignUpdated,
            Self::Started { .. } => EventType::VisitCampaignStarted,
            Self::Assigned { .. } => EventType::VisitCampaignAssigned,
            Self::Closed {} => EventType::VisitCampaignClosed,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<VisitCampaignEvent>(&[
        T::VisitCampaignCreated,
        T::VisitCampaignUpdated,
        T::VisitCampaignStarted,
        T::VisitCampaignAssigned,
        T::VisitCampaignClosed,
    ])
}
