//! What a hotline is told of which event, and what an attempt to tell it comes to. Pure.

use super::row::{MessageKind, Outcome};
use services::order::{Satisfaction, State};

/// The events that say something of a work order.
pub(super) const TYPES: [&str; 12] = [
    "order.triaged",
    "order.rejected",
    "order.dispatched",
    "order.accepted",
    "order.progressed",
    "order.completed",
    "order.reworked",
    "order.cancelled",
    "order.merged",
    "hotline_order.extension_asked",
    "hotline_order.called_back",
    "hotline_order.reopened",
];

/// The table: which step of ours an event is. What is not here is not told.
#[must_use]
pub(super) fn told_as(event_type: &str) -> Option<MessageKind> {
    Some(match event_type {
        "order.triaged" => MessageKind::Sign,
        "order.rejected" => MessageKind::Return,
        "order.progressed" => MessageKind::Progress,
        "order.completed" | "order.cancelled" => MessageKind::Finish,
        "order.reworked" => MessageKind::Rework,
        "hotline_order.extension_asked" => MessageKind::Extend,
        "hotline_order.called_back" => MessageKind::Callback,
        _ => return None,
    })
}

/// Whether an event is the first answer to the caller (响应): somebody has taken it, done something, finished or returned it.
#[must_use]
pub(super) fn responds(event_type: &str) -> bool {
    matches!(event_type, "order.accepted" | "order.progressed" | "order.completed" | "order.cancelled" | "order.rejected")
}

/// What a status of the hotline's answer comes to.
#[must_use]
pub(super) const fn outcome_of(status: u16) -> Outcome {
    match status {
        200..=299 => Outcome::Acknowledged,
        300..=399 => Outcome::Redirect,
        408 | 425 | 429 => Outcome::Status,
        400..=499 => Outcome::Refused,
        _ => Outcome::Status,
    }
}

/// Whether it is of use to try again by itself.
#[must_use]
pub(super) const fn is_final(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Acknowledged | Outcome::Refused)
}

/// Whether the caller can be called back: the work is done.
#[must_use]
pub(super) const fn can_be_called_back(state: State) -> bool {
    matches!(state, State::Completed | State::Evaluated | State::Closed)
}

/// What a second handling does with the order that there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Again {
    /// It is put back to dispatching.
    Rework,
    /// It is over: another one is placed.
    Place,
}

/// Where a second handling leads; nowhere while the first goes on.
#[must_use]
pub(super) const fn again(state: State) -> Option<Again> {
    match state {
        State::Completed | State::Evaluated => Some(Again::Rework),
        State::Closed | State::Rejected | State::Cancelled => Some(Again::Place),
        _ => None,
    }
}

/// How satisfied the caller is, in the words of an order's judgement.
#[must_use]
pub(super) const fn level_of(satisfaction: i16) -> Satisfaction {
    match satisfaction {
        4 => Satisfaction::VerySatisfied,
        3 => Satisfaction::Satisfied,
        2 => Satisfaction::Neutral,
        _ => Satisfaction::Dissatisfied,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::EventType;

    #[test]
    fn every_type_is_one_that_there_is() {
        for word in TYPES {
            assert!(EventType::named(word).is_some(), "{word}");
        }
        let told: Vec<_> = EventType::ALL.iter().filter(|t| told_as(t.as_str()).is_some() || responds(t.as_str())).collect();
        assert!(told.iter().all(|t| TYPES.contains(&t.as_str())), "{told:?}");
    }

    #[test]
    fn what_the_hotline_understood_and_refused_is_not_repeated() {
        for (status, last) in [(200, true), (204, true), (400, true), (404, true), (409, true), (422, true)] {
            assert_eq!(is_final(outcome_of(status)), last, "{status}");
        }
        for status in [301, 408, 425, 429, 500, 502, 503, 504, 100] {
            assert!(!is_final(outcome_of(status)), "{status}");
        }
    }

    #[test]
    fn a_second_handling_begins_where_the_first_has_ended() {
        for state in State::all() {
            let open = state.is_open() || state == State::Merged;
            assert_eq!(again(state).is_none(), open, "{}", state.as_str());
            assert!(!can_be_called_back(state) || again(state).is_some(), "{}", state.as_str());
        }
    }
}
