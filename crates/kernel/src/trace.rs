//! Spans for OpenTelemetry. They have a target of their own: the log never shows them, and while no traces are exported
//! nobody wants them, so that making one costs a look at a flag.

use sea_orm::DbBackend;
use tracing::Span;

/// The target of spans that are exported.
pub const TARGET: &str = "traces";

/// The span of one round trip to the database. Statements are prepared: their text holds no values.
pub(crate) fn statement(backend: DbBackend, sql: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "statement",
        otel.name = sql.split_whitespace().next().unwrap_or("statement"),
        otel.kind = "client",
        db.system.name = if backend == DbBackend::Postgres { "postgresql" } else { "sqlite" },
        db.query.text = sql,
    )
}
