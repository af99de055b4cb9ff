//! Trees of organizations by template, links, several roles with periods, posts, pledges, 五个一, and all of it from a spreadsheet.

use serde_json::{Value, json};
use testkit::{Backend, Client, FOREIGN, HOME, World};

const COUNTY: &str = "321182000000";

async fn found(world: &World, by: &Client, name: &str, kind: &str, region: &str, parent: Option<&Value>) -> Value {
    let body = json!({ "name": name, "kind": kind, "region_code": region, "parent_id": parent.map(|p| &p["id"]) });
    // Ids are ordered by their time.
    world.later(chrono::Duration::seconds(1));
    by.post("/organizations").json(body).send().await.expect(201)
}

fn at(organization: &Value, rest: &str) -> String {
    format!("/organizations/{}{rest}", organization["id"].as_str().unwrap())
}

async fn names(by: &Client, path: String) -> Vec<String> {
    let (mut names, mut cursor) = (Vec::new(), String::new());
    let mark = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = by.get(format!("{path}{mark}limit=2{cursor}")).send().await.expect(200);
        names.extend(page["items"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return names,
        }
    }
}

async fn imported(world: &World, subject: &str, file: &str, state: &str) -> Value {
    let wang = world.person("wang");
    let form = crate::jobs::form(subject, false, file.as_bytes());
    let job = wang.post("/imports").body(crate::jobs::FORM, form).send().await.expect(201);
    crate::jobs::until(world, &wang, job["id"].as_str().unwrap(), state).await
}

async fn errors(world: &World, job: &Value) -> Vec<(u64, String, String)> {
    let page = world.person("wang").get(format!("/jobs/{}/errors?limit=100", job["id"].as_str().unwrap())).send().await.expect(200);
    let text = |e: &Value, name: &str| e[name].as_str().unwrap_or_default().to_owned();
    page["items"].as_array().unwrap().iter().map(|e| (e["row"].as_u64().unwrap(), text(e, "column"), text(e, "code"))).collect()
}

testkit::on_both! {
    async fn a_subtree_is_one_range_and_moves_as_a_whole(world: World) {
        let (feng, wang) = (world.person("feng"), world.person("wang"));
        let street = found(&world, &feng, "街道党工委", "street_party_committee", "321182001000", None).await;
        let party = found(&world, &wang, "新联党委", "community_party_organization", HOME, Some(&street)).await;
        let other = found(&world, &wang, "老党委", "community_party_organization", HOME, Some(&street)).await;
        let branch = found(&world, &wang, "第一支部", "grid_branch", HOME, Some(&party)).await;
        let group = found(&world, &wang, "第一小组", "party_group", HOME, Some(&branch)).await;
        found(&world, &wang, "张家", "party_household", HOME, Some(&group)).await;
        found(&world, &wang, "李家", "party_household", HOME, Some(&group)).await;
        let all = ["新联党委", "第一支部", "第一小组", "张家", "李家", "老党委"];
        assert_eq!(names(&feng, at(&street, "/subtree")).await, all);
        assert_eq!(names(&feng, at(&street, "/subtree?kind=party_household")).await, ["张家", "李家"]);
        assert!(names(&wang, at(&group, "/subtree?kind=grid_branch")).await.is_empty());
        world.person("foreign").get(at(&party, "/subtree")).send().await.refused(404, "organization_not_found");

        // What moves takes along what stands beneath it, and back again.
        let hang = async |what: &Value, under: Value| wang.post(at(what, "")).json(json!({ "parent_id": under })).send().await;
        hang(&branch, other["id"].clone()).await.expect(200);
        assert_eq!(names(&feng, at(&street, "/subtree")).await, ["新联党委", "老党委", "第一支部", "第一小组", "张家", "李家"]);
        assert!(names(&feng, at(&party, "/subtree")).await.is_empty());
        hang(&branch, Value::Null).await.expect(200);
        assert_eq!(names(&feng, at(&street, "/subtree")).await, ["新联党委", "老党委"]);
        assert_eq!(names(&wang, at(&branch, "/subtree")).await, ["第一小组", "张家", "李家"]);
        hang(&branch, party["id"].clone()).await.expect(200);
        assert_eq!(names(&feng, at(&street, "/subtree")).await, all);

        // A ring says that it is one, and changes nothing.
        let problem = hang(&party, group["id"].clone()).await.refused(422, "organization_parent_invalid");
        assert!(problem["detail"].as_str().unwrap().contains("ring"), "{problem}");
        assert_eq!(names(&feng, at(&street, "/subtree")).await, all);
        // Ten above one another, and no more.
        let mut last = group;
        for n in 5..=10 {
            last = found(&world, &wang, &format!("第{n}层"), "other", HOME, Some(&last)).await;
        }
        let body = json!({ "name": "第11层", "kind": "other", "region_code": HOME, "parent_id": last["id"] });
        wang.post("/organizations").json(body).send().await.refused(422, "organization_parent_invalid");
        let top = found(&world, &wang, "顶层", "other", HOME, None).await;
        hang(&street, top["id"].clone()).await;
        feng.post(at(&street, "")).json(json!({ "parent_id": top["id"] })).send().await.refused(422, "organization_parent_invalid");
    }

    /// However many organizations and memberships there are, what stands beneath one and where a person belongs are each a piece of an index.
    async fn a_subtree_and_a_person_s_memberships_are_probes(world: World) {
        let (wang, li) = (world.person("wang"), world.person("li"));
        let top = found(&world, &wang, "邻里党支部", "grid_branch", HOME, None).await;
        let below = found(&world, &wang, "楼幢党小组", "party_group", HOME, Some(&top)).await;
        wang.post(at(&below, "/members")).json(json!({ "account_id": li.account(), "role": "member" })).send().await.expect(201);
        let new = if world.backend == Backend::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
        let (top, wang) = (world.literal(top["id"].as_str().unwrap()), world.literal(&wang.account().to_string()));
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)";
        world.run(&format!(
            "{many} INSERT INTO organizations (id, name, kind, region_code, path, status, version, created_at, updated_at)
             SELECT {new}, name || i, kind, region_code, 'x' || i || '/', status, 1, created_at, updated_at FROM organizations, n WHERE id = {top}"
        )).await;
        world.run(&format!(
            "INSERT INTO memberships (id, organization_id, account_id, role, valid_from, created_at)
             SELECT {new}, id, {wang}, 'member', created_at, created_at FROM organizations"
        )).await;
        world.run("ANALYZE").await;
        let beneath = format!("SELECT * FROM organizations WHERE path > (SELECT path FROM organizations WHERE id = {top}) AND path < (SELECT path || 'g' FROM organizations WHERE id = {top}) ORDER BY path LIMIT 21");
        let mine = format!(
            "SELECT * FROM memberships JOIN organizations ON organizations.id = memberships.organization_id WHERE account_id = {} ORDER BY memberships.id LIMIT 21",
            world.literal(&li.account().to_string())
        );
        for (query, index) in [(beneath, "organizations_path"), (mine, "memberships_account")] {
            let told = world.plan(&query).await;
            assert!(told.contains(index) && !told.contains("Seq Scan") && !told.contains("SCAN"), "{told}");
        }
    }

    async fn a_template_says_what_stands_beneath_what(world: World) {
        let (lv, feng, wang) = (world.person("lv"), world.person("feng"), world.person("wang"));
        let refuse = async |kind: &str, parent: Option<&Value>| {
            let body = json!({ "name": "新组织", "kind": kind, "region_code": HOME, "parent_id": parent.map(|p| &p["id"]) });
            let problem = wang.post("/organizations").json(body).send().await.refused(422, "organization_level_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "#/parent_id", "{problem}");
            problem["detail"].as_str().unwrap().to_owned()
        };
        let set = async |rules: Value| {
            world.later(chrono::Duration::minutes(1));
            lv.post("/policies").json(json!({ "region_code": COUNTY, "organization_rules": rules })).send().await.expect(201)
        };
        // Yangzhong
        set(json!({ "template": "yangzhong" })).await;
        let street = found(&world, &feng, "街道党工委", "street_party_committee", "321182001000", None).await;
        let party = found(&world, &wang, "新联党委", "community_party_organization", HOME, Some(&street)).await;
        assert!(refuse("grid_branch", None).await.contains("社区党委"));
        let branch = found(&world, &wang, "第一支部", "grid_branch", HOME, Some(&party)).await;
        assert!(refuse("party_household", Some(&branch)).await.contains("楼道党小组"));
        let group = found(&world, &wang, "第一小组", "party_group", HOME, Some(&branch)).await;
        let home = found(&world, &wang, "张家", "party_household", HOME, Some(&group)).await;
        found(&world, &wang, "中国移动", "resident_unit", HOME, Some(&home)).await;
        let moved = json!({ "parent_id": branch["id"] });
        wang.post(at(&home, "")).json(moved).send().await.refused(422, "organization_level_invalid");
        assert_eq!(wang.get(at(&home, "")).send().await.expect(200)["parent_id"], group["id"]);
        // Dantu: a group is a 网格党组织 there, and the street stands at the top.
        set(json!({ "template": "dantu" })).await;
        found(&world, &wang, "李家", "party_household", HOME, Some(&branch)).await;
        refuse("community_party_organization", None).await;
        // Chongchuan, and one of the place's own.
        set(json!({ "template": "chongchuan" })).await;
        assert!(refuse("party_group", Some(&party)).await.contains("邻里党支部"));
        set(json!({ "levels": [{ "name": "邻里", "kinds": ["neighborhood"] }, { "name": "楼群", "kinds": ["building_council"] }] })).await;
        assert!(refuse("building_council", None).await.contains("邻里"));
        found(&world, &wang, "第二支部", "grid_branch", HOME, None).await;
        let twice = json!({ "levels": [{ "name": "一", "kinds": ["neighborhood"] }, { "name": "二", "kinds": ["neighborhood"] }] });
        lv.post("/policies").json(json!({ "region_code": COUNTY, "organization_rules": twice })).send().await.refused(422, "content_invalid");
    }

    async fn a_credit_code_is_checked_and_one_organization_s(world: World) {
        let wang = world.person("wang");
        let with = |name: &str, code: &str| json!({ "name": name, "kind": "property_company", "region_code": HOME, "credit_code": code, "address": "翡丽中央1幢" });
        for bad in ["91110000600037341M", "91110000600037342L", "9111000060003734", "9111000060003734IL"] {
            let problem = wang.post("/organizations").json(with("物业", bad)).send().await.refused(422, "credit_code_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "#/credit_code", "{problem}");
        }
        let first = wang.post("/organizations").json(with("物业", " 91110000600037341l ")).send().await.expect(201);
        assert_eq!((&first["credit_code"], &first["address"]), (&json!("91110000600037341L"), &json!("翡丽中央1幢")));
        wang.post("/organizations").json(with("物业二", "91110000600037341L")).send().await.refused(409, "credit_code_taken");
        let second = found(&world, &wang, "物业二", "property_company", HOME, None).await;
        wang.post(at(&second, "")).json(json!({ "credit_code": "91110000600037341L" })).send().await.refused(409, "credit_code_taken");
        wang.post(at(&second, "")).json(json!({ "credit_code": "nonsense" })).send().await.refused(422, "credit_code_invalid");
        // Elsewhere the same company may have a branch; a closed one has its code no more.
        let elsewhere = json!({ "name": "物业", "kind": "property_company", "region_code": FOREIGN, "credit_code": "91110000600037341L" });
        world.person("foreign").post("/organizations").json(elsewhere).send().await.expect(201);
        let gone = wang.post(at(&first, "")).json(json!({ "credit_code": null, "address": null })).send().await.expect(200);
        assert!(gone.get("credit_code").is_none() && gone.get("address").is_none(), "{gone}");
        wang.post(at(&second, "")).json(json!({ "credit_code": "91110000600037341L" })).send().await.expect(200);
    }

    async fn one_person_has_several_roles_each_once_at_a_time(world: World) {
        let (wang, chen) = (world.person("wang"), world.person("chen"));
        let branch = found(&world, &wang, "第一支部", "grid_branch", HOME, None).await;
        let council = found(&world, &wang, "8号楼群自管会", "building_council", HOME, None).await;
        let join = async |what: &Value, body: Value| {
            let mut body = body;
            body["account_id"] = json!(chen.account());
            world.later(chrono::Duration::seconds(1));
            wang.post(at(what, "/members")).json(body).send().await
        };
        let now = world.cx().now();
        let day = |days: i64| (now + chrono::Duration::days(days)).to_rfc3339();
        let past = join(&branch, json!({ "role": "secretary", "valid_from": day(-400), "valid_to": day(-30) })).await.expect(201);
        join(&branch, json!({ "role": "secretary", "valid_from": day(-40) })).await.refused(409, "membership_exists");
        join(&branch, json!({ "role": "secretary", "valid_from": day(-500), "valid_to": day(-399) })).await.refused(409, "membership_exists");
        let again = join(&branch, json!({ "role": "secretary", "valid_from": day(-30), "valid_to": day(300) })).await.expect(201);
        join(&branch, json!({ "role": "member" })).await.expect(201);
        join(&council, json!({ "role": "backbone" })).await.expect(201);
        for (body, pointer) in [
            (json!({ "role": "deputy", "valid_from": day(1) }), "#/valid_from"),
            (json!({ "role": "deputy", "valid_from": day(-1), "valid_to": day(-2) }), "#/valid_to"),
        ] {
            let problem = join(&branch, body).await.refused(422, "period_invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
        let roles = async |path: String, by: &Client| {
            let page = by.get(path).send().await.expect(200);
            page["items"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(roles(at(&branch, "/members"), &wang).await, ["secretary", "member"]);
        let all = format!("/accounts/{}/memberships", chen.account());
        assert_eq!(roles(all.clone(), &wang).await, ["secretary", "secretary", "member", "backbone"]);
        assert_eq!(roles(format!("{all}?current=true"), &wang).await, ["secretary", "member", "backbone"]);
        assert_eq!(roles("/me/memberships?current=true".to_owned(), &chen).await, ["secretary", "member", "backbone"]);
        assert!(roles(all, &world.person("foreign")).await.is_empty());
        let mine = chen.get("/me/memberships?limit=1").send().await.expect(200);
        assert_eq!((&mine["items"][0]["organization_name"], &mine["has_more"]), (&json!("第一支部"), &json!(true)));
        // What is to end later can end now; what has ended has.
        let path = |m: &Value| format!("/memberships/{}", m["id"].as_str().unwrap());
        assert_eq!(wang.delete(path(&again)).send().await.status, 204);
        wang.delete(path(&past)).send().await.refused(404, "membership_not_found");
        assert_eq!(roles(at(&branch, "/members"), &wang).await, ["member"]);
        wang.post(at(&council, "/close")).send().await.expect(200);
        join(&council, json!({ "role": "leader" })).await.refused(409, "organization_closed");
    }

    async fn links_have_a_direction_an_end_and_no_ring(world: World) {
        let (feng, wang) = (world.person("feng"), world.person("wang"));
        let party = found(&world, &wang, "党委", "community_party_organization", HOME, None).await;
        let branch = found(&world, &wang, "支部", "grid_branch", HOME, None).await;
        let group = found(&world, &wang, "小组", "party_group", HOME, None).await;
        let foreign = found(&world, &world.person("foreign"), "外社区党委", "community_party_organization", FOREIGN, None).await;
        let link = async |from: &Value, to: &Value, kind: &str| wang.post(at(from, "/links")).json(json!({ "to_id": to["id"], "kind": kind })).send().await;
        let first = link(&party, &branch, "leads").await.expect(201);
        link(&party, &branch, "leads").await.refused(409, "organization_link_exists");
        link(&party, &branch, "supervises").await.expect(201);
        link(&branch, &group, "leads").await.expect(201);
        for (from, to) in [(&party, &party), (&branch, &party), (&group, &party)] {
            let problem = link(from, to, "leads").await.refused(422, "organization_link_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "#/to_id");
        }
        link(&group, &party, "serves").await.expect(201);
        link(&party, &foreign, "co_builds").await.refused(422, "reference_broken");
        let count = async |query: &str| feng.get(at(&branch, &format!("/links{query}"))).send().await.expect(200)["items"].as_array().unwrap().len();
        assert_eq!((count("").await, count("?direction=incoming").await, count("?direction=outgoing").await, count("?kind=leads").await), (3, 2, 1, 2));
        let path = format!("/organization_links/{}", first["id"].as_str().unwrap());
        world.person("foreign").delete(&path).send().await.refused(404, "organization_link_not_found");
        assert_eq!(wang.delete(&path).send().await.status, 204);
        wang.delete(&path).send().await.refused(404, "organization_link_not_found");
        assert_eq!((count("").await, count("?include_ended=true").await), (2, 3));
        link(&branch, &party, "leads").await.expect(201);
        wang.post(at(&group, "/close")).send().await.expect(200);
        link(&party, &group, "guides").await.refused(409, "organization_closed");
        link(&group, &party, "guides").await.refused(409, "organization_closed");
    }

    async fn posts_are_claimed_and_pledges_kept(world: World) {
        let (wang, chen, zhou) = (world.person("wang"), world.person("chen"), world.person("zhou"));
        let branch = found(&world, &wang, "支部", "grid_branch", HOME, None).await;
        let wrong = json!({ "kind": "astronaut", "title": "宇航岗" });
        let problem = wang.post(at(&branch, "/posts")).json(wrong).send().await.refused(422, "post_kind_unknown");
        assert!(problem["detail"].as_str().unwrap().contains("mediation"), "{problem}");
        let new = json!({ "kind": "mediation", "title": "3号楼调解岗", "duties": "每周二坐班" });
        chen.post(at(&branch, "/posts")).json(&new).send().await.refused(403, "permission_missing");
        let post = wang.post(at(&branch, "/posts")).json(&new).send().await.expect(201);
        let step = async |by: &Client, step: &str, body: Value| by.post(format!("/posts/{}/{step}", post["id"].as_str().unwrap())).json(body).send().await;
        step(&chen, "release", json!({})).await.refused(403, "permission_missing");
        step(&wang, "release", json!({})).await.refused(409, "post_free");
        let held = step(&chen, "claim", json!({ "version": 1 })).await.expect(200);
        assert_eq!(held["holder_id"], json!(chen.account()));
        step(&zhou, "claim", json!({})).await.refused(409, "post_held");
        step(&zhou, "release", json!({})).await.refused(403, "permission_missing");
        step(&chen, "release", json!({ "version": 1 })).await.refused(409, "version_stale");
        step(&chen, "release", json!({})).await.expect(200);
        step(&zhou, "claim", json!({ "account_id": chen.account() })).await.refused(403, "permission_missing");
        step(&wang, "claim", json!({ "account_id": chen.account() })).await.expect(200);
        let listed = async |query: &str| wang.get(format!("/posts{query}")).send().await.expect(200)["items"].as_array().unwrap().len();
        assert_eq!((listed("?held=true").await, listed("?held=false").await, listed("?kind=mediation").await), (1, 0, 1));
        step(&wang, "close", json!({})).await.expect(200);
        step(&wang, "claim", json!({})).await.refused(409, "post_closed");
        assert_eq!(listed("").await, 0);

        let body = json!({ "text": "每周参加一次环境整治,电话13812341234。", "from_on": "2026-12-01", "due_on": "2027-11-30" });
        let pledge = chen.post(at(&branch, "/pledges")).json(&body).send().await.expect(201);
        assert_eq!((&pledge["account_id"], &pledge["state"]), (&json!(chen.account()), &json!("open")));
        let mut own = body.clone();
        own["by_organization"] = json!(true);
        chen.post(at(&branch, "/pledges")).json(&own).send().await.refused(403, "permission_missing");
        own["due_on"] = json!("2026-11-30");
        wang.post(at(&branch, "/pledges")).json(&own).send().await.refused(422, "period_invalid");
        let path = format!("/pledges/{}", pledge["id"].as_str().unwrap());
        let public = async || world.nobody().get(format!("/public/pledges?region_code={HOME}")).send().await.expect(200)["items"].clone();
        assert_eq!(public().await, json!([]));
        let judged = wang.post(&path).json(json!({ "kept": true, "published": true, "version": 1 })).send().await.expect(200);
        assert_eq!((&judged["state"], &judged["version"]), (&json!("kept"), &json!(2)));
        wang.post(&path).json(json!({ "kept": false })).send().await.refused(409, "pledge_judged");
        let shown = public().await;
        assert_eq!((&shown[0]["state"], shown[0].get("account_id"), shown.to_string().contains("13812341234")), (&json!("kept"), None, false), "{shown}");
        wang.post(&path).json(json!({ "published": false })).send().await.expect(200);
        assert_eq!(public().await, json!([]));
    }

    async fn it_is_seen_which_of_the_five_are_missing(world: World) {
        let (wang, sun) = (world.person("wang"), world.person("sun"));
        let mut all = Vec::new();
        for n in 1..=4 {
            all.push(found(&world, &wang, &format!("第{n}邻里"), "neighborhood", HOME, None).await);
        }
        let set = async |what: &Value, body: Value| wang.post(at(what, "/profile")).json(json!({ "neighborhood": body })).send().await;
        let full = json!({ "households": 310, "office": "3号楼底层", "office_area": 18, "worker_id": sun.account(), "council": true, "team": true, "fund": 5000 });
        wang.get(at(&all[0], "/profile")).send().await.refused(404, "profile_not_found");
        for what in &all[..3] {
            assert_eq!(set(what, full.clone()).await.expect(200)["missing"], json!([]));
        }
        // One worker covers three at most, as the country's rules have it.
        let problem = set(&all[3], full.clone()).await.refused(409, "worker_overloaded");
        assert_eq!(problem["errors"][0]["pointer"], "#/neighborhood/worker_id");
        let some = set(&all[3], json!({ "households": 290, "office": "路口" })).await.expect(200);
        assert_eq!(some["missing"], json!(["worker", "council", "team", "fund"]));
        let report = wang.get(format!("/organizations/five_ones?region_code={HOME}")).send().await.expect(200);
        let lacks: Vec<_> = report["items"].as_array().unwrap().iter().map(|n| n["missing"].as_array().unwrap().len()).collect();
        assert_eq!(lacks, [0, 0, 0, 4]);

        let branch = found(&world, &wang, "楼群党支部", "grid_branch", HOME, None).await;
        let council = found(&world, &wang, "武庄8号楼群自管会", "building_council", HOME, None).await;
        set(&council, full).await.refused(422, "profile_unfit");
        wang.post(at(&council, "/members")).json(json!({ "account_id": sun.account(), "role": "backbone" })).send().await.expect(201);
        let election = |votes: u32| json!({ "held_on": "2025-05-01", "leader_id": sun.account(), "votes_for": votes, "voters": 80 });
        let its = |votes| json!({ "council": { "branch_id": branch["id"], "households": 96, "charter": "一、自愿加入。", "elections": [election(votes)] } });
        let problem = wang.post(at(&council, "/profile")).json(its(81)).send().await.refused(422, "content_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "#/council/elections/0/votes_for", "{problem}");
        let council = wang.post(at(&council, "/profile")).json(its(70)).send().await.expect(200);
        assert_eq!((&council["backbone"], &council["council"]["households"]), (&json!(1), &json!(96)));
    }

    async fn a_spreadsheet_makes_organizations_and_members(world: World) {
        let wang = world.person("wang");
        let file = "组织名称,类别,上级组织,统一社会信用代码,地址\n新联党委,社区党委,,,\n第一支部,网格党支部,新联党委,,\n第一小组,楼道党小组,第一支部,,1幢\n物业,物业公司,,91110000600037341L,\n";
        let progress = |job: &Value| ["read", "created", "unchanged", "refused"].map(|name| job["progress"][name].as_u64().unwrap());
        let job = imported(&world, "organizations", file, "done").await;
        assert_eq!(progress(&job), [4, 4, 0, 0]);
        let again = imported(&world, "organizations", file, "done").await;
        assert_eq!(progress(&again), [4, 0, 4, 0]);
        let listed = wang.get(format!("/organizations?region_code={HOME}&kind=community_party_organization")).send().await.expect(200);
        assert_eq!(names(&wang, at(&listed["items"][0], "/subtree")).await, ["第一支部", "第一小组"]);
        let bad = format!("组织名称,类别,上级组织,统一社会信用代码,社区代码\n甲,网格党支部,没有的,,\n乙,其他,,91110000600037341M,\n丙,,,,\n丁,其他,,,{FOREIGN}\n戊,火星,,,\n新联党委,社区党委,第一小组,,\n");
        let job = imported(&world, "organizations", &bad, "failed").await;
        let wrong: Vec<_> = errors(&world, &job).await.into_iter().map(|(row, column, code)| format!("{row} {column} {code}")).collect();
        assert_eq!(
            wrong,
            [
                "2 上级组织 field_invalid",
                "3 统一社会信用代码 credit_code_invalid",
                "4 类别 field_missing",
                "5 社区代码 permission_missing",
                "6 类别 field_invalid",
                "7 上级组织 organization_parent_invalid"
            ]
        );
        assert_eq!(wang.get(format!("/organizations?region_code={HOME}&kind=other")).send().await.expect(200)["items"], json!([]));

        let file = "组织,账号,职务,任职日期,离任日期\n第一支部,chen.jun,书记,2026-01-01,\n第一小组,chen.jun,,2026/1/1,2026/6/30\n";
        let job = imported(&world, "memberships", file, "done").await;
        assert_eq!(progress(&job), [2, 2, 0, 0]);
        let again = imported(&world, "memberships", "组织,账号,职务\n第一支部,chen.jun,书记\n", "done").await;
        assert_eq!(progress(&again), [1, 0, 1, 0]);
        let chen = world.person("chen").account();
        let all = wang.get(format!("/accounts/{chen}/memberships")).send().await.expect(200);
        let of = |role: &str| all["items"].as_array().unwrap().iter().find(|m| m["role"] == role).cloned().unwrap();
        assert_eq!((&of("secretary")["valid_from"], &of("member")["valid_to"]), (&json!("2025-12-31T16:00:00Z"), &json!("2026-06-30T16:00:00Z")));
        let job = imported(&world, "memberships", "组织,账号\n没有的,chen.jun\n第一支部,no.body\n", "failed").await;
        let wrong: Vec<_> = errors(&world, &job).await.into_iter().map(|(row, column, code)| format!("{row} {column} {code}")).collect();
        assert_eq!(wrong, ["2 组织 field_invalid", "3 账号 reference_broken"]);
        // The figures can be read back.
        let counted = wang.get(format!("/organizations/summary?region_code={HOME}")).send().await.expect(200);
        let of = |kind: &str| counted["kinds"].as_array().unwrap().iter().find(|k| k["kind"] == kind).cloned().unwrap_or_default();
        assert_eq!((&of("grid_branch")["organizations"], &of("grid_branch")["members"]), (&json!(1), &json!(1)));
        assert_eq!(of("party_group")["memberships"], json!(0));
    }
}
