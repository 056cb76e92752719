//! The rules of the registry, written down.

use super::{Reference, RegistryEvent};

pub(crate) use crate::spec::{event, given};

/// An event of the registry with an envelope that a spec may change.
pub(crate) type Told = crate::spec::Told<Reference>;

/// An event as somebody tells it.
pub(crate) fn told(event: impl Into<RegistryEvent>) -> Told {
    Told::by_somebody(event.into())
}
