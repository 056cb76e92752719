use super::is_same_party;
use crate::Refusal;
use crate::case::Case;
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{consultant, id};
use banso_kernel::{Party, Personal, ReferralId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A party asked says yes: from now on it supports the person (引き受け). Source: S0 p.31; domain.md §3.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralAccepted {
    /// The request.
    pub referral: ReferralId,
    /// Who answered; not necessarily who recorded the answer.
    pub by: Party,
}

impl Payload for ReferralAccepted {
    const NAME: &'static str = "ReferralAccepted";

    fn label(&self) -> Cow<'_, str> {
        "引き受け".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        None
    }

    fn sample() -> Self {
        Self { referral: id("haru:r2"), by: consultant() }
    }
}

impl Admit for ReferralAccepted {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        // An answer reported before the request itself, or by a party that was not asked, is still an answer.
        let Some(referral) = case.referral(&self.referral)? else { return Ok(Admission::New) };
        let said_before = referral.accepted.iter().find(|told| is_same_party(&told.payload.by, &self.by));
        Ok(said_before.map_or(Admission::New, |told| Admission::Repeats(told.event)))
    }
}
