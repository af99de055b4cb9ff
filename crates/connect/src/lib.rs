//! The outside world: what leaves the house for other programs.
//!
//! [`catalogue`] says what every event looks like; [`webhook`] tells other programs of them, [`wechat`] people in a mini-program.
//! [`open311`] lets reporting apps of other makers ask for services and see what became of it; [`hotline`] takes work orders of
//! 12345 and tells it what becomes of them.

pub mod catalogue;
pub mod hotline;
pub mod open311;
mod reading;
pub mod webhook;
pub mod wechat;

pub use reading::Dispatched;

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    [webhook::tables(schema), wechat::tables(schema), hotline::tables(schema)].concat()
}

/// The sealed columns of this crate.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::{KeyKind, SealedColumn as S};
    const ACCOUNT: &[(&str, KeyKind)] = &[("account_id", KeyKind::Uuid)];
    const VERSION: &[(&str, KeyKind)] = &[("hotline_order_id", KeyKind::Uuid), ("external_version", KeyKind::Int)];
    vec![
        S::by_id("webhook_endpoints", "url", |key| format!("webhook_endpoint {} url", key[0])),
        S::by_id("webhook_endpoints", "secrets", |key| format!("webhook_endpoint {} secrets", key[0])),
        S { table: "wechat_bindings", key: ACCOUNT, column: "openid", owner: |key| format!("wechat binding {}", key[0]) },
        S { table: "wechat_bindings", key: ACCOUNT, column: "unionid", owner: |key| format!("wechat binding {}", key[0]) },
        S { table: "wechat_tokens", key: &[("appid", KeyKind::Text)], column: "token", owner: |key| format!("wechat token {}", key[0]) },
        S::by_id("hotlines", "inbound", |key| format!("hotline {} inbound", key[0])),
        S::by_id("hotlines", "outbound", |key| format!("hotline {} outbound", key[0])),
        S {
            table: "hotline_payloads",
            key: VERSION,
            column: "payload",
            owner: |key| format!("hotline_order {} payload {}", key[0], key[1]),
        },
        S::by_id("hotline_messages", "payload", |key| format!("hotline_message {} payload", key[0])),
    ]
}
