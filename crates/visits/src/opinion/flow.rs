//! What may follow what. Pure.

use super::OpinionState;
use kernel::{Code, Error, Permission, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with an opinion (操作).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = OpinionAction)]
pub enum Action {
    /// 转订单
    Order,
    /// 当场答复
    Answer,
    /// 反馈
    FeedBack,
}

/// The table: where an action leads; nowhere, when it is not possible there.
#[must_use]
pub const fn next(from: OpinionState, action: Action) -> Option<OpinionState> {
    match (from, action) {
        (OpinionState::Recorded, Action::Order) => Some(OpinionState::Ordered),
        (OpinionState::Recorded, Action::Answer) => Some(OpinionState::Answered),
        (OpinionState::Answered, Action::FeedBack) => Some(OpinionState::FedBack),
        _ => None,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Answer => "answer",
            Self::FeedBack => "feed_back",
        }
    }

    /// What somebody needs to do it.
    #[must_use]
    pub const fn permission(self) -> Permission {
        Permission::OpinionHandle
    }

    /// Whether whoever heard the opinion may do it all the same: the outcome is told by the one who asked.
    #[must_use]
    pub const fn is_recorders(self) -> bool {
        matches!(self, Self::FeedBack)
    }

    /// All actions.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

/// Where the action leads.
///
/// # Errors
/// `opinion_state_conflict`, naming the state and the action.
pub fn decide(from: OpinionState, action: Action) -> Result<OpinionState> {
    next(from, action).ok_or_else(|| Error::new(Code::OpinionStateConflict).with("state", from).with("action", action.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opinion_is_told_back_once_and_only_with_an_answer() {
        let states = OpinionState::iter().collect::<Vec<_>>();
        assert_eq!(states.len(), 4);
        for state in states {
            assert_eq!(next(state, Action::FeedBack).is_some(), state == OpinionState::Answered, "{state}");
            assert_eq!(next(state, Action::Order).is_some(), state == OpinionState::Recorded, "{state}");
            assert_eq!(next(state, Action::Answer).is_some(), state == OpinionState::Recorded, "{state}");
        }
        assert_eq!(decide(OpinionState::Ordered, Action::Answer).expect_err("refused").code, Code::OpinionStateConflict);
    }
}
