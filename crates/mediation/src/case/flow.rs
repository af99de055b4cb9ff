//! The course of a case: its states, its actions, and the one table of what follows from what. Pure.
//!
//! People's Mediation Law (人民调解法): a party may refuse or end mediation at any time (art. 17, 23); it
//! ends when no agreement can be reached (art. 26); an agreement is oral or written (art. 28, 29) and
//! its performance is followed up (art. 31). Every case that has ended is closed, that is, filed (art. 27).

use kernel::{Code, Error, Permission, Result};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Declares an enum whose variants each have their word.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $word:literal;)+ }) => {
        $(#[$meta])*
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word in the contract.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where a mediation case stands (案件状态).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
    #[serde(rename_all = "snake_case")]
    #[schema(as = MediationState)]
    State {
        /// 已申请
        Applied "applied";
        /// 已受理
        Accepted "accepted";
        /// 不予受理
        Refused "refused";
        /// 调解中
        Mediating "mediating";
        /// 达成口头协议
        AgreedOral "agreed_oral";
        /// 达成书面协议
        AgreedWritten "agreed_written";
        /// 调解不成
        Failed "failed";
        /// 当事人终止
        TerminatedByParty "terminated_by_party";
        /// 已撤回
        Withdrawn "withdrawn";
        /// 履行中
        Performing "performing";
        /// 已履行
        Performed "performed";
        /// 未履行
        Breached "breached";
        /// 已归档
        Closed "closed";
    }
}

words! {
    /// What can be done with a mediation case (案件操作).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
    #[serde(rename_all = "snake_case")]
    #[schema(as = MediationAction)]
    Action {
        /// 受理
        Accept "accept";
        /// 不予受理
        Refuse "refuse";
        /// 开始调解
        Begin "begin";
        /// 达成协议
        Agree "agree";
        /// 调解不成
        Fail "fail";
        /// 当事人终止: a party refuses mediation, or ends it.
        Terminate "terminate";
        /// 申请人撤回
        Withdraw "withdraw";
        /// 开始履行
        StartPerformance "start_performance";
        /// 履行回访
        RecordPerformance "record_performance";
        /// 归档
        Close "close";
    }
}

impl Action {
    /// What somebody needs to do it.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Accept
            | Self::Refuse
            | Self::Begin
            | Self::Agree
            | Self::Fail
            | Self::Terminate
            | Self::Withdraw
            | Self::StartPerformance
            | Self::RecordPerformance
            | Self::Close => Permission::MediationManage,
        }
    }
}

/// The table: where an action may lead from a state; nowhere, when it is not possible there.
#[must_use]
pub const fn outcomes(from: State, action: Action) -> &'static [State] {
    use Action as A;
    use State as S;
    match (from, action) {
        (S::Applied, A::Accept) => &[S::Accepted],
        (S::Applied, A::Refuse) => &[S::Refused],
        (S::Accepted, A::Begin) => &[S::Mediating],
        (S::Mediating, A::Agree) => &[S::AgreedOral, S::AgreedWritten],
        (S::Mediating, A::Fail) => &[S::Failed],
        (S::Applied | S::Accepted | S::Mediating, A::Terminate) => &[S::TerminatedByParty],
        (S::Applied | S::Accepted | S::Mediating, A::Withdraw) => &[S::Withdrawn],
        (S::AgreedOral | S::AgreedWritten, A::StartPerformance) => &[S::Performing],
        (S::Performing, A::RecordPerformance) => &[S::Performed, S::Breached],
        (S::Refused | S::Failed | S::TerminatedByParty | S::Withdrawn | S::Performed | S::Breached, A::Close) => &[S::Closed],
        _ => &[],
    }
}

/// Decides whether an action may lead from one state to another.
///
/// # Errors
/// `mediation_state_conflict`, naming the state and the action.
pub fn decide(from: State, action: Action, to: State) -> Result<()> {
    if outcomes(from, action).contains(&to) {
        return Ok(());
    }
    Err(Error::new(Code::CaseStateConflict).with("state", from).with("action", action))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::{ActiveEnum, Iterable};
    use std::collections::HashSet;

    /// Every state that can follow from these, themselves included.
    fn reachable(start: State) -> HashSet<State> {
        let mut seen = HashSet::from([start]);
        let mut open = vec![start];
        while let Some(from) = open.pop() {
            let next = Action::ALL.iter().flat_map(|a| outcomes(from, *a));
            open.extend(next.filter(|to| seen.insert(**to)));
        }
        seen
    }

    #[test]
    fn every_state_can_be_reached_and_every_case_can_be_closed() {
        assert_eq!(reachable(State::Applied).len(), State::ALL.len());
        for state in State::ALL {
            assert!(reachable(*state).contains(&State::Closed), "{state} never ends");
        }
    }

    #[test]
    fn nothing_follows_a_closed_case_and_nothing_leads_back() {
        for action in Action::ALL {
            assert!(outcomes(State::Closed, *action).is_empty(), "{action}");
            assert!(State::ALL.iter().any(|s| !outcomes(*s, *action).is_empty()), "{action} is never possible");
        }
        for state in State::ALL {
            let onward: HashSet<_> = Action::ALL.iter().flat_map(|a| outcomes(*state, *a)).flat_map(|to| reachable(*to)).collect();
            assert!(!onward.contains(state), "{state} comes again");
        }
    }

    #[test]
    fn a_party_may_end_it_until_there_is_an_agreement() {
        for state in State::ALL {
            let open = matches!(state, State::Applied | State::Accepted | State::Mediating);
            assert_eq!(decide(*state, Action::Terminate, State::TerminatedByParty).is_ok(), open, "{state}");
        }
    }

    #[test]
    fn an_illegal_step_names_state_and_action() {
        let error = decide(State::Failed, Action::Agree, State::AgreedOral).expect_err("refused");
        assert_eq!(error.code, Code::CaseStateConflict);
        assert_eq!(error.params, vec![("state", "failed".to_owned()), ("action", "agree".to_owned())]);
        assert!(decide(State::Mediating, Action::Agree, State::Failed).is_err());
    }

    #[test]
    fn each_word_is_the_one_stored_and_sent() {
        assert_eq!(State::iter().collect::<Vec<_>>(), State::ALL);
        for state in State::ALL {
            assert_eq!(state.to_value(), state.as_str());
            assert_eq!(serde_json::json!(state), state.as_str());
        }
        for action in Action::ALL {
            assert_eq!(serde_json::json!(action), action.as_str());
        }
    }
}
