//! The service catalogue and the one order engine.
