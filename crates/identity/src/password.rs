//! Passwords: argon2id, 19 MiB and two passes (OWASP), off the request's thread.
//!
//! Only a few are worked on at once, by threads that do nothing else: each password takes 19 MiB and some tens of
//! milliseconds, and a flood of sign-ins must wait rather than eat the machine. A thread of the runtime's own pool would
//! keep those 19 MiB in its allocator's arena for good, and there may be hundreds of those.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use kernel::error::{Error, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock, Mutex, PoisonError, mpsc},
};
use tokio::sync::oneshot;

/// How many passwords are worked on at once.
const AT_ONCE: usize = 2;

type Job = Box<dyn FnOnce() + Send>;

/// Where the jobs of those threads are handed in.
static JOBS: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::channel::<Job>();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..AT_ONCE {
        let receiver = Arc::clone(&receiver);
        std::thread::spawn(move || {
            let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            while let Ok(job) = next() {
                // A job that panics drops its end of the channel, and whoever waits for it hears that.
                drop(catch_unwind(AssertUnwindSafe(job)));
            }
        });
    }
    sender
});

/// A hash that no password fits, made with the same parameters: an unknown name costs the same work
/// as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGlubGkgbm9ib2R5ICEhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19_456, 2, 1, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let job = move || {
        // Nobody waits any more for a request that has passed its deadline.
        if !answer.is_closed() {
            drop(answer.send(work()));
        }
    };
    JOBS.send(Box::new(job)).map_err(|e| Error::internal(e.to_string()))?;
    answered.await.map_err(Error::internal)?
}

/// The hash of a password, as a PHC string with its salt and parameters.
///
/// # Errors
/// `internal_error` if it cannot be made.
pub(crate) async fn hash(password: String) -> Result<String> {
    off_thread(move || {
        let hash: PasswordHash = argon2()?.hash_password(password.as_bytes()).map_err(|e| Error::internal(e.to_string()))?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether the password fits the hash; without a hash the same work is done, and the answer is no.
///
/// # Errors
/// `internal_error` for a stored hash that is none.
pub(crate) async fn fits(password: String, hash: Option<String>) -> Result<bool> {
    off_thread(move || {
        let known = hash.is_some();
        let text = hash.as_deref().unwrap_or(NOBODY);
        let hash = PasswordHash::new(text).map_err(|e| Error::internal(e.to_string()))?;
        match argon2()?.verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(known),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(e) => Err(Error::internal(e.to_string())),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let made = hash("correct horse".to_owned()).await.unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
        assert!(fits("correct horse".to_owned(), Some(made.clone())).await.unwrap());
        assert!(!fits("correct horsf".to_owned(), Some(made)).await.unwrap());
        assert!(!fits("correct horse".to_owned(), None).await.unwrap());
        assert!(fits("x".to_owned(), Some("plain".to_owned())).await.is_err());
    }
}
