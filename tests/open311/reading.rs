//! What can be asked, and in which shape it is told: the rules that satisfy the most clients at once.

use super::{get, key, offered, questions, refused, submitted};
use crate::orders::step;
use chrono::Duration;
use quick_xml::{Reader, events::Event};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{HOME, Method, World};

/// The numbers of a list, in its order.
async fn numbers(world: &World, query: &str) -> Vec<String> {
    let told = get(world, &format!("/requests.json?{query}")).await.expect(200);
    told.as_array().unwrap().iter().map(|request| request["service_request_id"].as_str().unwrap().to_owned()).collect()
}

/// The elements of a document with their texts, in their order: `name=text`.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut path, mut text): (Vec<String>, Vec<String>, String) = (Vec::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e}: {xml}")) {
            Event::Start(start) => {
                path.push(String::from_utf8(start.name().as_ref().to_vec()).unwrap());
                text.clear();
            }
            Event::Empty(empty) => found.push(format!("{}=", String::from_utf8(empty.name().as_ref().to_vec()).unwrap())),
            Event::Text(part) => text.push_str(std::str::from_utf8(&part).unwrap()),
            Event::End(_) => found.push(format!("{}={text}", path.pop().unwrap())),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty(), "{xml}");
    found
}

testkit::on_both! {
    async fn the_way_in_is_told_in_both_formats(world: World) {
        let told = get(&world, "/discovery.json").await.expect(200);
        let base = format!("http://{}", world.nobody().address());
        for (n, (kind, path)) in [("production", "v2"), ("test", "test")].iter().enumerate() {
            let endpoint = &told["endpoints"][n];
            assert_eq!((&endpoint["type"], &endpoint["url"]), (&json!(kind), &json!(format!("{base}/open311/{path}"))));
            assert_eq!(endpoint["specification"], "http://wiki.open311.org/GeoReport_v2");
            assert_eq!(endpoint["formats"], json!(["text/xml", "application/json"]));
            // It leads somewhere.
            let url = endpoint["url"].as_str().unwrap().trim_start_matches(&base).to_owned();
            world.nobody().request(Method::GET, format!("{url}/services.json")).send().await.expect(200);
        }
        for field in ["changeset", "contact", "key_service"] {
            assert!(told[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
        }
        let reply = get(&world, "/discovery.xml").await;
        assert_eq!(reply.header("content-type"), "text/xml; charset=utf-8");
        let found = elements(&reply.text());
        assert!(found.contains(&"type=production".to_owned()) && found.contains(&"type=test".to_owned()) && found.contains(&"format=text/xml".to_owned()));
    }

    async fn the_catalogue_is_told_as_services(world: World) {
        assert_eq!(get(&world, "/services.json").await.expect(200), json!([]), "nothing is offered unless somebody says so");
        assert_eq!(get(&world, "/services.xml").await.text(), "<?xml version=\"1.0\" encoding=\"utf-8\"?><services/>");
        offered(&world, "LAMP", "realtime", questions()).await;
        offered(&world, "007", "batch", json!([])).await;
        let reply = get(&world, "/services.json").await;
        let lamp = json!({
            "service_code": "LAMP", "service_name": "路灯报修", "description": "路灯不亮、灯杆倾斜", "metadata": true, "type": "realtime",
            "keywords": "路灯报修", "group": "居家服务",
        });
        let told = reply.expect(200);
        assert_eq!(told, json!([super::orders::patched(lamp.clone(), &json!({ "service_code": "007", "metadata": false, "type": "batch" })), lamp]));
        // Compact, for those who look for text; a code of digits is a text all the same.
        assert!(reply.text().contains("\"service_code\":\"007\""), "{}", reply.text());
        let xml = get(&world, "/services.xml").await.text();
        assert!(xml.contains("<service><service_code>007</service_code>") && xml.contains("<metadata>false</metadata>"), "{xml}");

        // By jurisdiction: what is offered there or above it.
        let codes = async |query: &str| get(&world, &format!("/services.json?{query}")).await.expect(200).as_array().unwrap().len();
        assert_eq!((codes("jurisdiction_id=").await, codes(&format!("jurisdiction_id={HOME}")).await), (2, 2));
        assert_eq!((codes("jurisdiction_id=321182").await, codes("jurisdiction_id=321003005008").await), (2, 0));
        for nowhere in ["991182001017", "119999999999", "nowhere", "1"] {
            refused(&get(&world, &format!("/services.json?jurisdiction_id={nowhere}")).await, 404, "jurisdiction_not_found");
        }

        let told = get(&world, "/services/LAMP.json").await.expect(200);
        assert_eq!((&told["service_code"], told["attributes"].as_array().map(Vec::len)), (&json!("LAMP"), Some(2)));
        let pole = &told["attributes"][0];
        assert_eq!(
            *pole,
            json!({
                "variable": true, "code": "POLE", "datatype": "string", "required": true, "datatype_description": "一行文字 (a line of text)",
                "order": 1, "description": "灯杆编号", "values": [],
            })
        );
        let fault = &told["attributes"][1];
        assert_eq!((&fault["order"], &fault["required"], &fault["datatype_description"]), (&json!(2), &json!(false), &json!("可多选")));
        assert_eq!(fault["values"], json!([{ "key": "dark", "name": "不亮" }, { "key": "loose", "name": "松动" }]));
        let xml = get(&world, "/services/LAMP.xml").await.text();
        let found = elements(&xml);
        assert!(xml.contains("<service_definition><service_code>LAMP</service_code><attributes><attribute><variable>true</variable>"), "{xml}");
        assert!(found.contains(&"key=dark".to_owned()) && found.contains(&"values=".to_owned()), "{xml}");
        // Every text of an attribute says something: one client fails over an element that is empty.
        for name in ["code", "datatype", "datatype_description", "description", "order", "required", "variable"] {
            assert!(!found.contains(&format!("{name}=")), "{name} is empty: {xml}");
        }
        for (code, query) in [("BM-01-01", ""), ("NO-SUCH", ""), ("LAMP", "?jurisdiction_id=321003005008")] {
            refused(&get(&world, &format!("/services/{code}.json{query}")).await, 404, "service_item_not_found");
        }
        // A service without questions has a definition without them.
        assert_eq!(get(&world, "/services/007.json").await.expect(200), json!({ "service_code": "007", "attributes": [] }));
    }

    async fn a_list_holds_what_is_asked_for_and_nothing_else(world: World) {
        let wang = world.person("wang");
        offered(&world, "LAMP", "realtime", json!([])).await;
        offered(&world, "ROAD", "realtime", json!([])).await;
        let key = key(&world).await;
        // An order of a resident's for the same service is theirs.
        super::orders::place(&world.person("zhang"), super::orders::lamp_with(json!({ "item_code": "LAMP" }))).await;
        assert!(numbers(&world, "").await.is_empty());
        assert_eq!(get(&world, "/requests.xml").await.text(), "<?xml version=\"1.0\" encoding=\"utf-8\"?><service_requests/>");

        let mut placed = Vec::new();
        for code in ["LAMP", "ROAD", "LAMP"] {
            placed.push(submitted(&world, &key, &[("service_code", code)]).await);
            world.later(Duration::hours(1));
        }
        let abroad = submitted(&world, &key, &[("jurisdiction_id", "321182001014"), ("lat", "32.24"), ("long", "119.85")]).await;
        let [first, second, third] = [&placed[0], &placed[1], &placed[2]].map(String::clone);
        let one = |number: &String| vec![number.clone()];
        assert_eq!(numbers(&world, "").await, [&abroad, &third, &second, &first].map(String::clone), "the newest first");
        assert_eq!(numbers(&world, &format!("jurisdiction_id={HOME}")).await, [&third, &second, &first].map(String::clone));
        assert_eq!(numbers(&world, "jurisdiction_id=321182001014").await, one(&abroad));
        assert_eq!(numbers(&world, "service_code=ROAD").await, one(&second));
        assert_eq!(numbers(&world, "service_code=ROAD,LAMP").await.len(), 4);
        assert_eq!(numbers(&world, "service_code=NONE").await, Vec::<String>::new());
        // Parameters that nobody knows are passed over.
        assert_eq!(numbers(&world, "service_code=ROAD&extensions=true&_=1").await, one(&second));

        // Times: with Z, an offset, its plus lost, none; both ends belong to it.
        for (from, to) in [
            ("2026-11-16T02:00:00Z", "2026-11-16T02:00:00Z"),
            ("2026-11-16T10:00:00%2B08:00", "2026-11-16T10:00:00+08:00"),
            ("2026-11-16T01:30:00", "2026-11-16T02:30:00.000001Z"),
        ] {
            assert_eq!(numbers(&world, &format!("start_date={from}&end_date={to}")).await, one(&second), "{from} {to}");
        }
        assert_eq!(numbers(&world, "start_date=2026-11-16T03:00:00Z").await, [&abroad, &third].map(String::clone));
        assert_eq!(numbers(&world, "end_date=2026-11-16T01:59:59Z").await, one(&first));

        // States, and what has changed since.
        world.later(Duration::days(1));
        let order = super::order(&wang, &first).await;
        step(&wang, &order, "reject", json!({ "code": "x", "text": "x" })).await.expect(200);
        assert_eq!(numbers(&world, "status=closed").await, one(&first));
        assert_eq!(numbers(&world, "status=open").await.len(), 3);
        assert_eq!(numbers(&world, "status=open,closed").await.len(), 4);
        assert_eq!(numbers(&world, "updated_after=2026-11-17T00:00:00Z").await, one(&first));
        assert_eq!(numbers(&world, "updated_after=2026-11-16T02:00:00Z").await, [&second, &third, &abroad, &first].map(String::clone), "in the order of change");
        assert_eq!(numbers(&world, "updated_before=2026-11-16T02:00:00Z").await, one(&second));

        // Numbers count before everything else.
        let both = format!("service_request_id={first},{},nothing&status=open&service_code=ROAD&page=zero", second.to_lowercase());
        assert_eq!(numbers(&world, &both).await, [&second, &first].map(String::clone));

        // Page by page.
        let pages = [numbers(&world, "page=1&page_size=3").await, numbers(&world, "page=2&page_size=3").await, numbers(&world, "page=3&page_size=3").await];
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 0]);
        let all: BTreeSet<&String> = pages.iter().flatten().collect();
        assert_eq!(all.len(), 4);

        // The last ninety days, and no more than that at once.
        world.later(Duration::days(90));
        assert_eq!(numbers(&world, "").await, Vec::<String>::new());
        assert_eq!(numbers(&world, "start_date=2026-11-16&end_date=2027-02-14").await.len(), 4);
        for (query, word) in [
            ("start_date=2026-11-16&end_date=2027-02-15", "times_too_far_apart"),
            ("updated_after=2026-01-01&updated_before=2027-02-15", "times_too_far_apart"),
            ("start_date=yesterday", "field_invalid"),
            ("end_date=2026-02-30", "field_invalid"),
            ("status=half", "field_invalid"),
            ("page=0", "field_invalid"),
            ("page_size=1001", "field_invalid"),
            ("page_size=100000000000000000000", "field_invalid"),
            ("page=1000000", "page_too_far"),
            ("service_code=%00", "nul_character"),
        ] {
            refused(&get(&world, &format!("/requests.json?{query}")).await, 400, word);
        }
        let many = vec!["x"; 201].join(",");
        refused(&get(&world, &format!("/requests.json?service_request_id={many}")).await, 400, "field_invalid");
        refused(&get(&world, "/requests.json?jurisdiction_id=119999999999").await, 404, "jurisdiction_not_found");
    }

    async fn a_request_in_xml_has_an_element_for_each_field(world: World) {
        offered(&world, "LAMP", "realtime", json!([])).await;
        let key = key(&world).await;
        // What XML cannot say at all, and what it says otherwise.
        let number = submitted(&world, &key, &[("description", "a<b>&\"c\"\u{1}'"), ("lat", ""), ("long", "")]).await;
        let reply = get(&world, &format!("/requests/{number}.xml")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "text/xml; charset=utf-8"));
        let xml = reply.text();
        assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><service_requests><request><service_request_id>"), "{xml}");
        let found = elements(&xml);
        for empty in ["address_id", "zipcode", "media_url", "lat", "long", "expected_datetime", "service_notice"] {
            assert!(found.contains(&format!("{empty}=")), "{empty}: {xml}");
        }
        assert!(xml.contains("a&lt;b&gt;&amp;") && xml.contains("\u{fffd}"), "{xml}");
        assert!(found.contains(&"requested_datetime=2026-11-16T01:00:00Z".to_owned()), "{xml}");
        let fields: Vec<Value> = get(&world, &format!("/requests/{number}.json")).await.expect(200)[0].as_object().unwrap().keys().map(|k| json!(k)).collect();
        let named: Vec<Value> = found.iter().map(|e| json!(e.split_once('=').unwrap().0)).filter(|n| n != "request" && n != "service_requests").collect();
        assert_eq!(fields, named, "the same fields in the same order");

        // A refusal, and a path at which there is nothing, in the format that is asked for.
        let reply = get(&world, "/requests/NO-SUCH.xml").await;
        assert_eq!((reply.status, reply.header("content-type")), (404, "text/xml; charset=utf-8"));
        assert!(reply.text().contains("<errors><error><code>404</code><description>") && reply.text().contains("(order_not_found)"), "{}", reply.text());
        for path in ["/nothing.json", "/requests.yaml", "/requests", "/", "/requests/x/y.json"] {
            let reply = world.nobody().request(Method::GET, format!("/open311/v2{path}")).header("accept", "application/json").send().await;
            refused(&reply, 404, "path_not_found");
        }
        let reply = world.nobody().request(Method::GET, "/open311/v2/requests").send().await;
        assert!(reply.status == 404 && reply.text().contains("<errors>"), "{}", reply.text());
        let reply = world.nobody().request(Method::DELETE, "/open311/v2/requests.json").send().await;
        refused(&reply, 405, "method_not_allowed");
        assert!(["GET, POST", "POST, GET"].contains(&reply.header("allow")), "{}", reply.header("allow"));
        let reply = get(&world, "/requests/NO-SUCH.json").await;
        assert!(refused(&reply, 404, "order_not_found").starts_with("没有这个订单"));
        let reply = world.nobody().request(Method::GET, "/open311/v2/requests/NO-SUCH.json").header("accept-language", "en").send().await;
        assert!(refused(&reply, 404, "order_not_found").starts_with("There is no such order"));
        assert_eq!(reply.header("content-language"), "en");
    }
}
