//! A database for each test, a world of named people, a client.
//!
//! A test tells what people do, over HTTP, on both databases:
//!
//! ```ignore
//! testkit::on_both! {
//!     async fn a_resident_reads_their_own_account(world: World) {
//!         let zhang = world.person("zhang");
//!         let me = zhang.get("/me").send().await.expect(200);
//!         assert_eq!(me["id"], zhang.account().to_string());
//!         world.nobody().get("/me").send().await.refused(401, "token_missing");
//!     }
//! }
//! ```
//!
//! [`World`] says who they are and where they live. Each test has a copy of that world to itself: a server with two
//! workers, a database, and a clock that stands still on a Monday at nine until the test moves it.

mod client;
mod database;
mod events;
mod postgres;
mod process;
pub mod wechat;
mod wire;
mod world;

pub use client::{Client, Reply, Request};
pub use database::{Backend, Database};
pub use reqwest::Method;
pub use wechat::WechatStub;
pub use wire::Wire;
pub use world::{FOREIGN, HOME, Inner, PASSWORD, Places, SEED, World};

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Duration,
};

/// A test that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(60);

/// Declares tests that run once on SQLite (`name::sqlite`) and once on PostgreSQL (`name::postgres`).
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: $World:ty) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($world: $World) $body

        mod $name {
            #[test]
            fn sqlite() {
                $crate::run($crate::Backend::Sqlite, super::$name);
            }

            #[test]
            fn postgres() {
                $crate::run($crate::Backend::Postgres, super::$name);
            }
        }
    )+};
}

/// Runs a test in a world of its own, and takes the world away again.
///
/// # Panics
/// When the test does, and when it takes longer than a minute.
pub fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(World) -> F) {
    block_on(async {
        if let Some(world) = World::start(backend).await {
            live(world, test).await;
        }
    });
}

/// The same with a server that behaves differently.
///
/// # Panics
/// When the test does, and when it takes longer than a minute.
pub fn run_with<F: Future<Output = ()>>(backend: Backend, settings: api::Settings, test: impl FnOnce(World) -> F) {
    block_on(async {
        if let Some(world) = World::start_with(backend, settings).await {
            live(world, test).await;
        }
    });
}

/// Runs a test in a world that is connected to a stand-in for WeChat of its own; `with` changes how.
///
/// # Panics
/// When the test does, and when it takes longer than a minute.
pub fn run_wechat<F: Future<Output = ()>>(
    backend: Backend,
    with: impl FnOnce(connect::wechat::Setup) -> connect::wechat::Setup,
    test: impl FnOnce(World, WechatStub) -> F,
) {
    block_on(async {
        let stub = WechatStub::start().await;
        let settings = api::Settings { wechat: Some(with(stub.setup())), ..api::Settings::default() };
        if let Some(world) = World::start_with(backend, settings).await {
            live(world, |world| test(world, stub)).await;
        }
    });
}

/// Runs a test in a world where there is nobody yet.
///
/// # Panics
/// When the test does, and when it takes longer than a minute.
pub fn run_bare<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(World) -> F) {
    block_on(async {
        if let Some(world) = World::bare(backend).await {
            live(world, test).await;
        }
    });
}

/// Runs a test on PostgreSQL with the wire to it in its hand.
///
/// # Panics
/// When the test does, and when it takes longer than a minute.
pub fn run_wired<F: Future<Output = ()>>(test: impl FnOnce(World, Wire) -> F) {
    block_on(async {
        if let Some((world, wire)) = World::start_wired().await {
            live(world, |world| test(world, wire)).await;
        }
    });
}

async fn live<F: Future<Output = ()>>(world: World, test: impl FnOnce(World) -> F) {
    let db = world.core().db.clone();
    let outcome = Caught(Box::pin(test(world.clone()))).await;
    let outcome = match outcome {
        Ok(()) => Caught(Box::pin(events::fit_the_catalogue(&db))).await,
        panic => panic,
    };
    drop(db);
    world.end().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// Runs a test that needs no world.
///
/// # Panics
/// When the test does, and when it takes longer than a minute.
pub fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(LONGEST, test).await.expect("a test ends within a minute") });
    runtime.shutdown_background();
}

/// Asks again and again until there is an answer: for what comes with a delay, such as the change feed on PostgreSQL,
/// which waits for every transaction of the whole cluster, other tests' included.
///
/// # Panics
/// When there is none within twenty seconds.
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not come about within twenty seconds")
}

/// A future whose panic is its result.
struct Caught<F>(std::pin::Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = std::thread::Result<F::Output>;

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    }
}
