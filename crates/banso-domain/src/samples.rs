//! The people and ids of the frozen samples: ハルさん's case.

use banso_kernel::{Party, Personal, Role, Stated};
use chrono::NaiveDate;
use std::str::FromStr;

/// An id of a sample.
pub(crate) fn id<I: FromStr>(text: &str) -> I {
    match text.parse() {
        Ok(id) => id,
        Err(_) => unreachable!("the ids of the samples are written well: {text}"),
    }
}

/// A day of a sample.
pub(crate) fn day(text: &str) -> NaiveDate {
    id(text)
}

/// A form's field that is filled in.
pub(crate) fn stated(text: &str) -> Stated<Personal<String>> {
    Stated::Value(text.into())
}

fn actor(actor: &str, org: &str, role: Role) -> Party {
    Party::Actor { actor: id(actor), org: id(org), role }
}

pub(crate) fn consultant() -> Party {
    actor("consultant", "c-soudan", Role::ConsultationSupportSpecialist)
}

pub(crate) fn health_centre_nurse() -> Party {
    actor("nurse", "d-hoken", Role::PublicHealthNurse)
}

pub(crate) fn welfare_officer() -> Party {
    actor("officer", "city", Role::WelfareOfficer)
}

pub(crate) fn hospital() -> Party {
    Party::Org(id("hospital"))
}

#[cfg(test)]
mod frozen;
