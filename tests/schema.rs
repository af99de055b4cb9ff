//! Entities and migrations describe the same tables. One database is made from the entities, one by the
//! migrations; then both are asked what they hold.

use kernel::db::Db;
use migrations::Migrator;
use sea_orm::{ConnectionTrait, DbBackend, Schema, Statement, sea_query::TableCreateStatement};
use sea_orm_migration::MigratorTrait;
use std::collections::BTreeMap;
use testkit::{Backend, Database};

/// A column: its type (as far as it matters) and whether it may be empty.
type Column = (String, bool);
type Tables = BTreeMap<String, BTreeMap<String, Column>>;

fn entities(schema: &Schema) -> Vec<TableCreateStatement> {
    [
        kernel::cx::tables(schema),
        identity::tables(schema),
        grids::tables(schema),
        files::tables(schema),
        organizations::tables(schema),
        volunteers::tables(schema),
        services::tables(schema),
        mediation::tables(schema),
        visits::tables(schema),
        jobs::tables(schema),
        connect::tables(schema),
    ]
    .concat()
}

async fn rows(db: &Db, sql: &str) -> Vec<sea_orm::QueryResult> {
    db.writer().query_all_raw(Statement::from_string(db.backend(), sql)).await.expect(sql)
}

async fn tables(db: &Db) -> Tables {
    let mut tables = Tables::new();
    if db.backend() == DbBackend::Postgres {
        let sql = "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text FROM information_schema.columns WHERE table_schema = 'public'";
        for row in rows(db, sql).await {
            let text = |n: usize| row.try_get_by_index::<String>(n).unwrap();
            let kind = text(2).replace("character varying", "text");
            tables.entry(text(0)).or_default().insert(text(1), (kind, text(3) == "YES"));
        }
    } else {
        let sql = "SELECT m.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'";
        for row in rows(db, sql).await {
            let text = |n: usize| row.try_get_by_index::<String>(n).unwrap();
            tables.entry(text(0)).or_default().insert(text(1), (affinity(&text(2)).to_owned(), row.try_get_by_index::<bool>(3).unwrap()));
        }
    }
    tables.retain(|name, _| name != "seaql_migrations" && !name.starts_with("sqlite_"));
    tables
}

/// What SQLite makes of a declared type (<https://www.sqlite.org/datatype3.html>, 3.1).
fn affinity(declared: &str) -> &'static str {
    let declared = declared.to_uppercase();
    let holds = |words: &[&str]| words.iter().any(|w| declared.contains(w));
    if holds(&["INT"]) {
        "integer"
    } else if holds(&["CHAR", "CLOB", "TEXT"]) {
        "text"
    } else if holds(&["BLOB"]) || declared.is_empty() {
        "blob"
    } else if holds(&["REAL", "FLOA", "DOUB"]) {
        "real"
    } else {
        "numeric"
    }
}

async fn agree(backend: Backend) {
    let (Some(by_entities), Some(by_migrations)) = (Database::empty(backend).await, Database::empty(backend).await) else { return };
    let db = by_entities.connect(1).await;
    for table in entities(&Schema::new(db.backend())) {
        db.writer().execute(&table).await.unwrap_or_else(|e| panic!("{table:?}: {e}"));
    }
    let from_entities = tables(&db).await;
    db.close().await;
    let db = by_migrations.connect(1).await;
    Migrator::up(db.writer(), None).await.expect("the migrations run");
    let from_migrations = tables(&db).await;
    db.close().await;
    by_entities.remove().await;
    by_migrations.remove().await;

    let mut differences = Vec::new();
    for name in from_entities.keys().chain(from_migrations.keys()).collect::<std::collections::BTreeSet<_>>() {
        let (Some(entity), Some(migration)) = (from_entities.get(name), from_migrations.get(name)) else {
            let missing = if from_entities.contains_key(name) { "migration" } else { "entity (in the crate's tables())" };
            differences.push(format!("table {name} has no {missing}"));
            continue;
        };
        for column in entity.keys().chain(migration.keys()).collect::<std::collections::BTreeSet<_>>() {
            let (e, m) = (entity.get(column), migration.get(column));
            if e != m {
                differences.push(format!("{name}.{column}: entity {e:?}, migration {m:?} (type, nullable)"));
            }
        }
    }
    assert!(from_migrations.len() >= 15, "both databases were read: {:?}", from_migrations.keys());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn entities_and_migrations_agree_on_sqlite() {
    testkit::block_on(agree(Backend::Sqlite));
}

#[test]
fn entities_and_migrations_agree_on_postgres() {
    testkit::block_on(agree(Backend::Postgres));
}
