//! A short memory for what hardly ever changes and every order asks for: regions, entries of the catalogue, policies.
//!
//! What is remembered may be five seconds old, which is how long a change made through another process takes to count. A
//! change made through this one counts at once: whoever makes it [forgets](crate::Cx::forget) that kind of thing after
//! its commit, and what was read before then is not believed, even if it arrives later.
//! What was not found is not remembered.
//!
//! Beside it, rows that were read or written within the last minute. Those may be older than they should and are never
//! shown: they spare a change its reading, if its guard then compares the version.
//!
//! And shelves: one thing of a type for the whole process, such as the map of all grids, whose owner keeps it fresh.

use moka::sync::Cache;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// How long something is believed.
const BELIEF: Duration = Duration::from_secs(5);
/// How many things are remembered at once.
const REMEMBERED: u64 = 50_000;

/// How long a row is kept, and how many.
const RECENT: (Duration, u64) = (Duration::from_secs(60), 2_000);

/// What was read, and when the reading began.
type Known = (Instant, Arc<dyn Any + Send + Sync>);

/// The memory of one process.
pub struct Memory {
    known: Cache<(TypeId, String), Known>,
    forgotten: RwLock<HashMap<TypeId, Instant>>,
    rows: Cache<(TypeId, Uuid), Arc<dyn Any + Send + Sync>>,
    shelves: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} things)", self.known.entry_count())
    }
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEF).build(),
            forgotten: RwLock::default(),
            rows: Cache::builder().max_capacity(RECENT.1).time_to_live(RECENT.0).build(),
            shelves: RwLock::default(),
        }
    }

    pub(crate) fn recall<T: Any + Send + Sync>(&self, name: &str) -> Option<Arc<T>> {
        let (began, thing) = self.known.get(&(TypeId::of::<T>(), name.to_owned()))?;
        let stale = self.forgotten.read().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()).is_some_and(|at| began <= *at);
        if stale { None } else { thing.downcast().ok() }
    }

    pub(crate) fn keep<T: Any + Send + Sync>(&self, name: String, began: Instant, thing: &Arc<T>) {
        self.known.insert((TypeId::of::<T>(), name), (began, Arc::<T>::clone(thing)));
    }

    pub(crate) fn row<T: Any + Send + Sync>(&self, id: Uuid) -> Option<Arc<T>> {
        self.rows.get(&(TypeId::of::<T>(), id))?.downcast().ok()
    }

    pub(crate) fn keep_row<T: Any + Send + Sync>(&self, id: Uuid, row: T) {
        self.rows.insert((TypeId::of::<T>(), id), Arc::new(row));
    }

    /// The one thing of this type that the process keeps, made when it is first asked for.
    pub(crate) fn shelf<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let kind = TypeId::of::<T>();
        let held = self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(&kind).cloned();
        let held = held.unwrap_or_else(|| {
            let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(shelves.entry(kind).or_insert_with(|| Arc::new(T::default())))
        });
        // What stands under a type is of that type.
        held.downcast().unwrap_or_default()
    }

    pub(crate) fn forget<T: Any>(&self) {
        self.forgotten.write().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_believed_after_it() {
        let memory = Memory::new();
        memory.keep("a".to_owned(), Instant::now(), &Arc::new(1_u8));
        memory.keep("a".to_owned(), Instant::now(), &Arc::new("another kind"));
        assert_eq!(memory.recall::<u8>("a").as_deref(), Some(&1));
        assert_eq!(memory.recall::<u8>("b"), None);

        assert!(Arc::ptr_eq(&memory.shelf::<RwLock<u8>>(), &memory.shelf::<RwLock<u8>>()), "one of a type");

        let before = Instant::now();
        memory.forget::<u8>();
        assert_eq!(memory.recall::<u8>("a"), None);
        assert_eq!(memory.recall::<&str>("a").as_deref(), Some(&"another kind"));
        memory.keep("a".to_owned(), before, &Arc::new(2_u8));
        assert_eq!(memory.recall::<u8>("a"), None, "it was read before the change");
        memory.keep("a".to_owned(), Instant::now(), &Arc::new(3_u8));
        assert_eq!(memory.recall::<u8>("a").as_deref(), Some(&3));
    }
}
