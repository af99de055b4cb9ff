//! The words that every crate of Linli shares. It knows no domain.
//!
//! Read [`cx`] first: it is how a request travels. [`error`] and [`access`] hold the two
//! tables that decide refusals; [`event`] is the one log.

pub mod access;
pub mod bulk;
mod change;
pub mod check;
pub mod clock;
pub mod column;
#[cfg(feature = "failpoints")]
pub mod crash;
#[cfg(not(feature = "failpoints"))]
mod crash;
pub mod cx;
pub mod db;
pub mod error;
pub mod event;
pub mod geo;
pub mod id;
pub mod lanes;
pub mod mask;
pub mod memory;
pub mod metrics;
pub mod page;
pub mod person;
pub mod region;
pub mod retention;
pub mod sealed;
pub mod stage;
pub mod tls;
pub mod trace;
pub mod vault;

pub use access::{Actor, Permission, Place, Role, Scope};
pub use clock::Time;
pub use cx::{Core, Cx, Guard, Tx};
pub use error::{Code, Error, Result};
pub use event::{Event, EventType, Subject};
pub use page::{Page, PageQuery, Pager};
pub use region::{RegionCode, RegionLevel};
