//! What hotlines were told and what they have acknowledged (回传记录、对账), and the three rates (三率).
//!
//! A work order counts for the month in which it came, in China, whenever it was finished; one that was returned does not count. An
//! answer of the caller counts as the last call-back had it, and as the policy of that day says what is satisfied.

use super::{
    command::{ListHotlineMessages, ListHotlineRates, ReconcileHotline},
    managed,
    row::{MessageState, message, order},
    store,
    view::{HotlineMessage, HotlineRate, HotlineRates, HotlineReconciliation, HotlineRedelivery},
};
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, RegionCode, Result,
    id::{HotlineId, HotlineMessageId, HotlineOrderId, OrganizationId},
};
use order::Column as O;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};
use services::order::external;
use std::collections::HashMap;
use uuid::Uuid;

/// What a hotline was told, and is to be told (回传记录), the newest first.
///
/// # Errors
/// `hotline_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_messages(cx: &Cx, id: HotlineId, query: ListHotlineMessages) -> Result<Page<HotlineMessage>> {
    managed(cx, id).await?;
    let filters = (id, query.state, query.hotline_order_id);
    let pager = Pager::new("hotline_messages", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let rows = store::list_messages(cx, id, &query, &pager).await?;
    Ok(pager.page(rows, |row| row.id)?.map(HotlineMessage::from))
}

/// Tells a hotline once more (重新回传): at once, and as often again as a new message.
///
/// # Errors
/// `hotline_message_not_found`.
pub async fn redeliver(cx: &Cx, id: HotlineMessageId) -> Result<HotlineMessage> {
    let missing = || Error::new(Code::HotlineMessageNotFound);
    let row = store::find_message(cx, id).await?.ok_or_else(missing)?;
    managed(cx, row.hotline_id).await.map_err(|e| if e.code == Code::HotlineNotFound { missing() } else { e })?;
    let mut tx = cx.begin();
    store::try_again(&mut tx, store::just(id)).await?;
    let again = message::Model { state: MessageState::Pending, step: 0, due_at: tx.now, done_at: None, ..row.clone() };
    let answer = if row.claim.is_none() { again } else { row };
    tx.commit(HotlineMessage::from(answer)).await
}

/// Tells a hotline once more of all that was given up (全部重新回传).
///
/// # Errors
/// `hotline_not_found`.
pub async fn redeliver_failed(cx: &Cx, id: HotlineId) -> Result<HotlineRedelivery> {
    managed(cx, id).await?;
    let mut tx = cx.begin();
    let messages = store::try_again(&mut tx, store::failed_of(id)).await?;
    tx.commit(HotlineRedelivery { messages }).await
}

/// What we believe of work orders against what the hotline has acknowledged (对账), the newest first.
///
/// # Errors
/// `hotline_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn reconcile(cx: &Cx, id: HotlineId, query: ReconcileHotline) -> Result<Page<HotlineReconciliation>> {
    managed(cx, id).await?;
    let all = query.include_settled.unwrap_or_default();
    let pager = Pager::new("hotline_reconciliation", &(id, all), PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::reconciled(cx, id, all, &pager).await?, |row| row.id)?;
    let ids: Vec<HotlineOrderId> = page.items.iter().map(|row| row.id).collect();
    let mut messages: HashMap<HotlineOrderId, Vec<message::Model>> = HashMap::new();
    for row in store::messages_about(cx, &ids).await? {
        messages.entry(row.hotline_order_id).or_default().push(row);
    }
    let orders: Vec<_> = page.items.iter().map(|row| row.order_id).collect();
    let states: HashMap<_, _> = external::facts(cx, &orders).await?.into_iter().map(|f| (f.id, f.state)).collect();
    let mut items = Vec::new();
    for row in &page.items {
        let order_state = *states.get(&row.order_id).ok_or_else(|| Error::internal("a work order has its order"))?;
        let told = messages.remove(&row.id).unwrap_or_default();
        let count = |state| u32::try_from(told.iter().filter(|m| m.state == state).count()).unwrap_or(u32::MAX);
        let last = told.iter().rev().find(|m| m.state == MessageState::Acknowledged);
        items.push(HotlineReconciliation {
            hotline_order_id: row.id,
            external_number: row.external_number.clone(),
            external_version: row.external_version,
            order_id: row.order_id,
            order_state,
            last_step: told.last().map(|m| m.kind),
            last_acknowledged: last.map(|m| m.kind),
            acknowledged_at: last.and_then(|m| m.done_at),
            pending: count(MessageState::Pending),
            failed: count(MessageState::Failed),
            unsettled_since: told.iter().filter(|m| m.state != MessageState::Acknowledged).map(|m| m.created_at).min(),
            settled: told.iter().all(|m| m.state == MessageState::Acknowledged),
        });
    }
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// How many rows fulfil this.
fn counted(condition: Condition) -> Expr {
    let one: Expr = Expr::case(condition, Expr::cust("1")).finally(Expr::cust("0")).into();
    one.sum()
}

fn month(text: Option<&String>, name: &str) -> Result<()> {
    let Some(text) = text else { return Ok(()) };
    let parts = text.split_once('-').map(|(year, month)| (year.parse::<u16>().is_ok(), month.parse::<u8>()));
    match parts {
        Some((true, Ok(1..=12))) if text.len() == 7 && text.bytes().filter(u8::is_ascii_digit).count() == 6 => Ok(()),
        _ => Err(Error::new(Code::QueryParameterInvalid).with("reason", format!("{name}: a month is written 2026-11"))),
    }
}

/// The three rates (响应率、解决率、满意率) of each community, unit and month, the newest month first.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_rates(cx: &Cx, query: ListHotlineRates) -> Result<Page<HotlineRates>> {
    let reach = cx.actor.reach(Permission::HotlineRead);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::HotlineRead));
    }
    month(query.from_month.as_ref(), "from_month")?;
    month(query.until_month.as_ref(), "until_month")?;
    let filters = (query.region_code, &query.from_month, &query.until_month);
    let pager = Pager::new("hotline_rates", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let within = reach
        .regions
        .iter()
        .fold(Condition::any().add(Expr::val(1).eq(0)), |any, region| any.add(O::RegionCode.between(region.range().0, region.range().1)));
    let kept = || Condition::all().add(O::ReturnedAt.is_null());
    // Who has not answered yet, and still has time, is not counted yet.
    let due = || kept().add(Condition::any().add(O::RespondedInTime.is_not_null()).add(O::ReplyBy.lt(cx.now())));
    let select = order::Entity::find()
        .select_only()
        .column(O::Month)
        .column(O::RegionCode)
        .column(O::UnitId)
        .expr_as(counted(kept()), "received")
        .expr_as(counted(kept().add(O::RespondedInTime.eq(true))), "in_time")
        .expr_as(counted(due()), "due")
        .expr_as(counted(kept().add(O::Solved.eq(true))), "solved_count")
        .expr_as(counted(kept().add(O::Solved.is_not_null())), "asked")
        .expr_as(counted(kept().add(O::Satisfied.eq(true))), "satisfied_count")
        .expr_as(counted(kept().add(O::Satisfied.is_not_null())), "judged")
        .filter(within)
        .apply_if(query.region_code, |q, region| q.filter(O::RegionCode.between(region.range().0, region.range().1)))
        .apply_if(query.from_month.as_deref(), |q, from| q.filter(O::Month.gte(from)))
        .apply_if(query.until_month.as_deref(), |q, until| q.filter(O::Month.lte(until)))
        .apply_if(pager.after::<(String, RegionCode, Uuid)>()?, |q, (month, region, unit)| {
            let key = Expr::tuple([Expr::col(O::Month), Expr::col(O::RegionCode), Expr::col(O::UnitId)]);
            q.filter(key.lt(Expr::tuple([Expr::val(month), Expr::val(region), Expr::val(unit)])))
        })
        .group_by(O::Month)
        .group_by(O::RegionCode)
        .group_by(O::UnitId)
        .order_by_desc(O::Month)
        .order_by_desc(O::RegionCode)
        .order_by_desc(O::UnitId)
        .limit(pager.fetch());
    type Row = (String, RegionCode, Uuid, i64, i64, i64, i64, i64, i64, i64);
    let rows: Vec<Row> = select.into_tuple().all(cx.reader()).await?;
    let page = pager.page(rows, |row| (row.0.clone(), row.1, row.2))?;
    Ok(page.map(|(month, region_code, unit, received, in_time, due, solved, asked, satisfied, judged)| HotlineRates {
        month,
        region_code,
        unit_id: (!unit.is_nil()).then_some(OrganizationId(unit)),
        received,
        response: HotlineRate::of(in_time, due),
        solution: HotlineRate::of(solved, asked),
        satisfaction: HotlineRate::of(satisfied, judged),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_month() {
        for good in ["2026-01", "2026-12"] {
            assert!(month(Some(&good.to_owned()), "x").is_ok(), "{good}");
        }
        for bad in ["2026-13", "2026-00", "2026-1", "202601", "2026-1x", "+026-01", "2026-+1", "", "2026-011"] {
            assert!(month(Some(&bad.to_owned()), "x").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_says_of_how_many() {
        assert_eq!(HotlineRate::of(2, 3), HotlineRate { numerator: 2, denominator: 3, rate: Some(0.6667) });
        assert_eq!(HotlineRate::of(0, 0).rate, None);
    }
}
