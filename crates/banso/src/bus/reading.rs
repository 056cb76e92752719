//! The intake of a process: its share of the publishers, and the door to which their messages go.

use crate::config::{Role, Settings};
use anyhow::Context;
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use banso_api::{Beside, IntakeMessage, Publisher};
use banso_app::{App, AppendError, IntakePosition, Share};
use banso_kernel::SystemIds;
use banso_log::LogError;
use banso_nats::{Intake, IntakeSettings, IntakeStatus, ReceivedMessage, Sink, StreamState};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The intake of a process: its share of the publishers.
pub(crate) struct Reading {
    intake: Intake,
    share: Share,
    reach: JoinHandle<()>,
}

impl Reading {
    /// Starts reading, if this process is to read and there are publishers.
    pub(crate) async fn start(settings: &Settings, app: &Arc<App>) -> anyhow::Result<Option<Self>> {
        let connection = settings.nats(&settings.nats.intake_user, "banso intake");
        let publishers = settings.intake.publishers.clone();
        let reads = settings.does(Role::Intake) && !publishers.is_empty();
        let Some(connection) = connection.filter(|_| reads) else { return Ok(None) };
        let client = banso_nats::connect(&connection).await.context("the bus cannot be used")?;
        let names: Vec<String> = publishers.iter().map(|publisher| publisher.name.clone()).collect();
        let (say, able) = watch::channel(false);
        let share = Share::join_while(able, app.store.clone(), &SystemIds, "intake", names.clone());
        let door = Arc::new(IntakeDoor::of(app.clone(), publishers));
        let of_all = IntakeSettings::of(names.into_iter().collect());
        let intake = Intake::start(client, door, of_all, share.held());
        let reach = tokio::spawn(reaches(intake.status(), say));
        Ok(Some(Self { intake, share, reach }))
    }

    /// What `/readyz` tells of it.
    pub(crate) fn beside(&self) -> Beside {
        let status = self.intake.status();
        Beside { name: "intake", problem: Box::new(move || status.borrow().trouble()) }
    }

    /// Lets deliveries under way be settled.
    pub(crate) async fn stop(self) {
        self.intake.stop().await;
        self.share.leave().await;
        self.reach.abort();
    }
}

/// Says whether this process reaches the intake: one that does not must not keep publishers from those that do.
async fn reaches(mut status: watch::Receiver<IntakeStatus>, say: watch::Sender<bool>) {
    loop {
        let reaches = match &status.borrow_and_update().stream {
            Some(StreamState::There | StreamState::Absent) => true,
            Some(StreamState::Unreachable(_)) | None => false,
        };
        say.send_if_modified(|said| std::mem::replace(said, reaches) != reaches);
        if status.changed().await.is_err() {
            return;
        }
    }
}

/// The door of the intake, as the readers know it.
pub struct IntakeDoor {
    app: Arc<App>,
    publishers: BTreeMap<String, Publisher>,
}

impl IntakeDoor {
    /// Open to these publishers.
    pub fn of(app: Arc<App>, publishers: impl IntoIterator<Item = Publisher>) -> Self {
        let by_name = publishers.into_iter().map(|publisher| (publisher.name.clone(), publisher));
        Self { app, publishers: by_name.collect() }
    }
}

#[async_trait]
impl Sink for IntakeDoor {
    async fn position(&self, publisher: &str) -> Result<Option<IntakePosition>, LogError> {
        self.app.store.intake_position(publisher).await
    }

    async fn deliver(
        &self,
        publisher: &str,
        from: Option<IntakePosition>,
        to: IntakePosition,
        messages: Vec<ReceivedMessage>,
    ) -> Result<(), AppendError> {
        // The share holds names of the configuration alone.
        let Some(publisher) = self.publishers.get(publisher) else { return Err(AppendError::Stopped) };
        let messages = messages.into_iter().map(message).collect();
        banso_api::deliver(&self.app, publisher, from, to, messages).await
    }
}

fn message(received: ReceivedMessage) -> IntakeMessage {
    let ReceivedMessage { seq, received_at, subject, headers, payload, mut defect } = received;
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        match (name.parse::<HeaderName>(), HeaderValue::from_maybe_shared(value)) {
            (Ok(name), Ok(value)) => drop(map.append(name, value)),
            _ => defect = Some("a header is none that HTTP allows".to_owned()),
        }
    }
    IntakeMessage { seq, received_at, subject, headers: map, payload, defect }
}
