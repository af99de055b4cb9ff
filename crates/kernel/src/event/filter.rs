//! What of the log somebody reads: where it happened, of which types, and what they may know of.

use super::{EventType, LoggedEvent, row};
use crate::{
    access::{Actor, Permission},
    error::{Code, Error, Result},
    region::RegionCode,
};
use sea_orm::{ColumnTrait, Condition, sea_query::LikeExpr};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Types that are confidential, by the beginning of their word, and the permission without which nobody learns that there
/// was such an event.
const VEILED: &[(&str, Permission)] = &[("mediation.", Permission::MediationRead)];

/// The beginnings of words that this actor may not know of in a region.
#[must_use]
pub fn veiled(actor: &Actor, region: RegionCode) -> Vec<&'static str> {
    VEILED.iter().filter(|(_, permission)| !actor.can(*permission, &region.into())).map(|(beginning, _)| *beginning).collect()
}

/// One type, or all that are about the same: `order.placed`, `order.*`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 64, pattern = r"^[a-z0-9_]+\.(\*|[a-z0-9_]+)$", example = "order.*")]
pub struct Pattern(String);

impl Pattern {
    /// Whether it means this type.
    #[must_use]
    pub fn means(&self, word: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => word.starts_with(beginning),
            None => self.0 == word,
        }
    }

    /// Whether there is any type that it means.
    #[must_use]
    pub fn is_known(&self) -> bool {
        EventType::ALL.iter().any(|t| self.means(t.as_str()))
    }

    /// Reads several, separated by commas.
    ///
    /// # Errors
    /// `query_parameter_invalid`.
    pub fn list(text: &str) -> Result<Vec<Self>> {
        let one = |word: &str| word.parse().map_err(|e: String| Error::new(Code::QueryParameterInvalid).with("reason", e));
        text.split(',').filter(|word| !word.is_empty()).map(one).collect()
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let sound = text.len() <= 64 && text.split_once('.').is_some_and(|(noun, verb)| plain(noun) && (verb == "*" || plain(verb)));
        if sound { Ok(Self(text.to_owned())) } else { Err("a type is written order.placed or order.*".to_owned()) }
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What of the log somebody reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    regions: Vec<RegionCode>,
    /// None: all of them.
    types: Vec<Pattern>,
    /// Beginnings of words, and where alone such events are shown.
    veils: Vec<(&'static str, Vec<RegionCode>)>,
}

impl Filter {
    /// What this actor may read: of these types (all, if none is named) and within this region.
    ///
    /// # Errors
    /// `permission_missing` for who may read events nowhere.
    pub fn of(actor: &Actor, types: Vec<Pattern>, region: Option<RegionCode>) -> Result<Self> {
        let reach = actor.reach(Permission::EventRead).regions;
        if reach.is_empty() {
            return Err(Error::new(Code::PermissionMissing).with("permission", Permission::EventRead));
        }
        let regions = match region {
            None => reach.clone(),
            Some(asked) if reach.iter().any(|r| r.covers(asked)) => vec![asked],
            Some(asked) => reach.iter().copied().filter(|r| asked.covers(*r)).collect(),
        };
        let veils = VEILED.iter().map(|(beginning, permission)| (*beginning, actor.reach(*permission).regions));
        Ok(Self { regions, types, veils: veils.filter(|(_, open)| *open != reach).collect() })
    }

    /// Whether it lets an event through.
    #[must_use]
    pub fn lets(&self, event: &LoggedEvent) -> bool {
        let lies_in = |regions: &[RegionCode]| regions.iter().any(|r| r.covers(event.region_code));
        lies_in(&self.regions)
            && (self.types.is_empty() || self.types.iter().any(|t| t.means(&event.kind)))
            && self.veils.iter().all(|(beginning, open)| !event.kind.starts_with(beginning) || lies_in(open))
    }

    /// The same as a condition.
    pub(super) fn condition(&self) -> Condition {
        use row::Column as C;
        let lies_in = |regions: &[RegionCode], alternatives: Condition| {
            regions.iter().fold(alternatives, |any, region| {
                let (first, last) = region.range();
                any.add(C::RegionCode.between(first.as_i64(), last.as_i64()))
            })
        };
        // An empty "any of" would be everything.
        let somewhere = lies_in(&self.regions, Condition::any());
        let mut all = Condition::all().add(if somewhere.is_empty() { Condition::all().add(C::RegionCode.is_null()) } else { somewhere });
        if !self.types.is_empty() {
            let any = self.types.iter().fold(Condition::any(), |any, pattern| match pattern.0.strip_suffix('*') {
                Some(beginning) => any.add(C::Kind.like(begins(beginning))),
                None => any.add(C::Kind.eq(pattern.0.as_str())),
            });
            all = all.add(any);
        }
        for (beginning, open) in &self.veils {
            all = all.add(lies_in(open, Condition::any().add(C::Kind.not_like(begins(beginning)))));
        }
        all
    }
}

/// `_` is a letter here.
fn begins(word: &str) -> LikeExpr {
    LikeExpr::new(format!("{}%", word.replace('_', "\\_"))).escape('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_type_or_a_beginning() {
        let means = |pattern: &str, word: &str| pattern.parse::<Pattern>().unwrap().means(word);
        assert!(means("order.placed", "order.placed") && means("order.*", "order.placed"));
        assert!(!means("order.placed", "order.placed_again") && !means("order.*", "orders.placed"));
        for bad in
            ["", "*", "order", "order.", ".placed", "order.p*", "*.placed", "**", "Order.placed", "order.placed,", "order.a.b", "order.%"]
        {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
        assert!("service_item.*".parse::<Pattern>().unwrap().is_known() && !"nothing.*".parse::<Pattern>().unwrap().is_known());
    }
}
