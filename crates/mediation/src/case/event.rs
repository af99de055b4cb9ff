//! What happened: never who is in dispute, nor about what in particular.

use super::{ApplicationForm, DisputeKind, State};
use kernel::Event;
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum CaseEvent {
    Applied { kind: DisputeKind, applied_how: ApplicationForm },
    Advanced { from: State, to: State },
}

impl Event for CaseEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "mediation.applied",
            Self::Advanced { to, .. } => match to {
                State::Applied => "mediation.applied",
                State::Accepted => "mediation.accepted",
                State::Refused => "mediation.refused",
                State::Mediating => "mediation.begun",
                State::AgreedOral | State::AgreedWritten => "mediation.agreed",
                State::Failed => "mediation.failed",
                State::TerminatedByParty => "mediation.terminated",
                State::Withdrawn => "mediation.withdrawn",
                State::Performing => "mediation.performance_started",
                State::Performed => "mediation.performed",
                State::Breached => "mediation.breached",
                State::Closed => "mediation.closed",
            },
        }
    }
}
