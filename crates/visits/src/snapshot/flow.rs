//! What may follow what. Pure.

use super::{SnapshotState as S, SnapshotTone};
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with a snapshot (操作).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = SnapshotAction)]
pub enum Action {
    /// 转订单
    Order,
    /// 发布
    Publish,
    /// 不采纳
    Decline,
}

/// The table: where an action leads; nowhere, when it is not possible there.
#[must_use]
pub const fn next(from: S, action: Action) -> Option<S> {
    match (from, action) {
        (S::Sent, Action::Order) => Some(S::Ordered),
        (S::Sent, Action::Publish) => Some(S::Published),
        (S::Sent, Action::Decline) => Some(S::Declined),
        _ => None,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Publish => "publish",
            Self::Decline => "decline",
        }
    }

    /// Whether it fits a problem, or a praise.
    #[must_use]
    pub const fn fits(self, tone: SnapshotTone) -> bool {
        match self {
            Self::Order => matches!(tone, SnapshotTone::Problem),
            Self::Publish => matches!(tone, SnapshotTone::Praise),
            Self::Decline => true,
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
/// `snapshot_tone_conflict`; `snapshot_state_conflict`, naming the state and the action.
pub fn decide(from: S, tone: SnapshotTone, action: Action) -> Result<S> {
    if !action.fits(tone) {
        return Err(Error::new(Code::SnapshotToneConflict));
    }
    next(from, action).ok_or_else(|| Error::new(Code::SnapshotStateConflict).with("state", from).with("action", action.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_decided_on_once_and_by_its_tone() {
        for state in S::iter() {
            for action in Action::all() {
                assert_eq!(next(state, action).is_some(), state == S::Sent, "{state}");
            }
        }
        let code = |tone, action| decide(S::Sent, tone, action).map_err(|e| e.code);
        assert_eq!(code(SnapshotTone::Problem, Action::Publish), Err(Code::SnapshotToneConflict));
        assert_eq!(code(SnapshotTone::Praise, Action::Order), Err(Code::SnapshotToneConflict));
        assert_eq!(code(SnapshotTone::Praise, Action::Decline), Ok(S::Declined));
    }
}
