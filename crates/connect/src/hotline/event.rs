//! What happened to hotlines and their work orders: never who called, never a secret. What people write has its phone and ID numbers
//! masked before it comes here.

use super::row::{MessageKind, Outcome};
use chrono::{DateTime, Utc};
use kernel::{
    Event, EventType, RegionCode,
    event::{Catalogued, catalogued},
    id::OrderId,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum HotlineEvent {
    Created {},
    Updated {
        /// Whether what it is to be told waits.
        paused: bool,
    },
    Removed {},
    Mapped {
        /// Where the mapping holds.
        #[schema(pattern = "^[0-9]{12}$")]
        region_code: RegionCode,
        /// The version of the mapping.
        mapping_version: i32,
    },
    Received {
        /// Its order.
        order_id: OrderId,
        /// The hotline's version of it.
        external_version: i32,
    },
    NewVersion {
        /// Its order.
        order_id: OrderId,
        /// The hotline's version of it.
        external_version: i32,
        /// Which order of it that is: 1, 2, 3 …
        round: i16,
    },
    ExtensionAsked {
        /// Why.
        reason: String,
        /// Until when it is to be done.
        new_finish_by: DateTime<Utc>,
        /// When the caller was told.
        #[serde(skip_serializing_if = "Option::is_none")]
        told_claimant_at: Option<DateTime<Utc>>,
    },
    CalledBack {
        /// Whether the hotline itself called.
        by_hotline: bool,
        /// When.
        called_back_at: DateTime<Utc>,
        /// Whether the caller was reached.
        reached: bool,
        /// Whether the caller says that it is solved.
        #[serde(skip_serializing_if = "Option::is_none")]
        solved: Option<bool>,
        /// How satisfied the caller is, 1 to 4.
        #[serde(skip_serializing_if = "Option::is_none")]
        satisfaction: Option<i16>,
        /// What the caller says.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Reopened {
        /// The order that is worked on now.
        order_id: OrderId,
        /// Which order of it that is: 1, 2, 3 …
        round: i16,
    },
    Revealed {},
    Failed {
        /// Which step it was to be told.
        kind: MessageKind,
        /// What came of the last attempt.
        outcome: Outcome,
    },
}

impl Event for HotlineEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created {} => EventType::HotlineCreated,
            Self::Updated { .. } => EventType::HotlineUpdated,
            Self::Removed {} => EventType::HotlineRemoved,
            Self::Mapped { .. } => EventType::HotlineMapped,
            Self::Received { .. } => EventType::HotlineOrderReceived,
            Self::NewVersion { .. } => EventType::HotlineOrderUpdated,
            Self::ExtensionAsked { .. } => EventType::HotlineOrderExtensionAsked,
            Self::CalledBack { .. } => EventType::HotlineOrderCalledBack,
            Self::Reopened { .. } => EventType::HotlineOrderReopened,
            Self::Revealed {} => EventType::HotlineOrderRevealed,
            Self::Failed { .. } => EventType::HotlineMessageFailed,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<HotlineEvent>(&[
        T::HotlineCreated,
        T::HotlineUpdated,
        T::HotlineRemoved,
        T::HotlineMapped,
        T::HotlineOrderReceived,
        T::HotlineOrderUpdated,
        T::HotlineOrderExtensionAsked,
        T::HotlineOrderCalledBack,
        T::HotlineOrderReopened,
        T::HotlineOrderRevealed,
        T::HotlineMessageFailed,
    ])
}
