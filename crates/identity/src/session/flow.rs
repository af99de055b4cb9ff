//! What a refresh token is worth: pure.

use chrono::Duration;

/// How long the token before the current one still gets an answer: two requests at once, or an answer
/// that got lost on the way.
const GRACE: Duration = Duration::seconds(10);

/// What to do about a refresh token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Worth {
    /// It is the current one: the next generation begins.
    Rotate,
    /// It was the current one a moment ago: the current one is given again.
    Repeat,
    /// It was used before: somebody has a copy, and the whole family ends.
    Reused,
    /// It comes from a future that was lost with a restored backup.
    Unknown,
}

/// The one rule: `given` is the token's generation, `current` the session's, `age` how long ago that began.
pub(crate) fn worth(given: i32, current: i32, age: Duration) -> Worth {
    match current.saturating_sub(given) {
        0 => Worth::Rotate,
        1 if age <= GRACE => Worth::Repeat,
        1.. => Worth::Reused,
        _ => Worth::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_once_and_ten_seconds_longer() {
        let at = Duration::seconds;
        assert_eq!(worth(3, 3, at(0)), Worth::Rotate);
        assert_eq!(worth(3, 3, at(86_400)), Worth::Rotate);
        assert_eq!(worth(2, 3, at(10)), Worth::Repeat);
        assert_eq!(worth(2, 3, Duration::milliseconds(10_001)), Worth::Reused);
        assert_eq!(worth(1, 3, at(0)), Worth::Reused);
        assert_eq!(worth(4, 3, at(0)), Worth::Unknown);
        assert_eq!(worth(i32::MIN, 3, at(0)), Worth::Reused);
    }
}
