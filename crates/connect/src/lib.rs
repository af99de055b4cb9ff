//! The outside world: what leaves the house for other programs.
//!
//! [`catalogue`] says what every event looks like.

pub mod catalogue;
