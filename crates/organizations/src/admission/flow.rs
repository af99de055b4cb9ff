//! The states of an item of an admission list: proposed, then approved or refused; approved it expires with its period.

use super::row::StoredState as S;
use chrono::NaiveDate;
use kernel::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where an item of an admission list stands (状态).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionState {
    /// 待审批
    Proposed,
    /// 已批准
    Approved,
    /// 未批准
    Refused,
    /// 已失效: approved, and its period is over.
    Expired,
}

impl fmt::Display for AdmissionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Expired => "expired",
        })
    }
}

/// What can be done with an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// 批准
    Approve,
    /// 不批准
    Refuse,
}

impl Action {
    /// Its word in a refusal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Refuse => "refuse",
        }
    }
}

/// Where the action leads; nothing where it is not possible.
const fn next(from: S, action: Action) -> Option<S> {
    match (from, action) {
        (S::Proposed, Action::Approve) => Some(S::Approved),
        (S::Proposed, Action::Refuse) => Some(S::Refused),
        (S::Approved | S::Refused, _) => None,
    }
}

/// Where the action leads.
///
/// # Errors
/// `admission_state_conflict`, naming the state and the action.
pub fn decide(from: S, action: Action) -> Result<S> {
    next(from, action).ok_or_else(|| Error::new(Code::AdmissionStateConflict).with("state", from).with("action", action.as_str()))
}

/// Where an item stands on a day.
#[must_use]
pub fn on(state: S, valid_to: Option<NaiveDate>, day: NaiveDate) -> AdmissionState {
    match state {
        S::Proposed => AdmissionState::Proposed,
        S::Refused => AdmissionState::Refused,
        S::Approved if valid_to.is_some_and(|to| to < day) => AdmissionState::Expired,
        S::Approved => AdmissionState::Approved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn what_is_decided_stays_decided() {
        for state in S::iter() {
            for action in [Action::Approve, Action::Refuse] {
                assert_eq!(next(state, action).is_some(), state == S::Proposed, "{state}");
            }
        }
        assert_eq!(decide(S::Approved, Action::Refuse).expect_err("refused").code, Code::AdmissionStateConflict);
    }

    #[test]
    fn only_what_is_approved_expires_and_not_on_its_last_day() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        assert_eq!(on(S::Approved, Some(day(16)), day(16)), AdmissionState::Approved);
        assert_eq!(on(S::Approved, Some(day(15)), day(16)), AdmissionState::Expired);
        assert_eq!(on(S::Approved, None, day(16)), AdmissionState::Approved);
        assert_eq!(on(S::Proposed, Some(day(15)), day(16)), AdmissionState::Proposed);
    }
}
