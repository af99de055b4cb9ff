//! The calendar of a chair that rotates (轮值主席): who has it in which month. Pure.
//!
//! It is computed and never stored. Turns of equal length follow each other from the month in which the rotation begins.
//! Each goes to the member that follows the last one in the order of the members, and after the last member to the first again.
//! Only who is a member on the first day of a turn has it, so whoever joins waits for their place in the order, whoever leaves is
//! passed over, and what has been does not change. Where nobody is a member on the first day, as in the month
//! of the founding, it goes to whoever joins first. A swap names two turns and who has each; where that member has
//! left by then, the turn falls back to whose it is by order. Swaps do not move the order.

use chrono::{Datelike, NaiveDate};
use kernel::id::{AllianceSwapId, OrganizationId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{collections::HashMap, fmt, str::FromStr};

/// A month of a year (月份), as `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, utoipa::ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$", example = "2026-11")]
pub struct Month(i32);

impl Month {
    /// The month that a day lies in.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(day.year() * 12 + day.month0().cast_signed())
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        let month = u32::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1);
        NaiveDate::from_ymd_opt(self.0.div_euclid(12), month, 1).unwrap_or_default()
    }

    /// So many months later.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// How many months it is after another.
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl FromStr for Month {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a month as 2026-11";
        let (year, month) = text.split_once('-').ok_or(wrong)?;
        let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(wrong);
        }
        match (year.parse::<i32>(), month.parse::<i32>()) {
            (Ok(year @ 1..), Ok(month @ 1..=12)) => Ok(Self(year * 12 + month - 1)),
            _ => Err(wrong),
        }
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// How the chair rotates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The first month.
    pub start: Month,
    /// How many months a turn lasts.
    pub months: i32,
    /// The last month; open when absent.
    pub last: Option<Month>,
}

impl Rule {
    /// The first month of the turn in which a month lies; nothing where there is none.
    #[must_use]
    pub fn turn_of(&self, month: Month) -> Option<Month> {
        let after = month.since(self.start);
        let lasts = self.last.is_none_or(|last| month <= last);
        (after >= 0 && lasts).then(|| self.start.plus(after - after.rem_euclid(self.months.max(1))))
    }
}

/// A period in which a member has turns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// Which member.
    pub unit: OrganizationId,
    /// Its place in the order.
    pub position: i32,
    /// Since which day.
    pub from: NaiveDate,
    /// The first day on which it is a member no more.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// Whether it is a member on this day.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// Two turns that have been swapped, and who has each since.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Swapped {
    /// Its id.
    pub id: AllianceSwapId,
    /// The first months of the turns, each with its member.
    pub turns: [(Month, OrganizationId); 2],
}

/// A month of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// The month.
    pub month: Month,
    /// The first month of the turn that it belongs to.
    pub first: Month,
    /// Whose it is by order; nobody's while there are no members.
    pub regular: Option<OrganizationId>,
    /// Who has it.
    pub unit: Option<OrganizationId>,
    /// The swap by which they have it.
    pub swap: Option<AllianceSwapId>,
}

/// Whose turn it is by order, where `before` had the last.
fn follows(periods: &[Period], first: Month, next: Month, before: Option<(i32, OrganizationId)>) -> Option<(i32, OrganizationId)> {
    let (day, end) = (first.first_day(), next.first_day());
    let there = || periods.iter().filter(|p| p.holds(day)).map(|p| (p.position, p.unit));
    let after = before.and_then(|last| there().filter(|p| *p > last).min());
    after.or_else(|| there().min()).or_else(|| {
        let joining = periods.iter().filter(|p| p.from >= day && p.from < end && p.to.is_none_or(|to| to > p.from));
        joining.map(|p| (p.from, p.position, p.unit)).min().map(|(_, position, unit)| (position, unit))
    })
}

/// The calendar of `count` months from `from` on, as far as the rotation goes.
#[must_use]
pub fn calendar(rule: &Rule, periods: &[Period], swaps: &[Swapped], from: Month, count: i32) -> Vec<Turn> {
    let length = rule.months.max(1);
    // The last swap of a turn counts.
    let swapped: HashMap<Month, (OrganizationId, AllianceSwapId)> =
        swaps.iter().flat_map(|s| s.turns.map(|(month, unit)| (month, (unit, s.id)))).collect();
    let end = from.plus(count);
    let (mut months, mut first, mut before) = (Vec::new(), rule.start, None);
    while first < end && rule.last.is_none_or(|last| first <= last) {
        let next = first.plus(length);
        let regular = follows(periods, first, next, before);
        before = regular.or(before);
        let stays = |unit: OrganizationId| periods.iter().any(|p| p.unit == unit && p.holds(first.first_day()));
        let swap = swapped.get(&first).filter(|(unit, _)| stays(*unit));
        for n in 0..length {
            let month = first.plus(n);
            if month >= from && month < end && rule.last.is_none_or(|last| month <= last) {
                months.push(Turn {
                    month,
                    first,
                    regular: regular.map(|(_, unit)| unit),
                    unit: swap.map(|(unit, _)| *unit).or(regular.map(|(_, unit)| unit)),
                    swap: swap.map(|(_, id)| *id),
                });
            }
        }
        first = next;
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use uuid::Uuid;

    fn unit(n: u128) -> OrganizationId {
        OrganizationId(Uuid::from_u128(n))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn month(text: &str) -> Month {
        text.parse().expect("a month")
    }

    fn period(n: u128, from: &str, to: Option<&str>) -> Period {
        Period { unit: unit(n), position: i32::try_from(n).expect("small"), from: day(from), to: to.map(day) }
    }

    fn monthly(start: &str) -> Rule {
        Rule { start: month(start), months: 1, last: None }
    }

    fn chairs(turns: &[Turn]) -> Vec<u128> {
        turns.iter().map(|t| t.unit.map_or(0, |unit| unit.0.as_u128())).collect()
    }

    #[test]
    fn a_month_is_read_and_written() {
        for text in ["2026-11", "0001-01", "9999-12"] {
            assert_eq!(month(text).to_string(), text);
            assert_eq!(Month::of(month(text).first_day()), month(text));
        }
        for wrong in ["2026-13", "2026-00", "26-11", "2026-1", "2026-11-01", "+026-11", "0000-01", "", "2026", "２０２６-11"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
        assert_eq!(month("2026-12").plus(1), month("2027-01"));
        assert_eq!(month("2027-01").since(month("2026-11")), 2);
    }

    #[test]
    fn each_has_a_turn_in_order_and_the_year_changes() {
        let all = [period(1, "2026-01-01", None), period(2, "2026-01-01", None), period(3, "2026-01-01", None)];
        let turns = calendar(&monthly("2026-11"), &all, &[], month("2026-11"), 5);
        assert_eq!(chairs(&turns), [1, 2, 3, 1, 2]);
        assert_eq!((turns[2].month, turns[1].month), (month("2027-01"), month("2026-12")));
        // Whoever asks for a later piece sees the same.
        assert_eq!(calendar(&monthly("2026-11"), &all, &[], month("2027-01"), 3), turns[2..]);
        assert!(calendar(&monthly("2026-11"), &[], &[], month("2026-11"), 2).iter().all(|t| t.unit.is_none()));
    }

    #[test]
    fn whoever_joins_waits_and_whoever_leaves_is_passed_over() {
        let all = [
            period(1, "2026-01-01", None),
            period(2, "2026-12-15", None),
            period(3, "2026-01-01", None),
            period(4, "2026-01-01", Some("2027-01-31")),
        ];
        let turns = calendar(&monthly("2026-11"), &all, &[], month("2026-11"), 7);
        assert_eq!(chairs(&turns), [1, 3, 4, 1, 2, 3, 1]);
    }

    #[test]
    fn the_month_of_the_founding_is_the_first_members() {
        let all = [period(1, "2026-11-20", None), period(2, "2026-11-16", None)];
        assert_eq!(chairs(&calendar(&monthly("2026-11"), &all, &[], month("2026-11"), 3)), [2, 1, 2]);
    }

    #[test]
    fn a_turn_can_last_longer_and_the_calendar_can_end() {
        let all = [period(1, "2026-01-01", None), period(2, "2026-01-01", None)];
        let rule = Rule { start: month("2026-11"), months: 3, last: Some(month("2027-05")) };
        assert_eq!(chairs(&calendar(&rule, &all, &[], month("2026-12"), 12)), [1, 1, 2, 2, 2, 1]);
        assert_eq!(rule.turn_of(month("2027-01")), Some(month("2026-11")));
        assert_eq!(rule.turn_of(month("2027-04")), Some(month("2027-02")));
        assert_eq!((rule.turn_of(month("2026-10")), rule.turn_of(month("2027-06"))), (None, None));
    }

    #[test]
    fn a_swap_holds_until_its_member_has_left() {
        let mut all = [period(1, "2026-01-01", None), period(2, "2026-01-01", None), period(3, "2026-01-01", None)];
        let id = AllianceSwapId(Uuid::from_u128(9));
        let swap = Swapped { id, turns: [(month("2026-11"), unit(3)), (month("2027-01"), unit(1))] };
        let turns = calendar(&monthly("2026-11"), &all, &[swap], month("2026-11"), 4);
        assert_eq!(chairs(&turns), [3, 2, 1, 1]);
        assert_eq!((turns[0].regular, turns[0].swap, turns[3].swap), (Some(unit(1)), Some(id), None));
        all[0].to = Some(day("2026-12-31"));
        let turns = calendar(&monthly("2026-11"), &all, &[swap], month("2026-11"), 3);
        assert_eq!((chairs(&turns), turns[2].swap), (vec![3, 2, 3], None));
        // A later swap of the same turn counts.
        let again = Swapped { id: AllianceSwapId(Uuid::from_u128(10)), turns: [(month("2026-11"), unit(2)), (month("2026-12"), unit(3))] };
        assert_eq!(chairs(&calendar(&monthly("2026-11"), &all, &[swap, again], month("2026-11"), 2)), [2, 3]);
    }

    /// Numbers that look like chance and are the same each time.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, most: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % most
        }
    }

    /// Members who come and go.
    fn invented(chance: &mut Chance) -> Vec<Period> {
        let start = day("2026-01-01");
        let count = 1 + chance.below(12);
        (1..=count)
            .map(|n| {
                let from = start + chrono::Days::new(chance.below(500));
                let to = (chance.below(3) == 0).then(|| from + chrono::Days::new(chance.below(900)));
                Period { unit: unit(u128::from(n)), position: i32::try_from(1 + chance.below(6)).expect("small"), from, to }
            })
            .collect()
    }

    #[test]
    fn only_members_have_turns_and_nobody_is_left_out() {
        let mut chance = Chance(20_261_116);
        for _ in 0..400 {
            let (periods, months) = (invented(&mut chance), 1 + i32::try_from(chance.below(4)).expect("small"));
            let rule = Rule { start: month("2026-01"), months, last: None };
            let turns = calendar(&rule, &periods, &[], rule.start, 120);
            assert_eq!(turns.len(), 120);
            for (n, turn) in turns.iter().enumerate() {
                assert_eq!(turn.month, rule.start.plus(i32::try_from(n).expect("small")));
                assert_eq!(rule.turn_of(turn.month), Some(turn.first));
                let first = turn.first.first_day();
                let there: HashSet<_> = periods.iter().filter(|p| p.holds(first)).map(|p| p.unit).collect();
                let joins = |unit| periods.iter().any(|p| p.unit == unit && Month::of(p.from).since(turn.first) < months);
                match turn.unit {
                    Some(unit) => assert!(there.contains(&unit) || (there.is_empty() && joins(unit)), "{turn:?} {periods:?}"),
                    None => assert!(there.is_empty(), "{turn:?} {periods:?}"),
                }
            }
            // Who is a member throughout has the chair once in each round of those who are.
            let always: Vec<_> = periods.iter().filter(|p| p.from <= day("2027-07-01") && p.to.is_none()).collect();
            let settled: Vec<_> = turns.iter().filter(|t| t.first == t.month && t.month >= month("2030-01")).collect();
            for window in settled.windows(always.len().max(1)) {
                let seen: HashSet<_> = window.iter().filter_map(|t| t.unit).collect();
                assert_eq!(seen.len(), always.len(), "{periods:?}");
            }
        }
    }

    #[test]
    fn what_has_been_does_not_change_and_a_swap_moves_two_turns_only() {
        let mut chance = Chance(7);
        for _ in 0..400 {
            let mut periods = invented(&mut chance);
            let rule = monthly("2026-01");
            let before = calendar(&rule, &periods, &[], rule.start, 36);
            let (a, b) = (chance.below(36), chance.below(36));
            let turn = |n: u64| before[usize::try_from(n).expect("small")];
            if let (Some(one), Some(other)) = (turn(a).unit, turn(b).unit)
                && one != other
            {
                let id = AllianceSwapId(Uuid::from_u128(1));
                let swap = Swapped { id, turns: [(turn(a).month, other), (turn(b).month, one)] };
                let after = calendar(&rule, &periods, &[swap], rule.start, 36);
                for (old, new) in before.iter().zip(&after) {
                    let touched = [turn(a).month, turn(b).month].contains(&old.month);
                    assert!(old.unit == new.unit || touched, "{old:?} {new:?}");
                    assert_eq!(old.regular, new.regular);
                }
            }
            // Somebody joins, somebody leaves, in the middle of 2027: until then all stays as it was.
            let now = day("2027-07-15");
            let nobody = !periods.iter().any(|p| p.holds(day("2027-07-01")));
            periods.push(Period { unit: unit(99), position: 3, from: now, to: None });
            if periods[0].holds(now) {
                periods[0].to = Some(now);
            }
            let after = calendar(&rule, &periods, &[], rule.start, 36);
            let until = |turns: &[Turn]| turns.iter().filter(|t| t.month <= month("2027-07")).map(|t| t.unit).collect::<Vec<_>>();
            assert!(nobody || until(&before) == until(&after));
        }
    }
}
