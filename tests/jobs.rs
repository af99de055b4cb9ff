//! Imports and exports: tables come in by the rules of the domain, and go out as the lists show them.

use crate::residents::number;
use jobs::Limits;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Client, FOREIGN, HOME, Method, Reply, World};
use tokio::sync::watch;

pub(crate) const FORM: &str = "multipart/form-data; boundary=linli";

/// A household of three, with headers as an office writes them.
pub(crate) const RESIDENTS: &str = "姓名*,户号,与户主关系,联系电话,小区,楼栋,室,人员类别\n秦有福,J-1,户主,13800001111,新联花园,1,101,常住\n白素贞,J-1,配偶,,新联花园,1,101,常住\n";
const HOUSEHOLDS: &str = "户编号,小区,楼栋,室\nJ-1,新联花园,1,101\nJ-2,新联花园,1,102\n";

/// A form with a table.
pub(crate) fn form(subject: &str, dry_run: bool, file: &[u8]) -> Vec<u8> {
    with(&[("subject", subject), ("region_code", HOME), ("dry_run", if dry_run { "true" } else { "false" })], file)
}

fn with(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, value) in fields {
        form.extend(format!("--linli\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    form.extend(b"--linli\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n");
    form.extend(file);
    form.extend(b"\r\n--linli--\r\n");
    form
}

async fn import(by: &Client, form: Vec<u8>) -> Reply {
    by.post("/imports").body(FORM, form).send().await
}

/// Lets jobs be carried out until this one is in that state.
pub(crate) async fn until(world: &World, by: &Client, id: &str, state: &str) -> Value {
    limited(world, by, id, state, Limits::default()).await
}

async fn limited(world: &World, by: &Client, id: &str, state: &str, limits: Limits) -> Value {
    let stopping = watch::Sender::new(false);
    let running = tokio::spawn(jobs::run(world.core().clone(), world.files(), api::lists(), limits, stopping.subscribe()));
    for _ in 0..600 {
        let job = by.get(format!("/jobs/{id}")).send().await.expect(200);
        if !["pending", "running"].contains(&job["state"].as_str().unwrap()) {
            assert_eq!(job["state"], state, "{job}");
            stopping.send_replace(true);
            running.await.unwrap();
            return job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the job has not ended");
}

/// An import of two residents that is checked.
pub(crate) async fn checked(world: &World, by: &Client) -> String {
    let job = import(by, form("residents", true, RESIDENTS.as_bytes())).await.expect(201);
    let id = job["id"].as_str().unwrap().to_owned();
    until(world, by, &id, "checked").await;
    id
}

async fn imported(world: &World, subject: &str, file: &[u8], state: &str) -> Value {
    let wang = world.person("wang");
    let job = import(&wang, form(subject, false, file)).await.expect(201);
    until(world, &wang, job["id"].as_str().unwrap(), state).await
}

fn progress(job: &Value) -> [u64; 4] {
    ["read", "created", "unchanged", "refused"].map(|name| job["progress"][name].as_u64().unwrap())
}

async fn errors(by: &Client, job: &Value) -> Vec<(u64, String, String)> {
    let page = by.get(format!("/jobs/{}/errors?limit=100", job["id"].as_str().unwrap())).send().await.expect(200);
    let text = |e: &Value, name: &str| e[name].as_str().unwrap_or_default().to_owned();
    page["items"].as_array().unwrap().iter().map(|e| (e["row"].as_u64().unwrap(), text(e, "column"), text(e, "code"))).collect()
}

async fn names(by: &Client) -> Vec<String> {
    let page = by.get(format!("/residents?region_code={HOME}&limit=100")).send().await.expect(200);
    page["items"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect()
}

/// What an export writes, as rows of text.
async fn exported(world: &World, by: &Client, body: Value) -> Vec<Vec<String>> {
    let job = by.post("/exports").json(body).send().await.expect(201);
    let job = until(world, by, job["id"].as_str().unwrap(), "done").await;
    let reply = world.nobody().request(Method::GET, job["download_url"].as_str().unwrap()).send().await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(u64::try_from(reply.bytes.len()).unwrap(), job["bytes"].as_u64().unwrap());
    let text = reply.text();
    let text = text.strip_prefix('\u{feff}').expect("a byte-order mark");
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

testkit::on_both! {
    async fn a_table_is_checked_first_and_then_carried_out(world: World) {
        let wang = world.person("wang");
        let job = imported(&world, "households", HOUSEHOLDS.as_bytes(), "done").await;
        assert_eq!(progress(&job), [2, 2, 0, 0]);
        let id = checked(&world, &wang).await;
        let job = wang.get(format!("/jobs/{id}")).send().await.expect(200);
        assert_eq!((progress(&job), &job["dry_run"], &job["subject"]), ([2, 2, 0, 0], &json!(true), &json!("residents")));
        assert!(names(&wang).await.is_empty(), "nothing is written yet");
        let job = wang.post(format!("/jobs/{id}/carry_out")).json(json!({})).send().await.expect(200);
        assert_eq!((&job["state"], &job["dry_run"]), (&json!("pending"), &json!(false)));
        let job = until(&world, &wang, &id, "done").await;
        assert_eq!((progress(&job), job["progress"]["total"].as_u64()), ([2, 2, 0, 0], Some(2)));
        let mut seen = names(&wang).await;
        seen.sort();
        assert_eq!(seen, ["白**", "秦**"]);
        // They live together, and the phone finds its bearer.
        let found = json!({ "region_code": HOME, "purpose": "service", "phone": "13800001111" });
        let found = wang.post("/residents/lookup").json(found).send().await.expect(200);
        let home = found["items"][0]["household_id"].as_str().unwrap();
        let members = wang.get(format!("/households/{home}/members")).send().await.expect(200);
        assert_eq!(members["items"].as_array().unwrap().len(), 2);
        // The same again changes nothing; it is over, and stays so.
        let again = imported(&world, "residents", RESIDENTS.as_bytes(), "done").await;
        assert_eq!(progress(&again), [2, 0, 2, 0]);
        wang.post(format!("/jobs/{id}/carry_out")).json(json!({})).send().await.refused(409, "job_state_conflict");
        wang.post(format!("/jobs/{id}/cancel")).json(json!({})).send().await.refused(409, "job_state_conflict");
        // Its file is gone, and the events say what happened.
        assert!(world.files().get_part(&world.cx(), id.parse().unwrap(), 0).await.unwrap().is_none());
        world.readable().await;
        let events = world.person("feng").get("/events?type=job.*&limit=100").send().await.expect(200);
        let mine: Vec<_> = events["items"].as_array().unwrap().iter().filter(|e| e["subject_id"] == json!(id)).map(|e| e["type"].as_str().unwrap()).collect();
        assert_eq!(mine, ["job.created", "job.finished", "job.carried_out", "job.finished"]);
    }

    async fn what_is_wrong_is_told_by_row_and_column(world: World) {
        let wang = world.person("wang");
        let good = number("19800229");
        let bad = format!("{}{}", &good[..17], if good.ends_with('1') { '2' } else { '1' });
        let file = format!(
            "姓名,身份证号码,电话,性别,迁入日期,社区代码\n秦有福,{good},13800001111,,,\n,,,,,\n张三丰,{bad},,,,\n白素贞,,1380000,女,昨天,\n李四,,,雌,,\n王五,,,,,{FOREIGN}\n"
        );
        let job = imported(&world, "residents", file.as_bytes(), "failed").await;
        assert_eq!((progress(&job), &job["problem"]["code"]), ([5, 1, 0, 4], &json!("import_refused")));
        let told = errors(&wang, &job).await;
        let told: Vec<_> = told.iter().map(|(row, column, code)| (*row, column.as_str(), code.as_str())).collect();
        // Rows are counted as the spreadsheet counts, empty ones included.
        assert_eq!(told, [
            (4, "身份证号码", "id_number_invalid"),
            (5, "迁入日期", "field_invalid"),
            (6, "性别", "field_invalid"),
            (7, "社区代码", "permission_missing"),
        ]);
        assert!(names(&wang).await.is_empty(), "all or nothing");
        let page = wang.get(format!("/jobs/{}/errors", job["id"].as_str().unwrap())).header("accept-language", "zh").send().await.expect(200);
        assert!(page["items"][2]["detail"].as_str().unwrap().contains("男"), "{page}");

        // Only the good rows, when that is asked for.
        let fields = [("subject", "residents"), ("region_code", HOME), ("dry_run", "false"), ("mode", "good_rows")];
        let job = import(&wang, with(&fields, file.as_bytes())).await.expect(201);
        let job = until(&world, &wang, job["id"].as_str().unwrap(), "done").await;
        assert_eq!((progress(&job), errors(&wang, &job).await.len()), ([5, 1, 0, 4], 4));
        assert_eq!(names(&wang).await, ["秦**"]);
    }

    async fn a_workbook_and_the_text_of_an_office_say_the_same(world: World) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, title) in (0u16..).zip(["户编号", "小区", "楼栋", "室"]) {
            sheet.write_string(0, column, title).unwrap();
        }
        sheet.write_string(2, 0, "J-9").unwrap();
        sheet.write_string(2, 1, "新联花园").unwrap();
        // Numbers, as people enter them.
        sheet.write_number(2, 2, 9).unwrap();
        sheet.write_number(2, 3, 901).unwrap();
        let book = book.save_to_buffer().unwrap();
        let job = imported(&world, "households", &book, "done").await;
        assert_eq!((progress(&job), &job["format"]), ([1, 1, 0, 0], &json!("xlsx")));
        // The same in GB 18030, as spreadsheets in China save text.
        let gb = b"\xbb\xa7\xb1\xe0\xba\xc5,\xd0\xa1\xc7\xf8,\xc2\xa5\xb6\xb0,\xca\xd2\nJ-9,\xd0\xc2\xc1\xaa\xbb\xa8\xd4\xb0,9,901\n";
        let job = imported(&world, "households", gb, "done").await;
        assert_eq!((progress(&job), &job["format"]), ([1, 0, 1, 0], &json!("csv")));
        let grids = "网格编码;网格名称;网格类别;上级网格编码;户数\nJK-1;第一网格;综合网格;;300\nJK-2;一号楼;微网格;JK-1;40\n";
        let job = imported(&world, "grids", grids.as_bytes(), "done").await;
        assert_eq!(progress(&job), [2, 2, 0, 0]);
        let addresses = "小区,楼栋,网格编码,经度,纬度\n新联花园,10,JK-1,119.815,32.24\n";
        let job = imported(&world, "addresses", addresses.as_bytes(), "done").await;
        assert_eq!(progress(&job), [1, 1, 0, 0]);
        // An ID number that a spreadsheet took for a number has lost its last digits.
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "姓名").unwrap().write_string(0, 1, "身份证号").unwrap();
        sheet.write_string(1, 0, "秦有福").unwrap().write_number(1, 1, 321_182_198_002_290_014_f64).unwrap();
        let job = imported(&world, "residents", &book.save_to_buffer().unwrap(), "failed").await;
        assert_eq!(errors(&world.person("wang"), &job).await, [(2, "身份证号".to_owned(), "field_invalid".to_owned())]);
    }

    async fn what_is_no_table_changes_nothing(world: World) {
        let wang = world.person("wang");
        for (file, code) in [(&b"%PDF-1.4 nothing"[..], "sheet_unreadable"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "sheet_unreadable")] {
            import(&wang, form("residents", true, file)).await.refused(422, code);
        }
        for (file, code) in [
            (&b"PK\x03\x04 is no archive"[..], "sheet_unreadable"),
            (b"\xff\xff\xff\x81", "sheet_unreadable"),
            ("姓名,生肖\n秦有福,鼠\n".as_bytes(), "sheet_header_invalid"),
            ("姓名,姓名\n秦有福,秦有福\n".as_bytes(), "sheet_header_invalid"),
            ("电话\n13800001111\n".as_bytes(), "sheet_header_invalid"),
            (b"\n\n", "sheet_unreadable"),
        ] {
            let job = imported(&world, "residents", file, "failed").await;
            assert_eq!(job["problem"]["code"], code, "{job}");
        }
        import(&wang, with(&[("region_code", HOME)], b"a")).await.refused(422, "content_invalid");
        import(&wang, with(&[("subject", "cats"), ("region_code", HOME)], b"a")).await.refused(422, "content_invalid");
        import(&wang, with(&[("subject", "grids"), ("region_code", HOME), ("cats", "1")], b"a")).await.refused(422, "content_invalid");
        // Bounds: rows, and what an archive unpacks to.
        let small = Limits { text_rows: 2, workbook_rows: 2, unpacked: 2000, ..Limits::default() };
        let three = format!("{HOUSEHOLDS}J-3,新联花园,1,103\n");
        let mut book = Workbook::new();
        book.add_worksheet().write_string(0, 0, "户编号").unwrap();
        let book = book.save_to_buffer().unwrap();
        for file in [three.as_bytes(), &book] {
            let job = import(&wang, form("households", false, file)).await.expect(201);
            let job = limited(&world, &wang, job["id"].as_str().unwrap(), "failed", small).await;
            assert_eq!(job["problem"]["code"], "sheet_too_large", "{job}");
        }
        let page = wang.get(format!("/households?region_code={HOME}")).send().await.expect(200);
        assert_eq!(page["items"], json!([]));
    }

    async fn an_export_shows_what_the_list_shows(world: World) {
        let wang = world.person("wang");
        imported(&world, "households", HOUSEHOLDS.as_bytes(), "done").await;
        imported(&world, "residents", RESIDENTS.as_bytes(), "done").await;
        let rows = exported(&world, &wang, json!({ "list": "list_residents", "query": { "region_code": HOME } })).await;
        let at = |title: &str| rows[0].iter().position(|t| t == title).unwrap_or_else(|| panic!("{title}: {:?}", rows[0]));
        let mut seen: Vec<_> = rows[1..].iter().map(|row| (row[at("姓名")].clone(), row[at("电话")].clone())).collect();
        seen.sort();
        assert_eq!(seen, [("白**".to_owned(), String::new()), ("秦**".to_owned(), "138****1111".to_owned())]);
        let keys = exported(&world, &wang, json!({ "list": "list_households", "header": "keys" })).await;
        assert!(keys[0].contains(&"region_code".to_owned()), "{:?}", keys[0]);
        // Nobody of another community finds a row, and a list beneath something takes its id.
        let none = exported(&world, &world.person("foreign"), json!({ "list": "list_residents" })).await;
        assert_eq!(none.len(), 1);
        let homes = wang.get("/households").send().await.expect(200)["items"].clone();
        let home = homes.as_array().unwrap().iter().find(|h| h["code"] == "J-1").unwrap()["id"].clone();
        let members = exported(&world, &wang, json!({ "list": "list_household_members", "query": { "id": home } })).await;
        assert!(members.len() > 1);
        // As a workbook.
        let job = wang.post("/exports").json(json!({ "list": "list_residents", "format": "xlsx" })).send().await.expect(201);
        let job = until(&world, &wang, job["id"].as_str().unwrap(), "done").await;
        let link = job["download_url"].as_str().unwrap();
        let reply = world.nobody().request(Method::GET, link).send().await;
        assert!(reply.status == 200 && reply.bytes.starts_with(b"PK\x03\x04"));
        // A link is for ten minutes, and for one file.
        let other = link.replace("signature=", "signature=0").replacen(&link[link.len() - 1..], "", 0);
        world.nobody().request(Method::GET, &other[..link.len()]).send().await.refused(403, "link_invalid");
        world.later(chrono::Duration::minutes(11));
        world.nobody().request(Method::GET, link).send().await.refused(403, "link_invalid");
        // A day later the file is gone, and a month later the job.
        world.later(chrono::Duration::hours(24));
        jobs::purge(&world.cx(), &world.files(), chrono::Duration::days(30)).await.unwrap();
        let job = wang.get(format!("/jobs/{}", job["id"].as_str().unwrap())).send().await.expect(200);
        assert!(job.get("download_url").is_none());
        world.later(chrono::Duration::days(31));
        jobs::purge(&world.cx(), &world.files(), chrono::Duration::days(30)).await.unwrap();
        assert_eq!(wang.get("/jobs").send().await.expect(200)["items"], json!([]));
    }

    async fn what_cannot_be_exported_is_said_at_once(world: World) {
        let wang = world.person("wang");
        for (body, code) in [
            (json!({ "list": "list_cats" }), "list_unknown"),
            (json!({ "list": "list_residents", "query": { "cats": 1 } }), "content_invalid"),
            (json!({ "list": "list_residents", "query": { "limit": 5 } }), "content_invalid"),
            (json!({ "list": "list_household_members" }), "content_invalid"),
            (json!({ "list": "list_residents", "format": "pdf" }), "content_invalid"),
        ] {
            let reply = wang.post("/exports").json(&body).send().await;
            assert_eq!(reply.json()["code"], code, "{body}: {}", reply.text());
            assert!([400, 422].contains(&reply.status));
        }
        // Who may export may still not read what is not theirs to read: the job fails with the list's own refusal.
        let job = wang.post("/exports").json(json!({ "list": "list_webhook_endpoints" })).send().await.expect(201);
        let job = until(&world, &wang, job["id"].as_str().unwrap(), "failed").await;
        assert_eq!(job["problem"]["code"], "permission_missing");
        world.person("zhang").post("/exports").json(json!({ "list": "list_orders" })).send().await.refused(403, "permission_missing");
    }

    async fn a_job_whose_server_died_is_taken_up_again(world: World) {
        let wang = world.person("wang");
        let job = import(&wang, form("households", false, HOUSEHOLDS.as_bytes())).await.expect(201);
        let id = job["id"].as_str().unwrap();
        // A server took it, and was never heard of again.
        let sql = "UPDATE jobs SET state = 'running', attempt = 1, lease_until = '2000-01-01 00:00:00+00:00' WHERE state = 'pending'";
        sea_orm::ConnectionTrait::execute_unprepared(world.core().db.writer(), sql).await.unwrap();
        let job = until(&world, &wang, id, "done").await;
        assert_eq!(progress(&job), [2, 2, 0, 0]);
        // One that waits can be cancelled, and is not carried out any more.
        let job = import(&wang, form("households", false, HOUSEHOLDS.as_bytes())).await.expect(201);
        let cancelled = wang.post(format!("/jobs/{}/cancel", job["id"].as_str().unwrap())).json(json!({})).send().await.expect(200);
        assert_eq!(cancelled["state"], "cancelled");
        until(&world, &wang, job["id"].as_str().unwrap(), "cancelled").await;
    }
}
