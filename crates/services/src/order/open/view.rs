//! What everybody may be shown of a request in the open.

use super::row::request;
use crate::{
    catalogue::Reporting,
    order::{OrderResult, State, row::order},
};
use chrono::{DateTime, Utc};
use kernel::{
    event::LoggedEvent,
    geo::{Datum, Point, Position},
    id::OrderId,
    mask,
};

/// A request in the open (公开诉求). It is not part of the contract: `connect::open311` says it in Open311's words.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenRequest {
    /// The number of the order (订单号).
    pub number: String,
    /// Where it stands (状态).
    pub state: State,
    /// What was asked for (服务事项编码).
    pub item_code: String,
    /// What it was called then (服务事项名称).
    pub item_name: String,
    /// What was written, without phone and ID numbers; absent once it was refused or taken back.
    pub description: Option<String>,
    /// The estate or street.
    pub address: Option<String>,
    /// Where it is, WGS-84, to about a hundred metres.
    pub point: Option<Point>,
    /// The organization that does the work, else the community.
    pub agency: String,
    /// When it was placed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it must be done.
    pub finish_by: Option<DateTime<Utc>>,
    /// How the work ended.
    pub result: Option<OrderResult>,
    /// The answer to the requester, or why it was refused, without phone and ID numbers.
    pub answer: Option<String>,
    /// The number of the request that goes on in its place, if that is in the open too.
    pub merged_into: Option<String>,
}

/// Something that happened to a request in the open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenUpdate {
    /// The number of the order.
    pub number: String,
    /// The order's version after it.
    pub version: i32,
    /// Where the order stood after it.
    pub state: State,
    /// When.
    pub at: DateTime<Utc>,
    /// What was said to the requester, or by them; absent for what is said among those who do the work.
    pub text: Option<String>,
}

/// What an outside system is told of a request that it has placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Receipt {
    /// Its number.
    Number(String),
    /// What it can ask for the number with, later.
    Token(OrderId),
    /// Nothing: nobody will hear of it again.
    Nothing,
}

impl Receipt {
    pub(super) fn of(reporting: Reporting, id: OrderId, number: &str) -> Self {
        match reporting {
            Reporting::Realtime => Self::Number(number.to_owned()),
            Reporting::Batch => Self::Token(id),
            Reporting::Blackbox | Reporting::None => Self::Nothing,
        }
    }
}

/// What the request itself does not know.
pub(super) struct Around {
    pub(super) item_name: String,
    pub(super) agency: String,
    pub(super) merged_into: Option<String>,
}

/// Whether everybody may know of it.
pub(super) const fn is_shown(reporting: Reporting, state: State) -> bool {
    match reporting {
        Reporting::Realtime => true,
        Reporting::Batch => !matches!(state, State::Placed),
        Reporting::Blackbox | Reporting::None => false,
    }
}

pub(super) fn shown(request: request::Model, order: order::Model, around: Around) -> OpenRequest {
    let coarse = |degrees: f64| (degrees * 1000.0).round() / 1000.0;
    let point = order.lng.zip(order.lat).map(|(lng, lat)| Position { lng: coarse(lng), lat: coarse(lat) }.to_datum(Datum::Wgs84));
    let withdrawn = matches!(order.state, State::Rejected | State::Cancelled);
    OpenRequest {
        number: order.number,
        state: order.state,
        item_code: request.item_code,
        item_name: around.item_name,
        description: (!withdrawn).then_some(request.description),
        address: request.address,
        point,
        agency: around.agency,
        created_at: order.created_at,
        updated_at: order.updated_at,
        finish_by: order.finish_by,
        result: order.result,
        answer: order.answer.or(order.reject_text).map(|text| mask::text(&text)),
        merged_into: around.merged_into,
    }
}

/// What everybody may hear of an event of the order with this number; nothing of what is no step.
pub(super) fn heard(number: &str, event: &LoggedEvent) -> Option<OpenUpdate> {
    let state = State::all().find(|state| event.data["to"] == state.as_str())?;
    // What is said to the requester or by them; notes and reasons are for those who do the work.
    let text = match event.kind.as_str() {
        "order.completed" => &event.data["answer"],
        "order.rejected" => &event.data["text"],
        "order.commented" => &event.data["note"],
        _ => &serde_json::Value::Null,
    };
    let text = text.as_str().map(str::to_owned);
    Some(OpenUpdate { number: number.to_owned(), version: event.subject_version, state, at: event.at, text })
}
