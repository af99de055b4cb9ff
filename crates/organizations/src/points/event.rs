//! What happened to points. What people say stays out.

use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::{AccountId, OrderId, PointEntryId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum PointEvent {
    RuleSet {
        /// The code of the rule.
        code: String,
        /// How many points it gives.
        points: i32,
    },
    Entered {
        /// Whose.
        account_id: AccountId,
        /// By which rule.
        rule_code: String,
        /// How many.
        points: i32,
        /// The order that it comes from.
        #[serde(skip_serializing_if = "Option::is_none")]
        order_id: Option<OrderId>,
        /// The entry that it takes back.
        #[serde(skip_serializing_if = "Option::is_none")]
        reverses_id: Option<PointEntryId>,
    },
    Appealed {
        /// Whose entry it is.
        account_id: AccountId,
    },
    AppealDecided {
        /// Whose entry it is.
        account_id: AccountId,
        /// Whether the entry was taken back.
        upheld: bool,
    },
    Settled {
        /// Which year.
        year: i32,
        /// How many have points in it.
        accounts: i32,
        /// How many points they have together.
        points: i64,
    },
}

impl Event for PointEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::RuleSet { .. } => EventType::PointRuleSet,
            Self::Entered { .. } => EventType::PointsEntered,
            Self::Appealed { .. } => EventType::PointsAppealed,
            Self::AppealDecided { .. } => EventType::PointsAppealDecided,
            Self::Settled { .. } => EventType::PointsSettled,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<PointEvent>(&[T::PointRuleSet, T::PointsEntered, T::PointsAppealed, T::PointsAppealDecided, T::PointsSettled])
}
