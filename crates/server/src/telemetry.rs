//! Numbers about this process, at `/metrics` in Prometheus' text form. Labels are bounded: routes are templates, status
//! is a class, and no flag, project or person appears.

use std::collections::HashMap;

use arc_swap::ArcSwap;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::app::App;

/// Which half of the program answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Memory only.
    Delivery,
    /// The one that talks to the database.
    Management,
}

/// Every metric, ready to be added to.
pub struct Telemetry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    requests: [ArcSwap<HashMap<String, [Counter; 5]>>; 2],
    /// Seconds of a management request.
    pub management_seconds: Histogram,
    /// Seconds of a commit, from deciding to visible in this node.
    pub commit_seconds: Histogram,
    /// Management requests refused because the lane was full or slow.
    pub management_refused: Counter,
    /// Evaluations answered over OFREP.
    pub evaluations: Counter,
    /// Evaluations reported by SDKs.
    pub reported: Counter,
    /// Exposures reported by SDKs.
    pub exposures: Counter,
    /// Events of units reported by SDKs.
    pub events: Counter,
    /// Evaluation counts that were given up.
    pub counts_dropped: Counter,
    /// Count batches waiting for the database.
    pub counts_pending: Gauge,
    /// Open SDK streams.
    pub streams_sdk: Gauge,
    /// Open OFREP streams.
    pub streams_ofrep: Gauge,
    /// Stream opens refused.
    pub streams_refused: Counter,
    /// Streams told to fetch the whole because they were too slow.
    pub streams_lagged: Counter,
    /// Open connections.
    pub connections: Gauge,
    environments: Gauge,
    database_reachable: Gauge,
}

const METADATA: Metadata<'static> = Metadata::new("yardarm", Level::INFO, None);
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
const REQUESTS: &str = "yardarm_requests_total";
const ALLOWED: &str = "yardarm_rate_limit_allowed_total";
const LIMITED: &str = "yardarm_rate_limit_limited_total";

impl Default for Telemetry {
    fn default() -> Self {
        let buckets = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let builder = PrometheusBuilder::new().set_buckets(&buckets);
        let recorder = builder.expect("the list of buckets is not empty").build_recorder();
        let handle = recorder.handle();
        let text = |name: &'static str, words: &'static str| (KeyName::from_const_str(name), words.into());
        let counter = |name, words| {
            let (name, words) = text(name, words);
            recorder.describe_counter(name.clone(), None, words);
            recorder.register_counter(&Key::from_name(name), &METADATA)
        };
        let gauge = |name, words, labels: Vec<Label>| {
            let (name, words) = text(name, words);
            recorder.describe_gauge(name.clone(), None, words);
            recorder.register_gauge(&Key::from_parts(name, labels), &METADATA)
        };
        let histogram = |name, words| {
            let (name, words) = text(name, words);
            recorder.describe_histogram(name.clone(), Some(Unit::Seconds), words);
            recorder.register_histogram(&Key::from_name(name), &METADATA)
        };
        let (name, words) = text(REQUESTS, "Requests answered, by lane, route and status class.");
        recorder.describe_counter(name, None, words);
        let (name, words) = text(ALLOWED, "Requests within their budgets, by cost class.");
        recorder.describe_counter(name, None, words);
        let (name, words) = text(LIMITED, "Requests refused with 429, by cost class and whose budget was spent.");
        recorder.describe_counter(name, None, words);
        let streams = |protocol| {
            let labels = vec![Label::new("protocol", protocol)];
            gauge("yardarm_streams_open", "Open streams.", labels)
        };
        Self {
            requests: [ArcSwap::default(), ArcSwap::default()],
            management_seconds: histogram("yardarm_management_request_seconds", "Time to answer a management request."),
            commit_seconds: histogram(
                "yardarm_commit_seconds",
                "Time of a change of a project until it is visible on this node.",
            ),
            management_refused: counter(
                "yardarm_management_refused_total",
                "Management requests refused: lane full or slow.",
            ),
            evaluations: counter("yardarm_evaluations_total", "Flags evaluated for OFREP clients."),
            reported: counter("yardarm_reported_evaluations_total", "Evaluations reported by SDKs."),
            exposures: counter("yardarm_reported_exposures_total", "Exposures reported by SDKs."),
            events: counter("yardarm_reported_events_total", "Events of units reported by SDKs."),
            counts_dropped: counter("yardarm_counts_dropped_total", "Evaluation counts given up."),
            counts_pending: gauge("yardarm_counts_pending_batches", "Count batches waiting for the database.", vec![]),
            streams_sdk: streams("sdk"),
            streams_ofrep: streams("ofrep"),
            streams_refused: counter("yardarm_streams_refused_total", "Stream opens refused by a limit."),
            streams_lagged: counter(
                "yardarm_streams_lagged_total",
                "Streams told to resync because they were too slow.",
            ),
            connections: gauge("yardarm_connections_open", "Open connections.", vec![]),
            environments: gauge("yardarm_environments", "Environments held in memory.", vec![]),
            database_reachable: gauge(
                "yardarm_database_reachable",
                "Whether the last look at the database worked.",
                vec![],
            ),
            handle,
            recorder,
        }
    }
}

impl Telemetry {
    /// Counts a request. `route` is a template of the route table, never a path.
    pub fn request(&self, lane: Lane, route: &str, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let routes = &self.requests[lane as usize];
        if let Some(counters) = routes.load().get(route) {
            counters[class].increment(1);
            return;
        }
        let lane_label = match lane {
            Lane::Delivery => "delivery",
            Lane::Management => "management",
        };
        let counters = CLASSES.map(|class| {
            let labels = vec![
                Label::new("lane", lane_label),
                Label::new("route", route.to_owned()),
                Label::new("status", class),
            ];
            self.recorder.register_counter(&Key::from_parts(REQUESTS, labels), &METADATA)
        });
        counters[class].increment(1);
        routes.rcu(|old| {
            let mut new = HashMap::clone(old);
            new.insert(route.to_owned(), counters.clone());
            new
        });
    }

    /// Requests of a cost class within their budgets.
    pub(crate) fn allowed(&self, class: &'static str) -> Counter {
        self.recorder.register_counter(&Key::from_parts(ALLOWED, vec![Label::new("class", class)]), &METADATA)
    }

    /// Requests of a cost class that were refused because somebody's budget was spent.
    pub(crate) fn limited(&self, class: &'static str, budget: &'static str) -> Counter {
        let labels = vec![Label::new("class", class), Label::new("budget", budget)];
        self.recorder.register_counter(&Key::from_parts(LIMITED, labels), &METADATA)
    }

    /// Keeps histograms bounded between scrapes. Call it every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// `GET /metrics`.
#[expect(clippy::cast_precision_loss, reason = "a number of environments")]
pub async fn metrics(State(app): State<App>) -> Response {
    let telemetry = &app.telemetry;
    telemetry.environments.set(app.hub.environments_len() as f64);
    telemetry.database_reachable.set(if app.hub.database_reachable() { 1.0 } else { 0.0 });
    let text = telemetry.handle.render();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_described_and_counted_by_class() {
        let telemetry = Telemetry::default();
        telemetry.request(Lane::Delivery, "/ofrep/v1/evaluate/flags/{key}", StatusCode::OK);
        telemetry.request(Lane::Delivery, "/ofrep/v1/evaluate/flags/{key}", StatusCode::OK);
        telemetry.request(Lane::Delivery, "/ofrep/v1/evaluate/flags/{key}", StatusCode::NOT_FOUND);
        telemetry.request(Lane::Management, "none", StatusCode::NOT_FOUND);
        telemetry.management_seconds.record(0.004);
        telemetry.streams_sdk.increment(1.0);
        telemetry.evaluations.increment(1);
        let text = telemetry.handle.render();
        let route = r#"lane="delivery",route="/ofrep/v1/evaluate/flags/{key}""#;
        assert!(text.contains(&format!("{REQUESTS}{{{route},status=\"2xx\"}} 2")), "{text}");
        assert!(text.contains(&format!("{REQUESTS}{{{route},status=\"4xx\"}} 1")), "{text}");
        for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
            let name = line.split(' ').nth(2).unwrap();
            assert!(text.contains(&format!("# HELP {name} ")), "{name} has no description");
        }
        for name in ["yardarm_streams_open{protocol=\"sdk\"} 1", "yardarm_management_request_seconds_bucket"] {
            assert!(text.contains(name), "{name} in {text}");
        }
    }
}
