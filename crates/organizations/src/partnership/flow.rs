//! The course of what is offered or needed: its states, its actions, whose they are, and what follows from what. Pure.

use super::{PartnershipItemState as S, PartnershipSide};
use chrono::NaiveDate;
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with what is offered or needed (操作).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = PartnershipItemAction)]
pub enum Action {
    /// 认领
    Claim,
    /// 取消认领
    Release,
    /// 签约
    Sign,
    /// 履约评价
    Judge,
    /// 撤回
    Withdraw,
}

/// Who somebody is to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumIter)]
pub enum Party {
    /// Whoever offers or needs it.
    Owner,
    /// Whoever claimed it.
    Claimant,
    /// Anybody else.
    Other,
}

/// The table: where an action may lead from a state; nowhere, when it is not possible there. A signature leads on once the other side
/// has signed.
#[must_use]
pub const fn outcomes(from: S, action: Action) -> &'static [S] {
    match (from, action) {
        (S::Open, Action::Claim) => &[S::Claimed],
        (S::Claimed, Action::Release) => &[S::Open],
        (S::Claimed, Action::Sign) => &[S::Claimed, S::Signed],
        (S::Signed, Action::Judge) => &[S::Fulfilled, S::Unfulfilled],
        (S::Open | S::Claimed, Action::Withdraw) => &[S::Withdrawn],
        _ => &[],
    }
}

/// Whose action it is: the receiving side judges, which of an offer is who claimed it, and of a need who has it.
#[must_use]
pub const fn belongs(action: Action, side: PartnershipSide, party: Party) -> bool {
    match (action, party) {
        (Action::Claim, Party::Other) | (Action::Release, Party::Claimant) | (Action::Withdraw, Party::Owner) => true,
        (Action::Sign, Party::Owner | Party::Claimant) => true,
        (Action::Judge, Party::Claimant) => matches!(side, PartnershipSide::Offer),
        (Action::Judge, Party::Owner) => matches!(side, PartnershipSide::Need),
        _ => false,
    }
}

/// Where it stands on this day: what nobody has signed in time has lapsed.
#[must_use]
pub fn standing(state: S, valid_until: Option<NaiveDate>, today: NaiveDate) -> S {
    match state {
        S::Open | S::Claimed if valid_until.is_some_and(|last| last < today) => S::Lapsed,
        _ => state,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Release => "release",
            Self::Sign => "sign",
            Self::Judge => "judge",
            Self::Withdraw => "withdraw",
        }
    }

    /// All actions.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

/// Whether the action is possible.
///
/// # Errors
/// `partnership_item_state_conflict`, naming the state and the action.
pub fn decide(from: S, action: Action) -> Result<()> {
    if outcomes(from, action).is_empty() {
        return Err(Error::new(Code::PartnershipItemStateConflict).with("state", from).with("action", action.as_str()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn reachable(start: S) -> HashSet<S> {
        let (mut seen, mut open) = (HashSet::from([start]), vec![start]);
        while let Some(from) = open.pop() {
            let next = Action::all().flat_map(|a| outcomes(from, a));
            open.extend(next.filter(|to| seen.insert(**to)));
        }
        seen
    }

    #[test]
    fn every_state_but_what_time_brings_can_be_reached() {
        let all: HashSet<S> = S::iter().filter(|s| *s != S::Lapsed).collect();
        assert_eq!(reachable(S::Open), all);
        for end in [S::Fulfilled, S::Unfulfilled, S::Withdrawn, S::Lapsed] {
            assert_eq!(reachable(end).len(), 1, "{end} is an end");
        }
        let refused = decide(S::Claimed, Action::Claim).expect_err("refused");
        assert_eq!(refused.code, Code::PartnershipItemStateConflict);
        assert_eq!(refused.params, vec![("state", "claimed".to_owned()), ("action", "claim".to_owned())]);
    }

    #[test]
    fn nobody_claims_their_own_and_the_giver_does_not_judge() {
        for side in PartnershipSide::iter() {
            for party in Party::iter() {
                assert_eq!(belongs(Action::Claim, side, party), party == Party::Other);
                assert_eq!(belongs(Action::Sign, side, party), party != Party::Other);
                assert_eq!(belongs(Action::Release, side, party), party == Party::Claimant);
                assert_eq!(belongs(Action::Withdraw, side, party), party == Party::Owner);
            }
            let judges: Vec<_> = Party::iter().filter(|p| belongs(Action::Judge, side, *p)).collect();
            assert_eq!(judges, [if side == PartnershipSide::Offer { Party::Claimant } else { Party::Owner }]);
        }
        for action in Action::all() {
            assert_eq!(serde_json::json!(action), action.as_str());
        }
    }

    #[test]
    fn what_was_signed_does_not_lapse() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let (last, next) = (day("2026-11-30"), day("2026-12-01"));
        for state in S::iter() {
            let waits = matches!(state, S::Open | S::Claimed);
            assert_eq!(standing(state, Some(last), last), state);
            assert_eq!(standing(state, None, next), state);
            assert_eq!(standing(state, Some(last), next), if waits { S::Lapsed } else { state });
        }
    }
}
