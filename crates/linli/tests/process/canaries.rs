//! Canaries: values that are nobody's are used wherever a person's could stand, in requests that are carried out and in
//! requests that are refused. Afterwards they are looked for where no personal data may be: in what the server logged at its
//! most talkative, in refusals, in events, and in the bytes of the database.

use crate::{Folder, Served, client};
use reqwest::{Method, RequestBuilder};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::fs;
use testkit::{Backend, Database};

const HOME: &str = "321182001017";
const REGIONS: &str = "code,name\n32,江苏省\n3211,镇江市\n321182,扬中市\n321182001,三茅街道\n321182001017,新联社区\n";

/// A phone and an ID number that also stand in what people write: masked in events, as written in the database.
const PHONE: &str = "13577778888";
const ID: &str = "32110219800229001X";
const CONTACT_PHONE: &str = "13599996666";
const ACCOUNT_PHONE: &str = "13599995555";
const ACCOUNT_NAME: &str = "金丝雀一号";
const PARTY_NAME: &str = "金丝雀二号";
const ADDRESS: &str = "金丝雀路88号3幢901室";
const FACTS: &str = "金丝雀渗水的事实";
const REASON: &str = "金丝雀的理由";
const AGREEMENT: &str = "金丝雀的协议";
const RESIDENT_PHONE: &str = "13599994444";
const NOTE: &str = "金丝雀标签的备注";
const CONSENT: &str = "金丝雀同意书的全文";
const GUARDIAN: &str = "金丝雀三号";
const REQUEST: &str = "金丝雀更正请求";
const ANSWER: &str = "金丝雀的答复";
const HOOK: &str = "canary-token-in-an-address";
/// What is sealed wherever it is kept.
const SEALED: [&str; 15] = [
    CONTACT_PHONE,
    ACCOUNT_PHONE,
    ACCOUNT_NAME,
    PARTY_NAME,
    ADDRESS,
    FACTS,
    REASON,
    AGREEMENT,
    RESIDENT_PHONE,
    NOTE,
    CONSENT,
    GUARDIAN,
    REQUEST,
    ANSWER,
    HOOK,
];
const PASSWORDS: [&str; 4] = ["canary-first-password", "canary-second-password", "canary-wrong-password", "135777788881357777888"];

/// A server, and what it has let out.
struct Cage {
    base: String,
    /// Tokens and passwords: in no answer but that which gives them.
    secrets: Vec<String>,
    refusals: Vec<String>,
}

impl Cage {
    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = client().request(method, format!("{}/api/v1{path}", self.base));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let answer = self.request(Method::POST, path, token).json(&body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn refused(&mut self, request: RequestBuilder) {
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_client_error(), "{answer:?}");
        self.refusals.push(answer.text().await.unwrap());
    }

    async fn sign_in(&mut self, name: &str, password: &str) -> String {
        let tokens = self.post("/sessions", "", json!({ "name": name, "password": password })).await;
        let [access, refresh] = ["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap().to_owned());
        // The signature is what nobody else could know.
        self.secrets.push(access.rsplit('.').next().unwrap().to_owned());
        self.secrets.push(refresh);
        access
    }

    /// An account of the place, and its token.
    async fn account(&mut self, root: &str, name: &str, role: &str) -> (Value, String) {
        let body = json!({
            "name": name, "password": PASSWORDS[1], "display_name": ACCOUNT_NAME, "phone": ACCOUNT_PHONE,
            "grants": [{ "role": role, "region_code": HOME }],
        });
        let account = self.post("/accounts", root, body).await["id"].clone();
        let token = self.sign_in(name, PASSWORDS[1]).await;
        (account, token)
    }
}

/// An order and a case from their beginning to their end.
async fn what_is_carried_out(cage: &mut Cage, root: &str) -> String {
    let (_, zhang) = cage.account(root, "zhang", "resident").await;
    let (_, wang) = cage.account(root, "wang", "community_worker").await;
    let (chen_id, chen) = cage.account(root, "chen", "party_member").await;
    cage.post("/volunteers", &chen, json!({ "kind": "party_member", "region_code": HOME })).await;
    let said = format!("请打{PHONE},身份证{ID}。");
    let order = json!({
        "title": format!("电话{PHONE}"), "content": said, "region_code": HOME, "point": { "lng": 119.815_432_1, "lat": 32.24 },
        "contact": { "name": ACCOUNT_NAME, "phone": CONTACT_PHONE, "address": ADDRESS },
    });
    let keyed = cage.request(Method::POST, "/orders", &zhang).header("idempotency-key", "canary-1").json(&order).send().await.unwrap();
    let order: Value = serde_json::from_str(&keyed.text().await.unwrap()).unwrap();
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    for (token, action, body) in [
        (&wang, "triage", json!({})),
        (&wang, "dispatch", json!({ "mode": "assign", "lead": { "kind": "person", "id": chen_id }, "note": said })),
        (&chen, "accept", json!({})),
        (&chen, "progress", json!({ "note": said })),
        (&wang, "suspend", json!({ "reason": said })),
        (&wang, "resume", json!({ "note": said })),
        (&chen, "complete", json!({ "result": "solved", "answer": said })),
        (&zhang, "evaluate", json!({ "level": "satisfied", "comment": said, "tags": [PHONE] })),
        (&wang, "close", json!({ "note": said })),
    ] {
        cage.post(&format!("{path}/{action}"), token, body).await;
    }
    let parties = json!([{ "name": PARTY_NAME, "phone": CONTACT_PHONE }, { "name": ACCOUNT_NAME }]);
    let case =
        json!({ "region_code": HOME, "kind": "neighbour", "title": "漏水", "facts": FACTS, "applied_how": "oral", "parties": parties });
    let cases = [
        vec![("refuse", json!({ "reason": REASON }))],
        vec![
            ("accept", json!({})),
            ("begin", json!({})),
            ("agree", json!({ "form": "written", "content": AGREEMENT })),
            ("start_performance", json!({})),
        ],
    ];
    for steps in cases {
        let id = cage.post("/mediation/cases", &wang, case.clone()).await["id"].as_str().unwrap().to_owned();
        for (action, body) in steps {
            cage.post(&format!("/mediation/cases/{id}/{action}"), &wang, body).await;
        }
    }
    zhang
}

/// What is kept about people by law, and the secrets of programs, from their beginning to their end.
async fn what_is_kept(cage: &mut Cage, root: &str, zhang: &str) {
    let (_, wang) = cage.account(root, "wang2", "community_worker").await;
    let tag = json!({ "region_code": HOME, "code": "disability", "name": "残疾", "class": "sensitive" });
    let tag = cage.post("/tags", root, tag).await["id"].clone();
    let resident = json!({ "region_code": HOME, "name": PARTY_NAME, "phone": RESIDENT_PHONE, "birth_date": "2015-01-02" });
    let resident = cage.post("/residents", &wang, resident).await["id"].as_str().unwrap().to_owned();
    let consent = json!({
        "purpose": "帮扶走访", "kinds": ["disability"], "text_version": "1", "text": CONSENT, "given_by": "guardian",
        "guardian_name": GUARDIAN, "channel": "written", "evidence": NOTE,
    });
    let consent = cage.post(&format!("/residents/{resident}/consents"), &wang, consent).await["id"].clone();
    let given = json!({ "tag_id": tag, "note": NOTE, "basis": { "kind": "consent", "consent_id": consent } });
    cage.post(&format!("/residents/{resident}/tags"), &wang, given).await;
    for (path, token, body) in [
        (format!("/residents/{resident}/tags"), zhang, json!({ "tag_id": NOTE, "note": [NOTE] })),
        (
            format!("/residents/{resident}/consents"),
            zhang,
            json!({ "purpose": [CONSENT], "text": CONSENT.repeat(999), "guardian_name": GUARDIAN }),
        ),
        (format!("/residents/{resident}/tags"), wang.as_str(), json!({ "tag_id": tag, "note": NOTE.repeat(999) })),
        ("/me/data/requests".to_owned(), zhang, json!({ "kind": REQUEST, "detail": REQUEST })),
        ("/me/consents".to_owned(), zhang, json!({ "text": CONSENT, "channel": GUARDIAN })),
    ] {
        cage.refused(cage.request(Method::POST, &path, token).json(&body)).await;
    }
    cage.post(&format!("/consents/{}/withdraw", consent.as_str().unwrap()), &wang, json!({})).await;
    let request = cage.post("/me/data/requests", zhang, json!({ "kind": "correction", "detail": REQUEST })).await["id"].clone();
    let decide = json!({ "done": false, "answer": ANSWER });
    cage.post(&format!("/data_requests/{}/decide", request.as_str().unwrap()), &wang, decide).await;
    let data = cage.request(Method::GET, "/me/data", zhang).send().await.unwrap().text().await.unwrap();
    assert!(data.contains(CONTACT_PHONE) && data.contains(REQUEST), "{data}");

    let program = json!({
        "name": "热线", "purpose": "转单", "contact": format!("{ACCOUNT_NAME} {CONTACT_PHONE}"), "region_code": HOME, "scopes": ["order.read"],
    });
    let program = cage.post("/applications", root, program).await["id"].as_str().unwrap().to_owned();
    let issue = json!({ "kind": "api_key", "label": "生产" });
    let issued = cage.post(&format!("/applications/{program}/credentials"), root, issue).await;
    let key = issued["secret"].as_str().unwrap().to_owned();
    // The key is good, and so it is in a wrong place of a request, and a wrong one in the right place.
    let orders = cage.request(Method::GET, "/orders", &key).send().await.unwrap();
    assert!(orders.status().is_success(), "{orders:?}");
    cage.refused(cage.request(Method::GET, "/orders", &format!("{key}x"))).await;
    cage.refused(cage.request(Method::GET, &format!("/orders?cursor={key}"), &key)).await;
    cage.refused(cage.request(Method::GET, &format!("/regions/{key}"), &key)).await;
    cage.refused(cage.request(Method::POST, "/orders", &key).json(&json!({ "title": key, "region_code": key }))).await;
    cage.secrets.push(key);

    let endpoint = json!({ "region_code": HOME, "name": "区平台", "url": format!("https://1.1.1.1/{HOOK}"), "types": ["grid.*"] });
    let endpoint = cage.post("/webhook_endpoints", root, endpoint).await;
    let path = format!("/webhook_endpoints/{}", endpoint["id"].as_str().unwrap());
    let rotated = cage.post(&format!("{path}/rotate_secret"), root, json!({})).await;
    for secret in [&endpoint["secret"], &rotated["secret"]] {
        let secret = secret.as_str().unwrap().to_owned();
        cage.refused(cage.request(Method::POST, &path, root).json(&json!({ "name": [secret], "url": secret, "secret": secret }))).await;
        // What comes behind its prefix is what nobody else may know.
        cage.secrets.push(secret.rsplit('_').next().unwrap().to_owned());
    }
}

/// Requests that hold a canary wherever one can be wrong.
async fn what_is_refused(cage: &mut Cage, zhang: &str) {
    let [phone_number, password_number]: [Value; 2] = [PHONE, PASSWORDS[3]].map(|digits| serde_json::from_str(digits).unwrap());
    let sign_in = json!({ "name": "zhang", "password": PASSWORDS[2] });
    let account = json!({ "name": "zhang", "password": PASSWORDS[2], "display_name": ACCOUNT_NAME, "phone": ACCOUNT_PHONE });
    let order = |contact: Value| json!({ "title": "x", "content": "x", "region_code": HOME, "contact": contact });
    let bodies = [
        ("/sessions", "", sign_in.clone()),
        ("/sessions", "", json!({ "name": ACCOUNT_PHONE, "password": password_number })),
        ("/sessions", "", json!({ "name": "zhang", "password": [PASSWORDS[2]] })),
        ("/sessions/refresh", "", json!({ "refresh_token": PASSWORDS[2] })),
        ("/setup", "", json!({ "token": PASSWORDS[2], "name": "zhang", "password": PASSWORDS[2], "display_name": ACCOUNT_NAME })),
        ("/accounts", zhang, account),
        ("/orders", zhang, order(json!({ "phone": format!("{CONTACT_PHONE}x") }))),
        ("/orders", zhang, order(json!({ "phone": phone_number }))),
        ("/orders", zhang, order(json!(ADDRESS))),
        ("/orders", zhang, order(json!([ACCOUNT_NAME, CONTACT_PHONE, ADDRESS]))),
        ("/orders", zhang, order(json!({ "name": ACCOUNT_NAME.repeat(20) }))),
        ("/orders", zhang, json!({ "title": 1, "content": ID, "region_code": PHONE })),
        ("/orders", zhang, json!({ "title": "x", "content": "x", "region_code": CONTACT_PHONE })),
        ("/orders", zhang, json!({ "title": "x", "content": "x", "region_code": HOME, "channel": CONTACT_PHONE })),
        ("/orders", zhang, json!({ "title": "x", "content": "x", "region_code": HOME, "requester_id": CONTACT_PHONE })),
        ("/mediation/cases", zhang, json!({ "region_code": HOME, "kind": FACTS, "parties": [PARTY_NAME] })),
    ];
    for (path, token, body) in &bodies {
        cage.refused(cage.request(Method::POST, path, token).json(body)).await;
        let text = body.to_string();
        let cut: String = text.chars().take(text.chars().count() - 2).collect();
        for (kind, text) in [("application/json", cut), ("text/plain", text.clone()), ("application/json", format!("{text}{text}"))] {
            cage.refused(cage.request(Method::POST, path, token).header("content-type", kind).body(text)).await;
        }
    }
    for path in [
        format!("/orders?number={PHONE}"),
        format!("/orders?state={CONTACT_PHONE}"),
        format!("/orders?taker_id={CONTACT_PHONE}"),
        format!("/orders?overdue={CONTACT_PHONE}"),
        format!("/orders?created_after={CONTACT_PHONE}"),
        format!("/orders?region_code={CONTACT_PHONE}"),
        format!("/orders?cursor={CONTACT_PHONE}"),
        format!("/orders?view={CONTACT_PHONE}"),
        format!("/volunteers?skill={CONTACT_PHONE}&skill=x"),
        format!("/orders/{CONTACT_PHONE}"),
        format!("/{CONTACT_PHONE}"),
        format!("/regions/{CONTACT_PHONE}"),
    ] {
        cage.refused(cage.request(Method::GET, &path, zhang)).await;
    }
    for bearer in [PASSWORDS[2].to_owned(), format!("{zhang}x"), format!("{zhang} {CONTACT_PHONE}")] {
        cage.refused(cage.request(Method::GET, "/me", &bearer)).await;
    }
    let strange = cage.request(Method::GET, "/me", "").header("authorization", format!("Basic {}", PASSWORDS[2]));
    cage.refused(strange.header("cookie", PASSWORDS[2]).header("x-request-id", ADDRESS)).await;
}

/// What lies in the database, as bytes that somebody who steals it can read.
async fn bytes(folder: &Folder, database: Option<&Database>) -> Vec<u8> {
    let Some(database) = database else {
        let files = ["linli.db", "linli.db-wal"].map(|file| fs::read(folder.data(file)).unwrap_or_default());
        assert!(files[0].starts_with(b"SQLite format 3"));
        return files.concat();
    };
    let db = database.connect(1).await;
    let ask = async |query: String| {
        let rows = db.reader().query_all_raw(Statement::from_string(db.backend(), query)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>()
    };
    let mut bytes = Vec::new();
    for table in ask("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'".to_owned()).await {
        bytes.extend(ask(format!("SELECT t::text FROM \"{table}\" t")).await.join("\n").into_bytes());
    }
    db.close().await;
    bytes
}

fn holds(bytes: &[u8], canary: &str) -> bool {
    bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
}

async fn nothing_gets_out(database: Option<&Database>) {
    let folder = Folder::new();
    let at: Vec<&str> = database.iter().flat_map(|d| ["--database-url", d.url()]).collect();
    fs::write(folder.0.join("regions.csv"), REGIONS).unwrap();
    assert!(folder.run(&[&["regions", "import", "regions.csv"], at.as_slice()].concat()).status.success());
    let served = Served::start(&folder, &[&["--log", "debug"], at.as_slice()].concat());
    let setup_token = served.greeting.split_once("\"token\":\"").unwrap().1.split_once('"').unwrap().0.to_owned();

    let mut cage = Cage { base: served.base.clone(), secrets: PASSWORDS.map(str::to_owned).to_vec(), refusals: Vec::new() };
    cage.secrets.push(setup_token.clone());
    let root = json!({ "token": setup_token, "name": "root", "password": PASSWORDS[0], "display_name": ACCOUNT_NAME });
    cage.post("/setup", "", root).await;
    let root = cage.sign_in("root", PASSWORDS[0]).await;
    let zhang = what_is_carried_out(&mut cage, &root).await;
    what_is_kept(&mut cage, &root, &zhang).await;
    what_is_refused(&mut cage, &zhang).await;

    let personal = || SEALED.into_iter().chain([PHONE, ID]).chain(cage.secrets.iter().map(String::as_str));
    assert!(cage.refusals.len() > 75, "{}", cage.refusals.len());
    for (refusal, canary) in cage.refusals.iter().flat_map(|refusal| personal().map(move |canary| (refusal, canary))) {
        assert!(!refusal.contains(canary), "a refusal holds {canary}: {refusal}");
    }
    let mut told = 0;
    let mut cursor = String::new();
    loop {
        let path = format!("/events?limit=100{cursor}");
        let page: Value =
            serde_json::from_str(&cage.request(Method::GET, &path, &root).send().await.unwrap().text().await.unwrap()).unwrap();
        for (event, canary) in page["items"].as_array().unwrap().iter().flat_map(|event| personal().map(move |canary| (event, canary))) {
            assert!(!event.to_string().contains(canary), "an event holds {canary}: {event}");
        }
        told += page["items"].as_array().unwrap().len();
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap());
        if page["has_more"] == false && told > 15 {
            break;
        }
    }
    assert_eq!(served.stop(), 0);

    let logged = folder.logged();
    assert!(logged.lines().filter(|line| line.contains("request")).count() > 100 && logged.contains("DEBUG"), "{logged:.2000}");
    for canary in personal() {
        assert!(!logged.contains(canary), "logged: {:?}", logged.lines().find(|line| line.contains(canary)));
    }
    let kept = bytes(&folder, database).await;
    assert!(holds(&kept, HOME) || kept.len() > 50_000);
    assert!(holds(&kept, PHONE), "what people write is kept as they wrote it, so the search finds what is there");
    for canary in SEALED.into_iter().chain(cage.secrets.iter().map(String::as_str)) {
        assert!(!holds(&kept, canary), "the database holds {canary}");
    }
}

#[tokio::test]
async fn nothing_gets_out_on_sqlite() {
    nothing_gets_out(None).await;
}

#[test]
fn nothing_gets_out_on_postgresql() {
    testkit::block_on(async {
        let Some(database) = Database::empty(Backend::Postgres).await else { return };
        nothing_gets_out(Some(&database)).await;
        database.remove().await;
    });
}
