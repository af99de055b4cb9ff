//! What the crates share that delete data whose time is over (保存期限).

use crate::{clock::Time, region::RegionCode};
use sea_orm::{ColumnTrait, Condition};

/// So many rows go in one transaction, or one after another.
pub const CHUNK: u64 = 500;

/// What of the country a policy rules: its region, without the parts that have their own.
#[derive(Clone, Debug)]
pub struct Ruled {
    /// The region.
    pub region: RegionCode,
    /// Regions within it that have a policy of their own.
    pub without: Vec<RegionCode>,
}

impl Ruled {
    /// The rows that lie there.
    #[must_use]
    pub fn covers<C: ColumnTrait>(&self, column: C) -> Condition {
        let (first, last) = self.region.range();
        let here = Condition::all().add(column.between(first, last));
        self.without.iter().fold(here, |here, part| {
            let (first, last) = part.range();
            here.add(Condition::any().add(column.lt(first)).add(column.gt(last)))
        })
    }
}

/// What is to go.
#[derive(Clone, Debug)]
pub struct Purge {
    /// Where.
    pub ruled: Ruled,
    /// What ended before then.
    pub before: Time,
    /// Only counted, nothing is written.
    pub dry: bool,
}
