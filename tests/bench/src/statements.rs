//! What Linli says to PostgreSQL, taken from PostgreSQL's own log, as scripts for pgbench.
//!
//! At the start of each run every operation is carried out against a server that logs all its
//! statements. What it sent becomes the script that pgbench sends: the same statements in the same order
//! with the same values, except for those that must differ each time (ids, numbers, keys), which
//! pgbench computes. So a script cannot grow stale, and cannot be kinder to Linli than Linli's own code.

use crate::Outcome;
use serde_json::Value;
use std::{fs, path::PathBuf};

/// One statement as the server logged it.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// With `$1`, `$2` … for the values.
    pub(crate) sql: String,
    /// Absent: `NULL`.
    pub(crate) values: Vec<Option<String>>,
}

/// A value that must differ each time.
pub(crate) struct Vary {
    /// The value itself, or `"column" = ` to mean whatever that column is set to.
    pub(crate) what: String,
    pub(crate) by: Varied,
}

/// What takes its place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Varied {
    /// The order's id.
    Id,
    /// A text that was never there before, with this ending: a number, a key.
    Unique(&'static str),
    /// A taker, and the slot of a claim.
    Taker,
    Slot,
}

/// The statements with which Linli answered, in a piece of the log; not those of its background work.
pub(crate) fn read(log: &str) -> Outcome<Vec<Statement>> {
    let mut statements = Vec::new();
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line)?;
        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        if text("application_name") != "linli" || text("error_severity") != "LOG" {
            continue;
        }
        let message = text("message");
        let sql = message.strip_prefix("statement: ").or_else(|| message.strip_prefix("execute ")?.split_once(": ").map(|(_, sql)| sql));
        if let Some(sql) = sql {
            statements.push(Statement { sql: sql.to_owned(), values: values(text("detail")) });
        }
    }
    Ok(statements)
}

/// Reads `parameters: $1 = 'it''s', $2 = NULL`.
fn values(detail: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = detail;
    while let Some((_, after)) = rest.split_once(" = ") {
        let Some(quoted) = after.strip_prefix('\'') else {
            values.push(None);
            rest = after;
            continue;
        };
        let mut value = String::new();
        let mut chars = quoted.char_indices().peekable();
        let mut end = quoted.len();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                value.push(c);
            } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                end = at + 1;
                break;
            }
        }
        values.push(Some(value));
        rest = &quoted[end..];
    }
    values
}

impl Statement {
    /// The statement with its values in it.
    pub(crate) fn filled(
        &self,
        vary: &[Vary],
        mut varied: impl FnMut(Varied) -> String,
        mut literal: impl FnMut(&str) -> String,
    ) -> String {
        let mut text = String::new();
        let mut rest = self.sql.as_str();
        while let Some((before, after)) = rest.split_once('$') {
            text.push_str(before);
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let value = after[..digits].parse::<usize>().ok().and_then(|n| self.values.get(n.checked_sub(1)?));
            match value {
                Some(Some(value)) => {
                    let by = vary.iter().find(|v| v.what == *value || (v.what.ends_with(" = ") && text.ends_with(&v.what)));
                    text.push_str(&by.map_or_else(|| literal(value), |v| varied(v.by)));
                }
                Some(None) => text.push_str("NULL"),
                None => {
                    text.push('$');
                    text.push_str(&after[..digits]);
                }
            }
            rest = &after[digits..];
        }
        text.push_str(rest);
        text
    }

    /// Takes a commit in one statement (`WITH "guard_0" AS (…), "log" AS (… FROM "guard_0") SELECT …`) apart into the
    /// plain transaction that it replaces: `BEGIN`, one statement a table, `COMMIT`.
    pub(crate) fn in_steps(&self) -> Vec<Self> {
        if !self.sql.starts_with("WITH \"guard_0\"") {
            return vec![self.clone()];
        }
        let step = |sql: &str| Self { sql: sql.to_owned(), values: self.values.clone() };
        let mut steps = vec![step("BEGIN")];
        let mut rest = self.sql.as_str();
        while let Some((_, after)) = rest.split_once(" AS (") {
            let mut depth = 1;
            let end = after.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            let (inner, behind) = after.split_at(end.unwrap_or(after.len()));
            steps.push(step(&inner.trim_end().replace(" RETURNING 0 AS number", "").replace(" FROM \"guard_0\"", "")));
            rest = behind;
        }
        steps.push(step("COMMIT"));
        steps
    }
}

/// What pgbench runs: a script, and what it is told on its command line.
pub(crate) struct Script {
    pub(crate) path: PathBuf,
    pub(crate) variables: Vec<(String, String)>,
}

/// Writes a script: what pgbench computes first, then the statements. Values stay parameters, as they are for Linli, so that
/// PostgreSQL plans alike.
pub(crate) fn script(name: &str, set: &str, statements: &[Statement], vary: &[Vary], by: impl Fn(Varied) -> String) -> Outcome<Script> {
    let path = PathBuf::from(format!("target/bench/sql/{name}.sql"));
    let mut variables = Vec::new();
    let mut body = String::new();
    for statement in statements {
        let parameter = |value: &str| {
            let name = format!("v{}", variables.len());
            variables.push((name.clone(), value.to_owned()));
            format!(":{name}")
        };
        body += &statement.filled(vary, &by, parameter);
        body += ";\n";
    }
    let told: Vec<_> = variables.iter().map(|(name, value)| format!("-- {name} = {value}\n")).collect();
    fs::create_dir_all("target/bench/sql")?;
    fs::write(&path, format!("{}{set}{body}", told.concat()))?;
    Ok(Script { path, variables })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_statement_becomes_a_script_and_a_transaction_in_steps() {
        let log = concat!(
            r#"{"application_name":"psql","error_severity":"LOG","message":"statement: SELECT 1"}"#,
            "\n",
            r#"{"application_name":"linli","error_severity":"LOG","message":"execute sqlx_s_1: WITH \"guard_0\" AS (UPDATE o SET a = $1, \"slot\" = $2 WHERE id = $3 RETURNING 0 AS number) , \"log\" AS (INSERT INTO e (x) SELECT $4 FROM \"guard_0\") SELECT number FROM \"guard_0\"","detail":"parameters: $1 = 'it''s (here), $9 = ', $2 = '1', $3 = 'x', $4 = NULL"}"#,
        );
        let statements = read(log).unwrap();
        assert_eq!(statements.len(), 1);
        let vary = [Vary { what: "x".into(), by: Varied::Id }, Vary { what: "\"slot\" = ".into(), by: Varied::Slot }];
        let filled = |s: &Statement| s.filled(&vary, |by| format!(":{by:?}"), |value| format!("[{value}]"));
        let steps: Vec<_> = statements[0].in_steps().iter().map(filled).collect();
        assert_eq!(
            steps,
            ["BEGIN", r#"UPDATE o SET a = [it's (here), $9 = ], "slot" = :Slot WHERE id = :Id"#, "INSERT INTO e (x) SELECT NULL", "COMMIT"]
        );
    }
}
