//! The HTTP layer: the only crate that speaks actix-web.
