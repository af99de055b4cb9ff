//! From the event log to messages: the log is the outbox.
//!
//! One row keeps how far the log has been read. Whoever reads on writes what the events say of work orders, the messages that tell
//! the hotline, and the new place in the log, in one transaction, and only if the row still is what they began from; so several
//! servers may read, and each step is told once.

use super::{
    adapter::Adapter,
    flow,
    row::{MessageKind, MessageState, hotline, message, order},
    store,
    view::Sealed,
};
use crate::reading::Dispatched;
use kernel::{
    Cx, Error, Result, Tx,
    event::{self, Filter, LoggedEvent, Position},
    id::{HotlineId, HotlineMessageId, HotlineOrderId, OrderId},
    metrics,
};
use serde_json::{Map, Value, json};
use services::order::external::{self, OrderFacts};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Events of one look.
const LOOK: u64 = 200;
/// The name under which the metrics list this reader of the log.
const READER: &str = "hotlines";

/// Reads on in the log. For a background task; several servers may do so at once.
///
/// # Errors
/// `database_unavailable`.
pub async fn dispatch(cx: &Cx) -> Result<Dispatched> {
    let reader = store::reader(cx).await?;
    let hotlines = store::all(cx).await?;
    if hotlines.is_empty() {
        // The first one begins at the end.
        metrics::consumed(READER, event::newest(cx).await?);
        return Ok(Dispatched::default());
    }
    let types = flow::TYPES.iter().map(|word| word.parse().map_err(|e: String| Error::internal(e))).collect::<Result<_>>()?;
    let from = Position::new(reader.xid, reader.seq);
    let look = event::look(cx, &Filter::of(&cx.actor, types, None)?, from, LOOK, None).await?;
    let mut done = Dispatched { made: 0, more: look.more };
    if look.end != from {
        let events: Vec<LoggedEvent> = look.events.into_iter().map(|(_, event)| event).collect();
        let mut desk = Desk::set(cx, &hotlines, &events).await?;
        let mut tx = cx.begin();
        if !store::read_on(&mut tx, &reader, look.end).await? {
            // Somebody else has read on.
            return Ok(Dispatched { made: 0, more: true });
        }
        for event in &events {
            desk.hear(&tx, event)?;
        }
        for (n, row) in desk.rows.iter().enumerate().filter(|(n, _)| desk.touched.contains(n)) {
            if desk.joined.contains(&n) {
                store::insert_round(&mut tx, row).await?;
            }
            store::write_facts(&mut tx, row).await?;
        }
        done.made = store::insert_messages(&mut tx, std::mem::take(&mut desk.made)).await?;
        tx.commit(()).await?;
    }
    metrics::consumed(READER, look.end.number());
    Ok(done)
}

/// What some events are about.
struct Desk<'a> {
    cx: &'a Cx,
    hotlines: HashMap<HotlineId, (&'a hotline::Model, Option<Adapter>)>,
    rows: Vec<order::Model>,
    /// Which rows an order was placed for, and in which round.
    rounds: HashMap<OrderId, Vec<(HotlineOrderId, i16)>>,
    facts: HashMap<OrderId, OrderFacts>,
    /// Orders that a hotline itself has had done again, and when.
    reopened: HashSet<(Uuid, kernel::Time)>,
    touched: HashSet<usize>,
    joined: HashSet<usize>,
    made: Vec<message::Model>,
}

impl<'a> Desk<'a> {
    async fn set(cx: &'a Cx, hotlines: &'a [hotline::Model], events: &[LoggedEvent]) -> Result<Self> {
        let subjects: Vec<Uuid> = events.iter().map(|e| e.subject_id).collect();
        let mut rounds: HashMap<OrderId, Vec<(HotlineOrderId, i16)>> = HashMap::new();
        let mut ids: Vec<HotlineOrderId> =
            events.iter().filter(|e| e.kind.starts_with("hotline_order.")).map(|e| HotlineOrderId(e.subject_id)).collect();
        for round in store::rounds_of(cx, &subjects).await? {
            ids.push(round.hotline_order_id);
            rounds.entry(round.order_id).or_default().push((round.hotline_order_id, round.round));
        }
        let rows = store::orders_with(cx, &ids).await?;
        let mut orders: Vec<OrderId> = rounds.keys().copied().chain(rows.iter().map(|row| row.order_id)).collect();
        orders.extend(events.iter().filter_map(|e| text(e, "into")?.parse::<OrderId>().ok()));
        let facts = if rows.is_empty() { Vec::new() } else { external::facts(cx, &orders).await? };
        let known: Vec<HotlineId> = rows.iter().map(|row| row.hotline_id).collect();
        let mut told = HashMap::new();
        for hotline in hotlines.iter().filter(|h| known.contains(&h.id)) {
            // One that cannot be read must not hold up the others.
            let adapter = hotline.adapter(cx).unwrap_or_else(|error| {
                tracing::error!(%error, hotline = %hotline.id, "how a hotline is told cannot be read");
                None
            });
            told.insert(hotline.id, (hotline, adapter));
        }
        let reopened = events.iter().filter(|e| e.kind == "hotline_order.reopened");
        let reopened = reopened.filter_map(|e| Some((text(e, "order_id")?.parse().ok()?, e.at))).collect();
        Ok(Self {
            cx,
            hotlines: told,
            rows,
            rounds,
            facts: facts.into_iter().map(|f| (f.id, f)).collect(),
            reopened,
            touched: HashSet::new(),
            joined: HashSet::new(),
            made: Vec::new(),
        })
    }

    /// Takes one event to every work order that it is about.
    fn hear(&mut self, tx: &Tx<'_>, event: &LoggedEvent) -> Result<()> {
        let about: Vec<(HotlineOrderId, Option<i16>)> = if event.kind.starts_with("hotline_order.") {
            vec![(HotlineOrderId(event.subject_id), None)]
        } else {
            let rounds = self.rounds.get(&OrderId(event.subject_id)).cloned().unwrap_or_default();
            rounds.into_iter().map(|(id, round)| (id, Some(round))).collect()
        };
        for (id, round) in about {
            let Some(n) = self.rows.iter().position(|row| row.id == id) else { continue };
            let first_sign = self.rows[n].signed_at.is_none();
            if round.is_none_or(|round| round == self.rows[n].round) && self.learn(n, event) {
                self.touched.insert(n);
            }
            let repeated = event.kind == "order.triaged" && !first_sign;
            let theirs = event.kind == "order.reworked" && self.reopened.contains(&(event.subject_id, event.at));
            let by_hotline = event.data["by_hotline"] == true;
            if let Some(kind) = flow::told_as(&event.kind).filter(|_| !repeated && !theirs && !by_hotline) {
                let told = told(event, kind, self.facts.get(&OrderId(event.subject_id)));
                self.tell(tx, n, event, kind, told)?;
            }
            // Whoever merges an order has taken it in hand.
            if event.kind == "order.merged" && first_sign {
                self.tell(tx, n, event, MessageKind::Sign, Map::new())?;
            }
        }
        Ok(())
    }

    /// What an event says of its work order; whether anything.
    fn learn(&mut self, n: usize, event: &LoggedEvent) -> bool {
        let (row, at) = (&mut self.rows[n], Some(event.at));
        if flow::responds(&event.kind) && row.responded_at.is_none() {
            (row.responded_at, row.responded_in_time) = (at, Some(event.at <= row.reply_by));
        }
        match event.kind.as_str() {
            "order.triaged" => row.signed_at = row.signed_at.or(at),
            "order.dispatched" | "order.accepted" => row.unit_id = unit(event),
            "order.completed" | "order.cancelled" => row.finished_at = at,
            "order.rejected" => row.returned_at = at,
            "order.reworked" => row.finished_at = None,
            "order.merged" => {
                row.signed_at = row.signed_at.or(at);
                if let Some(into) = text(event, "into").and_then(|id| id.parse().ok()) {
                    row.order_id = into;
                    self.rounds.entry(into).or_default().push((row.id, row.round));
                    self.joined.insert(n);
                }
            }
            "order.progressed" => {}
            _ => return false,
        }
        true
    }

    /// Makes a message, where the hotline is told of this step.
    fn tell(&mut self, tx: &Tx<'_>, n: usize, event: &LoggedEvent, kind: MessageKind, mut told: Map<String, Value>) -> Result<()> {
        let row = &self.rows[n];
        let Some((hotline, Some(adapter))) = self.hotlines.get(&row.hotline_id) else { return Ok(()) };
        if adapter.url(kind, &row.external_number).is_none() {
            return Ok(());
        }
        let id: HotlineMessageId = tx.id();
        let number = self.facts.get(&row.order_id).map(|f| f.number.clone());
        let head = json!({
            "message_id": id,
            "kind": kind,
            "at": event.at,
            "external_system": hotline.system,
            "external_number": row.external_number,
            "external_version": row.external_version,
            "order_number": number,
            "region_code": row.region_code,
            "round": row.round,
        });
        let mut payload = head.as_object().cloned().unwrap_or_default();
        payload.append(&mut told);
        payload.retain(|_, value| !value.is_null());
        self.made.push(message::Model {
            id,
            hotline_id: row.hotline_id,
            hotline_order_id: row.id,
            event_id: event.id,
            kind,
            external_version: row.external_version,
            payload: Sealed::Message(id).seal(self.cx, &Value::Object(payload).to_string())?,
            state: MessageState::Pending,
            step: 0,
            attempts: 0,
            due_at: tx.now,
            claim: None,
            outcome: None,
            status: None,
            answer: None,
            tried_at: None,
            created_at: tx.now,
            done_at: None,
        });
        Ok(())
    }
}

fn text<'e>(event: &'e LoggedEvent, name: &str) -> Option<&'e str> {
    event.data[name].as_str()
}

/// The organization that leads since then; nil when none does.
fn unit(event: &LoggedEvent) -> Uuid {
    let lead = &event.data["lead"];
    let organization = (lead["kind"] == "organization").then(|| lead["id"].as_str()?.parse().ok()).flatten();
    organization.unwrap_or_else(Uuid::nil)
}

/// What there is to tell of a step beside what every message has. The log has texts with their numbers masked; what the hotline hands on
/// to the caller is taken as it was written, where the order still has it.
fn told(event: &LoggedEvent, kind: MessageKind, facts: Option<&OrderFacts>) -> Map<String, Value> {
    let data = &event.data;
    let told = match kind {
        MessageKind::Sign => json!({}),
        MessageKind::Return => {
            let returned = facts.and_then(|f| f.returned.as_ref());
            let (basis, unit) = returned.map_or((None, None), |(text, unit)| (Some(text), unit.as_ref()));
            json!({
                "basis_code": data["code"],
                "basis": basis.map_or_else(|| data["text"].clone(), |text| json!(text)),
                "suggested_unit": unit.map_or_else(|| data["channel"].clone(), |unit| json!(unit)),
            })
        }
        MessageKind::Extend => {
            json!({ "reason": data["reason"], "new_finish_by": data["new_finish_by"], "told_claimant_at": data["told_claimant_at"] })
        }
        MessageKind::Progress => json!({ "note": data["note"] }),
        MessageKind::Finish if event.kind == "order.cancelled" => json!({ "result": "refused", "answer": data["note"] }),
        MessageKind::Finish => {
            let result = if data["result"] == "partly_solved" { json!("partly") } else { data["result"].clone() };
            let answer = facts.and_then(|f| f.answer.as_ref());
            json!({ "result": result, "answer": answer.map_or_else(|| data["answer"].clone(), |answer| json!(answer)) })
        }
        MessageKind::Callback => json!({
            "called_back_at": data["called_back_at"], "reached": data["reached"], "solved": data["solved"],
            "satisfaction": data["satisfaction"], "reason": data["reason"],
        }),
        MessageKind::Rework => json!({ "reason": data["reason"] }),
    };
    told.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotline::FIELDS;

    fn event(kind: &str, data: Value) -> LoggedEvent {
        serde_json::from_value(json!({
            "id": 7, "type": kind, "subject_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "subject_version": 4,
            "region_code": "321182001017", "at": "2026-11-16T01:00:00Z", "data": data,
        }))
        .unwrap()
    }

    #[test]
    fn what_is_told_has_fields_that_can_be_mapped() {
        for word in flow::TYPES {
            let Some(kind) = flow::told_as(word) else { continue };
            for name in told(&event(word, json!({})), kind, None).keys() {
                assert!(FIELDS.contains(&name.as_str()), "{word}: {name}");
            }
        }
    }

    #[test]
    fn results_are_the_hotlines_words() {
        let of = |kind: &str, data: Value| told(&event(kind, data), MessageKind::Finish, None)["result"].clone();
        assert_eq!(of("order.completed", json!({ "result": "partly_solved" })), "partly");
        assert_eq!(of("order.completed", json!({ "result": "solved" })), "solved");
        assert_eq!(of("order.cancelled", json!({ "note": "不用了" })), "refused");
    }

    #[test]
    fn a_unit_is_an_organization() {
        let id = "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70";
        assert_eq!(unit(&event("order.accepted", json!({ "lead": { "kind": "organization", "id": id } }))).to_string(), id);
        assert!(unit(&event("order.accepted", json!({ "lead": { "kind": "person", "id": id } }))).is_nil());
        assert!(unit(&event("order.dispatched", json!({}))).is_nil());
    }
}
