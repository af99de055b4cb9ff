//! The states of an appeal: none, filed, then upheld or rejected.

use super::row::AppealState as S;
use kernel::{Code, Error, Result};

/// What can be done about an appeal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// 提出申诉
    File,
    /// 成立
    Uphold,
    /// 不成立
    Reject,
}

impl Action {
    /// Its word in a refusal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "appeal",
            Self::Uphold => "uphold",
            Self::Reject => "reject",
        }
    }
}

/// Where the action leads; nothing where it is not possible. An entry is appealed against once.
#[must_use]
pub const fn next(from: Option<S>, action: Action) -> Option<S> {
    match (from, action) {
        (None, Action::File) => Some(S::Filed),
        (Some(S::Filed), Action::Uphold) => Some(S::Upheld),
        (Some(S::Filed), Action::Reject) => Some(S::Rejected),
        (None, Action::Uphold | Action::Reject) | (Some(S::Filed), Action::File) | (Some(S::Upheld | S::Rejected), _) => None,
    }
}

/// Where the action leads.
///
/// # Errors
/// `point_appeal_conflict`, naming the state and the action.
pub fn decide(from: Option<S>, action: Action) -> Result<S> {
    let state = from.map_or_else(|| "none".to_owned(), |s| s.to_string());
    next(from, action).ok_or_else(|| Error::new(Code::PointAppealConflict).with("state", state).with("action", action.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn an_appeal_is_filed_once_and_decided_once() {
        for state in S::iter() {
            assert_eq!(next(Some(state), Action::File), None, "{state}");
            assert_eq!(next(Some(state), Action::Uphold).is_some(), state == S::Filed, "{state}");
            assert_eq!(next(Some(state), Action::Reject).is_some(), state == S::Filed, "{state}");
        }
        assert_eq!(decide(None, Action::Uphold).expect_err("refused").code, Code::PointAppealConflict);
    }
}
