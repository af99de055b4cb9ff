//! A work order as its reader may see it. Masking happens here.

use super::{
    push::{HandlingMode, HotlineAttachment, HotlineClaimant, HotlinePlace, HotlineSource, HotlineUrgency, PushHotlineOrder},
    row::order,
};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Permission, RegionCode,
    access::PersonalData,
    geo::{Datum, Position},
    id::{HotlineId, HotlineOrderId, OrderId, OrganizationId},
    mask,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::hotline::HotlineKind;
use utoipa::ToSchema;

/// A work order of a hotline (热线工单), as the caller may see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineOrder {
    /// Its id.
    pub id: HotlineOrderId,
    /// Its version here (版本).
    #[schema(minimum = 1)]
    pub version: i32,
    /// The hotline (热线).
    pub hotline_id: HotlineId,
    /// The hotline's word (热线系统).
    pub external_system: String,
    /// Its number there (工单编号).
    pub external_number: String,
    /// Its version there (版本).
    #[schema(minimum = 1)]
    pub external_version: i32,
    /// The order that is worked on (订单).
    pub order_id: OrderId,
    /// Which order of it that is (轮次): one more after each return and each second handling of a closed one.
    #[schema(minimum = 1)]
    pub round: i16,
    /// Its community or village (区划).
    pub region_code: RegionCode,
    /// How it reached the hotline (来源渠道).
    pub source_channel: HotlineSource,
    /// What the caller wants (工单类型).
    pub kind: HotlineKind,
    /// The code of its category there (分类编码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category_code: Option<String>,
    /// The names of its category (分类路径).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub category_path: Vec<String>,
    /// The service item that its category leads to (服务事项编码); absent: none is mapped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item_code: Option<String>,
    /// What it is about (标题).
    pub title: String,
    /// What the caller says (内容).
    pub content: String,
    /// When it happened (发生时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub occurred_at: Option<DateTime<Utc>>,
    /// Where (地点); to the estate and to about a hundred metres when masked.
    pub place: HotlinePlace,
    /// Who called (诉求人), in full or masked; absent when confidential for those who may not know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimant: Option<HotlineClaimant>,
    /// Whether nobody who does the work may know who called (保密).
    pub confidential: bool,
    /// Whether `claimant`, `place` and the numbers in the texts are masked (已脱敏).
    pub masked: bool,
    /// Whether the unit was named after a dispute (指定承办).
    pub designated: bool,
    /// How urgent it is (紧急程度).
    pub urgency: HotlineUrgency,
    /// What is wanted (办理方式).
    pub handling_mode: HandlingMode,
    /// The unit that leads, as the hotline calls it (主办单位).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lead_unit: Option<String>,
    /// The units that help (协办单位).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub co_units: Vec<String>,
    /// When the hotline took it (受理时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted_at: Option<DateTime<Utc>>,
    /// When the hotline sent it off (派单时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dispatched_at: Option<DateTime<Utc>>,
    /// Until when it is taken in hand (签收期限).
    pub sign_by: DateTime<Utc>,
    /// Until when the caller is answered first (响应期限).
    pub reply_by: DateTime<Utc>,
    /// Until when it is done (办结期限).
    pub finish_by: DateTime<Utc>,
    /// Where the limits come from (时限依据).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit_basis: Option<String>,
    /// How often more time was asked for (延期次数).
    #[schema(minimum = 0)]
    pub extensions: i16,
    /// Files that the hotline holds (附件); not when masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<HotlineAttachment>,
    /// The number of the work order that this one repeats (重复工单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeat_of: Option<String>,
    /// The number of the work order that it was merged into there (并入工单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub merged_into: Option<String>,
    /// When the community took it in hand (签收时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signed_at: Option<DateTime<Utc>>,
    /// When somebody took it, did something, finished or returned it, for the first time (响应时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub responded_at: Option<DateTime<Utc>>,
    /// When it was done (办结时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was returned (退单时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub returned_at: Option<DateTime<Utc>>,
    /// The last call-back (回访).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub callback: Option<HotlineCallback>,
    /// The organization that leads (主办组织).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit_id: Option<OrganizationId>,
    /// When it came (接收时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// What a caller said when called back (回访).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlineCallback {
    /// When (回访时间).
    pub at: DateTime<Utc>,
    /// Whether the caller was reached (是否联系上).
    pub reached: bool,
    /// Whether the caller says that it is solved (是否解决).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub solved: Option<bool>,
    /// How satisfied the caller is (满意度), 1 to 4.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(minimum = 1, maximum = 4)]
    pub satisfaction: Option<i16>,
    /// Whether that counts as satisfied at this place (计为满意).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub satisfied: Option<bool>,
}

/// A work order as it came (原始工单).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HotlinePayload {
    /// The work order (工单).
    pub hotline_order_id: HotlineOrderId,
    /// The hotline's version of it (版本).
    #[schema(minimum = 1)]
    pub external_version: i32,
    /// When it came (接收时间).
    pub received_at: DateTime<Utc>,
    /// The body (内容).
    #[schema(value_type = Object)]
    pub payload: Value,
}

/// Whether the caller of this request sees a work order in full, as far as the work order itself can tell: who does the work on a
/// confidential one does not, and that its order knows.
pub(super) fn sees_in_full(cx: &Cx, region: RegionCode) -> bool {
    cx.actor.can(Permission::HotlineReadPersonal, &region.into()) && cx.actor.sees(PersonalData::Orders)
}

/// Who called, as those see it who need not call.
fn masked_claimant(claimant: HotlineClaimant) -> HotlineClaimant {
    HotlineClaimant {
        name: claimant.name.map(|n| mask::name(&n)),
        phone: claimant.phone.map(|p| mask::phone(&p)),
        alt_phone: claimant.alt_phone.map(|p| mask::phone(&p)),
        ..claimant
    }
}

fn masked_place(place: HotlinePlace) -> HotlinePlace {
    let coarse = |degrees: f64| (degrees * 1000.0).round() / 1000.0;
    let point = place.point.and_then(|point| point.to_wgs84().ok());
    HotlinePlace {
        region_code: place.region_code,
        address: place.address.map(|a| mask::address(&a)),
        point: point.map(|p| Position { lng: coarse(p.lng), lat: coarse(p.lat) }.to_datum(Datum::Wgs84)),
    }
}

/// A work order, in full or masked.
pub(super) fn work_order(system: &str, row: &order::Model, pushed: PushHotlineOrder, full: bool) -> HotlineOrder {
    let (title, content) = if full { (pushed.title.clone(), pushed.content.clone()) } else { pushed.texts() };
    let text = |text: String| if full { text } else { mask::text(&text) };
    let claimant = match (full, row.confidential) {
        (true, _) => pushed.claimant,
        (false, false) => pushed.claimant.map(masked_claimant),
        (false, true) => None,
    };
    HotlineOrder {
        id: row.id,
        version: row.version,
        hotline_id: row.hotline_id,
        external_system: system.to_owned(),
        external_number: row.external_number.clone(),
        external_version: row.external_version,
        order_id: row.order_id,
        round: row.round,
        region_code: row.region_code,
        source_channel: pushed.source_channel,
        kind: row.kind,
        category_code: pushed.category_code,
        category_path: pushed.category_path,
        item_code: row.item_code.clone(),
        title: text(title),
        content: text(content),
        occurred_at: pushed.occurred_at,
        place: if full { pushed.place } else { masked_place(pushed.place) },
        claimant,
        confidential: row.confidential,
        masked: !full,
        designated: row.designated,
        urgency: pushed.urgency.unwrap_or(HotlineUrgency::Normal),
        handling_mode: pushed.handling_mode.unwrap_or(HandlingMode::Transfer),
        lead_unit: pushed.lead_unit,
        co_units: pushed.co_units,
        accepted_at: pushed.accepted_at,
        dispatched_at: pushed.dispatched_at,
        sign_by: row.sign_by,
        reply_by: row.reply_by,
        finish_by: row.finish_by,
        limit_basis: pushed.limit_basis,
        extensions: row.extensions,
        attachments: if full { pushed.attachments } else { Vec::new() },
        repeat_of: pushed.repeat_of,
        merged_into: pushed.merged_into,
        signed_at: row.signed_at,
        responded_at: row.responded_at,
        finished_at: row.finished_at,
        returned_at: row.returned_at,
        callback: row.called_back_at.map(|at| HotlineCallback {
            at,
            reached: row.reached.unwrap_or_default(),
            solved: row.solved,
            satisfaction: row.satisfaction,
            satisfied: row.satisfied,
        }),
        unit_id: (!row.unit_id.is_nil()).then_some(OrganizationId(row.unit_id)),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
