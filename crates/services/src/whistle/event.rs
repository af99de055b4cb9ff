//! What happened to a whistle, with the order that it is about. What people say stays out.

use chrono::{DateTime, Utc};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::{OrderId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum WhistleEvent {
    Blown {
        /// The order.
        order_id: OrderId,
        /// Who is called.
        department_id: OrganizationId,
        /// Until when they must come.
        respond_by: DateTime<Utc>,
    },
    Arrived {
        /// The order.
        order_id: OrderId,
        /// Who came.
        department_id: OrganizationId,
        /// Whether after the limit.
        late: bool,
    },
    Done {
        /// The order.
        order_id: OrderId,
        /// Who has done their part.
        department_id: OrganizationId,
    },
    Excused {
        /// The order.
        order_id: OrderId,
        /// Who need not come.
        department_id: OrganizationId,
    },
    Judged {
        /// The order.
        order_id: OrderId,
        /// Which department it is about.
        department_id: OrganizationId,
        /// Whether the department judged the call, or was judged itself.
        by_department: bool,
        /// From 5, the best, to 1.
        score: i16,
    },
}

impl Event for WhistleEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Blown { .. } => EventType::WhistleBlown,
            Self::Arrived { .. } => EventType::WhistleArrived,
            Self::Done { .. } => EventType::WhistleDone,
            Self::Excused { .. } => EventType::WhistleExcused,
            Self::Judged { .. } => EventType::WhistleJudged,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<WhistleEvent>(&[T::WhistleBlown, T::WhistleArrived, T::WhistleDone, T::WhistleExcused, T::WhistleJudged])
}
