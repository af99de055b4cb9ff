//! What may follow what: the states of an endpoint, and when a message is tried again. Pure.

use super::{EndpointState, StopReason};
use chrono::{Duration, TimeDelta};
use kernel::{Code, Error, Result};
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What can be done with an endpoint (操作), or happen to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookEndpointAction)]
pub enum Action {
    /// 测试
    Test,
    /// 重放
    Replay,
    /// 暂停
    Pause,
    /// 恢复
    Resume,
    /// 删除
    Remove,
}

/// The table: where an action leads; nowhere, when it is not possible there.
#[must_use]
pub const fn next(from: EndpointState, action: Action) -> Option<EndpointState> {
    use EndpointState as S;
    match (from, action) {
        (S::Active, Action::Test | Action::Replay) => Some(S::Active),
        (S::Active, Action::Pause) => Some(S::Paused),
        (S::Paused | S::Disabled, Action::Resume) => Some(S::Active),
        (S::Active | S::Paused | S::Disabled, Action::Remove) => Some(S::Removed),
        _ => None,
    }
}

/// Where an endpoint comes to that stops for this reason.
#[must_use]
pub const fn stopped(reason: StopReason) -> EndpointState {
    match reason {
        StopReason::ByHand | StopReason::Failing | StopReason::PermissionLost => EndpointState::Paused,
        StopReason::Gone => EndpointState::Disabled,
    }
}

impl Action {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Replay => "replay",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Remove => "remove",
        }
    }

    /// All actions.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

/// Where the action leads.
///
/// # Errors
/// `webhook_state_conflict`, naming the state and the action.
pub fn decide(from: EndpointState, action: Action) -> Result<EndpointState> {
    next(from, action).ok_or_else(|| Error::new(Code::WebhookStateConflict).with("state", from).with("action", action.as_str()))
}

/// How long each attempt waits after the one before, in seconds: ten within about 76 hours.
pub const SCHEDULE: [i64; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// The longest that a receiver may ask us to wait.
const PATIENCE: TimeDelta = Duration::hours(24);
/// When a message has been tried in vain to the end and nothing has got through for so long, its endpoint is paused. Somewhat less
/// than the schedule with its jitter takes, so that the first message that fails for good decides.
pub const FAILING: TimeDelta = Duration::hours(60);

/// How long to wait after so many attempts, `jitter` between 0 and 1; nothing, when they were the last. A tenth more or less, so
/// that what failed together does not come back together.
#[must_use]
pub fn wait(attempts: i16, jitter: f64, asked: Option<Duration>) -> Option<Duration> {
    let seconds = *SCHEDULE.get(usize::try_from(attempts).ok()?)?;
    let planned = Duration::seconds(seconds);
    // At most a day, so nothing is lost by a float.
    #[expect(clippy::cast_possible_truncation, reason = "a tenth of a day in milliseconds")]
    let shift = Duration::milliseconds((planned.num_milliseconds() as f64 * (jitter.clamp(0.0, 1.0) - 0.5) * 0.2) as i64);
    Some((planned + shift).max(asked.unwrap_or_default().min(PATIENCE)))
}

/// How long a receiver asks us to wait (`Retry-After`): a number of seconds, or a date.
#[must_use]
pub fn asked(retry_after: &str, now: kernel::Time) -> Option<Duration> {
    let retry_after = retry_after.trim();
    let asked = match retry_after.parse::<u32>() {
        Ok(seconds) => Duration::seconds(i64::from(seconds)),
        Err(_) => chrono::DateTime::parse_from_rfc2822(retry_after).ok()?.to_utc() - now,
    };
    Some(asked.clamp(Duration::zero(), PATIENCE))
}

/// Whether an answer asks for less, whatever it says of when: then everything for this endpoint waits.
#[must_use]
pub const fn throttles(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_in_about_76_hours() {
        let total: i64 = SCHEDULE.iter().sum();
        assert!((75..77).contains(&(total / 3600)), "{total}");
        assert_eq!(wait(0, 0.5, None), Some(Duration::zero()));
        assert_eq!(wait(1, 0.5, None), Some(Duration::seconds(5)));
        assert_eq!((wait(9, 0.0, None), wait(9, 1.0, None)), (Some(Duration::seconds(77_760)), Some(Duration::seconds(95_040))));
        assert_eq!(wait(10, 0.5, None), None);
        let shortest: i64 = (0..10).filter_map(|n| wait(n, 0.0, None)).map(|d| d.num_seconds()).sum();
        assert!(Duration::seconds(shortest) > FAILING, "{shortest}");
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_less() {
        assert_eq!(wait(1, 0.5, Some(Duration::seconds(120))), Some(Duration::seconds(120)));
        assert_eq!(wait(2, 0.5, Some(Duration::seconds(1))), Some(Duration::seconds(300)));
        let now = chrono::DateTime::from_timestamp(1_794_790_800, 0).unwrap();
        let told = |text: &str| asked(text, now).map(|d| d.num_seconds());
        assert_eq!((told("120"), told(" 0 "), told("999999999")), (Some(120), Some(0), Some(86_400)));
        assert_eq!(told("Mon, 16 Nov 2026 01:00:30 GMT"), Some(30));
        assert_eq!(told("Mon, 16 Nov 2026 00:00:00 GMT"), Some(0));
        assert_eq!((told("soon"), told("-1"), told("")), (None, None, None));
        assert!(throttles(429) && throttles(503) && !throttles(500) && !throttles(410));
    }

    #[test]
    fn what_stopped_goes_on_only_when_somebody_says_so() {
        use EndpointState as S;
        for state in S::iter() {
            assert_eq!(next(state, Action::Resume).is_some(), matches!(state, S::Paused | S::Disabled), "{state}");
            assert_eq!(next(state, Action::Test).is_some(), state == S::Active, "{state}");
            assert!(next(S::Removed, Action::Remove).is_none());
        }
        assert_eq!(decide(S::Disabled, Action::Test).expect_err("refused").code, Code::WebhookStateConflict);
        assert_eq!((stopped(StopReason::Gone), stopped(StopReason::Failing)), (S::Disabled, S::Paused));
    }
}
