//! What a hotline pushes becomes an order, or says something new of one.
//!
//! A work order is known by the hotline's number for it, and its versions only rise. The same version again, with the same content,
//! changes nothing: whoever got no answer sends it again. A newer one is taken over as far as its order stands: one that is open
//! gets the new texts and limits, one that was returned is placed anew, one that is done is only remembered.

use super::{
    event::HotlineEvent,
    push::PushHotlineOrder,
    row::{HotlineState, hotline, order, payload},
    signature::Envelope,
    store,
    view::Sealed,
    work_order::{self, HotlineOrder},
};
use chrono::{DateTime, Utc};
use kernel::{Code, Cx, Error, Permission, Place, RegionCode, Result, Subject, Tx, id::HotlineId};
use services::{
    calendar::china,
    catalogue,
    hotline::HotlineRules,
    order::{
        self as orders, Amendment, Channel, ExternalRef, PlaceOrder, State, Terms,
        external::{self, OrderFacts},
    },
    policy,
};
use uuid::Uuid;

/// How often a push is tried anew when somebody else has been faster.
const TRIES: usize = 5;

pub(super) fn subject(row: &order::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

/// Takes a work order (接收热线工单); tells whether it is new.
///
/// # Errors
/// `permission_missing`; `hotline_unknown`; `hotline_signature_missing`, `hotline_signature_wrong`, `hotline_signature_old`,
/// `hotline_signature_replayed`; `external_version_old`, `external_version_reused`, `external_region_changed`; those of placing an
/// order.
pub async fn push(cx: &Cx, envelope: &Envelope<'_>, command: PushHotlineOrder) -> Result<(HotlineOrder, bool)> {
    let command = command.plain()?;
    let region = command.place.region_code;
    cx.actor.require(Permission::HotlinePush, &Place::from(region))?;
    let hotline = pushing(cx, &command.external_system, region).await?;
    let nonce = admitted(cx, &hotline, envelope)?;
    let digest = cx.vault().keyed_digest(&serde_json::to_vec(&command).map_err(Error::internal)?)?;
    let raw = String::from_utf8_lossy(envelope.body).into_owned();
    let rules = policy::hotline_rules(cx, region).await?;
    let pushed = Pushed { cx, hotline: &hotline, command: &command, digest: &digest, raw: &raw, nonce: nonce.as_deref(), rules: &rules };
    let mut last = Error::new(Code::VersionStale);
    for _ in 0..TRIES {
        let done = match store::order_numbered(cx, hotline.id, &command.external_number).await? {
            None => pushed.receive().await.map(|order| (order, true)),
            Some(row) if external::is_known(command.external_version, row.external_version, row.digest == digest)? => {
                pushed.again(&row).await.map(|order| (order, false))
            }
            Some(row) => pushed.renew(row).await.map(|order| (order, false)),
        };
        match done {
            // Somebody was faster, another push or a step of ours: look again.
            Err(e) if is_late(&e) => last = e,
            done => return done,
        }
    }
    Err(last)
}

/// Whether somebody else was faster.
pub(super) fn is_late(error: &Error) -> bool {
    matches!(error.code, Code::VersionStale | Code::OrderVersionStale | Code::ExternalNumberTaken)
        || error.breaks("hotline_orders")
        || error.breaks("hotline_payloads")
}

/// The hotline of this word, if the caller may push for it here.
async fn pushing(cx: &Cx, system: &str, region: RegionCode) -> Result<hotline::Model> {
    let mine = |row: &hotline::Model| row.region_code.covers(region) && speaks_for(cx, row);
    let row = store::named(cx, system).await?.filter(mine);
    row.ok_or_else(|| Error::new(Code::HotlineUnknown).with("system", system).at("#/external_system"))
}

/// Whether the caller may speak for a hotline, as far as it is there: any person, and the program that is bound to it.
pub(super) fn speaks_for(cx: &Cx, hotline: &hotline::Model) -> bool {
    let bound = hotline.application_id;
    hotline.state != HotlineState::Removed && cx.actor.program.as_ref().is_none_or(|p| bound.is_none_or(|id| id == p.id))
}

/// The id of the signature of a program's request, if this hotline signs. People are signed in themselves.
pub(super) fn admitted(cx: &Cx, hotline: &hotline::Model, envelope: &Envelope<'_>) -> Result<Option<String>> {
    if cx.actor.program.is_none() {
        return Ok(None);
    }
    match hotline.signing(cx)? {
        Some(signing) => signing.verify(envelope, cx.now()),
        None => Ok(None),
    }
}

/// The service item that a category leads to at a place, if it is offered there.
async fn item_of(cx: &Cx, hotline: HotlineId, region: RegionCode, category: Option<&str>) -> Result<Option<String>> {
    let Some(category) = category else { return Ok(None) };
    for mapping in store::mappings(cx, hotline, region).await? {
        let entries: Vec<super::HotlineCategory> = serde_json::from_str(&mapping.entries).map_err(Error::internal)?;
        if let Some(entry) = fitting(&entries, category) {
            return Ok(Some(entry.item_code.clone()));
        }
    }
    Ok(None)
}

/// The entry of a category: its own, else the longest beginning with a `*` that fits.
fn fitting<'a>(entries: &'a [super::HotlineCategory], category: &str) -> Option<&'a super::HotlineCategory> {
    let beginning = |entry: &super::HotlineCategory| {
        let beginning = entry.category_code.strip_suffix('*')?;
        category.starts_with(beginning).then_some(beginning.len())
    };
    let own = entries.iter().find(|entry| entry.category_code == category);
    own.or_else(|| entries.iter().filter(|e| beginning(e).is_some()).max_by_key(|e| beginning(e)))
}

/// Until when what is to be done.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) sign_by: DateTime<Utc>,
    pub(super) reply_by: DateTime<Utc>,
    pub(super) finish_by: DateTime<Utc>,
    pub(super) return_by: DateTime<Utc>,
}

/// What the work order says, and else what the policy of the place says of its kind.
pub(super) async fn limits_of(cx: &Cx, command: &PushHotlineOrder, rules: &HotlineRules) -> Result<Limits> {
    let hours = policy::working_time(cx, command.place.region_code).await?;
    let now = cx.now();
    let limits = rules.limits_of(command.kind).ok_or_else(|| Error::internal("the last entry of the limits fits all"))?;
    let finish_by = command.finish_by.unwrap_or_else(|| limits.finish.end(now, &hours));
    Ok(Limits {
        sign_by: command.sign_by.unwrap_or_else(|| limits.sign.end(now, &hours).min(finish_by)),
        reply_by: command.reply_by.unwrap_or_else(|| limits.reply.end(now, &hours).min(finish_by)),
        finish_by,
        return_by: rules.return_within.end(now, &hours),
    })
}

/// The order that is placed for a work order. `known`: its number belonged to an order that is over.
pub(super) async fn placing(
    cx: &Cx,
    system: &str,
    command: &PushHotlineOrder,
    item_code: Option<&String>,
    limits: Limits,
    known: Option<i32>,
) -> Result<PlaceOrder> {
    let region = command.place.region_code;
    // What is not offered here, or needs an address that nobody gave, is for the community to sort.
    let item = match item_code {
        Some(code) => match catalogue::offered(cx, code, region).await {
            Ok(item) => Some(item).filter(|i| !i.needs_address || command.place.address.is_some()),
            Err(e) if e.code == Code::ItemUnknown => None,
            Err(e) => return Err(e),
        },
        None => None,
    };
    let (title, content) = command.texts();
    Ok(PlaceOrder {
        title,
        content,
        region_code: region,
        item_code: item.map(|i| i.code.clone()),
        point: command.place.point,
        contact: command.contact(),
        channel: Some(if system.starts_with("12349") { Channel::Hotline12349 } else { Channel::Hotline12345 }),
        on_behalf: true,
        requester_id: None,
        attachment_ids: Vec::new(),
        department_id: None,
        admission_item_id: None,
        terms: Terms {
            permission: Some(Permission::HotlinePush),
            external: Some(reference(system, command)),
            known,
            digest: None,
            confidential: command.is_confidential(),
            designated: command.designated,
            reject_until: Some(limits.return_by),
            sign_by: Some(limits.sign_by),
            finish_by: Some(limits.finish_by),
            priority: Some(command.priority()),
            files_of: None,
        },
    })
}

pub(super) fn reference(system: &str, command: &PushHotlineOrder) -> ExternalRef {
    ExternalRef { system: system.to_owned(), number: command.external_number.clone(), version: command.external_version }
}

/// Where in a work order the fields of an order come from.
pub(super) fn moved(mut error: Error) -> Error {
    for field in &mut error.fields {
        field.pointer = match field.pointer.as_str() {
            "#/region_code" => "#/place/region_code".to_owned(),
            "#/point" => "#/place/point".to_owned(),
            "#/contact/address" => "#/place/address".to_owned(),
            other => other.to_owned(),
        };
    }
    error
}

/// A work order that is being taken.
struct Pushed<'a> {
    cx: &'a Cx,
    hotline: &'a hotline::Model,
    command: &'a PushHotlineOrder,
    digest: &'a str,
    raw: &'a str,
    nonce: Option<&'a str>,
    rules: &'a HotlineRules,
}

impl Pushed<'_> {
    /// One that nobody knows yet.
    async fn receive(&self) -> Result<HotlineOrder> {
        let (cx, command) = (self.cx, self.command);
        let limits = limits_of(cx, command, self.rules).await?;
        let item_code = item_of(cx, self.hotline.id, command.place.region_code, command.category_code.as_deref()).await?;
        let placing = placing(cx, &self.hotline.system, command, item_code.as_ref(), limits, None).await?;
        let received = orders::place_with(cx, placing, async |tx, order| {
            let row = order::Model {
                id: tx.id(),
                version: 1,
                hotline_id: self.hotline.id,
                external_number: command.external_number.clone(),
                external_version: command.external_version,
                digest: self.digest.to_owned(),
                order_id: order.id,
                round: 1,
                region_code: command.place.region_code,
                kind: command.kind,
                item_code: item_code.clone(),
                confidential: command.is_confidential(),
                designated: command.designated,
                sign_by: limits.sign_by,
                reply_by: limits.reply_by,
                finish_by: limits.finish_by,
                extensions: 0,
                signed_at: None,
                responded_at: None,
                responded_in_time: None,
                finished_at: None,
                returned_at: None,
                called_back_at: None,
                reached: None,
                solved: None,
                satisfaction: None,
                satisfied: None,
                unit_id: Uuid::nil(),
                month: tx.now.with_timezone(&china()).format("%Y-%m").to_string(),
                created_at: tx.now,
                updated_at: tx.now,
            };
            store::insert_order(tx, row.clone()).await?;
            store::insert_round(tx, &row).await?;
            self.keep(tx, &row).await?;
            tx.emit(subject(&row), &HotlineEvent::Received { order_id: order.id, external_version: row.external_version })?;
            Ok(self.shown(&row))
        });
        received.await.map_err(moved)
    }

    /// The same once more: nothing changes.
    async fn again(&self, row: &order::Model) -> Result<HotlineOrder> {
        self.cx.require_unseen_key().await?;
        let Some(nonce) = self.nonce else { return Ok(self.shown(row)) };
        let mut tx = self.cx.begin();
        store::take_nonce(&mut tx, self.hotline.id, nonce).await?;
        tx.commit(self.shown(row)).await
    }

    /// A newer version of one that is here.
    async fn renew(&self, old: order::Model) -> Result<HotlineOrder> {
        let (cx, command) = (self.cx, self.command);
        let external = reference(&self.hotline.system, command);
        let known = external::numbered(cx, &external.system, &external.number).await?;
        let facts = external::facts(cx, &[old.order_id]).await?.pop().ok_or_else(|| Error::internal("a work order has its order"))?;
        let item_code = item_of(cx, self.hotline.id, command.place.region_code, command.category_code.as_deref()).await?;
        let mut new = order::Model {
            version: old.version + 1,
            external_version: command.external_version,
            digest: self.digest.to_owned(),
            kind: command.kind,
            item_code,
            confidential: command.is_confidential(),
            designated: command.designated,
            sign_by: command.sign_by.unwrap_or(old.sign_by),
            reply_by: command.reply_by.unwrap_or(old.reply_by),
            finish_by: command.finish_by.unwrap_or(old.finish_by),
            updated_at: cx.now(),
            ..old.clone()
        };
        // One whose order was merged is told of the order that goes on, which is not the hotline's to change.
        let own = known.filter(|(id, _)| *id == old.order_id && facts.state != State::Merged);
        match (own, facts.state) {
            (Some((_, version)), State::Rejected | State::Cancelled) => self.place_anew(old, new, version).await,
            (Some((_, version)), state) if state.is_open() => {
                let amendment = self.amendment(external, version, new.finish_by);
                let amended = external::amend_with(cx, old.order_id, amendment, async |tx, _| {
                    new.updated_at = tx.now;
                    self.advance(tx, &old, &new).await?;
                    Ok(self.shown(&new))
                });
                amended.await
            }
            (_, state) => self.remember(old, new, &facts, known.map(|(_, version)| version), state).await,
        }
    }

    fn amendment(&self, external: ExternalRef, known: i32, finish_by: DateTime<Utc>) -> Amendment {
        let command = self.command;
        let (title, content) = command.texts();
        Amendment {
            permission: Permission::HotlinePush,
            external,
            known,
            digest: None,
            region_code: command.place.region_code,
            title,
            content,
            contact: command.contact(),
            confidential: Some(command.is_confidential()),
            designated: Some(command.designated),
            finish_by: Some(finish_by),
        }
    }

    /// Of one that was returned another order is placed.
    async fn place_anew(&self, old: order::Model, mut new: order::Model, known: i32) -> Result<HotlineOrder> {
        let (cx, command) = (self.cx, self.command);
        let limits = limits_of(cx, command, self.rules).await?;
        let placing = placing(cx, &self.hotline.system, command, new.item_code.as_ref(), limits, Some(known)).await?;
        new.region_code = command.place.region_code;
        (new.sign_by, new.reply_by, new.finish_by) = (limits.sign_by, limits.reply_by, limits.finish_by);
        begin_round(&mut new);
        let placed = orders::place_with(cx, placing, async |tx, order| {
            let new = order::Model { order_id: order.id, updated_at: tx.now, ..new.clone() };
            store::insert_round(tx, &new).await?;
            self.advance(tx, &old, &new).await?;
            Ok(self.shown(&new))
        });
        placed.await.map_err(moved)
    }

    /// The order is done, or not the hotline's to change: the new version is kept, and the order stays as it is.
    async fn remember(
        &self,
        old: order::Model,
        mut new: order::Model,
        facts: &OrderFacts,
        known: Option<i32>,
        state: State,
    ) -> Result<HotlineOrder> {
        if self.command.place.region_code != old.region_code {
            return Err(Error::new(Code::ExternalRegionChanged).with("region", old.region_code));
        }
        tracing::debug!(order = %facts.id, state = state.as_str(), "a newer version of a work order whose order stays as it is");
        let mut tx = self.cx.begin();
        new.updated_at = tx.now;
        if let Some(known) = known {
            external::renew(&mut tx, &reference(&self.hotline.system, self.command), known, facts.id).await?;
        }
        self.advance(&mut tx, &old, &new).await?;
        tx.commit(self.shown(&new)).await
    }

    async fn advance(&self, tx: &mut Tx<'_>, old: &order::Model, new: &order::Model) -> Result<()> {
        store::advance_order(tx, old, new).await?;
        self.keep(tx, new).await?;
        let event = HotlineEvent::NewVersion { order_id: new.order_id, external_version: new.external_version, round: new.round };
        tx.emit(subject(new), &event)
    }

    /// The work order as it came, and the id of its signature.
    async fn keep(&self, tx: &mut Tx<'_>, row: &order::Model) -> Result<()> {
        if let Some(nonce) = self.nonce {
            store::take_nonce(tx, self.hotline.id, nonce).await?;
        }
        let payload = payload::Model {
            hotline_order_id: row.id,
            external_version: row.external_version,
            payload: Sealed::Payload(row.id, row.external_version).seal(self.cx, self.raw)?,
            received_at: tx.now,
        };
        store::insert_payload(tx, payload).await
    }

    /// The answer: whoever pushes knows what it says, and sees no more of it than anybody of theirs.
    fn shown(&self, row: &order::Model) -> HotlineOrder {
        let full = work_order::sees_in_full(self.cx, row.region_code);
        work_order::work_order(&self.hotline.system, row, self.command.clone(), full)
    }
}

/// What is known of the order before is not true of the one that begins.
pub(super) fn begin_round(row: &mut order::Model) {
    row.round = row.round.saturating_add(1);
    (row.signed_at, row.finished_at, row.returned_at) = (None, None, None);
    row.unit_id = Uuid::nil();
}

#[cfg(test)]
mod tests {
    use super::super::HotlineCategory;
    use super::*;

    #[test]
    fn the_longest_beginning_that_fits_decides() {
        let entry = |category: &str, item: &str| HotlineCategory { category_code: category.to_owned(), item_code: item.to_owned() };
        let entries = [entry("*", "any"), entry("B*", "b"), entry("B2*", "b2"), entry("B2-3", "b23"), entry("C", "c")];
        let item = |category: &str| fitting(&entries, category).map(|e| e.item_code.as_str());
        for (category, expected) in [("B2-3", "b23"), ("B2-4", "b2"), ("B1", "b"), ("C", "c"), ("C1", "any"), ("", "any")] {
            assert_eq!(item(category), Some(expected), "{category}");
        }
        assert!(fitting(&entries[4..], "C1").is_none());
    }
}
