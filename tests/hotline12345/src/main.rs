//! Plays a 12345 hotline for a server of one's own: enters nothing, pushes a work order again and again, and shows what it is told.
//!
//! ```sh
//! cargo run -p hotline12345 -- --url http://127.0.0.1:8080 --key lk_live_… --system 12345.demo --region 321182001017 --faults 3
//! ```
//!
//! docs/hotline.md says how it is entered.

use clap::Parser;
use hotline12345::{Fault, Hotline, Linli};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Plays a 12345 hotline.
#[derive(Parser)]
struct Options {
    /// Where Linli is
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The API key of the hotline's application
    #[arg(long, env = "HOTLINE_KEY", hide_env_values = true)]
    key: String,
    /// The word by which the hotline was entered
    #[arg(long, default_value = "12345.demo")]
    system: String,
    /// The community whose matters it pushes
    #[arg(long)]
    region: String,
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:9345")]
    listen: String,
    /// How many of the first requests it fails
    #[arg(long, default_value_t = 0)]
    faults: usize,
    /// How many work orders it pushes
    #[arg(long, default_value_t = 3)]
    orders: u32,
    /// Seconds between two looks at what it was told
    #[arg(long, default_value_t = 5)]
    every: u64,
    /// Prints how it is entered, and ends
    #[arg(long)]
    show: bool,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let hotline = Hotline::open(&options.listen).await?;
    if options.show {
        let body = json!({
            "system": options.system, "name": "12345", "region_code": options.region, "inbound": Hotline::signing(), "outbound": hotline.outbound(),
        });
        println!("{body:#}");
        return Ok(());
    }
    hotline.fail((0..options.faults).map(|n| match n % 3 {
        0 => Fault::Status(500),
        1 => Fault::TakesAndAnswers(502),
        _ => Fault::Hang(Duration::from_secs(20)),
    }));
    let linli = Linli { url: options.url.clone(), key: options.key.clone() };
    let day = now() / 86_400;
    for n in 1..=options.orders {
        let body = json!({
            "external_system": options.system, "external_number": format!("SIM{day}{n:04}"), "external_version": 1, "source_channel": "phone",
            "kind": "help", "category_code": "B2-3", "title": "路灯不亮", "content": "小区东门路灯坏了一周,晚上出行不便。",
            "place": { "region_code": options.region, "address": "小区东门" },
            "claimant": { "name": "张三", "phone": "13812341234", "confidential": n % 2 == 0, "callback_wanted": true },
        });
        let reply = hotline.send(&linli, "/hotline_orders", &body, now()).await;
        println!("{} {}", reply.status, reply.body);
    }
    loop {
        tokio::time::sleep(Duration::from_secs(options.every)).await;
        let ledger = hotline.ledger();
        println!("{} requests, {} repeated, {} wrong", ledger.requests, ledger.repeated, ledger.wrong.len());
        for number in ledger.tasks.keys() {
            println!("  {number}: {}", ledger.steps(number).join(" → "));
        }
    }
}
