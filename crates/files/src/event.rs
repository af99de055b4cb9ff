//! What happens to files.

use kernel::{Event, EventType};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AttachmentEvent {
    Uploaded {
        /// What it is, found from its content.
        media_type: String,
        /// Its bytes as they are kept.
        size: i64,
        /// Whether nobody is shown it until it has been checked.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        quarantined: bool,
    },
    Deleted {},
}

impl Event for AttachmentEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Uploaded { .. } => EventType::AttachmentUploaded,
            Self::Deleted {} => EventType::AttachmentDeleted,
        }
    }
}
