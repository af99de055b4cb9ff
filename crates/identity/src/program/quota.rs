//! How often an application may ask: so many requests in each minute that begins with its first one.
//!
//! Counted in memory, by each process for itself: of three servers behind a balancer an application gets up to three times
//! its quota. A count that all share would cost a round trip for every request.

use chrono::Duration;
use kernel::{
    Time,
    access::Program,
    error::{Code, Error},
    id::ApplicationId,
};
use moka::sync::Cache;
use std::sync::{Arc, Mutex, PoisonError};

const WINDOW: Duration = Duration::minutes(1);

/// What is left to an application (配额).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// Requests in a window.
    pub limit: u32,
    /// Seconds of a window.
    pub window: i64,
    /// Requests that are left in this one.
    pub remaining: u32,
    /// Seconds until the next one begins.
    pub reset: i64,
    /// Whether this request was one too many.
    pub exceeded: bool,
}

impl Allowance {
    /// The refusal of a request too many.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        self.exceeded.then(|| Error::new(Code::QuotaExceeded).with("limit", self.limit).with("seconds", self.reset))
    }
}

/// Counts requests by application.
pub(crate) struct Quotas {
    unless_told: u32,
    windows: Cache<ApplicationId, Arc<Mutex<(Time, u32)>>>,
}

impl Quotas {
    pub(crate) fn new(unless_told: u32) -> Self {
        Self { unless_told, windows: Cache::builder().max_capacity(50_000).time_to_idle(std::time::Duration::from_secs(180)).build() }
    }

    /// Counts a request, and says what is left.
    pub(crate) fn count(&self, program: &Program, now: Time) -> Allowance {
        let limit = program.requests_per_minute.unwrap_or(self.unless_told);
        let window = self.windows.get_with(program.id, || Arc::new(Mutex::new((now, 0))));
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if now - window.0 >= WINDOW || now < window.0 {
            *window = (now, 0);
        }
        let exceeded = window.1 >= limit;
        window.1 += u32::from(!exceeded);
        let left = WINDOW - (now - window.0);
        let reset = (left.num_milliseconds() + 999) / 1000;
        Allowance { limit, window: WINDOW.num_seconds(), remaining: limit.saturating_sub(window.1), reset, exceeded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{RegionCode, access::Permissions, id::CredentialId};
    use uuid::Uuid;

    #[test]
    fn a_minute_has_so_many_requests_and_the_next_one_as_many_again() {
        let quotas = Quotas::new(600);
        let program = |id: u128, own| Program {
            id: ApplicationId(Uuid::from_u128(id)),
            credential: CredentialId(Uuid::nil()),
            region: RegionCode::COUNTRY,
            scopes: Permissions::default(),
            personal: Vec::new(),
            requests_per_minute: own,
        };
        let now = chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let after = |seconds| now + Duration::seconds(seconds);
        let mine = program(1, Some(2));
        let told = |a: Allowance| (a.remaining, a.reset, a.exceeded);
        assert_eq!(told(quotas.count(&mine, after(0))), (1, 60, false));
        assert_eq!(told(quotas.count(&mine, after(10))), (0, 50, false));
        assert_eq!(told(quotas.count(&mine, after(59))), (0, 1, true));
        assert_eq!(quotas.count(&program(2, None), after(59)).remaining, 599);
        assert_eq!(told(quotas.count(&mine, after(60))), (1, 60, false));
        let refusal = Allowance { limit: 2, window: 60, remaining: 0, reset: 7, exceeded: true }.refusal().unwrap();
        assert_eq!(refusal.code, Code::QuotaExceeded);
    }
}
