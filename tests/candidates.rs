//! Whom a dispatcher can ask: the team of the grid, then the roll, the skilled and the idle first.

use crate::orders;
use serde_json::{Value, json};
use testkit::World;

fn names(candidates: &Value) -> Vec<(String, String, bool, u64)> {
    let one = |c: &Value| {
        (
            c["name"].as_str().unwrap().to_owned(),
            c["source"].as_str().unwrap().to_owned(),
            c["fits"].as_bool().unwrap(),
            c["open_orders"].as_u64().unwrap(),
        )
    };
    candidates["items"].as_array().unwrap().iter().map(one).collect()
}

fn row(name: &str, source: &str, fits: bool, open: u64) -> (String, String, bool, u64) {
    (name.to_owned(), source.to_owned(), fits, open)
}

testkit::on_both! {
    async fn the_team_of_the_grid_comes_before_the_roll(world: World) {
        let wang = world.person("wang");
        let mut lamp = orders::lamp();
        lamp["point"] = json!({ "lng": 119.815, "lat": 32.24 });
        let order = world.person("zhang").post("/orders").json(&lamp).send().await.expect(201);
        assert_eq!(order["grid_id"], json!(world.places.west));
        let path = format!("/orders/{}/candidates", order["id"].as_str().unwrap());
        let ask = async |query: &str| wang.get(format!("{path}{query}")).send().await.expect(200);

        // Without a team: the roll, where the skill fits.
        let all = ask("?skill=%E6%B0%B4%E7%94%B5").await;
        assert_eq!((&all["skill"], names(&all)), (&json!("水电"), vec![row("陈军", "roll", true, 0)]));
        assert!(!all.to_string().contains("1371234"), "nobody's phone: {all}");
        let care = names(&ask("?skill=%E5%8A%A9%E8%80%81%E9%99%AA%E6%8A%A4").await);
        assert_eq!(care.len(), 2, "{care:?}");

        // On duty in the grid: one who takes orders, one who does not, an organization, and one without an account.
        for body in [
            json!({ "role": "volunteer", "name": "周敏", "account_id": world.person("zhou").account(), "phone": "13712340005" }),
            json!({ "role": "lawyer", "name": "张三", "account_id": world.person("zhang").account() }),
            json!({ "role": "police", "name": "警官", "phone": "13700000001" }),
            json!({ "role": "other", "name": "郑华", "organization_id": world.places.telecom, "skills": ["水电维修"] }),
        ] {
            wang.post(format!("/grids/{}/duties", world.places.west)).json(body).send().await.expect(201);
        }
        let team = ask("?skill=%E6%B0%B4%E7%94%B5%E7%BB%B4%E4%BF%AE").await;
        assert_eq!(names(&team), [row("中国电信", "grid_team", true, 0), row("周敏", "grid_team", false, 0), row("陈军", "roll", true, 0)]);
        assert_eq!(team["items"][1]["duties"], json!(["volunteer"]));
        assert!(!team.to_string().contains("1371234") && !team.to_string().contains("13700000001"), "nobody's phone: {team}");
        assert_eq!(names(&ask("?skill=%E6%B0%B4%E7%94%B5%E7%BB%B4%E4%BF%AE&limit=1").await).len(), 1);

        // Whom it names can be dispatched to, and whoever has less in hand comes first.
        let working = orders::at(&world, services::order::State::Accepted).await;
        assert!(working["id"].is_string());
        let care = names(&ask("?skill=%E5%8A%A9%E8%80%81%E9%99%AA%E6%8A%A4").await);
        assert_eq!(care[2..], [row("吴磊", "roll", true, 0), row("陈军", "roll", true, 1)], "{care:?}");
        for (who, told) in [("he", 403), ("zhou", 404), ("foreign", 404), ("zhang", 403)] {
            assert_eq!(world.person(who).get(&path).send().await.status, told, "{who}");
        }
        wang.get(format!("{path}?limit=0")).send().await.refused(400, "query_parameter_invalid");
        // The requester and whoever takes no orders are no candidates.
        let busy = json!({ "available": false });
        wang.post(format!("/volunteers/{}", world.person("chen").account())).json(busy).send().await.expect(200);
        assert!(names(&ask("?skill=%E6%B0%B4%E7%94%B5").await).iter().all(|c| c.0 != "陈军"));
    }
}
