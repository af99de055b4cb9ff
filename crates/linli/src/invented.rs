//! People who do not exist (虚构居民), the same from the same seed: for the demo and for load tests.
//!
//! No ID number or phone can be anybody's: numbers begin with 3299, which is no city, and phones with 154, which no operator
//! was given. Their check digits are right.

use chrono::{Datelike, Duration, NaiveDate};
use grids::{AddressPath, Kinship, PutHousehold, PutResident, Residence};
use kernel::{RegionCode, person::check_digit};

const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高", "罗", "郑", "梁",
    "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "袁", "潘", "于", "蒋", "蔡",
];
const GIVEN: [&str; 48] = [
    "伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀兰", "霞", "平", "刚",
    "桂英", "文", "玉兰", "建国", "建华", "志强", "晓燕", "海燕", "红梅", "春梅", "小龙", "子涵", "浩然", "雨桐", "梓萱", "一诺", "宇轩",
    "欣怡", "国庆", "德胜", "福生", "永康", "长青", "凤英", "素珍", "金花",
];

/// Numbers that look like chance, the same on every machine (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.roll() % n.max(1)
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        usize::try_from(self.below(of.len() as u64)).ok().and_then(|n| of.get(n)).copied().unwrap_or_default()
    }
}

/// What somebody is called.
pub(crate) fn full_name(dice: &mut Dice) -> String {
    format!("{}{}", dice.one_of(&SURNAMES), dice.one_of(&GIVEN))
}

/// What is to be filled: a community with so many households and people, in so many estates.
#[derive(Clone)]
pub(crate) struct Filling {
    pub(crate) region: RegionCode,
    /// What its household codes begin with.
    pub(crate) prefix: String,
    pub(crate) estates: u32,
    pub(crate) households: u32,
    pub(crate) people: u32,
    /// The grids that its estates lie in, in turn.
    pub(crate) grids: Vec<String>,
    /// How many people there are before it, over all.
    pub(crate) before: u64,
}

/// Households a unit, storeys included.
const IN_A_UNIT: u32 = 12;
const UNITS: u32 = 3;

impl Filling {
    /// How many people there are up to the n-th household, shared out evenly.
    fn shared(&self, n: u32) -> u64 {
        u64::from(n) * u64::from(self.people) / u64::from(self.households.max(1))
    }

    /// How many people live before the n-th household: of two neighbours one is a family with a grandmother, the other a couple.
    fn people_before(&self, n: u32) -> u64 {
        let even = self.shared(n);
        let theirs = self.shared(n + 1) - even;
        if n % 2 == 1 && n < self.households && theirs > 1 && !(n / 2).is_multiple_of(3) { even + 1 } else { even }
    }

    /// How many people live in the n-th household: together exactly as many as there are.
    fn size(&self, n: u32) -> u32 {
        u32::try_from(self.people_before(n + 1) - self.people_before(n)).unwrap_or_default()
    }

    /// The households from the n-th on, at most so many, with who lives there.
    pub(crate) fn some(&self, from: u32, most: u32, today: NaiveDate) -> (Vec<PutHousehold>, Vec<PutResident>) {
        let (mut households, mut people) = (Vec::new(), Vec::new());
        let per_estate = self.households.div_ceil(self.estates.max(1));
        for n in from..self.households.min(from + most) {
            let (estate, within) = (n / per_estate, n % per_estate);
            let (building, within) = (within / (IN_A_UNIT * UNITS), within % (IN_A_UNIT * UNITS));
            let (unit, room) = (within / IN_A_UNIT, within % IN_A_UNIT);
            let code = format!("{}-{:05}", self.prefix, n + 1);
            households.push(PutHousehold {
                region_code: self.region,
                code: Some(code.clone()),
                path: AddressPath {
                    estate: Some(format!("{}小区", ordinal(estate))),
                    building: Some(format!("{}幢", building + 1)),
                    unit: Some(format!("{}单元", unit + 1)),
                    room: Some(format!("{}0{}室", room / 2 + 1, room % 2 + 1)),
                },
                grid_code: self.grids.get(estate as usize % self.grids.len().max(1)).cloned(),
                kind: None,
            });
            self.family(n, &code, today, &mut people);
        }
        (households, people)
    }

    fn family(&self, n: u32, code: &str, today: NaiveDate, people: &mut Vec<PutResident>) {
        let mut dice = Dice::new(self.region.as_i64().unsigned_abs().wrapping_mul(1_000_003).wrapping_add(n.into()));
        let surname = dice.one_of(&SURNAMES);
        let head_age = 26 + dice.below(58);
        let residence = if dice.below(8) == 0 { Residence::Floating } else { Residence::Permanent };
        for member in 0..self.size(n) {
            let (relation, age) = match member {
                0 => (Kinship::Head, head_age),
                1 => (Kinship::Spouse, (head_age + dice.below(7)).saturating_sub(3).max(22)),
                2 | 4 if head_age >= 24 => (Kinship::Child, head_age.saturating_sub(24 + dice.below(10)).max(1)),
                _ => (Kinship::Parent, (head_age + 22 + dice.below(10)).min(99)),
            };
            let number = self.before + self.people_before(n) + u64::from(member);
            let born = today - Duration::days(i64::try_from(age * 365 + dice.below(365) + 1).unwrap_or_default());
            let given = dice.one_of(&GIVEN);
            let name = if matches!(relation, Kinship::Head | Kinship::Child) {
                format!("{surname}{given}")
            } else {
                format!("{}{given}", dice.one_of(&SURNAMES))
            };
            people.push(PutResident {
                region_code: self.region,
                household_code: Some(code.to_owned()),
                path: None,
                relation: Some(relation),
                name,
                phone: (age >= 14).then(|| format!("154{:08}", number % 100_000_000)),
                id_number: Some(id_number(number, born, dice.below(2) == 0)),
                sex: None,
                residence: Some(residence),
                moved_in: None,
            });
        }
    }
}

/// The number of the n-th person: no two have the same.
fn id_number(n: u64, born: NaiveDate, male: bool) -> String {
    let order = n % 500 * 2 + u64::from(male);
    let front = format!("3299{:02}{:04}{:02}{:02}{order:03}", n / 500 % 100, born.year(), born.month(), born.day());
    let check = check_digit(&front).unwrap_or('X');
    format!("{front}{check}")
}

fn ordinal(n: u32) -> String {
    const NAMES: [&str; 13] = ["康乐", "康宁", "康泰", "康馨", "和睦", "和顺", "和悦", "春晓", "秋实", "长征", "史可法", "梅岭", "双桥"];
    let name = NAMES.get(n as usize % NAMES.len()).copied().unwrap_or_default();
    if n < 13 { name.to_owned() } else { format!("{name}{}", n / 13 + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::person::IdNumber;
    use std::collections::HashSet;

    #[test]
    fn as_many_people_as_there_are_and_no_two_with_one_number() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let kangle = Filling {
            region: "321003005008".parse().unwrap(),
            prefix: "KL".to_owned(),
            estates: 13,
            households: 3306,
            people: 11_108,
            grids: vec!["a".to_owned(), "b".to_owned()],
            before: 0,
        };
        let (households, people) = kangle.some(0, u32::MAX / 2, today);
        assert_eq!((households.len(), people.len()), (3306, 11_108));
        let estates: HashSet<_> = households.iter().map(|h| h.path.estate.clone()).collect();
        let homes: HashSet<_> = households.iter().map(|h| h.path.clone()).collect();
        assert_eq!((estates.len(), homes.len()), (13, 3306));
        let numbers: HashSet<_> = people.iter().map(|p| p.id_number.clone().unwrap()).collect();
        assert_eq!(numbers.len(), 11_108);
        assert!(numbers.iter().all(|n| n.starts_with("3299") && IdNumber::parse(n, today).is_ok()));
        assert!(people.iter().filter_map(|p| p.phone.as_ref()).all(|p| p.starts_with("154") && p.len() == 11));
        // Some of it is what all of it says of that part.
        let (some, of_them) = kangle.some(1001, 10, today);
        assert_eq!(some[0].code, households[1001].code);
        let all: Vec<_> = people.iter().filter(|p| p.household_code == some[0].code).map(|p| p.id_number.clone()).collect();
        assert_eq!(all, of_them.iter().filter(|p| p.household_code == some[0].code).map(|p| p.id_number.clone()).collect::<Vec<_>>());
    }
}
