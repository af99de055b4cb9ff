//! What a handler is given: a signed-in call, or, for the few public operations, the bare worker.

use crate::{Shared, problem::Problem, proxy};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use connect::{webhook::Outlet, wechat::Wechat};
use files::Files;
use identity::Identity;
use kernel::{
    Actor, Core, Cx,
    cx::IdempotencyKey,
    error::{Code, Error},
};
use std::{
    future::{Ready, ready},
    ops::Deref,
    sync::Arc,
};

/// What one actix worker holds: its own connections, and what all workers share.
#[derive(Clone)]
pub struct Worker {
    /// Database, clock and vault. On PostgreSQL each worker has a pool of its own.
    pub core: Core,
    pub(crate) shared: Arc<Shared>,
}

impl Worker {
    /// The worker that a request runs on.
    pub(crate) fn of(req: &HttpRequest) -> &Self {
        req.app_data::<Data<Self>>().expect("every App is built with its Worker")
    }
}

impl Deref for Worker {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// A call by somebody who has signed in.
pub struct Call {
    /// The request as the domain sees it.
    pub cx: Cx,
    /// Sessions and keys.
    pub identity: Arc<Identity>,
    /// Where files are.
    pub files: Arc<Files>,
    /// Where webhooks may be sent.
    pub outlet: Arc<Outlet>,
    /// WeChat, where it is connected.
    pub wechat: Option<Arc<Wechat>>,
}

impl Call {
    /// WeChat.
    ///
    /// # Errors
    /// `wechat_not_configured`.
    pub fn wechat(&self) -> kernel::Result<&Wechat> {
        connected(&self.wechat)
    }
}

fn connected(wechat: &Option<Arc<Wechat>>) -> kernel::Result<&Wechat> {
    wechat.as_deref().ok_or_else(|| Error::new(Code::WechatNotConfigured))
}

impl FromRequest for Call {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let worker = Worker::of(req);
        let extensions = req.extensions();
        let actor = extensions.get::<Arc<Actor>>().cloned().ok_or_else(|| Error::new(Code::TokenMissing).into());
        ready(actor.map(|actor| Self {
            cx: Cx::new(worker.core.clone(), actor).with_key(extensions.get::<IdempotencyKey>().cloned()),
            identity: Arc::clone(&worker.identity),
            files: Arc::clone(&worker.files),
            outlet: Arc::clone(&worker.outlet),
            wechat: worker.wechat.clone(),
        }))
    }
}

/// A call by anybody.
pub struct Public {
    /// Database, clock and vault.
    pub core: Core,
    /// Sessions and keys.
    pub identity: Arc<Identity>,
    /// Where files are.
    pub files: Arc<Files>,
    /// Where the call came from, for counting: the peer, or whom a trusted proxy names; absent off the network.
    pub network: Option<String>,
    /// WeChat, where it is connected.
    pub wechat: Option<Arc<Wechat>>,
}

impl Public {
    /// WeChat.
    ///
    /// # Errors
    /// `wechat_not_configured`.
    pub fn wechat(&self) -> kernel::Result<&Wechat> {
        connected(&self.wechat)
    }
}

impl FromRequest for Public {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let worker = Worker::of(req);
        ready(Ok(Self {
            core: worker.core.clone(),
            identity: Arc::clone(&worker.identity),
            files: Arc::clone(&worker.files),
            wechat: worker.wechat.clone(),
            network: req
                .peer_addr()
                .map(|peer| proxy::network(proxy::client_ip(peer.ip(), req.headers(), &worker.settings.trusted_proxies)).to_string()),
        }))
    }
}
