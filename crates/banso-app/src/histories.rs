//! What came before, of many persons at once: one question to the log for as many as fit in a page, the next
//! one asked while this one is looked at.

use banso_kernel::{Recorded, StreamId};
use banso_log::{Log, LogError, READ_EVENTS_MAX, Stretch};
use futures::{Stream, StreamExt};
use std::collections::HashMap;
use std::sync::Arc;

/// Questions asked at the same time, each for [`READ_EVENTS_MAX`] events or one longer stretch.
const QUESTIONS: usize = 2;

/// The events of these stretches, which are of different streams: of each stream in order, and of one whose
/// stretch is empty too.
pub(crate) fn histories(
    log: &Arc<dyn Log>,
    stretches: Vec<Stretch>,
) -> impl Stream<Item = Result<HashMap<StreamId, Vec<Recorded>>, LogError>> + use<> {
    let log = Arc::clone(log);
    futures::stream::iter(questions(stretches))
        .map(move |question| {
            let asked = tokio::spawn(ask(Arc::clone(&log), question));
            async {
                let attempt = "read what came before";
                asked.await.map_err(|e| LogError::Unavailable { attempt, source: Box::new(e) })?
            }
        })
        .buffered(QUESTIONS)
}

/// The stretches, divided so that one question's events fit in a page.
fn questions(stretches: Vec<Stretch>) -> Vec<Vec<Stretch>> {
    let mut questions: Vec<Vec<Stretch>> = Vec::new();
    let mut events = 0;
    for stretch in stretches {
        let more = stretch.up_to.saturating_sub(stretch.after);
        match questions.last_mut().filter(|_| events + more <= READ_EVENTS_MAX as u64) {
            Some(question) => question.push(stretch),
            None => {
                events = 0;
                questions.push(vec![stretch]);
            }
        }
        events += more;
    }
    questions
}

async fn ask(
    log: Arc<dyn Log>,
    question: Vec<Stretch>,
) -> Result<HashMap<StreamId, Vec<Recorded>>, LogError> {
    let mut found: HashMap<StreamId, Vec<Recorded>> =
        question.iter().map(|stretch| (stretch.stream.clone(), Vec::new())).collect();
    let mut missing: Vec<Stretch> =
        question.into_iter().filter(|stretch| stretch.after < stretch.up_to).collect();
    while !missing.is_empty() {
        let page = log.read_stretches(&missing, READ_EVENTS_MAX).await?;
        let Some(last) = page.last() else { break };
        let (stream, seq, stream_seq) = (last.header.stream.clone(), last.header.seq, last.header.stream_seq);
        let damaged =
            || LogError::Damaged { seq, reason: "it is not of the stream that was asked for".into() };
        let reached = missing.iter().position(|stretch| stretch.stream == stream).ok_or_else(damaged)?;
        missing.drain(..reached);
        if let Some(first) = missing.first_mut() {
            first.after = stream_seq;
        }
        missing.retain(|stretch| stretch.after < stretch.up_to);
        for event in page {
            found.get_mut(&event.header.stream).ok_or_else(damaged)?.push(event);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specs::fixture::Fixture;
    use futures::TryStreamExt;

    fn stretch(person: &str, after: u64, up_to: u64) -> Stretch {
        Stretch { stream: format!("person/{person}").parse().unwrap(), after, up_to }
    }

    #[test]
    fn a_question_is_for_no_more_than_a_page_unless_one_stretch_is_longer() {
        let most = READ_EVENTS_MAX as u64;
        let lengths = [1, most - 1, 1, most + 5, 0, 2];
        let stretches = lengths.iter().map(|length| stretch("haru", 3, 3 + length)).collect();
        let divided: Vec<usize> = questions(stretches).iter().map(Vec::len).collect();
        assert_eq!(divided, [2, 1, 1, 2]);
    }

    #[tokio::test]
    async fn every_stretch_is_answered_also_an_empty_one() {
        let fixture = Fixture::new();
        fixture.facts(&["haru", "aki", "haru", "haru", "aki"]).await;
        let log: Arc<dyn Log> = fixture.store.clone();
        let asked = vec![stretch("aki", 0, 2), stretch("natsu", 4, 4), stretch("haru", 1, 2)];
        let found: Vec<_> = histories(&log, asked).try_collect().await.unwrap();
        let mut found: Vec<(String, Vec<u64>)> = found
            .into_iter()
            .flatten()
            .map(|(stream, events)| {
                (stream.to_string(), events.iter().map(|event| event.header.seq).collect())
            })
            .collect();
        found.sort();
        let expected = [("person/aki", vec![2, 5]), ("person/haru", vec![3]), ("person/natsu", vec![])];
        assert_eq!(found, expected.map(|(stream, seqs)| (stream.to_owned(), seqs)));
    }
}
