use crate::Refusal;
use crate::case::{Case, says};
use crate::payload::{Admission, Admit, Payload, labelled};
use crate::samples::{id, welfare_officer};
use banso_kernel::{EntitlementId, Party, Personal, Stated};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The municipality decides the support category (区分認定). Source: S0 p.17 (障害支援区分).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportCategoryDecided {
    /// The application it belongs to.
    pub entitlement: EntitlementId,
    /// Who decided.
    pub by: Party,
    /// What.
    #[serde(default)]
    pub category: Stated<SupportCategory>,
    /// Until when.
    #[serde(default)]
    pub valid_to: Stated<NaiveDate>,
}

labelled! {
    /// How much support somebody needs (障害支援区分).
    SupportCategory {
        NotApplicable = "非該当",
        One = "区分1",
        Two = "区分2",
        Three = "区分3",
        Four = "区分4",
        Five = "区分5",
        Six = "区分6",
    }
}

impl Payload for SupportCategoryDecided {
    const NAME: &'static str = "SupportCategoryDecided";

    fn label(&self) -> Cow<'_, str> {
        "区分認定".into()
    }

    fn doers(&self) -> Vec<&Party> {
        vec![&self.by]
    }

    fn detail(&self) -> Option<Personal<String>> {
        Some(self.category.value().map_or("区分の記載なし", |category| category.label()).into())
    }

    fn sample() -> Self {
        Self {
            entitlement: id("haru:e2"),
            by: welfare_officer(),
            category: Stated::NotRecorded,
            valid_to: Stated::NotRecorded,
        }
    }
}

impl Admit for SupportCategoryDecided {
    fn admit(&self, case: &Case) -> Result<Admission, Refusal> {
        case.own("entitlement", &self.entitlement)?;
        Ok(says(&case.known.entitlement.decided, self))
    }
}
