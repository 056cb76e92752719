//! The rules of a zone, written down. Its name is `haru` there, as that of the case is.

use super::{ZoneEvent, ZoneRules};

pub(crate) use crate::spec::{event, given, given_nothing};

/// An event of a zone with an envelope that a spec may change.
pub(crate) type Told = crate::spec::Told<ZoneRules>;

/// An event as somebody tells it.
pub(crate) fn told(event: impl Into<ZoneEvent>) -> Told {
    Told::by_somebody(event.into())
}
