//! What goes out: the order as its viewer may see it. Masking happens here and nowhere else.

use super::{
    command::{Channel, Contact, DispatchMode, OrderResult, Priority, Satisfaction, TakerRef},
    external::ExternalRef,
    flow::{Action, State},
    row::{assistant, order::Model},
    sight::Standing,
};
use crate::limit::Limit;
use chrono::{DateTime, Utc};
use files::Attachment;
use kernel::{
    Actor, Error, RegionCode, Result,
    access::PersonalData,
    clock::{write, write_some},
    geo::{Datum, Point, Position},
    id::{AccountId, AdmissionItemId, GridId, ItemId, OrderId},
    mask,
    vault::Vault,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An order (订单), as the caller may see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Its number, to be read over the phone (订单号): the day, six characters, a check character.
    #[schema(example = "20261122-K7Q2M4C", max_length = 16)]
    pub number: String,
    /// 1, 2, 3 …: one more with each step.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it stands (状态).
    pub state: State,
    /// How urgent it is (优先级).
    pub priority: Priority,
    /// The way by which it came (来源渠道).
    pub channel: Channel,
    /// What it is about (标题).
    pub title: String,
    /// What is wanted (内容). Phone and ID numbers in it are masked for those who do not see the contact.
    pub content: String,
    /// Its community or village (区划).
    pub region_code: RegionCode,
    /// Its grid (网格), if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_id: Option<GridId>,
    /// The version of the service item that it was sorted under (服务事项).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<ItemId>,
    /// The item of the admission list that let a department's task in (准入事项); only of a department's task.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub admission_item_id: Option<AdmissionItemId>,
    /// Who asked (点单人), if they have an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_id: Option<AccountId>,
    /// Who placed it; another than the requester when on behalf (代点单).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed_by: Option<AccountId>,
    /// How to reach the requester (联系方式), in full or masked; only where one order is read or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Whether nobody who does the work may see who asked (保密): then they are shown the address, and no name or phone.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    #[schema(required = false)]
    pub confidential: bool,
    /// Whether another system has named this community after a dispute, so that it may not be returned (指定承办).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    #[schema(required = false)]
    pub designated: bool,
    /// Under which numbers other systems know it (外部编号); only where one order is read or changed, for those who read in its scope
    /// and for whoever placed it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub external_refs: Vec<ExternalRef>,
    /// Whether `contact`, `point` and the phone and ID numbers in what people wrote are masked (已脱敏).
    pub masked: bool,
    /// Where it is, WGS-84; to about a hundred metres when masked (位置).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// How it was dispatched (派单方式).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_mode: Option<DispatchMode>,
    /// Who leads (主办方).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<TakerRef>,
    /// Who assists (协办方); only where one order is read or changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub assistants: Vec<TakerRef>,
    /// Photos and other files (附件); only where one order is read or changed, and only for those who see the contact or help.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<Attachment>,
    /// The limit for accepting (响应时限).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respond_limit: Option<Limit>,
    /// The limit for finishing (办结时限).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_limit: Option<Limit>,
    /// When somebody must have accepted.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some")]
    pub respond_by: Option<DateTime<Utc>>,
    /// When it must be done.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some")]
    pub finish_by: Option<DateTime<Utc>>,
    /// The deadline that runs now; absent while no clock runs.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some")]
    pub due_at: Option<DateTime<Utc>>,
    /// Whether that deadline has passed (超时).
    pub overdue: bool,
    /// Since when its clocks stand still (挂起时间).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some")]
    pub suspended_at: Option<DateTime<Utc>>,
    /// How often it was put back after the work was found wanting (重办次数).
    #[schema(minimum = 0)]
    pub rework_count: i16,
    /// How the work ended (办结结果).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<OrderResult>,
    /// The answer to the requester (答复).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// How the requester judged (评单).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
    /// Why it was refused (不予受理).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// The order that goes on in its place (并入订单).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<OrderId>,
    /// When it was placed (点单时间).
    #[serde(serialize_with = "write")]
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    #[serde(serialize_with = "write")]
    pub updated_at: DateTime<Utc>,
    /// When it was accepted (接单时间).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some")]
    pub accepted_at: Option<DateTime<Utc>>,
    /// When it was completed (办结时间).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some")]
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was closed (销号时间).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_some")]
    pub closed_at: Option<DateTime<Utc>>,
    /// What the caller may do with it now (可执行操作): the buttons to show.
    pub allowed_actions: Vec<Action>,
}

/// How the requester judged (评价).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderEvaluation)]
pub struct Evaluation {
    /// 非常满意 … 非常不满意.
    pub level: Satisfaction,
    /// The level as a number, 5 is best (评分).
    #[schema(minimum = 1, maximum = 5)]
    pub score: i16,
    /// 标签
    pub tags: Vec<String>,
    /// 评语
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When (评单时间).
    #[serde(serialize_with = "write")]
    pub evaluated_at: DateTime<Utc>,
}

/// Why an order was refused (不予受理说明).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderRejection)]
pub struct Rejection {
    /// 情形编码
    pub code: String,
    /// 理由
    pub text: String,
    /// Where to turn instead (正确渠道).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// What a stored contact is sealed for.
pub(super) fn contact_owner(id: OrderId) -> String {
    format!("order {id}")
}

/// The contact that was given with the order.
pub(super) fn open_contact(vault: &Vault, order: &Model) -> Result<Option<Contact>> {
    let Some(sealed) = &order.contact else { return Ok(None) };
    let json = vault.open(&contact_owner(order.id), sealed)?;
    serde_json::from_str(&json).map(Some).map_err(Error::internal)
}

/// The contact of a confidential order as those see it who may not know who asked: whoever does the work needs the address.
fn address_alone(contact: Contact, working: bool) -> Option<Contact> {
    let address = contact.address.map(|a| if working { a } else { mask::address(&a) })?;
    Some(Contact { address: Some(address), ..Contact::default() })
}

/// A contact as those see it who need not call.
#[must_use]
pub fn masked_contact(contact: Contact) -> Contact {
    Contact {
        name: contact.name.map(|n| mask::name(&n)),
        phone: contact.phone.map(|p| mask::phone(&p)),
        address: contact.address.map(|a| mask::address(&a)),
    }
}

/// The order in a list: without contact and assistants, and always masked for all but its requester. A list of what
/// can be claimed has nothing else in it.
pub(super) fn in_list(actor: &Actor, now: DateTime<Utc>, order: Model, claimable: bool) -> Result<Order> {
    let mut standing = super::sight::standing(actor, &order);
    standing.provider |= claimable;
    let masked = !(standing.requester && actor.sees(PersonalData::Orders));
    view(actor, now, order, standing, None, Vec::new(), masked)
}

/// The order by itself.
pub(super) fn alone(
    actor: &Actor,
    now: DateTime<Utc>,
    order: Model,
    standing: Standing,
    contact: Option<Contact>,
    team: &[assistant::Model],
    (attachments, external_refs): (Vec<Attachment>, Vec<ExternalRef>),
) -> Result<Order> {
    let masked = !standing.sees_contact(actor, &order);
    let contact = contact.and_then(|c| match (masked, order.confidential) {
        (false, _) => Some(c),
        (true, false) => Some(masked_contact(c)),
        (true, true) => address_alone(c, standing.sees_place(actor, &order)),
    });
    let assistants = team.iter().map(|a| TakerRef::of(a.taker_kind, a.taker_id)).collect();
    Ok(Order { attachments, external_refs, ..view(actor, now, order, standing, contact, assistants, masked)? })
}

fn view(
    actor: &Actor,
    now: DateTime<Utc>,
    order: Model,
    standing: Standing,
    contact: Option<Contact>,
    assistants: Vec<TakerRef>,
    masked: bool,
) -> Result<Order> {
    let blurred = masked && !(order.confidential && standing.sees_place(actor, &order));
    let allowed_actions = Action::all().filter(|a| standing.may(actor, &order, *a)).collect();
    let limit = |text: Option<&String>| text.map(|t| t.parse()).transpose();
    let text = |text: String| if masked { mask::text(&text) } else { text };
    let evaluation = match (order.score, order.evaluated_at) {
        (Some(score), Some(evaluated_at)) => Some(Evaluation {
            level: Satisfaction::of_score(score),
            score,
            tags: order
                .tags
                .as_deref()
                .map(serde_json::from_str::<Vec<String>>)
                .transpose()
                .map_err(Error::internal)?
                .unwrap_or_default()
                .into_iter()
                .map(text)
                .collect(),
            comment: order.comment.map(text),
            evaluated_at,
        }),
        _ => None,
    };
    let rejection = match (order.reject_code, order.reject_text) {
        (Some(code), Some(reason)) => Some(Rejection { code, text: text(reason), channel: order.reject_channel.map(text) }),
        _ => None,
    };
    let point = order.lng.zip(order.lat).map(|(lng, lat)| {
        let coarse = |degrees: f64| (degrees * 1000.0).round() / 1000.0;
        let at = if blurred { Position { lng: coarse(lng), lat: coarse(lat) } } else { Position { lng, lat } };
        at.to_datum(Datum::Wgs84)
    });
    Ok(Order {
        id: order.id,
        number: order.number,
        version: order.version,
        state: order.state,
        priority: order.priority,
        channel: order.channel,
        title: text(order.title),
        content: text(order.content),
        region_code: order.region_code,
        grid_id: order.grid_id,
        item_id: order.item_id,
        admission_item_id: order.admission_item_id,
        requester_id: order.requester_id,
        placed_by: order.placed_by,
        contact,
        confidential: order.confidential,
        designated: order.designated,
        external_refs: Vec::new(),
        masked,
        point,
        dispatch_mode: order.dispatch_mode,
        lead: order.lead_kind.zip(order.lead_id).map(|(kind, id)| TakerRef::of(kind, id)),
        assistants,
        attachments: Vec::new(),
        respond_limit: limit(order.respond_limit.as_ref())?,
        finish_limit: limit(order.finish_limit.as_ref())?,
        respond_by: order.respond_by,
        finish_by: order.finish_by,
        due_at: order.due_at,
        overdue: order.due_at.is_some_and(|due| due < now),
        suspended_at: order.suspended_at,
        rework_count: order.rework_count,
        result: order.result,
        answer: order.answer.map(text),
        evaluation,
        rejection,
        merged_into: order.merged_into,
        created_at: order.created_at,
        updated_at: order.updated_at,
        accepted_at: order.accepted_at,
        completed_at: order.completed_at,
        closed_at: order.closed_at,
        allowed_actions,
    })
}
