//! What happened: never who came, nor why.

use chrono::NaiveDate;
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::{ReceptionId, ReceptionSessionId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum ReceptionEvent {
    Created {
        /// How many days were planned.
        sessions: usize,
    },
    Updated {},
    Planned {
        /// Until when.
        until: NaiveDate,
        /// How many days more.
        sessions: usize,
    },
    Closed {},
}

impl Event for ReceptionEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::ReceptionCreated,
            Self::Updated {} => EventType::ReceptionUpdated,
            Self::Planned { .. } => EventType::ReceptionPlanned,
            Self::Closed {} => EventType::ReceptionClosed,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct SessionCancelled {
    /// The reception days that it was one of.
    pub(super) reception_id: ReceptionId,
}

impl Event for SessionCancelled {
    fn kind(&self) -> EventType {
        EventType::ReceptionSessionCancelled
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct AppointmentEvent {
    #[serde(skip)]
    pub(super) kind: EventType,
    /// The reception day.
    pub(super) session_id: ReceptionSessionId,
    /// The number of the slot.
    pub(super) slot: i16,
}

impl Event for AppointmentEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    let mut types = catalogued::<ReceptionEvent>(&[T::ReceptionCreated, T::ReceptionUpdated, T::ReceptionPlanned, T::ReceptionClosed]);
    types.extend(catalogued::<SessionCancelled>(&[T::ReceptionSessionCancelled]));
    types.extend(catalogued::<AppointmentEvent>(&[
        T::AppointmentBooked,
        T::AppointmentCancelled,
        T::AppointmentAttended,
        T::AppointmentMissed,
    ]));
    types
}
