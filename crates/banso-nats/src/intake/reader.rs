//! The reader of one publisher: looks where its intake stands, reads on from there, hands over, one delivery at
//! a time. After every trouble it begins again with the look.

use super::message::ReceivedMessage;
use super::status::{ReaderState, ReaderStatus};
use super::window::{Seen, Windows, look};
use super::{READER_PAUSE_MS, READER_PAUSE_MS_MAX, Shared, Trouble};
use banso_log::{AppendError, IntakePosition};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

pub(super) struct Reader {
    shared: Shared,
    publisher: String,
    /// Most messages of the next delivery: fewer where the writer's queue had no room for more.
    messages_max: usize,
    pause: Duration,
}

/// One reading, from where the store says the intake stands.
struct Reading {
    incarnation: String,
    position: Option<IntakePosition>,
    windows: Windows,
    waiting: VecDeque<ReceivedMessage>,
}

impl Reader {
    pub(super) fn of(shared: Shared, publisher: String) -> Self {
        let messages_max = shared.settings.delivery_messages_max.max(1);
        let pause = Duration::from_millis(READER_PAUSE_MS);
        let reader = Self { shared, publisher, messages_max, pause };
        reader.say(ReaderState::Starting);
        reader
    }

    pub(super) async fn until(
        mut self,
        mut seen: watch::Receiver<Option<Seen>>,
        mut stopping: watch::Receiver<bool>,
    ) {
        while !*stopping.borrow() {
            let pause = match self.read(&mut seen, &mut stopping).await {
                Ok(()) if seen.has_changed().is_err() => break,
                Ok(()) => self.shared.settings.tail_look,
                Err(trouble) => {
                    self.trouble(&trouble);
                    let pause = self.pause;
                    self.pause = (pause * 2).min(Duration::from_millis(READER_PAUSE_MS_MAX));
                    pause
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        }
    }

    /// Reads nothing: the name would be a pattern of subjects.
    pub(super) async fn refuse(self, mut stopping: watch::Receiver<bool>) {
        self.say(ReaderState::InvalidName);
        // Where nobody can say it any more, the task is aborted.
        while !*stopping.borrow() && stopping.changed().await.is_ok() {}
    }

    /// Reads until it is to stop, or the stream is another one.
    async fn read(
        &mut self,
        seen: &mut watch::Receiver<Option<Seen>>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<(), Trouble> {
        if next_seen(seen, stopping, Option::is_some).await.is_none() {
            return Ok(());
        }
        let Some((mut reading, mut last)) = self.begin().await? else { return Ok(()) };
        self.say(ReaderState::Reading);
        while !*stopping.borrow() {
            if reading.waiting.is_empty() && reading.windows.reached() >= last {
                match self.grown(&reading.incarnation, last, seen, stopping).await? {
                    Some(grown) => last = grown,
                    None => return Ok(()),
                }
            }
            self.fill(&mut reading, last).await?;
            if !reading.waiting.is_empty() && !self.deliver(&mut reading).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits until the stream ends elsewhere; its end, or `None` where the reading is to begin again.
    async fn grown(
        &self,
        incarnation: &str,
        last: u64,
        seen: &mut watch::Receiver<Option<Seen>>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<Option<u64>, Trouble> {
        let news = |seen: &Option<Seen>| {
            seen.as_ref().is_none_or(|seen| seen.incarnation != incarnation || seen.last != last)
        };
        let Some(now) = next_seen(seen, stopping, news).await else { return Ok(None) };
        if now.incarnation == incarnation && now.last > last {
            return Ok(Some(now.last));
        }
        // That was seen before this reading began, or the stream was put back.
        let now = look(&self.shared.bus, false).await?;
        let Some(now) = now.filter(|now| now.incarnation == incarnation && now.last >= last) else {
            return Ok(None);
        };
        sleep(self.shared.settings.tail_look).await;
        Ok(Some(now.last))
    }

    /// Where to read from, and the stream's end. `None` = there is no stream.
    async fn begin(&self) -> Result<Option<(Reading, u64)>, Trouble> {
        let position = self.shared.sink.position(&self.publisher).await?;
        // Looked at behind the store: whoever moved the position had seen so much of the stream.
        let Some(seen) = look(&self.shared.bus, false).await? else { return Ok(None) };
        let mut after = seen.first.saturating_sub(1);
        let publisher = &self.publisher;
        match &position {
            Some(at) if at.stream != seen.incarnation => {
                tracing::warn!(publisher, "the intake was made anew: reading it from its beginning");
            }
            // The same message twice does no harm, one that is never read does.
            Some(at) if at.seq > seen.last => {
                let (at, end) = (at.seq, seen.last);
                tracing::warn!(publisher, at, end, "the intake lost its end: reading it from its beginning");
            }
            Some(at) => after = at.seq.max(after),
            None => {}
        }
        let windows = Windows::after(self.shared.bus.clone(), publisher.clone(), after);
        let incarnation = seen.incarnation;
        Ok(Some((Reading { incarnation, position, windows, waiting: VecDeque::new() }, seen.last)))
    }

    /// Reads on until a delivery is full, or everything up to `last` is read.
    async fn fill(&self, reading: &mut Reading, last: u64) -> Result<(), Trouble> {
        let bytes_max = self.shared.settings.delivery_bytes_max;
        let mut bytes: usize = reading.waiting.iter().map(ReceivedMessage::bytes).sum();
        while reading.windows.reached() < last
            && reading.waiting.len() < self.messages_max
            && bytes < bytes_max
        {
            let messages = reading.windows.next(last).await?;
            bytes += messages.iter().map(ReceivedMessage::bytes).sum::<usize>();
            reading.waiting.extend(messages);
        }
        Ok(())
    }

    /// Hands over what is read, as much as one delivery takes; `false` = the stream is another one by now.
    async fn deliver(&mut self, reading: &mut Reading) -> Result<bool, Trouble> {
        // Every message was read between two looks at this making of the stream.
        if look(&self.shared.bus, false).await?.is_none_or(|seen| seen.incarnation != reading.incarnation) {
            return Ok(false);
        }
        let messages = self.cut(&mut reading.waiting);
        let Some(last) = messages.last().map(|message| message.seq) else { return Ok(true) };
        let count = messages.len();
        let unreadable = messages.iter().filter(|message| message.defect.is_some()).count();
        let to = IntakePosition { stream: reading.incarnation.clone(), seq: last };
        let from = reading.position.clone();
        let delivered = self.shared.sink.deliver(&self.publisher, from, to.clone(), messages).await;
        if let Err(AppendError::QueueFull) = &delivered {
            self.messages_max = (count / 2).max(1);
        }
        delivered?;
        reading.position = Some(to);
        self.delivered(count, unreadable);
        Ok(true)
    }

    /// What goes into one delivery: at least one message.
    fn cut(&self, waiting: &mut VecDeque<ReceivedMessage>) -> Vec<ReceivedMessage> {
        let mut bytes = 0;
        let fits = waiting.iter().take(self.messages_max).take_while(|message| {
            bytes += message.bytes();
            bytes <= self.shared.settings.delivery_bytes_max
        });
        let fits = fits.count().max(1).min(waiting.len());
        waiting.drain(..fits).collect()
    }

    fn delivered(&mut self, count: usize, unreadable: usize) {
        self.messages_max = (self.messages_max * 2).min(self.shared.settings.delivery_messages_max.max(1));
        self.pause = Duration::from_millis(READER_PAUSE_MS);
        let publisher = || self.publisher.clone();
        metrics::counter!("banso_intake_read_total", "publisher" => publisher()).increment(count as u64);
        metrics::counter!("banso_intake_deliveries_total", "publisher" => publisher()).increment(1);
        metrics::counter!("banso_intake_unreadable_total", "publisher" => publisher())
            .increment(unreadable as u64);
        self.change(|reader| {
            reader.read += count as u64;
            reader.deliveries += 1;
        });
    }

    fn trouble(&self, trouble: &Trouble) {
        let state = ReaderState::of(trouble);
        let publisher = self.publisher.clone();
        if let ReaderState::Failing { reason, .. } = &state {
            metrics::counter!("banso_intake_failures_total", "publisher" => publisher, "reason" => *reason)
                .increment(1);
            self.change(|reader| reader.failures += 1);
        } else {
            metrics::counter!("banso_intake_fences_total", "publisher" => publisher).increment(1);
            self.change(|reader| reader.fences += 1);
        }
        if self.say(state) {
            tracing::warn!(publisher = self.publisher, %trouble, "the intake is not read");
        }
    }

    /// Whether this is news.
    fn say(&self, state: ReaderState) -> bool {
        for name in ReaderState::NAMES {
            let is = f64::from(u8::from(state.name() == name));
            let publisher = self.publisher.clone();
            metrics::gauge!("banso_intake_state", "publisher" => publisher, "state" => name).set(is);
        }
        let mut news = false;
        self.change(|reader| {
            news = reader.state != state;
            reader.state = state;
        });
        news
    }

    fn change(&self, change: impl FnOnce(&mut ReaderStatus)) {
        let publisher = self.publisher.clone();
        self.shared.said.send_modify(|status| change(status.readers.entry(publisher).or_default()));
    }
}

/// The stream, once it is as asked for; `None` = the reader is to stop, or there is no stream.
async fn next_seen(
    seen: &mut watch::Receiver<Option<Seen>>,
    stopping: &mut watch::Receiver<bool>,
    is_so: impl FnMut(&Option<Seen>) -> bool,
) -> Option<Seen> {
    tokio::select! {
        found = seen.wait_for(is_so) => found.ok().and_then(|seen| seen.clone()),
        _ = stopping.wait_for(|stop| *stop) => None,
    }
}
