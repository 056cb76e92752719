//! `banso.v1.QueryService/GetTimeline`.

use super::asked;
use super::shown::{as_of, moment, parties, time};
use crate::problem::Problem;
use banso_app::App;
use banso_app::views::timeline::{
    self, ChangeShown, IntervalShown, RowShown, ShownOccurred, TimelineShown, TrackShown,
};
use banso_proto::v1::{
    Change, ChangeKind, DateLost, GetTimelineRequest, GetTimelineResponse, Interval, Occurred, Precision,
    Repeat, TimelineRow, Track,
};

pub(super) async fn timeline(app: &App, request: GetTimelineRequest) -> Result<GetTimelineResponse, Problem> {
    let asked = asked(&request.person, request.valid_at.as_deref(), request.known_at.as_deref())?;
    let TimelineShown { as_of: of, tracks, rows } = app.queries.timeline(&asked.of, asked.at).await?;
    Ok(GetTimelineResponse {
        as_of: Some(as_of(&of)),
        tracks: tracks.into_iter().map(track).collect(),
        rows: rows.into_iter().map(row).collect(),
    })
}

fn track(track: TrackShown) -> Track {
    let TrackShown { label, intervals } = track;
    Track { label: label.to_owned(), intervals: intervals.into_iter().map(interval).collect() }
}

fn interval(interval: IntervalShown) -> Interval {
    let IntervalShown { label, from, until } = interval;
    Interval { label, from: Some(moment(from)), until: until.map(moment) }
}

fn row(row: RowShown) -> TimelineRow {
    let RowShown {
        event,
        seq,
        stream_seq,
        event_type,
        label,
        detail,
        occurred: when,
        recorded_at,
        recorder,
        doers,
        counterparts,
        repeats,
        missing,
        corrected,
        retracted,
        changes,
    } = row;
    TimelineRow {
        event: event.to_string(),
        seq,
        stream_seq,
        r#type: event_type,
        label,
        detail: detail.map(|detail| detail.reveal().clone()),
        occurred: Some(occurred(when)),
        recorded_at: Some(time(recorded_at)),
        recorder,
        doers: parties(doers),
        counterparts: parties(counterparts),
        repeats: repeats.map(|repeats| Repeat { event: repeats.event.to_string() }),
        missing,
        corrected,
        retracted,
        changes: changes.into_iter().map(change).collect(),
    }
}

fn occurred(when: ShownOccurred) -> Occurred {
    let ShownOccurred { text, stated, precision, earliest, latest, uncertain, lost } = when;
    let precision = match precision {
        "instant" => Precision::Instant,
        "day" => Precision::Day,
        "month" => Precision::Month,
        "unknown" => Precision::Unknown,
        "offset" => Precision::Offset,
        "after" => Precision::After,
        "before" => Precision::Before,
        _ => Precision::Unspecified,
    };
    let lost = match lost {
        Some("anchor_retracted") => DateLost::AnchorRetracted,
        Some("anchor_missing") => DateLost::AnchorMissing,
        Some("cycle") => DateLost::Cycle,
        Some(_) | None => DateLost::Unspecified,
    };
    Occurred {
        text,
        stated: stated.to_string(),
        precision: precision.into(),
        earliest: earliest.map(time),
        latest: latest.map(time),
        uncertain,
        lost: lost.into(),
    }
}

fn change(change: ChangeShown) -> Change {
    let ChangeShown { event, kind, label, recorded_at, recorder, detail, retracted } = change;
    let kind = match kind {
        timeline::ChangeKind::Correction => ChangeKind::Correction,
        timeline::ChangeKind::Retraction => ChangeKind::Retraction,
    };
    Change {
        event: event.to_string(),
        kind: kind.into(),
        label: label.to_owned(),
        recorded_at: Some(time(recorded_at)),
        recorder,
        detail: detail.map(|detail| detail.reveal().clone()),
        retracted,
    }
}
