//! Batches (批量): many changes of one kind in one request, for integrators and for lists with boxes to tick.
//!
//! Each item is a change by itself, with a transaction, an answer and a refusal of its own: what is wrong with one does
//! not hold up the others. Each waits for its own turn, as if its client had sent them one after another. With an
//! Idempotency-Key each has a key made of it, so that a batch that was cut off can be sent again: what is done is
//! answered as before, what is not done is done.

use crate::{
    body,
    call::Worker,
    contract::Operation,
    prelude::{Answer, Problem},
    problem::{self, ProblemBody},
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{HeaderName, HeaderValue},
};
use futures_util::future::LocalBoxFuture;
use kernel::{
    Actor, Code, Cx, Error, Result,
    cx::IdempotencyKey,
    error::{Kind, Language},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use std::{marker::PhantomData, sync::Arc};
use validator::Validate;

/// The most items of a batch.
pub(crate) const MOST: usize = 500;

/// For whom the refusals of items are written.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) request_id: String,
    pub(crate) language: Language,
}

#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[validate(length(min = 1, max = 500))]
    items: Vec<Box<RawValue>>,
}

/// A batch of commands, each still to be read.
pub(crate) struct Batch<T> {
    worker: Worker,
    operation: &'static Operation,
    actor: Arc<Actor>,
    key: Option<IdempotencyKey>,
    reader: Reader,
    items: Vec<Box<RawValue>>,
    command: PhantomData<T>,
}

impl<T: 'static> FromRequest for Batch<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = req.content_type() == "application/json";
        let worker = Worker::of(req).clone();
        let extensions = req.extensions();
        let (operation, actor, reader) = (extensions.get().copied(), extensions.get().cloned(), extensions.get().cloned());
        let (key, payload) = (extensions.get().cloned(), payload.take());
        Box::pin(async move {
            if !json {
                return Err(Error::new(Code::MediaTypeUnsupported).into());
            }
            let (Some(operation), Some(actor), Some(reader)) = (operation, actor, reader) else {
                return Err(Error::internal("the gate knows that it is a batch").into());
            };
            let bytes = body::collect(payload, worker.settings.batch_limit(), body::PATIENCE).await?;
            let Envelope { items } = body::envelope(&bytes)?;
            Ok(Self { worker, operation, actor, key, reader, items, command: PhantomData })
        })
    }
}

/// What became of an item: the answer or the refusal that it would have had by itself.
#[derive(Serialize)]
struct Outcome {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

impl<T: DeserializeOwned + Validate> Batch<T> {
    /// Carries out each item; `status` is what one that succeeds answers by itself.
    pub(crate) async fn each<V: Serialize>(self, status: u16, verb: impl AsyncFn(&Cx, T) -> Result<V>) -> Answer {
        let (mut items, mut failed, mut replayed) = (Vec::with_capacity(self.items.len()), 0, 0);
        for (n, item) in self.items.iter().enumerate() {
            let cx = Cx::new(self.worker.core.clone(), Arc::clone(&self.actor)).with_key(self.key_of(n, item)?);
            items.push(match self.one(&cx, item, &verb).await {
                Ok(view) => Outcome { status, body: Some(to_raw_value(&view).map_err(Error::internal)?), problem: None },
                Err(error) => match self.told_before(&cx, error).await {
                    Ok(before) => {
                        replayed += 1;
                        before
                    }
                    Err(error) => {
                        failed += 1;
                        let problem = problem::told(&error, &self.reader.request_id, self.reader.language);
                        Outcome { status: problem.status, body: None, problem: Some(problem) }
                    }
                },
            });
        }
        let mut response = HttpResponse::Ok().json(json!({ "failed": failed, "items": items }));
        if replayed == items.len() {
            response.headers_mut().insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
        }
        Ok(response)
    }

    async fn one<V>(&self, cx: &Cx, item: &RawValue, verb: &impl AsyncFn(&Cx, T) -> Result<V>) -> Result<V> {
        let _turn = self.worker.turns.take().await?;
        let command = body::parse(item.get().as_bytes())?;
        if item.get().contains('[') {
            let value: Value = serde_json::from_str(item.get()).map_err(Error::internal)?;
            if let Some(pointer) = self.worker.contract.stray_array(self.operation, &json!({ "items": [value] })) {
                return Err(body::no_object(pointer.replacen("/items/0", "", 1)));
            }
        }
        verb(cx, command).await
    }

    /// A refused item may be the repetition of one that succeeded.
    async fn told_before(&self, cx: &Cx, error: Error) -> Result<Outcome> {
        if error.code.kind() == Kind::Unavailable {
            return Err(error);
        }
        match cx.replay().await? {
            Some(stored) => Ok(Outcome {
                status: stored.status,
                body: Some(RawValue::from_string(stored.body).map_err(Error::internal)?),
                problem: None,
            }),
            None => Err(error),
        }
    }

    /// The key of an item. A client's key holds no space, so no other request has it.
    fn key_of(&self, n: usize, item: &RawValue) -> Result<Option<IdempotencyKey>> {
        let Some(key) = &self.key else { return Ok(None) };
        let request = [self.operation.path.as_bytes(), item.get().as_bytes()].join(&0);
        let fingerprint = self.worker.core.vault.keyed_digest(&request)?;
        Ok(Some(IdempotencyKey { key: format!("{} {n}", key.key), fingerprint }))
    }
}
