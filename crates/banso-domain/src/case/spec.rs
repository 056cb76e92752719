//! The rules of a case, written down.

use super::{CaseEvent, CaseRules};

pub(crate) use crate::spec::{event, given, given_nothing, recorded_at};

/// An event of a case with an envelope that a spec may change.
pub(crate) type Told = crate::spec::Told<CaseRules>;

/// An event as somebody tells it.
pub(crate) fn told(event: impl Into<CaseEvent>) -> Told {
    Told::by_somebody(event.into())
}
