//! Prints every event of the bus, and says where one is missing:
//! `BANSO_NATS_PASSWORD=… cargo run -p banso-tests --bin subscribe -- nats://127.0.0.1:4222 subscriber`
//!
//! The consumer is called as the user is, and banso makes it. It keeps its place: who starts again goes on where it
//! stopped. An event may come twice. What is missing stands in the log: `GET /v1/events` gives it.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use async_nats::jetstream::{self, consumer::PullConsumer};
use banso_kernel::{Part, Seq};
use banso_nats::{API_PREFIX, ConnectSettings, EVENTS_STREAM, connect, decode};
use futures::StreamExt;
use std::collections::HashMap;
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().ok_or("the server's address is missing")?;
    let user = arguments.next().unwrap_or_else(|| "subscriber".to_owned());
    let password = std::env::var("BANSO_NATS_PASSWORD")?;
    let client = connect(&ConnectSettings::to(vec![server], &user).as_user(&user, &password)).await?;
    let jetstream = jetstream::with_prefix(client, API_PREFIX);
    let stream = jetstream.get_stream_no_info(EVENTS_STREAM).await?;
    let consumer: PullConsumer = stream.get_consumer(&user).await?;
    let mut messages = consumer.messages().await?;
    let mut seen: HashMap<Part, Seq> = HashMap::new();
    while let Some(message) = messages.next().await {
        let message = message?;
        let event = decode(&message.headers.clone().unwrap_or_default(), &message.payload)?;
        let header = &event.sealed.event.header;
        let last = seen.entry(header.part()).or_insert(event.previous_in_part);
        if *last < event.previous_in_part {
            println!(
                "hole: part {} was seen up to {last}, and has {}",
                header.part().number(),
                event.previous_in_part
            );
        }
        *last = header.seq.max(*last);
        println!("{} {} {}", header.seq, header.event_type, header.stream);
        message.ack().await?;
    }
    Ok(())
}
