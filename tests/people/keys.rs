//! Keys: a new one seals, old rows stay readable, and what lacks its key says so.

use super::resident;
use crate::residents::{id, made};
use kernel::{
    Code, Core, Cx, sealed,
    vault::{Algorithm, SealingKey, Vault, index_key_of},
};
use serde_json::json;
use std::sync::Arc;
use testkit::{HOME, World};

const OLD: SealingKey<'_> = SealingKey { id: 1, algorithm: Algorithm::Aes256Gcm, secret: &[7; 32] };
const NEW: SealingKey<'_> = SealingKey { id: 2, algorithm: Algorithm::Sm4Gcm, secret: &[9; 16] };

fn with(world: &World, keys: &[SealingKey<'_>], index: Option<[u8; 32]>) -> Core {
    Core { vault: Arc::new(Vault::with(keys, index).unwrap()), ..world.core().clone() }
}

testkit::on_both! {
    async fn a_number_is_found_after_every_old_key_has_gone(world: World) {
        let wang = world.person("wang");
        let body = json!({ "region_code": HOME, "name": "秦有福", "phone": "13800001111", "id_number": crate::residents::number("19590310") });
        let qin = made(&wang, "/residents", body).await;
        let both = with(&world, &[NEW, OLD], None);
        for column in api::sealed_columns() {
            assert_eq!(sealed::reseal(&both, &column, |_| {}).await.unwrap().broken, 0, "{column:?}");
        }
        let alone = Cx::system(with(&world, &[NEW], Some(index_key_of(OLD.secret).unwrap())));
        let look = json!({ "region_code": HOME, "purpose": "service", "phone": "13800001111" });
        let found = grids::look_up_resident(&alone, serde_json::from_value(look).unwrap()).await.unwrap();
        assert_eq!(found.items[0].id.to_string(), id(&qin));
        let show = json!({ "purpose": "visit", "fields": ["name", "birth_date"] });
        let shown = grids::reveal_resident(&alone, found.items[0].id, serde_json::from_value(show).unwrap()).await.unwrap();
        assert_eq!((shown.name.as_deref(), shown.birth_date.map(|d| d.to_string()).as_deref()), (Some("秦有福"), Some("1959-03-10")));
    }

    async fn a_field_without_its_key_is_no_internal_error(world: World) {
        let (wang, qin) = (world.person("wang"), resident(&world, "秦有福", "1950-03-10").await);
        // Somebody has sealed anew with a key that this server does not have.
        let both = with(&world, &[NEW, OLD], None);
        for column in api::sealed_columns().into_iter().filter(|column| column.table == "residents") {
            sealed::reseal(&both, &column, |_| {}).await.unwrap();
        }
        for path in [format!("/residents/{}", id(&qin)), "/residents".to_owned()] {
            let problem = wang.get(&path).send().await.refused(503, "key_missing");
            assert!(!problem.to_string().contains("vault") && !problem.to_string().contains("residents/"), "{problem}");
        }
        wang.get("/me").send().await.expect(200);
    }

    async fn a_server_is_ready_with_the_keys_that_the_database_needs(world: World) {
        let ready = async || world.nobody().request(testkit::Method::GET, "/readyz").send().await;
        ready().await.expect(200);
        sealed::register(world.core()).await.unwrap();
        sealed::register(world.core()).await.unwrap();
        assert_eq!(sealed::registered(world.core()).await.unwrap(), [1]);
        ready().await.expect(200);
        let both = with(&world, &[NEW, OLD], None);
        sealed::register(&both).await.unwrap();
        sealed::check(&both).await.unwrap();
        ready().await.refused(503, "key_missing");
        sealed::retire(&both).await.unwrap();
        assert_eq!(sealed::registered(&both).await.unwrap(), [2]);
        // One that knows the new key and still seals with the old one is drained too.
        let late = with(&world, &[OLD, NEW], None);
        assert_eq!(sealed::check(&late).await.unwrap_err().code, Code::KeyMissing);
        // Another key by the same id is another key.
        let strange = SealingKey { secret: &[8; 16], ..NEW };
        assert_eq!(sealed::register(&with(&world, &[strange], None)).await.unwrap_err().code, Code::Internal);
    }

    async fn files_are_sealed_anew(world: World) {
        let zhang = world.person("zhang");
        let form = crate::attachments::form("linli", "lamp.jpg", &crate::attachments::photo(4, 4));
        zhang.post("/attachments").body("multipart/form-data; boundary=linli", form).send().await.expect(201);
        let both = Cx::system(with(&world, &[NEW, OLD], None));
        let older = files::older(&world.files(), &both).await.unwrap();
        assert!(older >= 1, "{older}");
        assert_eq!(files::reseal(&world.files(), &both, |_| {}).await.unwrap(), sealed::Resealed { done: older, broken: 0 });
        assert_eq!(files::older(&world.files(), &both).await.unwrap(), 0);
    }
}
