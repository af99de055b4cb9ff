//! The catalogue of events: what there is to hear of, and what it looks like.

use crate::contract::document;
use kernel::EventType;
use serde_json::Value;
use std::collections::BTreeSet;
use testkit::World;

testkit::on_both! {
    async fn anybody_reads_what_events_there_are(world: World) {
        let page = world.nobody().get("/event_types").send().await.expect(200);
        let items = page["items"].as_array().unwrap();
        let words: Vec<&str> = items.iter().map(|i| i["type"].as_str().unwrap()).collect();
        assert_eq!(words, EventType::ALL.iter().map(|t| t.as_str()).collect::<Vec<_>>());
        let placed = items.iter().find(|i| i["type"] == "order.placed").unwrap();
        assert!(placed["description"].as_str().unwrap().contains("点单"));
        assert_eq!(placed["data_schema"]["properties"]["on_behalf"]["type"], "boolean");
        // What a webhook is sent holds no texts that people wrote.
        let progressed = items.iter().find(|i| i["type"] == "order.progressed").unwrap();
        assert_eq!(progressed["data_schema"]["properties"]["note"]["type"], "string");
        let details = &progressed["payload_schema"]["properties"]["data"]["properties"]["details"]["properties"];
        let details: BTreeSet<_> = details.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(details, BTreeSet::from(["attachment_ids", "from", "to"]), "{progressed}");
    }
}

#[test]
fn the_contract_has_a_webhook_for_every_type() {
    let document = document();
    let webhooks = document["webhooks"].as_object().expect("webhooks");
    assert_eq!(webhooks.keys().map(String::as_str).collect::<Vec<_>>(), EventType::ALL.iter().map(|t| t.as_str()).collect::<Vec<_>>());
    let ids = |map: &Value| {
        map.as_object().into_iter().flatten().filter_map(|(_, o)| o["operationId"].as_str()).map(str::to_owned).collect::<Vec<_>>()
    };
    let paths = document["paths"].as_object().unwrap().values().chain(webhooks.values());
    let all: Vec<String> = paths.flat_map(ids).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "operationIds are unique");
}
