//! When to try again. Pure: the random number comes from the caller.

use std::time::Duration;

use crate::Timing;

/// Why a connection or a request ended without success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection could not be made, broke, went silent, or carried something unreadable; also 400, 408, 429, 5xx.
    Lost(String),
    /// The server said when to come back.
    RetryAfter(String, Duration),
    /// 401, 403, 404, 405 and the like: asking again soon will not help, but an operator may repair it.
    Refused(String),
    /// What was sent is refused and would be refused again.
    Rejected(String),
    /// The stream ended in good order, with the wait that the server asked for: nothing is wrong with what is held.
    Left(String, Option<Duration>),
}

impl Failure {
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Lost(message)
            | Self::RetryAfter(message, _)
            | Self::Refused(message)
            | Self::Rejected(message)
            | Self::Left(message, _) => message,
        }
    }
}

/// Consecutive failures of one kind of connection.
#[derive(Default)]
pub(crate) struct Backoff {
    attempt: u32,
}

impl Backoff {
    /// A connection was healthy for long enough to forget the failures before it.
    pub(crate) fn reset(&mut self) {
        self.attempt = 0;
    }

    /// How long to wait now. `random` is in 0..1. Never zero for long: see [`Timing::retry_floor`].
    pub(crate) fn after(&mut self, failure: &Failure, timing: &Timing, random: f64) -> Duration {
        let attempt = self.attempt;
        self.attempt = attempt.saturating_add(1);
        let wait = match failure {
            Failure::Lost(_) | Failure::Left(_, None) if attempt == 0 => timing.first_retry.mul_f64(random),
            Failure::Lost(_) | Failure::Left(_, None) => {
                let ceiling = timing.retry_base.saturating_mul(1 << attempt.min(16)).min(timing.retry_max);
                ceiling.mul_f64(random)
            }
            Failure::RetryAfter(_, wait) | Failure::Left(_, Some(wait)) => {
                (*wait).min(timing.slow).mul_f64(0.8 + 0.4 * random)
            }
            Failure::Refused(_) | Failure::Rejected(_) => timing.slow.mul_f64(1.0 - 0.5 * random),
        };
        wait.max(timing.retry_floor)
    }
}

/// A number in 0..1 from the operating system; the middle when it has none to give.
pub(crate) fn random() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.5,
    }
}

/// `Retry-After` in seconds (the HTTP-date form is not used by our server and reads as absent).
pub(crate) fn retry_after(value: Option<&str>) -> Option<Duration> {
    value?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(failure: &Failure, random: f64, times: u32) -> Vec<u64> {
        let mut backoff = Backoff::default();
        (0..times).map(|_| backoff.after(failure, &Timing::default(), random).as_secs()).collect()
    }

    #[test]
    fn lost_connections_back_off_to_half_a_minute_with_full_jitter() {
        let lost = Failure::Lost(String::new());
        assert_eq!(seconds(&lost, 0.9999, 9), [2, 1, 3, 7, 15, 29, 29, 29, 29]);
        assert_eq!(seconds(&lost, 0.5, 9), [1, 1, 2, 4, 8, 15, 15, 15, 15]);
        assert_eq!(seconds(&lost, 0.0, 40), [0; 40]);
        let floor = Backoff::default().after(&lost, &Timing::default(), 0.0);
        assert_eq!(floor, Timing::default().retry_floor);
    }

    #[test]
    fn a_refused_client_slows_down_and_never_stops() {
        let refused = Failure::Refused(String::new());
        assert_eq!(seconds(&refused, 0.0, 3), [300; 3]);
        assert_eq!(seconds(&refused, 1.0, 3), [150; 3]);
    }

    #[test]
    fn retry_after_is_honoured_within_a_fifth_and_bounded() {
        let asked = |secs| Failure::RetryAfter(String::new(), Duration::from_secs(secs));
        assert_eq!(seconds(&asked(10), 0.0, 2), [8; 2]);
        assert_eq!(seconds(&asked(10), 1.0, 2), [12; 2]);
        assert_eq!(seconds(&asked(u64::MAX), 0.5, 1), [300]);
    }

    #[test]
    fn healthy_connections_forget_the_past() {
        let mut backoff = Backoff::default();
        for _ in 0..9 {
            backoff.after(&Failure::Lost(String::new()), &Timing::default(), 0.5);
        }
        backoff.reset();
        assert_eq!(backoff.after(&Failure::Lost(String::new()), &Timing::default(), 1.0).as_secs(), 3);
    }

    #[test]
    fn retry_after_reads_seconds_only() {
        for (text, expected) in
            [("7", Some(7)), (" 7 ", Some(7)), ("-1", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
        {
            assert_eq!(retry_after(Some(text)), expected.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(None), None);
    }
}
