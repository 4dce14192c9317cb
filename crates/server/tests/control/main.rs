//! Change control: nothing is written past the policies, what is approved is what is applied, and a schedule fires once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod attacks;
mod every_route;
mod journey;
mod races;
mod schedules;
mod world;
