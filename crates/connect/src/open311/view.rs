//! The shapes of Open311 (GeoReport v2), as JSON says them: lists at the top, ids as strings, times in UTC with `Z` and whole
//! seconds, what there is not as `null` where clients expect the field. XML is made of the same.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use services::{
    attribute::{AttributeType, ItemAttribute},
    catalogue::{Reporting, ServiceItem},
    order::{
        State,
        open::{self, OpenRequest, OpenUpdate, Receipt},
    },
};
use utoipa::ToSchema;

/// Where the services of this server are (服务发现).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311Discovery {
    /// Since when what is said here holds.
    #[schema(example = "2026-11-27T00:00:00Z")]
    pub changeset: String,
    /// Whom to ask (联系方式).
    pub contact: String,
    /// How to get a key (密钥申请).
    pub key_service: String,
    /// Production, and a test that keeps nothing.
    pub endpoints: Vec<Open311Endpoint>,
}

/// One of the two endpoints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311Endpoint {
    /// What it speaks.
    #[schema(example = "http://wiki.open311.org/GeoReport_v2")]
    pub specification: String,
    /// Where it is.
    #[schema(example = "https://linli.example.org/open311/v2")]
    pub url: String,
    /// Since when it is as it is.
    pub changeset: String,
    /// `production`, or `test`: everything is looked at and nothing kept.
    #[serde(rename = "type")]
    #[schema(example = "production")]
    pub kind: String,
    /// The media types that it answers in.
    pub formats: Vec<String>,
}

/// A service that can be asked for (服务事项).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311Service {
    /// Its code (编码).
    pub service_code: String,
    /// Its name (名称).
    pub service_name: String,
    /// What it is (说明).
    pub description: String,
    /// Whether it asks questions besides: then it has a definition (附加问题).
    pub metadata: bool,
    /// What is answered to a request: `realtime` its number, `batch` a token, `blackbox` nothing.
    #[serde(rename = "type")]
    #[schema(example = "realtime")]
    pub kind: String,
    /// Words to find it by, comma-separated.
    pub keywords: String,
    /// The entry of the catalogue above it (上级类别).
    pub group: String,
}

/// What a service asks besides (附加问题).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311ServiceDefinition {
    /// The code of the service.
    pub service_code: String,
    /// The questions, in their order.
    pub attributes: Vec<Open311Attribute>,
}

/// A question (问题).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311Attribute {
    /// Whether an answer can be given: always.
    pub variable: bool,
    /// Its code: the answer is sent as `attribute[code]`.
    pub code: String,
    /// The kind of answer.
    #[schema(example = "singlevaluelist")]
    pub datatype: AttributeType,
    /// Whether it has to be answered (必答).
    pub required: bool,
    /// What to write.
    pub datatype_description: String,
    /// Its place among the questions, from 1.
    #[schema(minimum = 1, maximum = 20)]
    pub order: usize,
    /// The question itself.
    pub description: String,
    /// What to choose from; empty unless it is a list.
    pub values: Vec<Open311Value>,
}

/// One of the answers to choose from (选项).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311Value {
    /// What is sent.
    pub key: String,
    /// What is shown.
    pub name: String,
}

/// A request as everybody may see it (公开诉求): no names, no phone, the place to about a hundred metres.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Open311Request {
    /// Its number (订单号).
    #[schema(example = "20261122-K7Q2M4C")]
    pub service_request_id: String,
    /// `open` or `closed`.
    #[schema(example = "open")]
    pub status: String,
    /// Where it stands in our own words, and how it ended (状态说明).
    pub status_notes: String,
    /// What was asked for.
    pub service_name: String,
    /// Its code.
    pub service_code: String,
    /// What was written, phone and ID numbers masked; `null` once it was refused or taken back.
    pub description: Option<String>,
    /// The organization that does the work, else the community (责任单位).
    pub agency_responsible: String,
    /// What everybody should know about the service; there is nothing at present.
    pub service_notice: Option<String>,
    /// When it was placed (提交时间).
    #[schema(example = "2026-11-16T01:00:00Z")]
    pub requested_datetime: String,
    /// When it last changed; once it is closed, when that was (更新时间).
    #[schema(example = "2026-11-16T01:00:00Z")]
    pub updated_datetime: String,
    /// When it must be done (办结时限).
    pub expected_datetime: Option<String>,
    /// The estate or street (地址).
    pub address: Option<String>,
    /// Never told.
    pub address_id: Option<String>,
    /// Never told.
    pub zipcode: Option<String>,
    /// Latitude, WGS-84, to three decimals (纬度).
    #[schema(minimum = -90, maximum = 90)]
    pub lat: Option<f64>,
    /// Longitude, WGS-84, to three decimals (经度).
    #[schema(minimum = -180, maximum = 180)]
    pub long: Option<f64>,
    /// Never told: nobody has looked whether a photo shows people.
    pub media_url: Option<String>,
}

/// What is answered to a new request (受理回执): its number or a token, or neither.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Open311Receipt {
    /// Its number (订单号); of a `realtime` service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "20261122-K7Q2M4C")]
    pub service_request_id: Option<String>,
    /// What the number can be asked for with, later; of a `batch` service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
    /// What the one who asked should know (提示).
    pub service_notice: String,
    /// Never told.
    pub account_id: Option<String>,
}

/// The number behind a token (令牌查询).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311Token {
    /// Its number; absent as long as nobody has taken it in hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "20261122-K7Q2M4C")]
    pub service_request_id: Option<String>,
    /// The token.
    pub token: String,
}

/// Something that happened to a request (进展).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Open311Update {
    /// Its id: the number of the request and which step it was.
    #[schema(example = "20261122-K7Q2M4C-3")]
    pub update_id: String,
    /// The number of the request.
    #[schema(example = "20261122-K7Q2M4C")]
    pub service_request_id: String,
    /// `open` or `closed`, after it.
    #[schema(example = "open")]
    pub status: String,
    /// Where it stood after it, in our own word (状态).
    #[schema(example = "in_progress")]
    pub external_status_code: String,
    /// When (时间).
    #[schema(example = "2026-11-16T01:00:00Z")]
    pub updated_datetime: String,
    /// What was said to the requester or by them, phone and ID numbers masked; else where it stood.
    pub description: String,
    /// Never told.
    pub media_url: Option<String>,
}

/// What is answered to an update (更新回执).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Open311UpdateReceipt {
    /// Our id of it; the same when the same update is sent again.
    #[schema(example = "20261122-K7Q2M4C-3")]
    pub update_id: String,
    /// Never told.
    pub account_id: Option<String>,
}

/// A time as the strictest client reads it.
pub(super) fn told(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn status(state: State) -> String {
    if open::is_open(state) { "open" } else { "closed" }.to_owned()
}

/// A state in both languages.
fn words(state: State) -> &'static str {
    match state {
        State::Placed => "已点单 placed",
        State::Triaged => "已受理 triaged",
        State::Dispatched => "已派单 dispatched",
        State::Accepted => "已接单 accepted",
        State::InProgress => "办理中 in progress",
        State::Completed => "已办结 completed",
        State::Evaluated => "已评单 evaluated",
        State::Closed => "已销号 closed",
        State::Rejected => "不予受理 rejected",
        State::Cancelled => "已撤单 cancelled",
        State::Suspended => "已挂起 suspended",
        State::Merged => "已并单 merged",
    }
}

impl Open311Service {
    /// An entry of the catalogue, with the name of the one above it.
    pub(super) fn of(item: &ServiceItem, above: Option<&String>) -> Self {
        Self {
            service_code: item.code.clone(),
            service_name: item.name.clone(),
            description: item.description.clone().filter(|text| !text.trim().is_empty()).unwrap_or_else(|| item.name.clone()),
            metadata: !item.attributes.is_empty(),
            kind: match item.reporting {
                Reporting::Batch => "batch",
                Reporting::Blackbox => "blackbox",
                Reporting::Realtime | Reporting::None => "realtime",
            }
            .to_owned(),
            keywords: item.name.replace([',', '\u{ff0c}', '、'], " "),
            group: above.unwrap_or(&item.name).clone(),
        }
    }
}

impl From<ServiceItem> for Open311ServiceDefinition {
    fn from(item: ServiceItem) -> Self {
        let question = |(n, asked): (usize, ItemAttribute)| Open311Attribute {
            variable: true,
            code: asked.code,
            datatype: asked.datatype,
            required: asked.required,
            datatype_description: asked.hint.unwrap_or_else(|| asked.datatype.hint().to_owned()),
            order: n + 1,
            description: asked.question,
            values: asked.values.into_iter().map(|value| Open311Value { key: value.key, name: value.name }).collect(),
        };
        Self { service_code: item.code, attributes: item.attributes.into_iter().enumerate().map(question).collect() }
    }
}

impl From<OpenRequest> for Open311Request {
    fn from(request: OpenRequest) -> Self {
        let mut notes = words(request.state).to_owned();
        if request.state == State::Merged {
            notes = request.merged_into.map_or_else(|| "Duplicate".to_owned(), |number| format!("Duplicate of {number}"));
        }
        if let Some(result) = request.result {
            notes.push_str(&format!(" ({})", open::ended(result)));
        }
        if let Some(answer) = request.answer {
            notes.push_str(&format!(": {answer}"));
        }
        Self {
            service_request_id: request.number,
            status: status(request.state),
            status_notes: notes,
            service_name: request.item_name,
            service_code: request.item_code,
            description: request.description,
            agency_responsible: request.agency,
            service_notice: None,
            requested_datetime: told(request.created_at),
            updated_datetime: told(request.updated_at),
            expected_datetime: request.finish_by.map(told),
            address: request.address,
            address_id: None,
            zipcode: None,
            lat: request.point.map(|point| point.lat),
            long: request.point.map(|point| point.lng),
            media_url: None,
        }
    }
}

impl From<Receipt> for Open311Receipt {
    fn from(receipt: Receipt) -> Self {
        let (service_request_id, token, notice) = match receipt {
            Receipt::Number(number) => (Some(number), None, "已提交,凭编号可查询进展。 Submitted: ask for its number to see how it goes."),
            Receipt::Token(id) => (
                None,
                Some(id.to_string()),
                "已提交,受理后可凭令牌查询编号。 Submitted: the token leads to its number once it is taken in hand.",
            ),
            Receipt::Nothing => (None, None, "已提交。 Submitted."),
        };
        Self { service_request_id, token, service_notice: notice.to_owned(), account_id: None }
    }
}

impl Open311UpdateReceipt {
    pub(super) fn of(number: &str, version: i32) -> Self {
        Self { update_id: format!("{number}-{version}"), account_id: None }
    }
}

impl From<OpenUpdate> for Open311Update {
    fn from(update: OpenUpdate) -> Self {
        Self {
            update_id: format!("{}-{}", update.number, update.version),
            service_request_id: update.number,
            status: status(update.state),
            external_status_code: update.state.as_str().to_owned(),
            updated_datetime: told(update.at),
            description: update.text.unwrap_or_else(|| words(update.state).to_owned()),
            media_url: None,
        }
    }
}
