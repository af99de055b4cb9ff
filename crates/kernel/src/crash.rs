//! Crash points: the places on a command's way at which a process can be told to die, to see that a change happens as a
//! whole or not at all. Only a build with the feature `failpoints` can be told; in every other nothing of this is left.
//!
//! `CRASH_AT=logged linli serve` dies when somebody's command first comes to that point; `CRASH_AT=?` lists them. What a server
//! changes of its own accord passes by: it would die of that before anybody could ask it for something.

use crate::access::Actor;

macro_rules! points {
    ($($(#[$doc:meta])* $point:ident $name:literal;)+) => {
        /// A point on the way of a [`Tx`](crate::Tx).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Point { $($(#[$doc])* $point),+ }

        #[cfg(feature = "failpoints")]
        const POINTS: &[(Point, &str)] = &[$((Point::$point, $name)),+];
    };
}

points! {
    /// The change has begun; the database knows nothing of it.
    Begun "begun";
    /// A transaction is open.
    Opened "opened";
    /// The statement that decides has run in it.
    Guarded "guarded";
    /// Its events are written.
    Logged "logged";
    /// The answer is stored with its key.
    Keyed "keyed";
    /// The commit is about to be sent: COMMIT, or the one statement that is the whole change.
    Committing "committing";
    /// It has been committed; the client has not been answered.
    Committed "committed";
}

/// Dies here, if told to.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn at(_: Point, _: &Actor) {}

/// Dies here, if told to.
#[cfg(feature = "failpoints")]
pub(crate) fn at(point: Point, actor: &Actor) {
    if let Some(told) = told()
        && actor.account.is_some()
        && POINTS.contains(&(point, told))
    {
        std::process::abort();
    }
}

#[cfg(feature = "failpoints")]
fn told() -> Option<&'static str> {
    static TOLD: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| std::env::var("CRASH_AT").ok());
    TOLD.as_deref()
}

/// Refuses what is no point: a typo should not look like survival.
///
/// # Errors
/// The names of the points.
#[cfg(feature = "failpoints")]
pub fn check() -> Result<(), String> {
    match told() {
        Some(told) if POINTS.iter().all(|(_, name)| *name != told) => {
            Err(POINTS.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(" "))
        }
        _ => Ok(()),
    }
}
