//! The order's life, as one table: 点单 → 受理 → 派单 → 接单 → 办理 → 办结 → 评单 → 销号.
//!
//! Pure: [`next`] says where an action leads, [`Action::right`] who may take it. `docs/order-flow.md`
//! is printed from here.

use kernel::Permission;
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order stands (订单状态).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderState)]
pub enum State {
    /// 已点单,待受理
    Placed,
    /// 已受理,待派单
    Triaged,
    /// 已派单,待接单
    Dispatched,
    /// 已接单
    Accepted,
    /// 办理中
    InProgress,
    /// 已办结,待评单
    Completed,
    /// 已评单
    Evaluated,
    /// 已销号
    Closed,
    /// 不予受理
    Rejected,
    /// 已撤单
    Cancelled,
    /// 已挂起
    Suspended,
    /// 已并单
    Merged,
}

/// What can be done with an order (操作).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderAction)]
pub enum Action {
    /// 受理分类
    Triage,
    /// 不予受理
    Reject,
    /// 派单
    Dispatch,
    /// 接单
    Accept,
    /// 拒单
    Decline,
    /// 退单
    HandBack,
    /// 开始办理
    Start,
    /// 记录进度
    RecordProgress,
    /// 办结
    Complete,
    /// 评单
    Evaluate,
    /// 重办
    Rework,
    /// 销号
    Close,
    /// 撤单
    Cancel,
    /// 挂起
    Suspend,
    /// 恢复
    Resume,
    /// 并单
    Merge,
}

/// Where a legal action leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Into this state.
    To(State),
    /// Nowhere: the order stays where it is.
    Stay,
    /// Back to where it was before it was suspended.
    Back,
}

/// Who may take an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Whoever holds the permission where the order lies.
    Holder(Permission),
    /// The lead taker; for a pool, whoever is eligible.
    Taker,
    /// The lead taker.
    Lead,
    /// The lead taker, or whoever holds the permission: work is taken back from somebody who does not come.
    LeadOr(Permission),
    /// The lead taker or one who assists.
    Team,
    /// The requester.
    Requester,
    /// The requester, or whoever holds the permission.
    RequesterOr(Permission),
}

/// The table: a legal step a line; everything else is refused with `order_state_conflict`.
#[must_use]
pub const fn next(from: State, action: Action) -> Option<Step> {
    use Action as A;
    use State as S;
    Some(match (from, action) {
        (S::Placed | S::Triaged, A::Triage) => Step::To(S::Triaged),
        (S::Placed | S::Triaged, A::Reject) => Step::To(S::Rejected),

        (S::Triaged | S::Dispatched, A::Dispatch) => Step::To(S::Dispatched),
        (S::Dispatched, A::Accept) => Step::To(S::Accepted),
        (S::Dispatched, A::Decline) => Step::To(S::Triaged),
        (S::Accepted | S::InProgress, A::HandBack) => Step::To(S::Triaged),

        (S::Accepted, A::Start) => Step::To(S::InProgress),
        (S::Accepted | S::InProgress, A::RecordProgress) => Step::Stay,
        (S::Accepted | S::InProgress, A::Complete) => Step::To(S::Completed),

        (S::Completed, A::Evaluate) => Step::To(S::Evaluated),
        (S::Completed | S::Evaluated, A::Rework) => Step::To(S::Triaged),
        (S::Completed | S::Evaluated, A::Close) => Step::To(S::Closed),

        (S::Placed | S::Triaged | S::Dispatched | S::Accepted | S::InProgress | S::Suspended, A::Cancel) => Step::To(S::Cancelled),
        (S::Placed | S::Triaged | S::Dispatched, A::Merge) => Step::To(S::Merged),

        (S::Triaged | S::Dispatched | S::Accepted | S::InProgress, A::Suspend) => Step::To(S::Suspended),
        (S::Suspended, A::Resume) => Step::Back,

        _ => return None,
    })
}

impl Action {
    /// Who may take it.
    #[must_use]
    pub const fn right(self) -> Right {
        match self {
            Self::Triage => Right::Holder(Permission::OrderTriage),
            Self::Reject => Right::Holder(Permission::OrderReject),
            Self::Dispatch => Right::Holder(Permission::OrderDispatch),
            Self::Accept => Right::Taker,
            Self::Decline | Self::Start | Self::Complete => Right::Lead,
            Self::HandBack => Right::LeadOr(Permission::OrderDispatch),
            Self::RecordProgress => Right::Team,
            Self::Evaluate => Right::Requester,
            Self::Rework => Right::Holder(Permission::OrderRework),
            Self::Close => Right::Holder(Permission::OrderClose),
            Self::Cancel => Right::RequesterOr(Permission::OrderCancel),
            Self::Suspend | Self::Resume => Right::Holder(Permission::OrderSuspend),
            Self::Merge => Right::Holder(Permission::OrderMerge),
        }
    }

    /// Its word, as in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Reject => "reject",
            Self::Dispatch => "dispatch",
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::HandBack => "hand_back",
            Self::Start => "start",
            Self::RecordProgress => "record_progress",
            Self::Complete => "complete",
            Self::Evaluate => "evaluate",
            Self::Rework => "rework",
            Self::Close => "close",
            Self::Cancel => "cancel",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Merge => "merge",
        }
    }

    /// All actions, in the order of an order's life.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

impl State {
    /// All states, in the order of an order's life.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Its word, as in the contract and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Triaged => "triaged",
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Evaluated => "evaluated",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Suspended => "suspended",
            Self::Merged => "merged",
        }
    }

    /// Whether another order may still be merged into one in this state.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Placed | Self::Triaged | Self::Dispatched | Self::Accepted | Self::InProgress | Self::Suspended)
    }
}

const HEAD: &str = "# The flow of an order (订单流转)

Printed from the table in `crates/services/src/order/flow.rs` by a test; to print it anew: `UPDATE_DOCS=1 cargo test -p services`.

A cell says where the action leads from that state; an empty cell is refused with `order_state_conflict`. A claim that comes
too late is refused with `order_taken`. Each step makes the version one higher and leaves one event.

Two steps are taken together: `dispatch` with `self_handled` also accepts, and a dissatisfied `evaluate` also
puts the order back (`rework`) as often as the place's `order_flow` policy says.

";

/// The table as Markdown: the text of `docs/order-flow.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(HEAD);
    text.push_str("| from \\ action |");
    for action in Action::all() {
        text.push_str(&format!(" {} |", action.as_str()));
    }
    text.push_str(&format!("\n|---|{}\n", "---|".repeat(Action::all().count())));
    for state in State::all() {
        text.push_str(&format!("| **{}** |", state.as_str()));
        for action in Action::all() {
            let cell = match next(state, action) {
                Some(Step::To(to)) => to.as_str(),
                Some(Step::Stay) => "(stays)",
                Some(Step::Back) => "(back)",
                None => "",
            };
            text.push_str(&format!(" {cell} |"));
        }
        text.push('\n');
    }
    text.push_str("\n| action | who may |\n|---|---|\n");
    for action in Action::all() {
        let who = match action.right() {
            Right::Holder(permission) => format!("`{permission}` where the order lies"),
            Right::Taker => "the lead taker; from a pool, whoever is eligible".to_owned(),
            Right::Lead => "the lead taker".to_owned(),
            Right::LeadOr(permission) => format!("the lead taker, or `{permission}` where the order lies"),
            Right::Team => "the lead taker and those who assist".to_owned(),
            Right::Requester => "the requester".to_owned(),
            Right::RequesterOr(permission) => format!("the requester, or `{permission}` where the order lies"),
        };
        text.push_str(&format!("| {} | {who} |\n", action.as_str()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_state_can_be_reached_and_every_open_one_can_be_left() {
        let mut reached = HashSet::from([State::Placed]);
        loop {
            let more: HashSet<State> = reached
                .iter()
                .flat_map(|from| Action::all().filter_map(|a| if let Some(Step::To(to)) = next(*from, a) { Some(to) } else { None }))
                .filter(|to| !reached.contains(to))
                .collect();
            if more.is_empty() {
                break;
            }
            reached.extend(more);
        }
        assert_eq!(reached.len(), State::all().count());
        for state in State::all() {
            let ways_out = Action::all().filter(|a| next(state, *a).is_some()).count();
            let end = matches!(state, State::Closed | State::Rejected | State::Cancelled | State::Merged);
            assert_eq!(ways_out == 0, end, "{}", state.as_str());
        }
    }

    #[test]
    fn the_page_in_docs_is_this_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/order-flow.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(page, markdown()).expect("docs/order-flow.md can be written");
        }
        let printed = std::fs::read_to_string(page).unwrap_or_default();
        assert!(printed == markdown(), "docs/order-flow.md is stale: UPDATE_DOCS=1 cargo test -p services");
    }

    #[test]
    fn words_are_those_of_the_contract_and_the_database() {
        use sea_orm::ActiveEnum;
        for state in State::all() {
            assert_eq!(serde_json::to_value(state).ok(), Some(state.as_str().into()));
            assert_eq!(state.to_value(), state.as_str());
        }
        for action in Action::all() {
            assert_eq!(serde_json::to_value(action).ok(), Some(action.as_str().into()));
        }
    }
}
