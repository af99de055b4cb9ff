//! Room for uploads: a file is held in memory while it is read and worked on, so only so many bytes of them are under way
//! at once; the others wait.

use kernel::{Error, Result};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What room is counted in.
const UNIT: usize = 16 * 1024;

/// The room of a server.
pub(crate) struct Uploads {
    free: Arc<Semaphore>,
    all: usize,
}

/// The room of one upload, until this is dropped with its request.
pub(crate) struct Room(#[expect(dead_code, reason = "held, not looked at")] OwnedSemaphorePermit);

impl Uploads {
    pub(crate) fn new(bytes: usize) -> Self {
        let all = (bytes / UNIT).max(1);
        Self { free: Arc::new(Semaphore::new(all)), all }
    }

    /// Waits until there is room for this many bytes.
    ///
    /// # Errors
    /// `internal_error` never, in practice; whoever waits has a deadline.
    pub(crate) async fn room_for(&self, bytes: usize) -> Result<Room> {
        let units = u32::try_from((bytes / UNIT + 1).min(self.all)).map_err(Error::internal)?;
        Arc::clone(&self.free).acquire_many_owned(units).await.map(Room).map_err(Error::internal)
    }
}
