//! The same request twice: a change is carried out once (0005), and a read that has not changed need not be sent again.

use super::{
    cases::{FORM, Scene, form},
    contents, in_parts, is_unchanged, part,
};
use testkit::{Method, World};

/// What is kept of an answer: all of it, but of a program's secret nothing is kept that could be used (decision 0012).
fn kept(operation: &str, answer: &[u8]) -> Vec<u8> {
    if !["issue_credential", "rotate_credential"].contains(&operation) {
        return answer.to_vec();
    }
    let mut answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
    assert!(answer.as_object_mut().unwrap().shift_remove("secret").is_some(), "{operation} tells a secret");
    answer.to_string().into_bytes()
}

async fn a_change_with_a_key_is_made_once(world: World, n: usize) {
    let scene = Scene::set(&world).await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for operation in part(n).into_iter().filter(|o| o.method == Method::POST && o.permission() != "public") {
        let ready = scene.ready(&operation).await;
        let ask = |key: &str| operation.about(&ready.by, &ready.id, ready.body.as_ref()).key(key);
        let first = ask(&operation.id).send().await;
        assert!(first.status < 300 && first.header("idempotency-replayed").is_empty(), "{}: {}", operation.id, first.text());
        let kept = kept(&operation.id, &first.bytes);
        let before = contents(&world).await;
        // The draft writes it in quotes.
        for key in [operation.id.clone(), format!("\"{}\"", operation.id)] {
            let again = ask(&key).send().await;
            if (again.status, &again.bytes.to_vec(), again.header("idempotency-replayed")) != (first.status, &kept, "true") {
                wrong.push(format!("{} with {key}: {} {}", operation.id, again.status, again.text()));
            }
        }
        is_unchanged(&operation.id, &before, &contents(&world).await);
        tried += 1;
        // Another batch has other items, and each is looked at by itself.
        if operation.is_batch() {
            continue;
        }
        let other = if operation.raw() {
            let longer = [form(), b"\r\n".to_vec()].concat();
            ready.by.request(Method::POST, operation.path_to(&ready.id)).body(FORM, longer)
        } else {
            ready.by.request(Method::POST, operation.path_to(&ready.id)).json(serde_json::json!({ "no": "such field" }))
        };
        let other = other.key(&operation.id).send().await;
        if other.status != 422 || other.json()["code"] != "idempotency_key_reused" {
            wrong.push(format!("{} with another body: {} {}", operation.id, other.status, other.text()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 5, "{tried}");
}

in_parts!(a_change_with_a_key_is_made_once);

mod reads {
    use super::*;

    async fn a_read_that_has_not_changed_is_not_sent_again(world: World, n: usize) {
        let scene = Scene::set(&world).await;
        let (mut tried, mut wrong) = (0, Vec::new());
        for operation in part(n).into_iter().filter(|o| o.method == Method::GET) {
            if operation.spec["responses"]["200"]["headers"].get("ETag").is_none() {
                continue;
            }
            let ready = scene.ready(&operation).await;
            let first = operation.about(&ready.by, &ready.id, None).send().await;
            let tag = first.header("etag").to_owned();
            let again = operation.about(&ready.by, &ready.id, None).header("if-none-match", &tag).send().await;
            operation.declares(&again);
            if (first.status, again.status, again.header("etag"), again.bytes.len()) != (200, 304, &tag, 0) || tag.len() < 20 {
                wrong.push(format!("{}: {} {tag}, then {} {}", operation.id, first.status, again.status, again.header("etag")));
            }
            tried += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(tried > 3, "{tried}");
    }

    in_parts!(a_read_that_has_not_changed_is_not_sent_again);
}
