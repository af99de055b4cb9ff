//! Whose turn in the chair it is (轮值表), and turns that are swapped.

use super::{
    Action, AllianceRotation, AllianceSeat, ReadRotation, RotationSwap, SwapTurns, advance,
    common::today,
    event::AllianceEvent,
    managed,
    rotation::{Month, Period, Rule, Swapped, Turn, calendar},
    row::{alliance, member, swap},
    stepping, store, view, visible,
};
use kernel::{Code, Cx, Error, Result, id::AllianceId};
use sea_orm::{EntityTrait, IntoActiveModel};

/// The calendar is computed for so many months after its first at most.
const LONGEST: i32 = 1200;

/// Whose turn in the chair it is in which month (轮值表).
///
/// # Errors
/// `alliance_not_found`; `query_parameter_invalid` for months before the rotation begins, or a hundred years after.
pub async fn get_alliance_rotation(cx: &Cx, id: AllianceId, query: ReadRotation) -> Result<AllianceRotation> {
    let row = visible(cx, id).await?;
    let count = query.months.unwrap_or(12);
    if !(1..=60).contains(&count) {
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", "months is 1 to 60"));
    }
    let Some(rule) = rule(&row) else {
        return Ok(AllianceRotation { alliance_id: id, rotation_months: None, months: Vec::new() });
    };
    let from = query.from.unwrap_or_else(|| Month::of(today(cx)).max(rule.start));
    if !(0..=LONGEST).contains(&from.since(rule.start)) {
        let reason = format!("from is {} or a month of the hundred years after", rule.start);
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", reason));
    }
    let (members, swaps) = (store::members(cx.reader(), id).await?, store::swaps(cx.reader(), id).await?);
    let turns = calendar(&rule, &periods(&members), &swapped(&swaps), from, count);
    let names = store::names(cx, turns.iter().filter_map(|t| t.unit).collect()).await?;
    let months = turns.iter().map(|turn| view::month(turn, &swaps, &names)).collect();
    Ok(AllianceRotation { alliance_id: id, rotation_months: row.rotation_months, months })
}

/// Swaps two turns in the chair (轮值调换), neither of them past.
///
/// # Errors
/// `alliance_not_found`; `permission_missing`; `version_stale`; `alliance_state_conflict`; `rotation_absent`; `rotation_month_outside`;
/// `rotation_month_past`; `swap_outside_alliance`; `swap_same_unit`.
pub async fn swap_alliance_turns(cx: &Cx, id: AllianceId, command: SwapTurns) -> Result<RotationSwap> {
    managed(cx, id).await?;
    if command.other_month.is_some() == command.organization_id.is_some() {
        let reason = vec![("reason", "either other_month or organization_id".to_owned())];
        return Err(Error::field_with("#/other_month", Code::FieldInvalid, reason));
    }
    let mut tx = cx.begin();
    let old = stepping(&mut tx, id, Action::Swap, command.version).await?;
    let rule = rule(&old).ok_or_else(|| Error::new(Code::RotationAbsent))?;
    let conn = tx.conn().await?;
    let (members, swaps) = (store::members(conn, id).await?, store::swaps(conn, id).await?);
    let (periods, now) = (periods(&members), Month::of(today(cx)));
    let first = turn(&rule, now, command.month, "#/month")?;
    let end = first.plus(search(&rule, &members));
    let turns = calendar(&rule, &periods, &swapped(&swaps), first, end.since(first));
    let one = chair(&turns, first).ok_or_else(|| outside(command.month, "#/month"))?;
    let (other_first, other) = match (command.other_month, command.organization_id) {
        (Some(month), _) => {
            let other = turn(&rule, now, month, "#/other_month")?;
            let turns = calendar(&rule, &periods, &swapped(&swaps), other, rule.months);
            (other, chair(&turns, other).ok_or_else(|| outside(month, "#/other_month"))?)
        }
        (None, Some(unit)) if unit == one => return Err(Error::new(Code::SwapSameUnit)),
        (None, Some(unit)) => {
            let theirs = |t: &&Turn| t.unit == Some(unit) && t.month == t.first && t.first > first;
            let theirs = turns.iter().find(theirs).ok_or_else(|| Error::new(Code::SwapOutsideAlliance).at("#/organization_id"))?;
            (theirs.first, unit)
        }
        (None, None) => return Err(Error::new(Code::RotationAbsent)),
    };
    if one == other || first == other_first {
        return Err(Error::new(Code::SwapSameUnit));
    }
    // Each must be there on the first day of what it gets.
    let there = |unit, month: Month| periods.iter().any(|p| p.unit == unit && p.holds(month.first_day()));
    if !there(other, first) || !there(one, other_first) {
        let pointer = if command.organization_id.is_some() { "#/organization_id" } else { "#/other_month" };
        return Err(Error::new(Code::SwapOutsideAlliance).at(pointer));
    }
    let row = swap::Model {
        id: tx.id(),
        alliance_id: id,
        version: old.version + 1,
        month: first.first_day(),
        unit_id: other,
        other_month: other_first.first_day(),
        other_unit_id: one,
        reason: command.reason,
        created_by: cx.actor.account,
        created_at: tx.now,
    };
    swap::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    let event = AllianceEvent::Swapped { swap_id: row.id, month: first, unit_id: other, other_month: other_first, other_unit_id: one };
    let mut alliance = old.clone();
    advance(&mut tx, old, &mut alliance, &event).await?;
    tx.commit_created(view::swap(row)).await
}

/// How the chair of an alliance rotates; nothing where it does not.
fn rule(row: &alliance::Model) -> Option<Rule> {
    let (months, start) = (row.rotation_months?, row.rotation_start?);
    Some(Rule { start: Month::of(start), months: i32::from(months), last: row.ends_on.map(Month::of) })
}

/// The periods in which members have turns; advisers have none.
fn periods(members: &[member::Model]) -> Vec<Period> {
    let turns = members.iter().filter(|m| m.seat != AllianceSeat::Adviser);
    turns.map(|m| Period { unit: m.organization_id, position: m.position, from: m.joined_on, to: m.left_on }).collect()
}

fn swapped(swaps: &[swap::Model]) -> Vec<Swapped> {
    let turns = |s: &swap::Model| [(Month::of(s.month), s.unit_id), (Month::of(s.other_month), s.other_unit_id)];
    swaps.iter().map(|s| Swapped { id: s.id, turns: turns(s) }).collect()
}

/// The first month of the turn that a month lies in, if that is not past.
fn turn(rule: &Rule, now: Month, month: Month, pointer: &'static str) -> Result<Month> {
    let first = rule.turn_of(month).filter(|first| first.since(rule.start) <= LONGEST).ok_or_else(|| outside(month, pointer))?;
    if month < now || first.plus(rule.months) <= now {
        return Err(Error::new(Code::RotationMonthPast).with("month", month).at(pointer));
    }
    Ok(first)
}

/// Within so many months each member has a turn, swaps included.
fn search(rule: &Rule, members: &[member::Model]) -> i32 {
    let rounds = i32::try_from(members.len()).unwrap_or(LONGEST).saturating_add(2).saturating_mul(3);
    rounds.saturating_mul(rule.months.max(1)).min(LONGEST)
}

fn chair(turns: &[Turn], first: Month) -> Option<kernel::id::OrganizationId> {
    turns.iter().find(|t| t.first == first)?.unit
}

fn outside(month: Month, pointer: &'static str) -> Error {
    Error::new(Code::RotationMonthOutside).with("month", month).at(pointer)
}
