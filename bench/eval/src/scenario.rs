//! What is measured, each in every contender's own words. The context is the same everywhere: user-4242 from Norway on
//! plan pro with version 5.4.2, aged 37.

/// One flag of a scenario.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// On, no rules.
    On,
    /// Five rules: two lists, an older version, an age above; then list of ten, version and age at once, which match.
    Rules,
    /// Half of the users, by their key.
    Rollout,
    /// One rule: a segment of 10,000 user keys.
    Segment,
    /// Off.
    Off,
}

/// Somebody who asks: the rest is the same for everybody.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    pub user: &'a str,
    pub country: &'a str,
}

/// Who asks in every measurement.
pub const WHO: Who<'static> = Who { user: "user-4242", country: "NO" };
/// In no segment and in none of the countries: for the check that rules can also fail.
pub const STRANGER: Who<'static> = Who { user: "stranger", country: "PT" };

pub const PLAN: &str = "pro";
pub const APP_VERSION: &str = "5.4.2";
pub const AGE: f64 = 37.0;

pub const COUNTRIES: [&str; 10] = ["SE", "DK", "FI", "IS", "DE", "AT", "CH", "NL", "BE", "NO"];

/// Keys in the segment.
pub fn members() -> impl Iterator<Item = String> {
    (0..10_000).map(|n| format!("user-{n}"))
}

/// 40 on, 30 with rules, 20 rollouts and 10 off in each hundred, in a mixed order.
pub fn mixed(n: usize) -> Shape {
    match n * 37 % 100 {
        0..40 => Shape::On,
        40..70 => Shape::Rules,
        70..90 => Shape::Rollout,
        _ => Shape::Off,
    }
}

pub fn key(n: usize) -> String {
    format!("flag-{n:05}")
}

/// A fixed shuffle of `0..count` (a linear congruence over a power of two, values beyond `count` left out).
pub fn shuffled(count: usize) -> Vec<usize> {
    let size = count.next_power_of_two();
    let mut at = 1;
    let mut order = Vec::with_capacity(count);
    for _ in 0..size {
        at = (at * 1_664_525 + 1_013_904_223) % size;
        if at < count {
            order.push(at);
        }
    }
    order
}
