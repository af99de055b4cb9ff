//! Every sealed column is named by its crate: after one of everything has been made, the key is changed and everything is sealed anew.
//! Then nothing may be sealed with the old key.

use super::{cases::Scene, contents, in_parts, part};
use kernel::{
    Core,
    sealed::{self, SealedColumn},
    vault::{Algorithm, SealingKey, Vault},
};
use std::{collections::BTreeSet, sync::Arc};
use testkit::{Method, World};

const OLD: [u8; 32] = [7; 32];
const NEW: [u8; 16] = [9; 16];

/// What has been sealed with a key, as its id and a dot and base64: `table: beginning`.
async fn sealed_with(world: &World, key: &str) -> BTreeSet<String> {
    let begins = |text: &str| {
        let Some(body) = text.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')) else { return false };
        let length = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+/".contains(b)).count();
        // Nonce, tag, and a text that may be empty.
        length >= 38
    };
    let all = contents(world).await;
    let rows = all.iter().filter(|(table, _)| *table != "vault_keys").flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
    let values = rows.flat_map(|(table, row)| row.split([',', '\'', '(', ')', '"']).map(move |value| (table, value)));
    values.filter(|(_, value)| begins(value)).map(|(table, value)| format!("{table}: {:.12}", value)).collect()
}

async fn reseal_all(core: &Core, columns: &[SealedColumn]) -> u64 {
    let mut done = 0;
    for column in columns {
        let some = sealed::reseal(core, column, |_| {}).await.unwrap();
        assert_eq!(some.broken, 0, "{}.{} is bound to something else", column.table, column.column);
        done += some.done;
    }
    done
}

/// Tables in which the operations of a part leave something sealed.
const TABLES: [&[&str]; 4] = [
    &["orders", "idempotency_keys"],
    &["residents", "resident_tags", "opinions", "appointments", "diaries", "mediation_cases", "grid_duties", "visits", "household_plans"],
    &["accounts", "applications", "consents", "data_requests", "webhook_endpoints", "hotlines", "hotline_payloads", "hotline_messages"],
    &["joint_meetings", "partnership_items", "check_ins", "point_appeals", "whistles"],
];

async fn every_sealed_column_is_named(world: World, n: usize) {
    let scene = Scene::set(&world).await;
    // Through the operations too: some write more than was made by hand for them.
    for operation in part(n).into_iter().filter(|o| !o.is_batch() && o.method == Method::POST && o.permission() != "public") {
        let ready = scene.ready(&operation).await;
        operation.about(&ready.by, &ready.id, ready.body.as_ref()).key(&format!("seal-{}", operation.id)).send().await;
    }
    let before = sealed_with(&world, "1").await;
    let tables: BTreeSet<&str> = before.iter().filter_map(|s| s.split_once(": ")).map(|(table, _)| table).collect();
    for table in TABLES[n] {
        assert!(tables.contains(table), "nothing of {table} is sealed: {tables:?}");
    }
    let old = SealingKey { id: 1, algorithm: Algorithm::Aes256Gcm, secret: &OLD };
    let new = SealingKey { id: 2, algorithm: Algorithm::Sm4Gcm, secret: &NEW };
    let core = Core { vault: Arc::new(Vault::with(&[new, old], None).unwrap()), ..world.core().clone() };
    let columns = api::sealed_columns();
    assert!(reseal_all(&core, &columns).await > 0);
    let left = sealed_with(&world, "1").await;
    assert!(left.is_empty(), "columns that no sealed_columns() names: {left:?}");
    assert_eq!(reseal_all(&core, &columns).await, 0);
    for column in &columns {
        assert_eq!(sealed::left(&core, column).await.unwrap(), 0);
    }
}

in_parts!(every_sealed_column_is_named);
