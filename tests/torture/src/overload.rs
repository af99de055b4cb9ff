//! Five times as many requests as the server can carry out, whether it answers or not: it refuses what is too much at once,
//! what it takes it answers in time, and afterwards everything is as before.

use crate::{
    Options, Outcome, Stage,
    api::percentile,
    machine,
    report::Row,
    world::{Kind, Shape, World},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

const FACTOR: f64 = 5.0;
/// Connections that ask again as soon as they are answered, to find out what the server can carry out.
const CLOSED: usize = 32;
/// So many requests wait for an answer at most; we could not send more either.
const OPEN: usize = 3000;
/// Whoever waits longer for an answer has none.
const PATIENCE: Duration = Duration::from_secs(10);
const ACCEPTED_MS: f64 = 1000.0;
const MEMORY_MB: f64 = 256.0;

/// What became of a request.
#[derive(Clone, Copy)]
struct Fate {
    /// 0: no answer.
    status: u16,
    retry_after: bool,
    took: Duration,
}

impl Fate {
    const fn done(&self) -> bool {
        self.status == 200 || self.status == 201
    }
}

/// Whom to ask, and what: half of the requests place an order, half read a list.
struct Target {
    port: u16,
    resident: String,
    worker: String,
    home: &'static str,
    idle: Mutex<Vec<TcpStream>>,
}

pub(crate) async fn run(stage: &Stage, options: &Options, kind: Kind) -> Outcome<Row> {
    let length = Duration::from_secs(if options.short { 8 } else { 60 });
    let calm = Duration::from_secs(5);
    let mut row = Row::new("overload", kind.name());
    rlimit::increase_nofile_limit(8192)?;
    let postgres = stage.postgres(kind)?;
    let world = World::make(&stage.binary, &stage.folder, postgres.as_ref(), Shape::plain("overload")).await?;
    let server = world.serve(0).await?;
    let home = &world.people.communities[0];
    let target = Arc::new(Target {
        port: world.ports[0],
        resident: home.residents[0].token(),
        worker: home.worker.token(),
        home: home.code,
        idle: Mutex::default(),
    });
    let capacity = capacity(&target, calm).await;
    let (before, _) = open_loop(&target, 1, capacity / 2.0, calm).await;
    let (during, unsent) = open_loop(&target, 2, capacity * FACTOR, length).await;
    let memory = machine::memory(server.pid);
    // Five seconds to recover, and what holds then.
    open_loop(&target, 3, capacity / 2.0, Duration::from_secs(4)).await;
    let (after, _) = open_loop(&target, 4, capacity / 2.0, calm).await;
    row.tell("capacity a second", capacity.round());
    row.tell("asked a second", ((during.len() + unsent) as f64 / length.as_secs_f64()).round());
    row.tell("not even sent", unsent);
    row.tell("answers", told(&during));
    let accepted: Vec<Fate> = during.iter().filter(|f| f.done()).copied().collect();
    row.at_least("done of what it can do, share", accepted.len() as f64 / length.as_secs_f64() / capacity, 0.5);
    row.at_most("accepted p99 ms", millis(&accepted, 0.99), ACCEPTED_MS);
    let refused = during.iter().filter(|f| matches!(f.status, 429 | 503) && f.retry_after).count();
    row.at_least("refused with Retry-After", refused as f64, 1.0);
    let other = during.len() - accepted.len() - refused;
    row.require("neither done nor so refused", other, other == 0);
    row.at_most("memory MB", memory, MEMORY_MB);
    row.tell("p50 ms before", millis(&before, 0.5));
    row.at_most("p50 ms after", millis(&after, 0.5), (2.0 * millis(&before, 0.5)).max(20.0));
    let failed = after.iter().filter(|f| !f.done()).count();
    row.require("failed after", failed, failed == 0);
    let panics = world.setup.logs()?.matches("panicked").count();
    row.require("panics", panics, panics == 0);
    Ok(row)
}

/// How many requests a second are carried out when nobody asks before the last answer.
async fn capacity(target: &Arc<Target>, length: Duration) -> f64 {
    let (began, mut clients) = (Instant::now(), JoinSet::new());
    for client in 0..CLOSED {
        let target = Arc::clone(target);
        clients.spawn(async move {
            let mut done = 0;
            while began.elapsed() < length {
                done += usize::from(ask(&target, &format!("c{client}-{done}"), done % 2 == 0).await.done());
            }
            done
        });
    }
    clients.join_all().await.into_iter().sum::<usize>() as f64 / length.as_secs_f64()
}

/// Sends so many requests a second, come what may; gives their fates, and how many could not be sent.
async fn open_loop(target: &Arc<Target>, leg: usize, rate: f64, length: Duration) -> (Vec<Fate>, usize) {
    let (began, mut asked, mut unsent) = (Instant::now(), 0, 0);
    let (mut waiting, mut fates) = (JoinSet::new(), Vec::new());
    while began.elapsed() < length {
        while (asked as f64) < began.elapsed().as_secs_f64() * rate {
            asked += 1;
            if waiting.len() >= OPEN {
                unsent += 1;
                continue;
            }
            let target = Arc::clone(target);
            waiting.spawn(async move { ask(&target, &format!("o{leg}-{asked}"), asked % 2 == 0).await });
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        while let Some(Ok(fate)) = waiting.try_join_next() {
            fates.push(fate);
        }
    }
    fates.extend(waiting.join_all().await);
    (fates, unsent)
}

/// Asks once, over a connection that is free or a new one.
async fn ask(target: &Target, key: &str, place: bool) -> Fate {
    let began = Instant::now();
    let request = if place {
        let body = format!(
            r#"{{"title":"楼道灯不亮","content":"3单元2楼。","region_code":"{}","item_code":"B-1-1","channel":"mini_program"}}"#,
            target.home
        );
        format!(
            "POST /api/v1/orders HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nidempotency-key: {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            target.resident,
            body.len()
        )
    } else {
        format!(
            "GET /api/v1/orders?limit=20&region_code={} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n",
            target.home, target.worker
        )
    };
    let answer = timeout(PATIENCE, exchange(target, request.as_bytes())).await.ok().and_then(Result::ok);
    let (status, retry_after) = answer.unwrap_or_default();
    Fate { status, retry_after, took: began.elapsed() }
}

async fn exchange(target: &Target, request: &[u8]) -> Outcome<(u16, bool)> {
    let free = target.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    // The server may have closed one that was idle for seconds.
    if let Some(mut socket) = free
        && let Ok(answer) = once(&mut socket, request).await
    {
        target.idle.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
        return Ok(answer);
    }
    let mut socket = TcpStream::connect(("127.0.0.1", target.port)).await?;
    socket.set_nodelay(true)?;
    let answer = once(&mut socket, request).await?;
    target.idle.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
    Ok(answer)
}

async fn once(socket: &mut TcpStream, request: &[u8]) -> Outcome<(u16, bool)> {
    socket.write_all(request).await?;
    let mut inbox = Vec::with_capacity(4096);
    let head = loop {
        if let Some(end) = inbox.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        if socket.read_buf(&mut inbox).await? == 0 {
            return Err("the server hung up".into());
        }
    };
    let text = std::str::from_utf8(&inbox[..head])?.to_ascii_lowercase();
    let status = text.split(' ').nth(1).unwrap_or_default().parse()?;
    let length: usize = text.lines().find_map(|l| l.strip_prefix("content-length: ")).ok_or("no length")?.parse()?;
    while inbox.len() < head + length {
        if socket.read_buf(&mut inbox).await? == 0 {
            return Err("the server hung up".into());
        }
    }
    Ok((status, text.contains("\r\nretry-after: ")))
}

fn told(fates: &[Fate]) -> String {
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for fate in fates {
        *counts.entry(fate.status).or_default() += 1;
    }
    counts.iter().map(|(status, n)| format!("{n} × {status}")).collect::<Vec<_>>().join(", ")
}

fn millis(fates: &[Fate], share: f64) -> f64 {
    (percentile(fates.iter().map(|f| f.took), share) * 10.0).round() / 10.0
}
