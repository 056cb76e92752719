use super::{Registry, RulePack};
use crate::Refusal;
use crate::payload::{Admission, Admit, Payload};
use banso_kernel::{Party, Personal, RulePackId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A rule pack holds from now on (制度ルールの適用); a later one of the same id takes its place. Findings are computed by
/// the packs in force at the time asked about. Source: design D20.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RulePackActivated {
    /// The pack.
    pub pack: RulePackId,
    /// The pack itself, as TOML: what was in force stays to be seen.
    pub content: String,
}

impl Payload for RulePackActivated {
    const NAME: &'static str = "RulePackActivated";

    fn label(&self) -> Cow<'_, str> {
        "制度ルールの適用".into()
    }

    fn doers(&self) -> Vec<&Party> {
        Vec::new()
    }

    fn detail(&self) -> Option<Personal<String>> {
        RulePack::read(&self.content)
            .ok()
            .map(|pack| format!("{}（{}件）", pack.title, pack.rules.len()).into())
    }

    fn sample() -> Self {
        Self {
            pack: crate::samples::id("national"),
            content: "title = \"全国共通\"\n\n[[rule]]\nid = \"R29\"\ntitle = \"本人の参加\"\nsource = \"S1\"\nverified = true\nseverity = \"confirm\"\ncheck = { kind = \"meeting_without_person\" }\n".to_owned(),
        }
    }
}

impl Admit<Registry> for RulePackActivated {
    fn admit(&self, registry: &Registry) -> Result<Admission, Refusal> {
        RulePack::read(&self.content)?;
        registry.usual(self)
    }
}

#[cfg(test)]
mod specs {
    use super::*;
    use crate::registry::rule_pack::RulePackError;
    use crate::registry::spec::{given, told};

    fn activated() -> RulePackActivated {
        RulePackActivated::sample()
    }

    fn changed() -> RulePackActivated {
        RulePackActivated { content: activated().content.replace("confirm", "info"), ..activated() }
    }

    #[test]
    fn a_pack_is_activated_and_changed() {
        given([]).when(told(activated())).admits();
        given([told(activated())]).when(told(changed())).admits();
    }

    #[test]
    fn the_same_pack_on_the_same_day_is_a_repeat() {
        given([told(activated())]).when(told(activated())).repeats(1);
    }

    #[test]
    fn a_pack_comes_back_after_another_on_a_later_day() {
        given([told(activated()).on("2025-04-01"), told(changed()).on("2025-05-01")])
            .when(told(activated()).on("2025-05-20"))
            .admits();
    }

    #[test]
    fn what_is_no_rule_pack_is_refused() {
        let twice =
            format!("{}{}", activated().content, activated().content.replace("title = \"全国共通\"", ""));
        given([])
            .when(told(RulePackActivated { content: twice, ..activated() }))
            .refuses(Refusal::RulePack(RulePackError::Twice("R29".to_owned())));
    }
}
