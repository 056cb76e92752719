//! `banso serve`.

use crate::bus::{Reading, Relays};
use crate::config::{Role, Settings};
use crate::store::{self, Opened};
use anyhow::Context;
use banso_api::{Api, Beside, GrpcLimits, HttpLimits};
use banso_app::App;
use banso_kernel::SystemIds;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

pub(super) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let (addresses, limits, grpc) = (settings.listen()?, settings.http()?, settings.grpc()?);
    let Opened { store, clock } = store::open(&settings).await?;
    // Before anything is recorded: the bus may know more than this log.
    let relays = Relays::start(&settings, &store, &clock).await?;
    let project = settings.does(Role::Project);
    let app = Arc::new(App::start(store, clock, Arc::new(SystemIds), settings.bounds(), project).await?);
    let reading = Reading::start(&settings, &app).await?;
    let stop_wait = Duration::from_secs(settings.http.stop_wait_seconds.into());
    let doors = Doors { addresses, limits, grpc, questions: settings.does(Role::Api), stop_wait };
    serve(app, Some(Bus { relays, reading }), doors).await
}

/// What a process does on the bus.
#[derive(Default)]
pub(super) struct Bus {
    relays: Relays,
    reading: Option<Reading>,
}

impl Bus {
    fn beside(&mut self) -> Vec<Beside> {
        let mut beside = self.relays.beside();
        beside.extend(self.reading.as_ref().map(Reading::beside));
        beside
    }
}

/// What a process listens on.
pub(super) struct Doors {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) limits: HttpLimits,
    pub(super) grpc: Option<(Vec<SocketAddr>, GrpcLimits)>,
    /// Whether it answers more than how it is.
    pub(super) questions: bool,
    pub(super) stop_wait: Duration,
}

/// Serves until a signal ends it. The first one lets running requests end and answers what waits; a second one
/// ends at once.
pub(super) async fn serve(app: Arc<App>, mut bus: Option<Bus>, doors: Doors) -> anyhow::Result<ExitCode> {
    if banso_api::recorder().is_none() {
        tracing::warn!("measurements are recorded elsewhere: /metrics has none");
    }
    let (listener, address) = listen(&doors.addresses).await?;
    let grpc = match doors.grpc.filter(|_| doors.questions) {
        Some((addresses, limits)) => Some((listen(&addresses).await?, limits)),
        None => None,
    };
    let mut interrupts = signal(SignalKind::interrupt()).context("signals cannot be received")?;
    let mut terminates = signal(SignalKind::terminate()).context("signals cannot be received")?;
    let (stop, stopping) = watch::channel(false);
    let beside = bus.as_mut().map(Bus::beside).unwrap_or_default().into();
    let api = Api { app: app.clone(), stopping: stopping.clone(), beside };
    let mut router = if doors.questions {
        banso_api::router(api.clone())
    } else {
        banso_api::operation_router(api.clone())
    };
    let mut crowded = banso_api::crowded_router(api.clone());
    if address.ip().is_loopback() {
        crowded = banso_api::for_this_machine_only(crowded);
        router = banso_api::for_this_machine_only(router);
    }
    // Ahead of the line below: whoever waits for that one knows both doors.
    if let Some(((_, address), _)) = &grpc {
        tracing::info!(%address, "the gRPC door is at {address}");
    }
    tracing::info!(%address, "listening on http://{address}");

    let signalled = stop.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = interrupts.recv() => "SIGINT",
            _ = terminates.recv() => "SIGTERM",
        };
        tracing::info!(signal = name, "stopping: answering what waits; a second signal stops at once");
        signalled.send_replace(true);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminates.recv() => {}
            }
            tracing::warn!("stopped at once by a second signal");
            std::process::exit(1);
        });
    });
    let mut stopped = stop.subscribe();
    let patience = async move {
        // An error means that nobody can stop us any more; then serving goes on.
        if stopped.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(doors.stop_wait).await;
    };
    let http = async {
        banso_api::serve_http(router, crowded, listener, doors.limits, stopping).await;
        Ok(())
    };
    let grpc = async {
        match grpc {
            Some(((listener, _), limits)) => {
                let served = banso_api::serve_grpc(api, listener, limits).await;
                served.map_err(anyhow::Error::from_boxed).context("the gRPC door failed")
            }
            None => Ok(()),
        }
    };
    let served = tokio::select! {
        served = async { tokio::try_join!(http, grpc) } => served.map(drop),
        () = patience => {
            tracing::warn!("requests that have not come in whole are given up");
            Ok(())
        }
    };
    let Bus { relays, reading } = bus.unwrap_or_default();
    if let Some(reading) = reading {
        reading.stop().await;
    }
    app.stop().await;
    // Behind the writer's end: what waits is left to the next relay, nothing is left half published.
    relays.stop().await;
    served?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn listen(addresses: &[SocketAddr]) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener =
        TcpListener::bind(addresses).await.with_context(|| format!("cannot listen on {addresses:?}"))?;
    let address = listener.local_addr().context("the listener has no address")?;
    Ok((listener, address))
}
