//! Lists: a limit, an opaque cursor, and no totals, so that a page costs the same in a table
//! of ten thousand rows and of ten million.
//!
//! A cursor names the last row seen. It carries a digest of the list and its filters, so a
//! cursor from another list is refused instead of silently giving wrong rows.

use crate::{
    access::Reach,
    error::{Code, Error, Result},
    region::RegionCode,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ColumnTrait, Condition, ExprTrait};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// The most items of one page.
pub const MAX_LIMIT: u64 = 100;
/// The items of one page, unless told.
pub const DEFAULT_LIMIT: u64 = 20;
const TAG: usize = 8;

/// What every list takes.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    /// Items a page, 1–100.
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items (条目), in the order of the list.
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// The same page with its items turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor, has_more: self.has_more }
    }
}

/// A list being read: its name and filters bind the cursor to it.
pub struct Pager {
    list: String,
    limit: u64,
    cursor: Option<String>,
}

impl Pager {
    /// Begins a list. `filters` is whatever narrows it, in a stable order.
    ///
    /// # Errors
    /// `query_parameter_invalid` for a limit outside 1–100.
    pub fn new(name: &str, filters: &impl Serialize, query: PageQuery) -> Result<Self> {
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::new(Code::QueryParameterInvalid).with("reason", format!("limit is 1 to {MAX_LIMIT}")));
        }
        let filters = serde_json::to_string(filters).map_err(Error::internal)?;
        Ok(Self { list: format!("{name}?{filters}"), limit, cursor: query.cursor })
    }

    /// The most items of the page.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// How many rows to ask the database for: one more than the page, to know whether more follow.
    #[must_use]
    pub const fn fetch(&self) -> u64 {
        self.limit + 1
    }

    /// The key of the last row of the page before, if there was one.
    ///
    /// # Errors
    /// `cursor_invalid` for a cursor of another list, or none at all.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let invalid = || Error::new(Code::CursorInvalid);
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|e| invalid().because(e))?;
        let (tag, key) = bytes.split_at_checked(TAG).ok_or_else(invalid)?;
        if tag != self.tag(key) {
            return Err(invalid());
        }
        serde_json::from_slice(key).map(Some).map_err(|e| invalid().because(e))
    }

    /// Makes the page of the rows that the database gave.
    ///
    /// # Errors
    /// `internal_error` if a key cannot be written.
    pub fn page<T, K: Serialize>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Result<Page<T>> {
        let limit = usize::try_from(self.limit).map_err(Error::internal)?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if has_more => Some(self.cursor(&key(last))?),
            _ => None,
        };
        Ok(Page { items: rows, next_cursor, has_more })
    }

    /// The cursor that stands right behind this key.
    ///
    /// # Errors
    /// `internal_error` if the key cannot be written.
    pub fn cursor(&self, key: &impl Serialize) -> Result<String> {
        let key = serde_json::to_vec(key).map_err(Error::internal)?;
        let mut bytes = self.tag(&key).to_vec();
        bytes.extend(key);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn tag(&self, key: &[u8]) -> [u8; TAG] {
        let digest = Sha256::new().chain_update(&self.list).chain_update([0]).chain_update(key).finalize();
        let mut tag = [0; TAG];
        tag.copy_from_slice(&digest[..TAG]);
        tag
    }
}

/// The columns by which the rows of a table lie somewhere.
#[derive(Clone, Copy)]
pub struct Places<C> {
    /// The region.
    pub region: C,
    /// The grid.
    pub grid: C,
    /// The organization that a row is or belongs to, where there is such a column.
    pub organization: Option<C>,
}

/// Which way a list runs through the regions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the lowest code up.
    Up,
    /// From the highest code down.
    Down,
}

/// What of `region` lies within reach, for a list by (region, id): one range of codes for most callers.
///
/// Where the cursor's region lies in a range, it bounds the range on that side: given both bounds, SQLite takes the
/// range's and reads all pages before once more.
pub fn within<C: ColumnTrait>(
    reach: &Reach,
    region: RegionCode,
    columns: Places<C>,
    cursor: Option<i64>,
    direction: Direction,
) -> Condition {
    let between = |within: RegionCode| {
        let (first, last) = within.range();
        match direction {
            _ if cursor.is_none_or(|at| !(first.as_i64()..=last.as_i64()).contains(&at)) => columns.region.between(first, last),
            Direction::Up => columns.region.lte(last),
            Direction::Down => columns.region.gte(first),
        }
    };
    if reach.regions.iter().any(|r| r.covers(region)) {
        return Condition::all().add(between(region));
    }
    let inner = reach.regions.iter().filter(|r| region.covers(**r));
    let mut any = inner.fold(Condition::any(), |any, r| any.add(between(*r)));
    if !reach.grids.is_empty() {
        any = any.add(between(region).and(columns.grid.is_in(reach.grids.iter().copied())));
    }
    if let (Some(organization), false) = (columns.organization, reach.organizations.is_empty()) {
        any = any.add(between(region).and(organization.is_in(reach.organizations.iter().copied())));
    }
    // An empty "any of" would be everything.
    if any.is_empty() { Condition::all().add(columns.region.is_null()) } else { any }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pager(name: &str, filter: &str, cursor: Option<String>) -> Pager {
        Pager::new(name, &filter, PageQuery { limit: Some(2), cursor }).unwrap()
    }

    #[test]
    fn pages_follow_each_other_and_end() {
        let first = pager("orders", "a", None).page(vec![3, 2, 1], |n| *n).unwrap();
        assert_eq!((first.items.as_slice(), first.has_more), ([3, 2].as_slice(), true));
        let next = pager("orders", "a", first.next_cursor);
        assert_eq!(next.after::<i32>().unwrap(), Some(2));
        let last = next.page(vec![1], |n| *n).unwrap();
        assert_eq!((last.has_more, last.next_cursor), (false, None));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = pager("orders", "a", None).cursor(&7).unwrap();
        for (name, filter) in [("orders", "b"), ("grids", "a")] {
            let error = pager(name, filter, Some(cursor.clone())).after::<i32>().unwrap_err();
            assert_eq!(error.code, Code::CursorInvalid);
        }
        for junk in ["", "AAAA", "not base64!", &format!("{cursor}A"), "AAAAAAAAAAAAAAAAAAAA"] {
            assert!(pager("orders", "a", Some(junk.to_owned())).after::<i32>().is_err(), "{junk}");
        }
    }
}
