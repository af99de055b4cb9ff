//! What happens to accounts. No names, no phones.

use kernel::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AccountEvent {
    Created {},
    Updated {
        /// The names of the fields that changed.
        changed: Vec<&'static str>,
    },
    Disabled {},
    Erased {},
}

impl Event for AccountEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created {} => EventType::AccountCreated,
            Self::Updated { .. } => EventType::AccountUpdated,
            Self::Disabled {} => EventType::AccountDisabled,
            Self::Erased {} => EventType::AccountErased,
        }
    }
}
