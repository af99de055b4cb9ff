//! Jumps of the clock (libfaketime): an hour ahead, an hour back, ten years ahead, and back again. Nobody panics, what has
//! expired has expired, and an order's history goes by its versions, not by the clock.

use crate::{
    Options, Outcome, Stage,
    api::count,
    load::{Load, lamp},
    report::Row,
    world::{Kind, Shape, Step, World},
};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const CLIENTS: usize = 4;
/// Work between two jumps.
const BUSY: Duration = Duration::from_secs(3);
const HOUR: i64 = 3600;
const TEN_YEARS: i64 = 3652 * 24 * HOUR;

/// The wall clock of the servers, as an offset in a file that libfaketime reads. The monotonic clock stays true.
struct Clock(PathBuf);

impl Clock {
    fn jump(&self, seconds: i64) -> Outcome {
        // In one piece, because it is read all the time.
        let new = self.0.with_extension("new");
        fs::write(&new, format!("{seconds:+}\n"))?;
        Ok(fs::rename(new, &self.0)?)
    }
}

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    let mut row = Row::new("clock", kind.name());
    let Some(library) = library() else {
        row.fault("libfaketime is not installed".to_owned());
        return Ok(row);
    };
    let postgres = stage.postgres(kind)?;
    let world = Arc::new(World::make(&stage.binary, &stage.folder, postgres.as_ref(), Shape::plain("clock")).await?);
    let clock = Clock(world.setup.folder.join("clock"));
    clock.jump(0)?;
    let (preload, file) = (library.display().to_string(), clock.0.display().to_string());
    let fake = [
        ("LD_PRELOAD", preload.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", &file),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let server = world.setup.launch(world.ports[0], &fake)?;
    server.ready().await?;
    let home = &world.people.communities[0];
    // Within the life of a key an answer is given again, whatever the clock does; a token lives fifteen minutes.
    let placed = Step::new("place", &home.worker, "", &lamp(home), "clock-1".to_owned());
    let first = world.act(&placed).await?;
    let mut seen = Vec::new();
    for (n, offset) in [0, HOUR, 0, -HOUR, 0].into_iter().enumerate() {
        clock.jump(offset)?;
        if offset == HOUR {
            expired(&world, &mut row, "a token of an hour ago").await?;
        }
        let load = Load::start(&world, CLIENTS, options.seed + n as u64);
        tokio::time::sleep(BUSY).await;
        load.finish().await?;
        let again = world.act(&placed).await?;
        row.require(&format!("the same answer to the same key at {offset:+} s"), again.body == first.body, again.body == first.body);
        seen.append(&mut world.api.tries());
    }
    row.tell("answers", count(&seen).iter().map(|(what, n)| format!("{n} × {what}")).collect::<Vec<_>>().join(", "));
    stage.conclude(&mut row, &world, &seen).await?;

    // In ten years the key is long free, and what is done then and now makes one history.
    clock.jump(TEN_YEARS)?;
    expired(&world, &mut row, "a token of ten years ago").await?;
    let other = world.api.settle(placed.ask()).await?.json()["id"].clone();
    let free = other.is_string() && other != first.json()["id"];
    row.require("a key is free after ten years", free, free);
    let order = other.as_str().unwrap_or_default().to_owned();
    let step = async |action: &'static str, body| {
        let step = Step::new(action, &home.worker, &order, &body, format!("clock-{action}"));
        world.api.settle(step.ask()).await.map(|answer| answer.status)
    };
    let mut statuses = vec![step("triage", json!({})).await?];
    clock.jump(0)?;
    world.api.sign_in(&home.worker).await?;
    statuses.push(step("dispatch", json!({"mode": "self_handled"})).await?);
    clock.jump(HOUR)?;
    world.api.sign_in(&home.worker).await?;
    statuses.push(step("start", json!({})).await?);
    row.require("steps then, now, and in between", statuses.clone(), statuses.iter().all(|s| *s == 200));
    let (_, events) = world.api.read(&home.worker, &format!("/api/v1/orders/{order}/events")).await?;
    let versions: Vec<i64> = events["items"].as_array().into_iter().flatten().filter_map(|e| e["subject_version"].as_i64()).collect();
    row.require("versions of that history", versions.clone(), versions == [1, 2, 3, 4, 5]);
    let (status, _) = world.api.read(&home.worker, &format!("/api/v1/orders?limit=100&region_code={}", home.code)).await?;
    row.require("a list of then and now", status, status == 200);
    let panics = world.setup.logs()?.matches("panicked").count();
    row.require("panics in the end", panics, panics == 0);
    Ok(row)
}

/// A token that everybody had a moment ago is refused now, and a new one is to be had.
async fn expired(world: &World, row: &mut Row, what: &str) -> Outcome {
    let worker = &world.people.communities[0].worker;
    let status = world.api.get(worker, "/api/v1/me").await.map(|answer| answer.status);
    row.require(what, status, status == Some(401));
    world.api.sign_in(worker).await?;
    let status = world.api.get(worker, "/api/v1/me").await.map(|answer| answer.status);
    row.require(&format!("a new one instead of {what}"), status, status == Some(200));
    Ok(())
}

fn library() -> Option<PathBuf> {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/local/lib"];
    folders.iter().map(|f| Path::new(f).join("faketime/libfaketime.so.1")).find(|path| path.is_file())
}
