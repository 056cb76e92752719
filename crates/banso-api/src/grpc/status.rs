//! What went wrong with a call: the HTTP door's problem as a gRPC status.

use super::{PUBLISH_BYTES_MAX, QUESTION_BYTES_MAX};
use crate::problem::Problem;
use banso_proto::v1;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Whose reasons they are (google.rpc.ErrorInfo).
const DOMAIN: &str = "banso";
/// How long a client is asked to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The status that says what a problem says.
pub(super) fn of(problem: Problem) -> Status {
    let kind = kind(&problem);
    let code = code(kind);
    let mut details = ErrorDetails::new();
    let said = [
        ("stream_seq", problem.stream_seq.map(|seq| seq.to_string())),
        ("event_id", problem.event_id.clone()),
    ];
    let said = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let metadata: HashMap<String, String> = said.collect();
    details.set_error_info(problem.rule.as_deref().unwrap_or(kind), DOMAIN, metadata);
    if let Some(pointer) = problem.pointer {
        details.add_bad_request_violation(pointer, problem.detail.as_str());
    }
    if matches!(code, Code::ResourceExhausted | Code::Unavailable) {
        details.set_retry_info(Some(RETRY_AFTER));
    }
    Status::with_error_details(code, format!("{}: {}", problem.title, problem.detail), details)
}

/// The same of one event among several.
pub(super) fn shown(problem: Problem) -> v1::Problem {
    let kind = kind(&problem).to_owned();
    v1::Problem {
        code: code(&kind).into(),
        kind,
        title: problem.title,
        detail: problem.detail,
        rule: problem.rule,
        pointer: problem.pointer,
        stream_seq: problem.stream_seq,
        event_id: problem.event_id,
    }
}

fn kind(problem: &Problem) -> &str {
    problem.kind.strip_prefix("urn:banso:problem:").unwrap_or(&problem.kind)
}

fn code(kind: &str) -> Code {
    match kind {
        // Whoever sends the same again gets the same answer.
        "malformed" | "too-large" => Code::InvalidArgument,
        "refused" => Code::FailedPrecondition,
        "id-conflict" => Code::AlreadyExists,
        "version-conflict" => Code::Aborted,
        "not-found" => Code::NotFound,
        "queue-full" => Code::ResourceExhausted,
        // A retry with the same id is right after each of them, and clients retry this code by themselves.
        "unavailable" | "outcome-unknown" => Code::Unavailable,
        // `parked`, `internal`, and what a call has no word for.
        _ => Code::Internal,
    }
}

fn reason(code: Code, reason: &str, message: impl Into<String>) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    if matches!(code, Code::ResourceExhausted | Code::Unavailable) {
        details.set_retry_info(Some(RETRY_AFTER));
    }
    Status::with_error_details(code, message, details)
}

pub(super) fn message_too_large() -> Status {
    let (publish, question) = (PUBLISH_BYTES_MAX / 1024 / 1024, QUESTION_BYTES_MAX / 1024);
    let limits = format!("a request that publishes has at most {publish} MiB, a question {question} KiB");
    reason(Code::InvalidArgument, "too-large", limits)
}

pub(super) fn not_a_message() -> Status {
    reason(Code::InvalidArgument, "malformed", "the request is not a message of the call's type")
}

pub(super) fn streams_full() -> Status {
    reason(Code::ResourceExhausted, "streams-full", "as many streams are open as may be: come again later")
}

pub(super) fn too_slow() -> Status {
    let message = "the request did not come in whole, or was not answered, in time: send the same again";
    reason(Code::DeadlineExceeded, "too-slow", message)
}

pub(super) fn idle() -> Status {
    reason(Code::DeadlineExceeded, "idle", "nothing came on this stream for too long: open it again")
}

pub(super) fn stopping() -> Status {
    let message = "this process stops: open the stream again, and send again what was not answered";
    reason(Code::Unavailable, "stopping", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use banso_app::{PublishError, QueryError, ReadError};
    use banso_kernel::EventId;
    use banso_log::{AppendError, LogError};
    use std::sync::Arc;

    fn store_failed() -> LogError {
        LogError::Unavailable { attempt: "write", source: "it is broken".into() }
    }

    fn unreadable(source: ReadError) -> QueryError {
        QueryError::Unreadable { seq: 7, source }
    }

    #[test]
    fn every_problem_has_its_code_and_says_why() {
        let newer = ReadError::UnknownType("banso.Unheard.v1".parse().unwrap());
        let damaged = ReadError::Malformed { pointer: "/by".to_owned(), reason: "odd".to_owned() };
        let unavailable = PublishError::Unavailable(AppendError::Unavailable(Arc::new(store_failed())));
        let too_large = PublishError::GroupTooLarge(AppendError::GroupTooLarge { events: 101 });
        for (problem, code, reason) in [
            (Problem::malformed("/data/by", "odd"), Code::InvalidArgument, "malformed"),
            (Problem::too_large("256 KiB"), Code::InvalidArgument, "too-large"),
            (too_large.into(), Code::InvalidArgument, "too-large"),
            (Problem::refused("date-cycle", "no"), Code::FailedPrecondition, "date-cycle"),
            (Problem::id_conflict(EventId::of("s", "1")), Code::AlreadyExists, "id-conflict"),
            (Problem::version_conflict(3), Code::Aborted, "version-conflict"),
            (PublishError::QueueFull.into(), Code::ResourceExhausted, "queue-full"),
            (unavailable.into(), Code::Unavailable, "unavailable"),
            (PublishError::OutcomeUnknown.into(), Code::Unavailable, "outcome-unknown"),
            (QueryError::NotFound.into(), Code::NotFound, "not-found"),
            (unreadable(newer).into(), Code::Unavailable, "unavailable"),
            (unreadable(damaged).into(), Code::Internal, "parked"),
            (QueryError::Parked { seq: 7, reason: "odd".to_owned() }.into(), Code::Internal, "parked"),
            (QueryError::Store(store_failed()).into(), Code::Unavailable, "unavailable"),
            (Problem::internal(), Code::Internal, "internal"),
        ] {
            let problem: Problem = problem;
            let pointer = problem.pointer.clone();
            let of_several = shown(problem.clone());
            let status = of(problem);
            let details = status.get_error_details();
            let said = details.error_info().unwrap();
            assert_eq!((status.code(), said.reason.as_str()), (code, reason));
            assert_eq!((said.domain.as_str(), of_several.code), (DOMAIN, i32::from(code)));
            assert!(status.message().contains(&of_several.detail) && !of_several.detail.is_empty());
            let comes_again = matches!(code, Code::ResourceExhausted | Code::Unavailable);
            assert_eq!(details.retry_info().is_some(), comes_again, "{reason}");
            let field = details.bad_request().map(|bad| bad.field_violations[0].field.clone());
            assert_eq!(field, pointer, "{reason}");
        }
    }

    #[test]
    fn a_conflict_says_with_what() {
        let conflict = of(Problem::version_conflict(3)).get_error_details();
        assert_eq!(conflict.error_info().unwrap().metadata["stream_seq"], "3");
        let event = EventId::of("s", "1");
        let conflict = of(Problem::id_conflict(event)).get_error_details();
        assert_eq!(conflict.error_info().unwrap().metadata["event_id"], event.to_string());
    }
}
