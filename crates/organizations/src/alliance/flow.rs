//! What may be done with an alliance. Pure.

use super::AllianceState as S;
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with an alliance (操作).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = AllianceAction)]
pub enum Action {
    /// 修改
    Update,
    /// 单位加入
    Join,
    /// 单位退出
    Leave,
    /// 轮值调换
    Swap,
    /// 召集联席会议
    Meet,
    /// 解散
    Close,
}

/// The table: where an action leads; nowhere, when it is not possible there.
#[must_use]
pub const fn next(from: S, action: Action) -> Option<S> {
    match (from, action) {
        (S::Active, Action::Update | Action::Join | Action::Leave | Action::Swap | Action::Meet) => Some(S::Active),
        (S::Active, Action::Close) => Some(S::Closed),
        (S::Closed, _) => None,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Swap => "swap",
            Self::Meet => "meet",
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
/// `alliance_state_conflict`, naming the state and the action.
pub fn decide(from: S, action: Action) -> Result<S> {
    next(from, action).ok_or_else(|| Error::new(Code::AllianceStateConflict).with("state", from).with("action", action.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alliance_ends_once_and_for_good() {
        for action in Action::all() {
            assert_eq!(next(S::Closed, action), None);
            assert_eq!(next(S::Active, action), Some(if action == Action::Close { S::Closed } else { S::Active }));
            assert_eq!(serde_json::json!(action), action.as_str());
        }
        let refused = decide(S::Closed, Action::Join).expect_err("refused");
        assert_eq!(
            (refused.code, refused.params),
            (Code::AllianceStateConflict, vec![("state", "closed".to_owned()), ("action", "join".to_owned())])
        );
    }
}
