//! What the law asks for where people's data is kept: tags, consents, keys, one's own data, and times after which it goes.

mod consents;
mod keys;
mod own_data;
mod retention;
mod tags;

use crate::residents::{id, made};
use serde_json::{Value, json};
use testkit::{Client, HOME, World};

/// A tag of the county's catalogue.
async fn tag(world: &World, code: &str, class: &str) -> Value {
    let body = json!({ "region_code": "321182000000", "code": code, "name": format!("标签{code}"), "class": class });
    made(&world.person("lv"), "/tags", body).await
}

/// A resident of 新联社区.
async fn resident(world: &World, name: &str, born: &str) -> Value {
    made(&world.person("wang"), "/residents", json!({ "region_code": HOME, "name": name, "birth_date": born })).await
}

/// What somebody has agreed to, as 王芳 records it.
async fn consent(world: &World, resident: &Value, kinds: Value, more: Value) -> Value {
    let mut body = json!({ "purpose": "帮扶走访", "kinds": kinds, "text_version": "2026-01", "channel": "written" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    made(&world.person("wang"), &format!("/residents/{}/consents", id(resident)), body).await
}

fn tags_of(resident: &Value) -> String {
    format!("/residents/{}/tags", id(resident))
}

/// How many items a list has.
async fn count(by: &Client, path: &str) -> usize {
    by.get(path).send().await.expect(200)["items"].as_array().unwrap().len()
}
