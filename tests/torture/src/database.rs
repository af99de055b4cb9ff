//! A look into the database itself, behind the back of the servers.

use crate::Outcome;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, FromRow, PgConnection, SqliteConnection,
    postgres::PgRow,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use std::path::PathBuf;

/// Where the data lies.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    /// With the URL of the database itself, not that of a proxy before it.
    Postgres(String),
}

impl Database {
    /// An id as 32 hexadecimal digits, as an SQL expression.
    pub(crate) fn id(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("lower(hex({column}))"),
            Self::Postgres(_) => format!("replace({column}::text, '-', '')"),
        }
    }

    /// A connection to the file of an SQLite database.
    pub(crate) async fn connect_to_file(&self) -> Outcome<SqliteConnection> {
        match self {
            Self::Sqlite(file) => Ok(SqliteConnectOptions::new().filename(file).disable_statement_logging().connect().await?),
            Self::Postgres(_) => Err("PostgreSQL lies in no file of ours".into()),
        }
    }

    /// The rows of a query. Numbers are to be `bigint`, everything else text.
    pub(crate) async fn rows<T>(&self, sql: &str) -> Outcome<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        match self {
            Self::Sqlite(_) => {
                let mut connection = self.connect_to_file().await?;
                let rows = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection).await?;
                connection.close().await?;
                Ok(rows)
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let rows = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection).await?;
                connection.close().await?;
                Ok(rows)
            }
        }
    }
}
