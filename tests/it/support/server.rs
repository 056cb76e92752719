//! A real banso in this process, on a store and a port of its own, and a client that talks to it.

use super::event::{Event, batch};
use super::place::Place;
use banso_api::{Api, HttpLimits};
use banso_app::App;
use banso_kernel::{Clock, ManualClock, SystemClock, SystemIds};
use banso_log::{Limits, Store};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use ureq::http::HeaderMap;

pub(crate) const STRUCTURED: &str = "application/cloudevents+json";
pub(crate) const BATCH: &str = "application/cloudevents-batch+json";

/// No wait of a test is longer; whoever waits that long waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long the server may take to end.
const ENDING: Duration = Duration::from_secs(20);

/// banso, serving until it is dropped.
pub(crate) struct Server {
    /// What serves behind the door.
    pub(crate) app: Arc<App>,
    runtime: Runtime,
    address: SocketAddr,
    base: String,
    agent: ureq::Agent,
    stop: watch::Sender<bool>,
    served: Option<JoinHandle<()>>,
    place: Place,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Server {
    /// As in production.
    pub(crate) fn start() -> Self {
        Self::with(Arc::new(SystemClock), Limits::default())
    }

    /// With a clock and limits of the test's choice.
    pub(crate) fn with(clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self::at(Place::of_run(), clock, limits)
    }

    /// On a store in files, for a test that locks or changes them.
    pub(crate) fn in_files() -> Self {
        Self::at(Place::in_files(), Arc::new(SystemClock), Limits::default())
    }

    /// On this store.
    pub(crate) fn at(place: Place, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self::behind(HttpLimits::default(), place, clock, limits)
    }

    /// With limits of the HTTP door of the test's choice.
    pub(crate) fn limited(http: HttpLimits) -> Self {
        Self::behind(http, Place::of_run(), Arc::new(SystemClock), Limits::default())
    }

    fn behind(http: HttpLimits, place: Place, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        banso_api::recorder();
        let runtime = Runtime::new().expect("a runtime");
        let (stop, stopping) = watch::channel(false);
        let started = runtime.block_on(async {
            let app = App::start(place.open().await, clock, Arc::new(SystemIds), limits, true).await;
            let app = Arc::new(app.expect("a store that opens"));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("the listener's address");
            let api = Api::new(app.clone(), stopping.clone());
            let (router, crowded) = (banso_api::router(api.clone()), banso_api::crowded_router(api));
            let served = banso_api::serve_http(router, crowded, listener, http, stopping);
            (app, address, tokio::spawn(served))
        });
        let (app, address, served) = started;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .max_idle_connections_per_host(64)
            .build()
            .into();
        let base = format!("http://{address}");
        Self { app, runtime, address, base, agent, stop, served: Some(served), place }
    }

    /// Publishes events one by one, each at the time at which its publisher wrote it down.
    pub(crate) fn told<'a>(clock: &Arc<ManualClock>, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let server = Self::with(clock.clone(), Limits::default());
        for event in events {
            server.tell(clock, event);
        }
        server
    }

    /// Publishes an event at the time at which its publisher wrote it down.
    #[track_caller]
    pub(crate) fn tell(&self, clock: &ManualClock, event: &Event) -> Value {
        clock.set(event.text("time").parse().expect("`time` is a time"));
        self.admit(event)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The store, opened as another process would.
    pub(crate) fn opened_elsewhere(&self) -> Arc<dyn Store> {
        self.wait(self.place.open())
    }

    /// Waits for something of the application.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Waits until the read models have taken everything in.
    pub(crate) fn settle(&self) {
        let head = self.head();
        let settled = self.wait(async {
            tokio::time::timeout(PATIENCE, self.app.projected_up_to(head)).await.expect("a projector")
        });
        settled.expect("a projector that gets on");
    }

    /// The log's last position.
    pub(crate) fn head(&self) -> u64 {
        let page = self.get("/v1/events?limit=1");
        page.header("banso-head").expect("banso-head").parse().expect("a position")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        Answer::of(self.ask(path, headers))
    }

    /// The JSON that is there.
    #[track_caller]
    pub(crate) fn json(&self, path: &str) -> Value {
        self.get(path).ok()
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let request = headers
            .iter()
            .fold(self.agent.post(self.url(path)), |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send(body.as_ref()).expect("an answer"))
    }

    /// Publishes an event in the structured form.
    pub(crate) fn publish(&self, event: &Event) -> Answer {
        self.publish_if(event, &[])
    }

    /// Publishes an event on a condition.
    pub(crate) fn publish_if(&self, event: &Event, conditions: &[(&str, &str)]) -> Answer {
        let headers = [&[("content-type", STRUCTURED)], conditions].concat();
        self.post("/v1/events", &headers, event.json())
    }

    /// Publishes the text of an event.
    pub(crate) fn publish_text(&self, event: impl AsRef<[u8]>) -> Answer {
        self.post("/v1/events", &[("content-type", STRUCTURED)], event)
    }

    /// Publishes an event in the binary form.
    pub(crate) fn publish_binary(&self, event: &Event) -> Answer {
        let attributes: Vec<(String, String)> =
            event.attributes().map(|(name, value)| (format!("ce-{name}"), percent_encoded(value))).collect();
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.post("/v1/events", &headers, event.data().to_string())
    }

    /// Publishes a batch; its results.
    #[track_caller]
    pub(crate) fn publish_all<'a>(&self, events: impl IntoIterator<Item = &'a Event>) -> Vec<Value> {
        let answer = self.post("/v1/events", &[("content-type", BATCH)], batch(events)).ok();
        answer["results"].as_array().expect("results").clone()
    }

    /// Publishes an event that is admitted; its receipt.
    #[track_caller]
    pub(crate) fn admit(&self, event: &Event) -> Value {
        let answer = self.publish(event);
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.to_json()
    }

    /// A client's connection that follows the log.
    pub(crate) fn follow(&self, path: &str, headers: &[(&str, &str)]) -> ureq::BodyReader<'static> {
        let answer = self.ask(path, &[&[("accept", "text/event-stream")], headers].concat());
        assert_eq!(answer.status(), 200);
        answer.into_body().into_reader()
    }

    /// Lets the server end as a process does, while its clients may still be there.
    pub(crate) fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Some(served) = self.served.take() {
            self.runtime.block_on(async {
                // A test that fails leaves connections open.
                drop(tokio::time::timeout(ENDING, served).await);
                drop(tokio::time::timeout(ENDING, self.app.stop()).await);
            });
        }
    }

    fn ask(&self, path: &str, headers: &[(&str, &str)]) -> ureq::http::Response<ureq::Body> {
        let request = headers
            .iter()
            .fold(self.agent.get(self.url(path)), |request, (name, value)| request.header(*name, *value));
        request.call().expect("an answer")
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Answer {
    fn of(mut answer: ureq::http::Response<ureq::Body>) -> Self {
        let body = answer.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string();
        Self {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: body.expect("a text"),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn to_json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The JSON of an answer that is 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.to_json()
    }

    /// The lines of a page.
    pub(crate) fn lines(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        let line = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.body.lines().map(line).collect()
    }

    /// The problem that it is.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.to_json();
        assert_is_problem(&problem, status, kind);
        problem
    }
}

/// A problem of RFC 9457 with all that a person needs.
#[track_caller]
pub(crate) fn assert_is_problem(problem: &Value, status: u16, kind: &str) {
    assert_eq!(problem["type"], format!("urn:banso:problem:{kind}"), "{problem}");
    assert_eq!(problem["status"], status, "{problem}");
    for member in ["title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
    }
}

/// Looks until it is so.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A time of a test.
pub(crate) fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn percent_encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'"' | b'%' | b' ' | 0..=0x20 | 0x7f.. => format!("%{byte:02X}"),
        other => char::from(other).to_string(),
    };
    text.bytes().map(byte).collect()
}

/// The file in which the log of a server in files lies.
pub(crate) fn log_file(server: &Server) -> std::path::PathBuf {
    server.place.folder().join("log.sqlite3")
}
