//! People's mediation (人民调解): disputes between neighbours, settled by their own will and free of charge.
//!
//! So far it holds the [`case`]: application, course, agreement, performance.

pub mod case;

pub use case::*;
