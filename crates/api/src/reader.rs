//! Somebody who has read the event log and waits for more: a long poll or a stream.
//!
//! All of them wait for one look at the log that the process takes ([`kernel::event::Tail`]). A reader asks the database
//! itself only where memory does not reach, in a turn like any other request. Before anything is handed out it is made sure
//! that its client may still read it.

use crate::{call::Worker, gate, parked::stopping, prelude::*};
use actix_web::HttpRequest;
use kernel::{
    Actor, Cx, Pager,
    event::{self, Filter, Follower, Look, News, Pattern, Position},
};
use std::time::{Duration, Instant};

/// How long it is believed who somebody is and what they may read, as for any request.
const BELIEF: Duration = Duration::from_secs(5);

/// Which events somebody asks for; with their rights it becomes a filter.
pub(crate) struct Asked {
    types: Vec<Pattern>,
    region: Option<RegionCode>,
}

impl Asked {
    pub(crate) fn of(types: Option<&str>, region: Option<RegionCode>) -> kernel::Result<Self> {
        Ok(Self { types: Pattern::list(types.unwrap_or_default())?, region })
    }

    /// A cursor belongs to what was asked for, and is good for pages and for the stream.
    pub(crate) fn pager(&self, page: PageQuery) -> kernel::Result<Pager> {
        match self.region {
            None => Pager::new("events", &self.types, page),
            Some(region) => Pager::new("events", &(&self.types, region), page),
        }
    }

    pub(crate) fn filter(&self, actor: &Actor) -> kernel::Result<Filter> {
        Filter::of(actor, self.types.clone(), self.region)
    }
}

/// A reader at the end of the log.
pub(crate) struct Reader {
    worker: Worker,
    bearer: String,
    asked: Asked,
    pub(crate) pager: Pager,
    filter: Filter,
    /// When the filter was made of the rights that the client has.
    checked: Instant,
    pub(crate) at: Position,
}

impl Reader {
    pub(crate) fn new(worker: Worker, req: &HttpRequest, asked: Asked, pager: Pager, filter: Filter, at: Position) -> Self {
        let bearer = gate::bearer(req.headers()).unwrap_or_default();
        Self { worker, bearer, asked, pager, filter, checked: Instant::now(), at }
    }

    /// Makes sure that the client may still read what it reads.
    pub(crate) async fn check(&mut self) -> kernel::Result<()> {
        let actor = self.worker.identity.authenticate(&self.worker.core, &self.bearer).await?;
        self.filter = self.asked.filter(&actor)?;
        self.checked = Instant::now();
        Ok(())
    }

    /// What there is to read now, if there is anything.
    pub(crate) async fn read(&mut self) -> kernel::Result<Option<Look>> {
        let limit = usize::try_from(self.pager.limit()).unwrap_or(usize::MAX);
        loop {
            let look = match self.worker.tail.news(&self.filter, self.at, limit) {
                News::None(head) => {
                    self.at = head;
                    return Ok(None);
                }
                News::Some(look) => look,
                News::Behind => {
                    let _turn = self.worker.turns.take().await?;
                    let cx = Cx::system(self.worker.core.clone());
                    event::look(&cx, &self.filter, self.at, self.pager.limit(), self.worker.tail.head()).await?
                }
            };
            if !look.events.is_empty() && self.checked.elapsed() > BELIEF {
                self.check().await?;
                continue;
            }
            self.at = look.end;
            return Ok((!look.events.is_empty() || look.more).then_some(look));
        }
    }

    /// Comes back when the server stops.
    pub(crate) async fn stopping(&self) {
        stopping(&self.worker.shared).await;
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        self.worker.settings.heartbeat
    }

    /// Waits for a page; an empty one when nothing comes.
    pub(crate) async fn wait(mut self, mut follower: Follower, patience: Duration) -> Answer {
        let until = tokio::time::Instant::now() + patience;
        loop {
            if let Some(look) = self.read().await? {
                return ok(look.page(&self.pager)?);
            }
            tokio::select! {
                () = follower.moved() => {}
                () = tokio::time::sleep_until(until) => break,
                () = self.stopping() => break,
            }
        }
        ok(Look { events: Vec::new(), end: self.at, more: false }.page(&self.pager)?)
    }
}
