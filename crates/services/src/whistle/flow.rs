//! The states of a whistle: called, arrived, done; excused by who called; absent when the limit is over and nobody has come. Who comes
//! after the limit comes late.

use super::row::StoredState;
use chrono::{DateTime, Utc};
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where a whistle stands (状态).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum WhistleState {
    /// 待报到
    Called,
    /// 逾期未到: the limit is over and nobody has come.
    Absent,
    /// 已报到
    Arrived,
    /// 已办结
    Done,
    /// 免于报到
    Excused,
}

use WhistleState as S;

impl fmt::Display for S {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Called => "called",
            Self::Absent => "absent",
            Self::Arrived => "arrived",
            Self::Done => "done",
            Self::Excused => "excused",
        })
    }
}

/// What can be done with a whistle (操作).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = WhistleAction)]
pub enum Action {
    /// 报到, by the department.
    Arrive,
    /// 办结, by who called.
    Finish,
    /// 免于报到, by who called.
    Excuse,
    /// 评价部门, by who called.
    JudgeDepartment,
    /// 评价吹哨, by the department.
    JudgeCall,
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arrive => "arrive",
            Self::Finish => "finish",
            Self::Excuse => "excuse",
            Self::JudgeDepartment => "judge_department",
            Self::JudgeCall => "judge_call",
        }
    }

    /// All actions.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Whether it is the department's, and not the caller's.
    #[must_use]
    pub const fn is_of_department(self) -> bool {
        matches!(self, Self::Arrive | Self::JudgeCall)
    }
}

/// Where the action leads; nothing where it is not possible. A judgement changes no state; nobody judges before there is something to
/// judge: that somebody came, or that nobody did.
#[must_use]
pub const fn next(from: S, action: Action) -> Option<StoredState> {
    match (from, action) {
        (S::Called | S::Absent, Action::Arrive) => Some(StoredState::Arrived),
        (S::Called | S::Absent, Action::Excuse) => Some(StoredState::Excused),
        (S::Arrived, Action::Finish) => Some(StoredState::Done),
        (S::Absent, Action::JudgeDepartment) => Some(StoredState::Called),
        (S::Arrived, Action::JudgeDepartment | Action::JudgeCall) => Some(StoredState::Arrived),
        (S::Done, Action::JudgeDepartment | Action::JudgeCall) => Some(StoredState::Done),
        (S::Called, Action::Finish | Action::JudgeDepartment | Action::JudgeCall)
        | (S::Absent, Action::Finish | Action::JudgeCall)
        | (S::Arrived | S::Done, Action::Arrive | Action::Excuse)
        | (S::Done, Action::Finish)
        | (S::Excused, _) => None,
    }
}

/// Where the action leads.
///
/// # Errors
/// `whistle_state_conflict`, naming the state and the action.
pub fn decide(from: S, action: Action) -> Result<StoredState> {
    next(from, action).ok_or_else(|| Error::new(Code::WhistleStateConflict).with("state", from).with("action", action.as_str()))
}

/// Where a whistle stands at a moment.
#[must_use]
pub fn at(stored: StoredState, respond_by: DateTime<Utc>, now: DateTime<Utc>) -> S {
    match stored {
        StoredState::Called if respond_by < now => S::Absent,
        StoredState::Called => S::Called,
        StoredState::Arrived => S::Arrived,
        StoredState::Done => S::Done,
        StoredState::Excused => S::Excused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_comes_once_and_is_judged_for_what_it_did() {
        for state in S::iter() {
            let open = matches!(state, S::Called | S::Absent);
            assert_eq!(next(state, Action::Arrive).is_some(), open, "{state}");
            assert_eq!(next(state, Action::Excuse).is_some(), open, "{state}");
            assert_eq!(next(state, Action::Finish).is_some(), state == S::Arrived, "{state}");
            assert_eq!(next(state, Action::JudgeCall).is_some(), matches!(state, S::Arrived | S::Done), "{state}");
            assert_eq!(next(state, Action::JudgeDepartment).is_some(), !matches!(state, S::Called | S::Excused), "{state}");
        }
        assert_eq!(decide(S::Called, Action::JudgeCall).expect_err("refused").code, Code::WhistleStateConflict);
        assert!(Action::all().all(|a| next(S::Excused, a).is_none()));
    }

    #[test]
    fn who_has_not_come_when_the_limit_is_over_is_absent() {
        let by = DateTime::UNIX_EPOCH;
        let second = chrono::TimeDelta::seconds(1);
        assert_eq!(at(StoredState::Called, by, by), S::Called);
        assert_eq!(at(StoredState::Called, by, by + second), S::Absent);
        assert_eq!(at(StoredState::Arrived, by, by + second), S::Arrived);
    }
}
