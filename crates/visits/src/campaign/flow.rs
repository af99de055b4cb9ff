//! What may follow what. Pure.

use super::{VisitCampaignState as S, VisitTargetState as T};
use crate::visit::VisitResult;
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with a campaign (操作).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = VisitCampaignAction)]
pub enum Action {
    /// 修改
    Update,
    /// 启动
    Start,
    /// 分配走访人
    Assign,
    /// 登记走访
    Visit,
    /// 结束
    Close,
}

/// The table: where an action leads; nowhere, when it is not possible there.
#[must_use]
pub const fn next(from: S, action: Action) -> Option<S> {
    match (from, action) {
        (S::Planned, Action::Update) => Some(S::Planned),
        (S::Planned, Action::Start) => Some(S::Running),
        (S::Running, Action::Update | Action::Assign | Action::Visit) => Some(S::Running),
        (S::Planned | S::Running, Action::Close) => Some(S::Closed),
        _ => None,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Start => "start",
            Self::Assign => "assign",
            Self::Visit => "visit",
            Self::Close => "close",
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
/// `visit_campaign_state_conflict`, naming the state and the action.
pub fn decide(from: S, action: Action) -> Result<S> {
    next(from, action).ok_or_else(|| Error::new(Code::VisitCampaignStateConflict).with("state", from).with("action", action.as_str()))
}

/// Where a household of a campaign stands after one more visit. Who was met once has been visited, whatever comes after.
#[must_use]
pub const fn after_visit(from: T, result: VisitResult) -> T {
    match (from, result) {
        (T::Visited, _) | (_, VisitResult::Met) => T::Visited,
        (_, VisitResult::Moved | VisitResult::Vacant) => T::Gone,
        (_, VisitResult::Absent | VisitResult::Refused) => T::Tried,
    }
}

impl T {
    /// Whether somebody still has to go there.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Pending | Self::Tried)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_starts_once_and_what_has_ended_stays_so() {
        for state in S::iter() {
            assert_eq!(next(state, Action::Start).is_some(), state == S::Planned, "{state}");
            assert_eq!(next(state, Action::Visit).is_some(), state == S::Running, "{state}");
            assert_eq!(next(state, Action::Assign).is_some(), state == S::Running, "{state}");
        }
        assert!(Action::all().all(|a| next(S::Closed, a).is_none()));
        assert_eq!(decide(S::Closed, Action::Close).expect_err("refused").code, Code::VisitCampaignStateConflict);
    }

    #[test]
    fn whoever_was_met_has_been_visited() {
        for from in T::iter() {
            assert_eq!(after_visit(from, VisitResult::Met), T::Visited);
            for result in VisitResult::iter() {
                assert_eq!(after_visit(T::Visited, result), T::Visited);
                assert_ne!(after_visit(from, result), T::Pending);
            }
        }
        assert_eq!(after_visit(T::Gone, VisitResult::Absent), T::Tried, "somebody lives there again");
        assert!(T::Pending.waits() && T::Tried.waits() && !T::Visited.waits() && !T::Gone.waits());
    }
}
