//! What messages say (订阅消息设置), who agreed to them (订阅), and QR codes that lead into the mini-program (小程序码).
//!
//! Templates are configuration: for a step of orders, for whom, in a region and beneath, the most specific place deciding. What a
//! field says is chosen from a few sources, and refused if it could never stand there ([`value`]).

use super::{
    Audience,
    client::{Answer, Edition, Fault, Wechat},
    command::{Field, ListWechatTemplates, MakeWechatQrCode, RecordWechatSubscriptions, SetWechatTemplate, Source},
    event::WechatEvent,
    reach,
    row::{message, template},
    store,
    value::{self, Kind},
    view::{QrCode, WechatSubscription, WechatSubscriptionList, WechatTemplate, fields},
};
use kernel::{Code, Cx, Error, Page, PageQuery, Pager, Permission, RegionCode, Result, Subject, mask};
use serde_json::{Map, Value, json};
use services::order::{Order, State};
use std::collections::HashMap;

/// How a state is said in a field of five characters.
const fn state_word(state: State) -> &'static str {
    match state {
        State::Placed => "已点单",
        State::Triaged => "已受理",
        State::Dispatched => "已派单",
        State::Accepted => "已接单",
        State::InProgress => "办理中",
        State::Completed => "已办结",
        State::Evaluated => "已评单",
        State::Closed => "已销号",
        State::Rejected => "不予受理",
        State::Cancelled => "已撤单",
        State::Suspended => "已挂起",
        State::Merged => "已并单",
    }
}

/// Why a field can never be sent; absent if it can.
fn unfit(field: &Field) -> Option<&'static str> {
    let kind = value::kind(&field.key)?;
    let texts = matches!(kind, Kind::Thing | Kind::Enum);
    let right = match field.from {
        Source::Number => texts || kind == Kind::CharacterString,
        Source::Title | Source::Answer => texts,
        Source::State => texts || kind == Kind::Phrase,
        Source::HappenedAt => matches!(kind, Kind::Time | Kind::Date | Kind::Thing),
        Source::Text => true,
    };
    match (&field.text, field.from) {
        _ if !right => Some("this kind of field cannot hold that"),
        (Some(text), Source::Text) if value::fit(kind, text).as_ref() != Some(text) => {
            Some("the text breaks the rule of this kind of field")
        }
        (None, Source::Text) => Some("a text is needed"),
        (Some(_), source) if source != Source::Text => Some("the text is only for fields that are always the same"),
        _ => None,
    }
}

/// What a message says, by field; or which field cannot be said.
pub(super) fn data(row: &message::Model, order: &Order) -> Result<std::result::Result<Value, String>> {
    let state: Option<State> = serde_json::from_value(json!(row.to_state)).ok();
    let mut said = Map::new();
    for field in fields(&row.fields)? {
        let Some(kind) = value::kind(&field.key) else { return Ok(Err(field.key)) };
        let text = match field.from {
            Source::Number => value::fit(kind, &order.number),
            Source::Title => value::fit(kind, &mask::text(&order.title)),
            Source::State => value::fit(kind, state_word(state.unwrap_or(order.state))),
            Source::HappenedAt => value::moment(kind, row.happened_at),
            Source::Answer => value::fit(kind, &order.answer.as_deref().map_or_else(|| "无".to_owned(), mask::text)),
            Source::Text => field.text.as_deref().and_then(|text| value::fit(kind, text)),
        };
        let Some(text) = text else { return Ok(Err(field.key)) };
        said.insert(field.key, json!({ "value": text }));
    }
    Ok(Ok(Value::Object(said)))
}

/// The templates that are in use, so that each event is looked up without asking the database.
pub(super) struct Templates(Vec<template::Model>);

impl Templates {
    pub(super) async fn read(cx: &Cx) -> Result<Self> {
        Ok(Self(store::enabled_templates(cx).await?))
    }

    /// What is said of such an event there: by the most specific place that has a template.
    pub(super) fn of(&self, event_type: &str, audience: Audience, region: RegionCode) -> Option<&template::Model> {
        let fitting = self.0.iter().filter(|t| t.event_type == event_type && t.audience == audience && t.region_code.covers(region));
        fitting.max_by_key(|t| t.region_code.level())
    }
}

/// Says what messages tell whom of a step of an order (设置订阅消息).
///
/// # Errors
/// `permission_missing`; `region_unknown`; `wechat_template_unfit`; `version_stale` when somebody else has just set it.
pub async fn set_template(cx: &Cx, command: SetWechatTemplate) -> Result<WechatTemplate> {
    cx.actor.require(Permission::WechatManage, &command.region_code.into())?;
    services::require_region(cx, command.region_code).await?;
    for (n, field) in command.fields.iter().enumerate() {
        let twice = command.fields[..n].iter().any(|other| other.key == field.key);
        let reason = if twice { Some("the field is named twice") } else { unfit(field) };
        if let Some(reason) = reason {
            return Err(Error::new(Code::WechatTemplateUnfit).with("reason", reason).at(format!("#/fields/{n}")));
        }
    }
    let before = store::template_at(cx, &command.event_type, command.audience, command.region_code).await?;
    let mut tx = cx.begin();
    let row = template::Model {
        id: before.as_ref().map_or_else(|| tx.id(), |row| row.id),
        version: before.as_ref().map_or(1, |row| row.version + 1),
        region_code: command.region_code,
        event_type: command.event_type,
        audience: command.audience,
        template_id: command.template_id,
        page: command.page,
        fields: serde_json::to_string(&command.fields).map_err(Error::internal)?,
        enabled: command.enabled.unwrap_or(true),
        updated_at: tx.now,
    };
    if !store::set_template(&mut tx, row.clone()).await? {
        return Err(Error::new(Code::VersionStale));
    }
    let subject = Subject { id: row.id.0, version: row.version, region: row.region_code };
    let set = WechatEvent::TemplateSet { event_type: row.event_type.clone(), audience: row.audience, enabled: row.enabled };
    tx.emit(subject, &set)?;
    tx.commit(WechatTemplate::try_from(row)?).await
}

/// What messages say (订阅消息设置列表), the newest first.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_templates(cx: &Cx, query: ListWechatTemplates) -> Result<Page<WechatTemplate>> {
    let reach = reach(cx)?;
    let pager = Pager::new("wechat_templates", &query.region_code, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::templates(cx, &reach, &query, &pager).await?, |row| row.id)?;
    let items = page.items.into_iter().map(WechatTemplate::try_from).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// What the caller can agree to be told (可订阅消息), one for each template.
///
/// # Errors
/// `database_unavailable`.
pub async fn list_subscriptions(cx: &Cx) -> Result<WechatSubscriptionList> {
    let account = cx.actor.account()?;
    let remaining: HashMap<String, i32> =
        store::subscriptions_of(cx, account).await?.into_iter().map(|row| (row.template_id, row.remaining)).collect();
    let mut items: Vec<WechatSubscription> = Vec::new();
    for row in Templates::read(cx).await?.0 {
        let known = items.iter().position(|item| item.template_id == row.template_id);
        let at = known.unwrap_or_else(|| {
            let remaining = remaining.get(&row.template_id).copied().unwrap_or_default();
            items.push(WechatSubscription {
                template_id: row.template_id.clone(),
                event_types: Vec::new(),
                audiences: Vec::new(),
                remaining,
            });
            items.len() - 1
        });
        let item = &mut items[at];
        if !item.event_types.contains(&row.event_type) {
            item.event_types.push(row.event_type);
        }
        if !item.audiences.contains(&row.audience) {
            item.audiences.push(row.audience);
        }
    }
    Ok(WechatSubscriptionList { items })
}

/// Writes down what the caller agreed to (记录订阅结果). Templates that are not in use are passed over.
///
/// # Errors
/// `database_unavailable`.
pub async fn record_subscriptions(cx: &Cx, command: RecordWechatSubscriptions) -> Result<WechatSubscriptionList> {
    let account = cx.actor.account()?;
    let mut list = list_subscriptions(cx).await?;
    let mut tx = cx.begin();
    for item in &mut list.items {
        let agreed = command.accepted.iter().filter(|id| **id == item.template_id).count();
        if command.refused.contains(&item.template_id) {
            store::use_up(&mut tx, account, &item.template_id, true).await?;
            item.remaining = 0;
        } else if agreed > 0 {
            store::agree(&mut tx, account, &item.template_id).await?;
            item.remaining += 1;
        }
    }
    tx.commit(list).await
}

/// Draws a QR code that leads into the mini-program (小程序码).
///
/// # Errors
/// `permission_missing`; `wechat_scene_invalid`, `wechat_page_unknown`; `wechat_busy`, `wechat_unavailable`, `wechat_refused`.
pub async fn make_qr_code(cx: &Cx, core: &kernel::Core, wechat: &Wechat, query: MakeWechatQrCode) -> Result<QrCode> {
    cx.actor.require(Permission::WechatManage, &query.region_code.into())?;
    if !is_scene(&query.scene) {
        return Err(Error::new(Code::WechatSceneInvalid));
    }
    if !query.page.as_deref().is_none_or(is_page) {
        return Err(Error::new(Code::WechatPageUnknown));
    }
    let width = query.width.unwrap_or(430);
    if !(280..=1280).contains(&width) {
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", "width lies between 280 and 1280"));
    }
    let edition = wechat.setup.edition;
    let mut body = json!({
        "scene": query.scene,
        "env_version": edition.as_str(),
        "check_path": edition == Edition::Release,
        "width": width,
    });
    if let Some(page) = query.page {
        body["page"] = json!(page);
    }
    match wechat.call_for(core, "/wxa/getwxacodeunlimit", &body).await {
        Ok(Answer::Picture(media_type, bytes)) => Ok(QrCode { media_type, bytes }),
        Ok(Answer::Json(_)) => Err(Fault::Away("a QR code that is no picture".to_owned()).problem()),
        Err(fault) => Err(fault.problem()),
    }
}

/// Whether a text can be a page of a mini-program, without parameters.
fn is_page(page: &str) -> bool {
    let plain = page.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/".contains(&b));
    (1..=128).contains(&page.len()) && plain && page.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Whether WeChat takes a text for a scene.
fn is_scene(scene: &str) -> bool {
    (1..=32).contains(&scene.len()) && scene.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&'()*+,/:;=?@-._~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(key: &str, from: Source, text: Option<&str>) -> Field {
        Field { key: key.to_owned(), from, text: text.map(str::to_owned) }
    }

    #[test]
    fn what_can_never_be_sent_is_refused_when_it_is_set() {
        for fine in [
            field("thing1", Source::Title, None),
            field("character_string2", Source::Number, None),
            field("phrase3", Source::State, None),
            field("time4", Source::HappenedAt, None),
            field("thing5", Source::Text, Some("请点击评价")),
        ] {
            assert_eq!(unfit(&fine), None, "{fine:?}");
        }
        for wrong in [
            field("phrase1", Source::Title, None),
            field("number1", Source::Number, None),
            field("number1", Source::HappenedAt, None),
            field("thing1", Source::Text, None),
            field("thing1", Source::Text, Some("这是一句超过二十个字的提示语它无法完整地放进去")),
            field("phrase1", Source::Text, Some("done")),
            field("thing1", Source::Title, Some("x")),
        ] {
            assert!(unfit(&wrong).is_some(), "{wrong:?}");
        }
    }

    #[test]
    fn every_state_fits_a_phrase() {
        for state in State::all() {
            assert_eq!(value::fit(Kind::Phrase, state_word(state)).as_deref(), Some(state_word(state)), "{state:?}");
        }
    }

    #[test]
    fn a_scene_has_the_characters_that_wechat_takes() {
        assert!(is_scene("c=K7Q2M4X9TA") && is_scene(&"a".repeat(32)) && is_scene("!#$&'()*+,/:;=?@-._~"));
        for bad in ["", "%41", "社区", "a b", &"a".repeat(33), "a\"", "a\\"] {
            assert!(!is_scene(bad), "{bad}");
        }
    }
}
