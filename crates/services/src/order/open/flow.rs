//! What comes of an update from outside, as one table. Pure.

use crate::order::State;

/// What comes of an update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// 补充说明: the order stands where it stood.
    Comment,
    /// 撤单: it is needed no more.
    Cancel,
}

/// The table. An outside system speaks for the requester: it may add something as long as the work goes on or waits to be
/// judged, and take back what is not done yet. That something is done, or is to be done again, it cannot say. `closes` is
/// whether its own status is one of the closed ones; nothing for a mere comment.
pub(super) const fn decide(state: State, closes: Option<bool>) -> Option<Effect> {
    match (state, closes) {
        (state, Some(true)) if state.is_open() => Some(Effect::Cancel),
        (state, _) if state.is_open() => Some(Effect::Comment),
        // The work is done; whether it is closed outside makes no difference any more.
        (State::Completed, _) => Some(Effect::Comment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{
        Action,
        flow::{Step, next},
    };

    #[test]
    fn an_update_takes_no_step_that_the_order_flow_does_not_know() {
        for state in State::all() {
            for closes in [None, Some(false), Some(true)] {
                match decide(state, closes) {
                    Some(Effect::Cancel) => {
                        assert_eq!(next(state, Action::Cancel), Some(Step::To(State::Cancelled)), "{}", state.as_str());
                        assert_eq!(closes, Some(true));
                    }
                    Some(Effect::Comment) => assert!(Action::all().any(|a| next(state, a).is_some()), "{}", state.as_str()),
                    None => assert!(!state.is_open() && state != State::Completed, "{}", state.as_str()),
                }
            }
        }
    }
}
