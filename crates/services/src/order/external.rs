//! What other systems say of an order (外部系统): under which numbers they know it, what they ask for beside its contents, and the
//! steps that they take themselves: a newer version, what the caller said when called back, a second handling.
//!
//! A number belongs to one order, and its versions only rise: what comes twice changes nothing, what is older is refused.

use super::{
    change::Change,
    command::{Contact, PlaceOrder, Priority, Satisfaction},
    event::OrderEvent,
    flow::{Action, State},
    row::{external, order::Model},
    seen,
    sight::{self, Standing},
    store,
    view::{self, Order},
};
use chrono::{DateTime, Utc};
use kernel::{
    Code, Cx, Error, Permission, Place, RegionCode, Result, Tx,
    id::{AccountId, OrderId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// How often a change is tried anew when somebody else has been faster.
const TRIES: usize = 5;

/// An order as another system knows it (外部编号).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderExternalRef)]
pub struct ExternalRef {
    /// Which system (外部系统): small letters, digits, `.`, `-` and `_`.
    #[validate(length(min = 1, max = 64), custom(function = plain_system))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$", example = "12345.zhenjiang")]
    pub system: String,
    /// Its number there (编号), without spaces.
    #[validate(length(min = 1, max = 64), custom(function = plain_number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^\\S+$", example = "ZJ202611160001")]
    pub number: String,
    /// Its version there (版本): 1, 2, 3 …
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: i32,
}

/// The word of a system.
///
/// # Errors
/// When it holds something else than small letters, digits, `.`, `-` and `_`.
pub fn plain_system(system: &str) -> Result<(), ValidationError> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    let sound = system.bytes().all(inner) && system.bytes().next().is_none_or(|b| b.is_ascii_alphanumeric());
    if sound { Ok(()) } else { Err(ValidationError::new("system").with_message("small letters, digits, '.', '-' and '_' only".into())) }
}

/// The number that another system has for something.
///
/// # Errors
/// When there is a space or a control character in it.
pub fn plain_number(number: &str) -> Result<(), ValidationError> {
    let unseen =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}');
    if number.chars().any(unseen) {
        Err(ValidationError::new("number").with_message("no spaces or control characters".into()))
    } else {
        Ok(())
    }
}

/// Places an order by the number that another system has for it, or brings it up to date (按外部编号点单).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpsertOrder {
    /// Under which number and version the other system knows it (外部编号).
    #[validate(nested)]
    pub external: ExternalRef,
    /// The order as it is to be (订单). Of an order that is there already, title, content and contact are taken.
    #[validate(nested)]
    pub order: PlaceOrder,
}

/// Records a number that another system has for an order (关联外部编号).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LinkOrder {
    /// The number (外部编号).
    #[validate(nested)]
    pub external: ExternalRef,
    /// The version of the order that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// What another system asks for beside the contents of an order; nothing when a person places it.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// What whoever places it must hold instead of what people hold.
    pub permission: Option<Permission>,
    /// Under which number it is known there.
    pub external: Option<ExternalRef>,
    /// The version of that number, where another order had it that is over: this one takes it.
    pub known: Option<i32>,
    /// A keyed digest of what came with this version.
    pub digest: Option<String>,
    /// Nobody who does the work may see who asked (保密).
    pub confidential: bool,
    /// This community was named after a dispute and may not return it (指定承办).
    pub designated: bool,
    /// Until when it may be returned (退单期限).
    pub reject_until: Option<DateTime<Utc>>,
    /// Until when it is taken in hand (签收期限).
    pub sign_by: Option<DateTime<Utc>>,
    /// Until when it is done (办结期限).
    pub finish_by: Option<DateTime<Utc>>,
    /// How urgent it is; normal when absent.
    pub priority: Option<Priority>,
    /// The thing that the order grows from (a snapshot): its files become the order's.
    pub files_of: Option<uuid::Uuid>,
}

/// What another system says anew of an order.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// What whoever says it must hold.
    pub permission: Permission,
    /// The number and the new version.
    pub external: ExternalRef,
    /// The version that was read.
    pub known: i32,
    /// A keyed digest of what came with the new version.
    pub digest: Option<String>,
    /// Where it lies: an order that is worked on stays where it is.
    pub region_code: RegionCode,
    /// Its title.
    pub title: String,
    /// Its content.
    pub content: String,
    /// Its contact; the old one stays when absent.
    pub contact: Option<Contact>,
    /// Nobody who does the work may see who asked; absent: as before.
    pub confidential: Option<bool>,
    /// This community was named after a dispute; absent: as before.
    pub designated: Option<bool>,
    /// Until when it is done; absent: as before.
    pub finish_by: Option<DateTime<Utc>>,
}

/// What a connector needs to know of an order. It is for what tells other systems, and asks for no permission: nothing of it is
/// to be shown to anybody by itself.
#[derive(Clone, Debug)]
pub struct OrderFacts {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub number: String,
    /// Its version.
    pub version: i32,
    /// Where it stands.
    pub state: State,
    /// Where it lies.
    pub region_code: RegionCode,
    /// The answer to the requester, if the work is done.
    pub answer: Option<String>,
    /// Why it was returned, and where it belongs, if it was.
    pub returned: Option<(String, Option<String>)>,
    /// The order that goes on in its place.
    pub merged_into: Option<OrderId>,
}

impl From<Model> for OrderFacts {
    fn from(order: Model) -> Self {
        Self {
            id: order.id,
            number: order.number,
            version: order.version,
            state: order.state,
            region_code: order.region_code,
            answer: order.answer,
            returned: order.reject_text.map(|text| (text, order.reject_channel)),
            merged_into: order.merged_into,
        }
    }
}

/// What a connector needs to know of these orders.
///
/// # Errors
/// `database_unavailable`.
pub async fn facts(cx: &Cx, ids: &[OrderId]) -> Result<Vec<OrderFacts>> {
    Ok(store::named(cx, ids).await?.into_iter().map(OrderFacts::from).collect())
}

/// Whether the caller does the work on an order, or did it: alone, in a team or for an organization.
///
/// # Errors
/// `database_unavailable`.
pub async fn is_doer(cx: &Cx, id: OrderId) -> Result<bool> {
    let Some(order) = store::find(cx, id).await? else { return Ok(false) };
    let (standing, _) = super::standing(cx, &order).await?;
    Ok(standing.is_doer(&cx.actor, &order))
}

/// The numbers that other systems have for an order, for those who may know them: who reads in its scope, and who placed it.
pub(super) async fn shown(cx: &Cx, order: &Model, standing: Standing) -> Result<Vec<ExternalRef>> {
    if order.external_count == 0 || !(standing.requester || cx.actor.can(Permission::OrderRead, &sight::place(order))) {
        return Ok(Vec::new());
    }
    let rows = store::external_refs(cx, order.id).await?;
    Ok(rows.into_iter().map(|row| ExternalRef { system: row.system, number: row.number, version: row.version }).collect())
}

/// The row of a number.
fn row_of(external: &ExternalRef, order_id: OrderId, digest: Option<&String>, now: DateTime<Utc>) -> external::Model {
    external::Model {
        system: external.system.clone(),
        number: external.number.clone(),
        version: external.version,
        order_id,
        digest: digest.cloned(),
        added_at: now,
    }
}

fn taken(external: &ExternalRef) -> Error {
    Error::new(Code::ExternalNumberTaken).with("number", &external.number).with("system", &external.system)
}

/// Places an order by the number that another system has for it, or brings it up to date; tells whether it is new. The same version
/// again changes nothing.
///
/// # Errors
/// Those of placing an order; `external_version_old`; `external_version_reused`; `external_number_taken` when somebody else has
/// placed it; `external_region_changed`; `order_state_conflict` when it is done.
pub async fn upsert(cx: &Cx, command: UpsertOrder) -> Result<(Order, bool)> {
    let UpsertOrder { external, mut order } = command;
    let me = cx.actor.account()?;
    cx.actor.require(Permission::OrderPlaceOnBehalf, &Place::from(order.region_code))?;
    order.on_behalf = true;
    let digest = cx.vault().keyed_digest(serde_json::to_string(&order).map_err(Error::internal)?.as_bytes())?;
    for _ in 0..TRIES {
        let Some(known) = store::find_ref(cx, &external.system, &external.number).await? else {
            let terms = Terms { external: Some(external.clone()), digest: Some(digest.clone()), ..Terms::default() };
            match super::place(cx, PlaceOrder { terms, ..order.clone() }).await {
                // Somebody was faster: then it is there.
                Err(e) if e.code == Code::ExternalNumberTaken => continue,
                done => return Ok((done?, true)),
            }
        };
        match revised(cx, me, &external, &digest, &order, known).await {
            // Somebody has taken a step meanwhile: look again.
            Err(e) if matches!(e.code, Code::OrderVersionStale | Code::VersionStale) => {}
            done => return Ok((done?, false)),
        }
    }
    Err(Error::new(Code::VersionStale))
}

async fn revised(
    cx: &Cx,
    me: AccountId,
    external: &ExternalRef,
    digest: &str,
    order: &PlaceOrder,
    known: external::Model,
) -> Result<Order> {
    let there = store::find(cx, known.order_id).await?.filter(|o| o.placed_by == Some(me)).ok_or_else(|| taken(external))?;
    if is_known(external.version, known.version, known.digest.as_deref() == Some(digest))? {
        cx.require_unseen_key().await?;
        return super::get(cx, there.id).await;
    }
    let amendment = Amendment {
        permission: Permission::OrderPlaceOnBehalf,
        external: external.clone(),
        known: known.version,
        digest: Some(digest.to_owned()),
        region_code: order.region_code,
        title: order.title.clone(),
        content: order.content.clone(),
        contact: order.contact.clone(),
        confidential: None,
        designated: None,
        finish_by: None,
    };
    amend_with(cx, there.id, amendment, async |_, order| Ok(order)).await
}

/// Whether a version is the one that is here; a newer one is not.
///
/// # Errors
/// `external_version_old` when it is older; `external_version_reused` when it is the same with another content.
pub fn is_known(version: i32, known: i32, same: bool) -> Result<bool> {
    match version.cmp(&known) {
        std::cmp::Ordering::Greater => Ok(false),
        std::cmp::Ordering::Equal if same => Ok(true),
        std::cmp::Ordering::Equal => Err(Error::new(Code::ExternalVersionReused).with("version", version)),
        std::cmp::Ordering::Less => Err(Error::new(Code::ExternalVersionOld).with("version", version).with("known", known)),
    }
}

/// Takes over what another system says anew of an order that is open; `also` runs in the same transaction.
///
/// # Errors
/// `order_not_found`, also for those who lack the permission where it lies; `external_region_changed`; `order_state_conflict`;
/// `order_version_stale`, `version_stale` when somebody else was faster.
pub async fn amend_with<T: Serialize>(
    cx: &Cx,
    id: OrderId,
    amendment: Amendment,
    also: impl AsyncFnOnce(&mut Tx<'_>, Order) -> Result<T>,
) -> Result<T> {
    let mut change = Change::outside(cx, id, amendment.permission).await?;
    let order = &mut change.after;
    if order.region_code != amendment.region_code {
        return Err(Error::new(Code::ExternalRegionChanged).with("region", order.region_code));
    }
    if !order.state.is_open() {
        return Err(Error::new(Code::OrderStateConflict).with("state", order.state.as_str()).with("action", "amend"));
    }
    (order.title, order.content) = (amendment.title, amendment.content);
    if let Some(contact) = &amendment.contact {
        let json = serde_json::to_string(contact).map_err(Error::internal)?;
        order.contact = Some(cx.vault().seal(&view::contact_owner(id), &json)?);
    }
    order.external_count = order.external_count.max(1);
    order.confidential = amendment.confidential.unwrap_or(order.confidential);
    order.designated = amendment.designated.unwrap_or(order.designated);
    if let Some(finish_by) = amendment.finish_by {
        order.fixed_finish_by = Some(finish_by);
        order.finish_by = Some(finish_by);
    }
    let external = amendment.external;
    let amended =
        OrderEvent::Amended { system: external.system.clone(), external_version: external.version, finish_by: change.after.finish_by };
    change.stay(&amended)?;
    store::renew_ref(&mut change.tx, &external, amendment.known, id, amendment.digest).await?;
    change.linked = Some(external);
    change.save_with(also).await
}

/// The order that has a number now, and the version of that number.
///
/// # Errors
/// `database_unavailable`.
pub async fn numbered(cx: &Cx, system: &str, number: &str) -> Result<Option<(OrderId, i32)>> {
    Ok(store::find_ref(cx, system, number).await?.map(|row| (row.order_id, row.version)))
}

/// Takes over a newer version of a number whose order stays as it is, within a change of the caller's.
///
/// # Errors
/// `version_stale` when somebody else was faster.
pub async fn renew(tx: &mut Tx<'_>, external: &ExternalRef, known: i32, id: OrderId) -> Result<()> {
    store::renew_ref(tx, external, known, id, None).await
}

/// Puts an order back to dispatching because another system says so (二次办理); `also` runs in the same transaction.
///
/// # Errors
/// `order_not_found`; `order_state_conflict` unless the work is done and the order not closed; `order_version_stale`.
pub async fn rework_with<T: Serialize>(
    cx: &Cx,
    id: OrderId,
    permission: Permission,
    reason: String,
    finish_by: DateTime<Utc>,
    also: impl AsyncFnOnce(&mut Tx<'_>, Order) -> Result<T>,
) -> Result<T> {
    let mut change = Change::outside(cx, id, permission).await?;
    change.after.fixed_finish_by = Some(finish_by);
    change.rework(Some(reason)).await?;
    change.save_with(also).await
}

/// Writes down how the requester judged, as another system has heard it (回访评价); `also` runs in the same transaction. It puts
/// nothing back by itself: that is for the other system to say, or for a dispatcher.
///
/// # Errors
/// `order_not_found`; `order_state_conflict` unless the work is done and not judged yet; `order_version_stale`.
pub async fn judge_with<T: Serialize>(
    cx: &Cx,
    id: OrderId,
    permission: Permission,
    level: Satisfaction,
    comment: Option<String>,
    also: impl AsyncFnOnce(&mut Tx<'_>, Order) -> Result<T>,
) -> Result<T> {
    let mut change = Change::outside(cx, id, permission).await?;
    change.judge(level, &[], comment)?;
    change.save_with(also).await
}

/// Records a number that another system has for an order (关联外部编号); a higher version of a number that it has already is taken over.
///
/// # Errors
/// `order_not_found`; `permission_missing`; `order_version_stale`; `external_number_taken`; `external_version_old`.
pub async fn link(cx: &Cx, id: OrderId, command: LinkOrder) -> Result<Order> {
    let (order, ..) = seen(cx, id).await?;
    cx.actor.require(Permission::OrderTriage, &sight::place(&order))?;
    if command.version.is_some_and(|v| v != order.version) {
        return Err(Error::new(Code::OrderVersionStale).with("version", order.version).with("state", order.state.as_str()));
    }
    let external = command.external;
    let mut change = Change::outside(cx, id, Permission::OrderTriage).await?;
    change.stay(&OrderEvent::Linked { system: external.system.clone() })?;
    match store::find_ref(cx, &external.system, &external.number).await? {
        Some(known) if known.order_id != id => return Err(taken(&external)),
        Some(known) if is_known(external.version, known.version, true)? => {
            cx.require_unseen_key().await?;
            return super::get(cx, id).await;
        }
        Some(known) => store::renew_ref(&mut change.tx, &external, known.version, id, known.digest).await?,
        None => {
            let row = row_of(&external, id, None, change.tx.now);
            insert(&mut change.tx, row).await?;
            change.after.external_count = change.after.external_count.saturating_add(1);
        }
    }
    change.linked = Some(external);
    change.save().await
}

/// Gives the number to an order that is being placed: a new one, or one that another order had.
pub(super) async fn give(tx: &mut Tx<'_>, terms: &Terms, id: OrderId) -> Result<()> {
    match (&terms.external, terms.known) {
        (None, _) => Ok(()),
        (Some(external), Some(known)) => store::renew_ref(tx, external, known, id, terms.digest.clone()).await,
        (Some(external), None) => {
            let row = row_of(external, id, terms.digest.as_ref(), tx.now);
            insert(tx, row).await
        }
    }
}

/// Writes a number down, if no order has it.
async fn insert(tx: &mut Tx<'_>, row: external::Model) -> Result<()> {
    let external = ExternalRef { system: row.system.clone(), number: row.number.clone(), version: row.version };
    store::insert_ref(tx, row).await.map_err(|e| if e.breaks("order_external_refs") { taken(&external).because(e) } else { e })
}

impl Change<'_> {
    /// Leaves the order where it stands, at its next version.
    fn stay(&mut self, what: &OrderEvent) -> Result<()> {
        self.logged(self.after.state, what)
    }

    /// The requester's judgement.
    pub(super) fn judge(&mut self, level: Satisfaction, tags: &[String], comment: Option<String>) -> Result<()> {
        let score = level.score();
        self.after.score = Some(score);
        self.after.tags = Some(serde_json::to_string(tags).map_err(Error::internal)?);
        self.after.comment.clone_from(&comment);
        self.after.evaluated_at = Some(self.tx.now);
        let comment = comment.map(|c| kernel::mask::text(&c));
        let tags = tags.iter().map(|t| kernel::mask::text(t)).collect();
        self.step(Action::Evaluate, &OrderEvent::Evaluated { level, score, tags, comment })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_only_rise() {
        assert_eq!(is_known(2, 1, false).ok(), Some(false));
        assert_eq!(is_known(2, 2, true).ok(), Some(true));
        let code = |version, known, same| is_known(version, known, same).err().map(|e| e.code);
        assert_eq!(code(2, 2, false), Some(Code::ExternalVersionReused));
        assert_eq!(code(1, 2, true), Some(Code::ExternalVersionOld));
    }

    #[test]
    fn a_system_is_a_word_and_a_number_has_no_spaces() {
        for good in ["12345.zhenjiang", "a", "cg_321182-1"] {
            assert!(plain_system(good).is_ok(), "{good}");
        }
        for bad in [".a", "-a", "A", "热线", "a b", "a/b"] {
            assert!(plain_system(bad).is_err(), "{bad}");
        }
        assert!(plain_number("镇工单〔2026〕1号").is_ok());
        for bad in ["a b", "a\u{0}", "a\u{202e}b", "\n"] {
            assert!(plain_number(bad).is_err(), "{bad:?}");
        }
    }
}
