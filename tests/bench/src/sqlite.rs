//! Linli on SQLite against a bare loop: one connection that runs the same statements in one transaction.

use crate::{
    Outcome,
    load::Captured,
    statements::Vary,
    world::{People, World},
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Placing an order, as bare statements.
pub(crate) struct Bare {
    connection: SqliteConnection,
    statements: Vec<String>,
    round: u64,
}

impl Bare {
    /// Opens the file as Linli does. The statements are those of PostgreSQL with the people of this database.
    pub(crate) async fn open(file: &Path, there: &World, here: &People, captured: &Captured) -> Outcome<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        // Ids are 16 bytes there; in the log of PostgreSQL they are text.
        let (item,): (String,) =
            sqlx::query_as("SELECT lower(hex(id)) FROM service_items WHERE code = 'B-1-1'").fetch_one(&mut connection).await?;
        let blob = |text: &str| format!("x'{}'", text.replace('-', ""));
        let people = there.people.residents.iter().zip(&here.residents).map(|(t, h)| (&t.id, blob(&h.id)));
        let placed = captured.placed.iter().zip(["?1", "?2", "?3"].map(str::to_owned));
        let vary: Vec<_> = people.chain(placed).map(|(what, by)| Vary { what: what.clone(), by }).collect();
        let is_id = |value: &str| value.len() == 36 && value.bytes().filter(|b| *b == b'-').count() == 4;
        let literal = |value: &str| if is_id(value) { blob(&item) } else { format!("'{}'", value.replace('\'', "''")) };
        let statements = captured.in_steps(&vary, literal);
        Ok(Self { connection, statements, round: 0 })
    }

    /// Runs it for so long; gives transactions a second.
    pub(crate) async fn run(&mut self, length: Duration) -> Outcome<f64> {
        let (began, mut done) = (Instant::now(), 0_u32);
        while began.elapsed() < length {
            self.round += 1;
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(0x019a_0000_0000_7000 + self.round).to_be_bytes());
            let unique = format!("{:016x}", self.round.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            for statement in &self.statements {
                let query = sqlx::query(AssertSqlSafe(statement.as_str()));
                if statement.contains("?1") || statement.contains("?2") || statement.contains("?3") {
                    query.bind(id.to_vec()).bind(&unique).bind(&unique).execute(&mut self.connection).await?;
                } else if statement.starts_with("SELECT") {
                    query.fetch_all(&mut self.connection).await?;
                } else {
                    query.execute(&mut self.connection).await?;
                }
            }
            done += 1;
        }
        Ok(f64::from(done) / began.elapsed().as_secs_f64())
    }

    pub(crate) async fn close(self) -> Outcome {
        Ok(self.connection.close().await?)
    }
}
