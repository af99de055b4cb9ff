//! What the table of the flow does not name is refused, from every state, and changes nothing.

use super::{Action, State, at, flow, placed, read, step, timeline, usual};
use sea_orm::ConnectionTrait;
use serde_json::json;
use testkit::World;

testkit::on_both! {
    async fn every_step_that_the_table_does_not_name_is_refused(world: World) {
        let into = placed(&world).await;
        let wang = world.person("wang");
        let mut refused = 0;
        for state in State::all() {
            let order = at(&world, state).await;
            let (before, story) = (read(&wang, &order).await, timeline(&wang, &order).await);
            let led = before["lead"].is_object();
            for action in Action::all().filter(|a| flow::next(state, *a).is_none()) {
                let (name, body) = usual(&world, action, &into);
                // Chen is nobody to an order that he does not lead: there somebody asks who sees it.
                let name = if name == "chen" && !led { "wang" } else { name };
                let problem = step(&world.person(name), &order, action.as_str(), body.clone()).await.refused(409, "order_state_conflict");
                assert_eq!((&problem["params"]["state"], &problem["params"]["action"]), (&json!(state.as_str()), &json!(action.as_str())));
                refused += 1;
                if action == Action::Accept && led {
                    let problem = step(&wang, &order, "accept", body).await.refused(409, "order_taken");
                    assert_eq!(problem["params"]["state"], state.as_str());
                }
            }
            assert_eq!((read(&wang, &order).await, timeline(&wang, &order).await), (before, story), "a refused step changes nothing");
        }
        let legal = State::all().flat_map(|s| Action::all().filter(move |a| flow::next(s, *a).is_some())).count();
        assert_eq!(refused + legal, State::all().count() * Action::all().count());
    }

    async fn an_old_version_is_refused_whatever_is_done(world: World) {
        let into = placed(&world).await;
        for action in Action::all() {
            let state = State::all().find(|s| flow::next(*s, action).is_some()).unwrap();
            // Where it is dispatched, it is Chen's.
            let order = at(&world, state).await;
            let version = order["version"].as_i64().unwrap();
            let (name, mut body) = usual(&world, action, &into);
            for wrong in [version + 1, version - 1] {
                body["version"] = json!(wrong);
                let reply = step(&world.person(name), &order, action.as_str(), body.clone()).await;
                if wrong == 0 {
                    reply.refused_fields(&[("#/version", "field_range")]);
                } else {
                    let problem = reply.refused(409, "order_version_stale");
                    assert_eq!((&problem["params"]["version"], &problem["params"]["state"]), (&json!(version.to_string()), &json!(state.as_str())));
                }
            }
            body["version"] = json!(version);
            let after = step(&world.person(name), &order, action.as_str(), body).await.expect(200);
            assert_eq!(after["version"], version + 1);
        }
    }

    async fn what_another_server_did_meanwhile_is_not_overlooked(world: World) {
        let chen = world.person("chen");
        for says_version in [true, false] {
            let order = at(&world, State::Accepted).await;
            let version = read(&chen, &order).await["version"].as_i64().unwrap();
            // This server has the order at hand as it was; another takes it on.
            let behind = format!("UPDATE orders SET version = version + 1 WHERE number = '{}'", order["number"].as_str().unwrap());
            world.core().db.writer().execute_unprepared(&behind).await.unwrap();
            if says_version {
                let before = timeline(&chen, &order).await;
                let problem = step(&chen, &order, "start", json!({ "version": version })).await.refused(409, "order_version_stale");
                assert_eq!(problem["params"]["version"], (version + 1).to_string());
                assert_eq!(timeline(&chen, &order).await, before);
                step(&chen, &order, "start", json!({ "version": version + 1 })).await.expect(200);
            } else {
                step(&chen, &order, "start", json!({})).await.expect(200);
            }
        }
    }
}
