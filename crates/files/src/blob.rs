//! Where the bytes lie: a local folder, or a bucket that speaks S3; sealed in both.

use crate::{
    kind::{self, Kind},
    link::Variant,
    movie, picture,
};
use kernel::{
    Cx,
    error::{Code, Error, Result},
    id::AttachmentId,
};
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, memory::InMemory, path::Path,
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// How long a bucket may take for one thing.
const PATIENCE: Duration = Duration::from_secs(20);

/// A bucket that speaks S3.
#[derive(Clone)]
pub struct S3 {
    /// Where it is asked: `https://s3.example.org`.
    pub endpoint: String,
    /// The name of the bucket.
    pub bucket: String,
    /// The region; many servers take any.
    pub region: String,
    /// The id of the access key.
    pub key_id: String,
    /// The access key.
    pub secret: String,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3({} {})", self.endpoint, self.bucket)
    }
}

/// Where files are kept.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory, until the process ends: for tests.
    Memory,
    /// In this folder; made if missing.
    Folder(PathBuf),
    /// In a bucket.
    S3(S3),
}

/// What is taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Pixels of one picture.
    pub pixels: u64,
    /// Files of one account within 24 hours.
    pub per_day: u32,
    /// Files that are worked on at once.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 10 << 20, pixels: 50_000_000, per_day: 200, at_once: 2 }
    }
}

/// The place of all files, one for the whole process.
pub struct Files {
    store: Arc<dyn ObjectStore>,
    work: Arc<Semaphore>,
    /// What is taken.
    pub limits: Limits,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Files({})", self.store)
    }
}

/// A file that is ready to be kept.
pub(crate) struct Made {
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) thumbnail: Option<Vec<u8>>,
    pub(crate) size: Option<(u32, u32)>,
}

impl Files {
    /// Opens the place.
    ///
    /// # Errors
    /// When the folder cannot be made or the bucket's settings make no sense.
    pub fn open(storage: &Storage, limits: Limits) -> std::io::Result<Self> {
        let store: Arc<dyn ObjectStore> = match storage {
            Storage::Memory => Arc::new(InMemory::new()),
            Storage::Folder(folder) => {
                make_private(folder)?;
                Arc::new(LocalFileSystem::new_with_prefix(folder).map_err(std::io::Error::other)?.with_fsync(true))
            }
            Storage::S3(s3) => {
                kernel::tls::install();
                let retry = RetryConfig { max_retries: 2, retry_timeout: PATIENCE, ..RetryConfig::default() };
                let bucket = AmazonS3Builder::new()
                    .with_endpoint(&s3.endpoint)
                    .with_allow_http(s3.endpoint.starts_with("http://"))
                    .with_bucket_name(&s3.bucket)
                    .with_region(&s3.region)
                    .with_access_key_id(&s3.key_id)
                    .with_secret_access_key(&s3.secret)
                    .with_client_options(ClientOptions::new().with_timeout(PATIENCE).with_allow_http(true))
                    .with_retry(retry);
                Arc::new(bucket.build().map_err(std::io::Error::other)?)
            }
        };
        Ok(Self { store, work: Arc::new(Semaphore::new(limits.at_once.max(1))), limits })
    }

    /// Finds out what a file is and makes it fit to be kept, off the request's thread and few at once.
    pub(crate) async fn prepare(&self, bytes: Vec<u8>) -> Result<Made> {
        let permit = Arc::clone(&self.work).acquire_owned().await.map_err(Error::internal)?;
        let pixels = self.limits.pixels;
        let work = move || {
            let _permit = permit;
            prepare(bytes, pixels)
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }

    pub(crate) async fn put(&self, cx: &Cx, id: AttachmentId, variant: Variant, bytes: Vec<u8>) -> Result<()> {
        let sealed = cx.vault().seal_bytes(&owner(id, variant), &bytes)?;
        self.store.put(&path(id, variant), sealed.into()).await.map_err(away)?;
        Ok(())
    }

    /// The bytes; absent if there are none.
    pub(crate) async fn get(&self, cx: &Cx, id: AttachmentId, variant: Variant) -> Result<Option<Vec<u8>>> {
        let sealed = match self.store.get(&path(id, variant)).await {
            Ok(found) => found.bytes().await.map_err(away)?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(e) => return Err(away(e)),
        };
        cx.vault().open_bytes(&owner(id, variant), &sealed).map(Some)
    }

    /// Seals the bytes anew if another key than the newest has sealed them; whether it has.
    pub(crate) async fn reseal(&self, cx: &Cx, id: AttachmentId, variant: Variant) -> Result<bool> {
        if !self.is_older(cx, id, variant).await? {
            return Ok(false);
        }
        let Some(bytes) = self.get(cx, id, variant).await? else { return Ok(false) };
        self.put(cx, id, variant, bytes).await?;
        Ok(true)
    }

    /// Whether there are bytes that another key than the newest has sealed.
    pub(crate) async fn is_older(&self, cx: &Cx, id: AttachmentId, variant: Variant) -> Result<bool> {
        match self.store.get_range(&path(id, variant), 0..4).await {
            Ok(head) => Ok(!cx.vault().is_newest(&head)),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(e) => Err(away(e)),
        }
    }

    pub(crate) async fn remove(&self, id: AttachmentId) -> Result<()> {
        for variant in [Variant::Thumbnail, Variant::Original] {
            match self.store.delete(&path(id, variant)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(e) => return Err(away(e)),
            }
        }
        Ok(())
    }
}

/// The most bytes of a part, for whoever cuts something long into parts.
pub const PART: usize = 1 << 20;

/// Files of other crates, in parts: what is long is neither sealed nor sent in one piece.
impl Files {
    /// Keeps a part of the file of this thing.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub async fn put_part(&self, cx: &Cx, id: Uuid, n: u32, bytes: &[u8]) -> Result<()> {
        let sealed = cx.vault().seal_bytes(&part_owner(id, n), bytes)?;
        self.store.put(&part_path(id, n), sealed.into()).await.map_err(away)?;
        Ok(())
    }

    /// A part; absent if there is none.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub async fn get_part(&self, cx: &Cx, id: Uuid, n: u32) -> Result<Option<Vec<u8>>> {
        let sealed = match self.store.get(&part_path(id, n)).await {
            Ok(found) => found.bytes().await.map_err(away)?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(e) => return Err(away(e)),
        };
        cx.vault().open_bytes(&part_owner(id, n), &sealed).map(Some)
    }

    /// Removes this many parts; those that are gone already are no fault.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub async fn remove_parts(&self, id: Uuid, parts: u32) -> Result<()> {
        for n in 0..parts {
            match self.store.delete(&part_path(id, n)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(e) => return Err(away(e)),
            }
        }
        Ok(())
    }
}

fn part_path(id: Uuid, n: u32) -> Path {
    let id = id.to_string();
    Path::from(format!("jobs/{}/{id}.{n}", &id[id.len() - 2..]))
}

fn part_owner(id: Uuid, n: u32) -> String {
    format!("job file {id} {n}")
}

/// Makes a folder that only its owner can read.
fn make_private(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn path(id: AttachmentId, variant: Variant) -> Path {
    // The last characters of a UUIDv7 are random: no folder gets all of them.
    let id = id.to_string();
    Path::from(format!("attachments/{}/{id}.{}", &id[id.len() - 2..], variant.as_str()))
}

fn owner(id: AttachmentId, variant: Variant) -> String {
    format!("attachment {id} {}", variant.as_str())
}

fn away(error: object_store::Error) -> Error {
    Error::new(Code::StorageUnavailable).because(error)
}

pub(crate) fn prepare(bytes: Vec<u8>, pixels: u64) -> Result<Made> {
    let kind = kind::of(&bytes)?;
    match kind {
        Kind::Jpeg | Kind::Png | Kind::Webp | Kind::Gif => picture::draw_anew(&bytes, kind, pixels),
        Kind::Mp4 | Kind::M4a => Ok(Made { kind, bytes: movie::forget_where(bytes)?, thumbnail: None, size: None }),
        Kind::Pdf => Ok(Made { kind, bytes, thumbnail: None, size: None }),
    }
}
