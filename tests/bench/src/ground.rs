//! The ground at its size: `cargo run --release -p bench -- ground`.
//!
//! Databases with few and with many people who do not exist, the same server on each: what a page of households and of residents and a look-up
//! by phone cost, so that what grows with the tables is seen; the coverage of a campaign over every household of the place; and an import of
//! 100,000 residents as a file, with the memory that it takes. The plans of the statements are asked of PostgreSQL itself. The grid of a point is
//! measured by `locate`.

use crate::{
    Outcome, machine,
    postgres::Postgres,
    wire::{Ask, Wire},
    world::{self, Server},
};
use serde_json::{Value, json};
use std::{
    fmt::Write,
    path::Path,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Of the demo, which `seed` makes first.
const PASSWORD: &str = "linli-demo-2026";
/// How often each thing is asked.
const TIMES: usize = 300;
/// 京口区 has the grids, and people in each size.
const JINGKOU: &str = "321102000000";
/// A community of it that is as large in each database: the file is imported there.
const COMMUNITY: &str = "321102001001";
const ROWS: usize = 100_000;
const PATIENCE: Duration = Duration::from_secs(600);

/// Measures, and prints tables.
pub(crate) async fn run(binary: &Path, shared_buffers: &str, sizes: &[u64]) -> Outcome {
    let postgres = Postgres::start(shared_buffers).await?;
    println!("{}", machine::describe());
    println!(
        "\n| people | filled in s | households page p50/p99 ms | residents page | look-up by phone | households of a campaign | started in s | its coverage |\n|---|---|---|---|---|---|---|---|"
    );
    for (n, people) in sizes.iter().copied().enumerate() {
        let name: &'static str = format!("ground_{people}").leak();
        let (folder, url) = (postgres.dir.join(name), postgres.url(name));
        std::fs::create_dir_all(&folder)?;
        postgres.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        let began = Instant::now();
        let scale = if people > 100_000 { "province" } else { "district" };
        world::command(binary, &folder, &url, &["seed", "--scale", scale, "--people", &people.to_string()], "")?;
        let filled = began.elapsed().as_secs_f64();
        postgres.sql(name, "VACUUM ANALYZE")?;
        let server = Server::start(binary, &folder, &url).await?;
        let mut client = Client::sign_in(&server).await?;
        let phone = postgres.sql(name, "SELECT count(*) FROM residents WHERE phone_index IS NOT NULL")?;
        let households = client.pages("/api/v1/households").await?;
        let residents = client.pages("/api/v1/residents").await?;
        let found = client.look_up().await?;
        let campaign = client.campaign(if people > 100_000 { "320000000000" } else { JINGKOU }).await?;
        println!("| {people} | {filled:.0} | {households} | {residents} | {found} | {campaign} |");
        eprintln!("{phone} residents have a phone");
        if n + 1 == sizes.len() {
            plans(&postgres, name)?;
            import(&server, &mut client, &postgres, name).await?;
        }
    }
    Ok(())
}

struct Client {
    wire: Wire,
    token: String,
}

impl Client {
    async fn sign_in(server: &Server) -> Outcome<Self> {
        let mut wire = Wire::open(&server.address).await?;
        let tokens = wire.json("/api/v1/sessions", "", Some(json!({ "name": "admin", "password": PASSWORD }))).await?;
        Ok(Self { wire, token: tokens["access_token"].as_str().unwrap_or_default().to_owned() })
    }

    async fn took(&mut self, path: &str, body: Option<&str>) -> Outcome<(f64, Value)> {
        let began = Instant::now();
        let answer = self.wire.ask(Ask { path, token: &self.token, body, ..Ask::default() }).await?;
        let took = began.elapsed().as_secs_f64() * 1e3;
        Ok((took, serde_json::from_slice(answer)?))
    }

    /// Pages of 50 of a district, one after another.
    async fn pages(&mut self, list: &str) -> Outcome<String> {
        let mut times = Vec::new();
        let mut cursor = String::new();
        while times.len() < TIMES {
            let (took, page) = self.took(&format!("{list}?region_code={JINGKOU}&limit=50{cursor}"), None).await?;
            times.push(took);
            cursor = page["next_cursor"].as_str().map_or_else(String::new, |next| format!("&cursor={next}"));
        }
        Ok(quantiles(times))
    }

    async fn look_up(&mut self) -> Outcome<String> {
        let mut times = Vec::new();
        for n in 0..TIMES {
            let body = json!({ "region_code": JINGKOU, "purpose": "service", "phone": format!("154{:08}", n * 7) }).to_string();
            times.push(self.took("/api/v1/residents/lookup", Some(&body)).await?.0);
        }
        Ok(quantiles(times))
    }

    /// A campaign over every household of a region: how many, how long its start takes, and its coverage.
    async fn campaign(&mut self, region: &str) -> Outcome<String> {
        let plan = json!({ "region_code": region, "kind": "走访全覆盖", "title": "bench", "ends_on": "2027-10-31" }).to_string();
        let planned = self.took("/api/v1/visit_campaigns", Some(&plan)).await?.1;
        let path = format!("/api/v1/visit_campaigns/{}", planned["id"].as_str().ok_or("no campaign")?);
        let (started, campaign) = self.took(&format!("{path}/start"), Some("{}")).await?;
        let mut times = Vec::new();
        for _ in 0..TIMES {
            times.push(self.took(&path, None).await?.0);
        }
        Ok(format!("{} | {:.1} | {}", campaign["coverage"]["households"], started / 1e3, quantiles(times)))
    }
}

fn quantiles(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    format!("{:.2} / {:.2}", at(0.5), at(0.99))
}

/// How PostgreSQL looks somebody up, and reads a page.
fn plans(postgres: &Postgres, database: &str) -> Outcome {
    let look_up = "SELECT * FROM residents WHERE phone_index = 'none' AND region_code BETWEEN 321102000000 AND 321102999999";
    let page = "SELECT * FROM households WHERE region_code BETWEEN 321102000000 AND 321102999999 ORDER BY region_code, id LIMIT 51";
    for (what, sql) in [("look-up by phone", look_up), ("page of households", page)] {
        println!("\n{what}:\n\n```\n{}\n```", postgres.sql(database, &format!("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}"))?);
    }
    Ok(())
}

/// A file of 100,000 residents.
async fn import(server: &Server, client: &mut Client, postgres: &Postgres, database: &str) -> Outcome {
    let mut file = String::from("姓名,电话,身份证号码,居住类别\n");
    for n in 0..ROWS {
        writeln!(file, "张三,154{:08},{},常住", 90_000_000 + n, id_number(n))?;
    }
    let idle = server.idle().await;
    let began = Instant::now();
    let form = [("subject", "residents"), ("region_code", COMMUNITY), ("dry_run", "false"), ("mode", "good_rows")];
    let job = send(&server.address, &client.token, &form, file.as_bytes()).await?;
    let id = job["id"].as_str().ok_or("no job")?.to_owned();
    let mut most: f64 = 0.0;
    loop {
        let job = client.took(&format!("/api/v1/jobs/{id}"), None).await?.1;
        most = most.max(machine::memory(server.pid)[0]);
        match job["state"].as_str().unwrap_or_default() {
            "done" => break,
            "pending" | "running" if began.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(200)).await,
            _ => return Err(job.to_string().into()),
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let there = postgres.sql(database, &format!("SELECT count(*) FROM residents WHERE region_code = {COMMUNITY}"))?;
    println!(
        "\nImport of {ROWS} residents ({:.1} MB of text): {seconds:.1} s, at most {most:.0} MB (idle {idle:.0} MB); {there} residents there",
        file.len() as f64 / 1e6
    );
    Ok(())
}

/// The ID number of somebody who does not exist: 3298 is no city.
fn id_number(n: usize) -> String {
    let front = format!("3298{:02}1980{:02}{:02}{:03}", n / 1000 % 100, n / 100_000 % 12 + 1, 15, n % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = front.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{front}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize])
}

/// Sends a form, which the usual wire cannot.
async fn send(address: &str, token: &str, fields: &[(&str, &str)], file: &[u8]) -> Outcome<Value> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--bench\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--bench\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--bench--\r\n");
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /api/v1/imports HTTP/1.1\r\nhost: bench\r\nconnection: close\r\nauthorization: Bearer {token}\r\ncontent-type: multipart/form-data; boundary=bench\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, json) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    Ok(serde_json::from_str(json)?)
}
