//! The states of a check-in: filed, confirmed by the place, ended.

use super::row::CheckInState as S;
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with a check-in (操作).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckInAction)]
pub enum Action {
    /// 确认
    Confirm,
    /// 评语: say how they take part.
    Praise,
    /// 结束
    End,
}

/// Where the action leads; nothing where it is not possible.
#[must_use]
pub const fn next(from: S, action: Action) -> Option<S> {
    match (from, action) {
        (S::Filed, Action::Confirm) | (S::Confirmed, Action::Praise) => Some(S::Confirmed),
        (S::Filed | S::Confirmed, Action::End) => Some(S::Ended),
        (S::Filed, Action::Praise) | (S::Confirmed, Action::Confirm) | (S::Ended, _) => None,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Praise => "praise",
            Self::End => "end",
        }
    }

    /// All actions.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

/// Where the action leads.
///
/// # Errors
/// `check_in_state_conflict`, naming the state and the action.
pub fn decide(from: S, action: Action) -> Result<S> {
    next(from, action).ok_or_else(|| Error::new(Code::CheckInStateConflict).with("state", from).with("action", action.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_in_is_confirmed_once_and_what_has_ended_stays_so() {
        for state in S::iter() {
            assert_eq!(next(state, Action::Confirm).is_some(), state == S::Filed, "{state}");
            assert_eq!(next(state, Action::Praise).is_some(), state == S::Confirmed, "{state}");
            assert_eq!(next(state, Action::End).is_some(), state != S::Ended, "{state}");
        }
        assert_eq!(decide(S::Ended, Action::Confirm).expect_err("refused").code, Code::CheckInStateConflict);
    }
}
