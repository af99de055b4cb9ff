//! What may follow what. Pure.

use super::JointMeetingState as S;
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with a joint meeting (操作).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = JointMeetingAction)]
pub enum Action {
    /// 登记
    Record,
    /// 取消
    Cancel,
}

/// The table: where an action leads; nowhere, when it is not possible there. What comes of a matter is known later, so the record
/// of a meeting can be made anew.
#[must_use]
pub const fn next(from: S, action: Action) -> Option<S> {
    match (from, action) {
        (S::Planned | S::Held, Action::Record) => Some(S::Held),
        (S::Planned, Action::Cancel) => Some(S::Cancelled),
        (S::Held, Action::Cancel) | (S::Cancelled, _) => None,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Cancel => "cancel",
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
/// `joint_meeting_state_conflict`, naming the state and the action.
pub fn decide(from: S, action: Action) -> Result<S> {
    next(from, action).ok_or_else(|| Error::new(Code::JointMeetingStateConflict).with("state", from).with("action", action.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_held_cannot_be_cancelled_and_what_was_cancelled_was_not_held() {
        assert!(Action::all().all(|a| next(S::Cancelled, a).is_none() && next(S::Planned, a).is_some()));
        assert_eq!((next(S::Held, Action::Cancel), next(S::Held, Action::Record)), (None, Some(S::Held)));
        assert_eq!(decide(S::Held, Action::Cancel).expect_err("refused").code, Code::JointMeetingStateConflict);
        for action in Action::all() {
            assert_eq!(serde_json::json!(action), action.as_str());
        }
    }
}
