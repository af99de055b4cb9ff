//! What happened: never who is in dispute, nor about what in particular.

use super::{ApplicationForm, DisputeKind, State};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
};
use serde::Serialize;
use utoipa::ToSchema;

/// An application came in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Applied {
    /// What the dispute is about.
    pub(super) kind: DisputeKind,
    /// How it came to the committee.
    pub(super) applied_how: ApplicationForm,
}

/// A case went on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Advanced {
    /// From this state.
    pub(super) from: State,
    /// To this one.
    pub(super) to: State,
}

impl Event for Applied {
    fn kind(&self) -> EventType {
        EventType::MediationApplied
    }
}

impl Event for Advanced {
    fn kind(&self) -> EventType {
        match self.to {
            State::Applied => EventType::MediationApplied,
            State::Accepted => EventType::MediationAccepted,
            State::Refused => EventType::MediationRefused,
            State::Mediating => EventType::MediationBegun,
            State::AgreedOral | State::AgreedWritten => EventType::MediationAgreed,
            State::Failed => EventType::MediationFailed,
            State::TerminatedByParty => EventType::MediationTerminated,
            State::Withdrawn => EventType::MediationWithdrawn,
            State::Performing => EventType::MediationPerformanceStarted,
            State::Performed => EventType::MediationPerformed,
            State::Breached => EventType::MediationBreached,
            State::Closed => EventType::MediationClosed,
        }
    }
}

/// What this module logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    let mut types = catalogued::<Applied>(&[T::MediationApplied]);
    types.extend(catalogued::<Advanced>(&[
        T::MediationAccepted,
        T::MediationRefused,
        T::MediationBegun,
        T::MediationAgreed,
        T::MediationFailed,
        T::MediationTerminated,
        T::MediationWithdrawn,
        T::MediationPerformanceStarted,
        T::MediationPerformed,
        T::MediationBreached,
        T::MediationClosed,
    ]));
    types
}
