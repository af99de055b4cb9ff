//! What happened to jobs: what and how much, never what stood in the file.

use crate::row::{ImportSubject, JobKind, JobState};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum JobEvent {
    Created {
        /// Import or export.
        kind: JobKind,
        /// What stands in the file that is imported.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<ImportSubject>,
        /// The list that is exported.
        #[serde(skip_serializing_if = "Option::is_none")]
        list: Option<String>,
    },
    CarriedOut {},
    Cancelled {},
    Finished {
        /// What has become of it.
        state: JobState,
        /// How many rows were read or written.
        rows: u64,
        /// How many of them were refused.
        refused: u64,
    },
}

impl Event for JobEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::JobCreated,
            Self::CarriedOut {} => EventType::JobCarriedOut,
            Self::Cancelled {} => EventType::JobCancelled,
            Self::Finished { .. } => EventType::JobFinished,
        }
    }
}

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<JobEvent>(&[T::JobCreated, T::JobCarriedOut, T::JobCancelled, T::JobFinished])
}
