//! Answers that are waited for: a handler has nothing to say yet, and parks.
//!
//! The gate then gives back the request's turn and its place among the requests in flight, stops the deadline, and waits for
//! the answer. A parked request holds a connection of its client and nothing else.

use crate::{Shared, prelude::Answer};
use actix_web::HttpResponse;
use futures_util::future::LocalBoxFuture;
use tokio::sync::watch;

/// The answer to come.
pub(crate) struct Parked(LocalBoxFuture<'static, Answer>);

impl Parked {
    /// What a handler answers with that waits.
    pub(crate) fn until(answer: impl Future<Output = Answer> + 'static) -> Answer {
        let mut response = HttpResponse::Ok().finish();
        response.extensions_mut().insert(Self(Box::pin(answer)));
        Ok(response)
    }

    /// The answer to come, if a handler parked.
    pub(crate) fn of(response: &mut HttpResponse) -> Option<LocalBoxFuture<'static, Answer>> {
        response.extensions_mut().remove::<Self>().map(|parked| parked.0)
    }
}

/// Comes back when the server stops: whoever waits or streams then comes to an end.
pub(crate) async fn stopping(shared: &Shared) {
    let mut stopping: watch::Receiver<bool> = shared.stopping.subscribe();
    // The sender lives as long as the server.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
