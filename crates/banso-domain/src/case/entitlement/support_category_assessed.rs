use crate::Refusal;
use crate::case::{Case, says};
use crate::payload::{Admission, Admit, Payload};
use crate::samples::{id, stated, welfare_officer};
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality surveys how much support the person needs (認定調査). Source: S0 p.31.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportCategoryAssessed {
    /// The application it belongs to.
    pub entitlement: EntitlementId,
    /// Who surveyed.
    pub by: Party,
    /// What for.
    #[serde(default)]
    pub purpose: Stated<Personal<String>>,
}

impl Payload for SupportCategoryAssessed {
    const NAME: &'static str = "SupportCategoryAssessed";

    fn label(&self) -> Cow<'_, str> {
        "認定調査".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        self.purpose.value().cloned()
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e1"),
            by: welfare_officer(),
            purpose: stated("今後のサービス利用も見据えて"),
        }
    }
}

impl Admit for SupportCategoryAssessed {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.own("entitlement", &self.entitlement)?;
        Ok(says(&case.known.entitlement.assessed, self))
    }
}
