//! The things of a person, or of a zone, that have an id of their own, by which events refer to them.

use banso_kernel::{
    AccessId, ConsentId, CouncilMeetingId, EmergencyId, EntitlementId, EpisodeId, FactId, FormulationId,
    IssueId, MeetingId, NoteId, PlanId, ReferralId, Scoped, SupportId, UnknownId,
};
use serde::{Deserialize, Serialize};

macro_rules! things {
    ($($(#[$doc:meta])* $kind:ident($id:ty) = $name:literal $label:literal),+ $(,)?) => {
        /// A thing of the person, or of the zone, that an event brings, and others refer to by its id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Thing<'a> {
            $($(#[$doc])* $kind(&'a $id)),+
        }

        /// What kind of thing it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub(crate) enum ThingKind {
            $($kind),+
        }

        impl Thing<'_> {
            pub(crate) fn kind(self) -> ThingKind {
                match self {
                    $(Self::$kind(_) => ThingKind::$kind),+
                }
            }

            /// What kind of thing it is, in a refusal.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name),+
                }
            }

            /// What kind of thing it is, as people see it.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $label),+
                }
            }

            /// Its id.
            pub fn id(&self) -> &str {
                match self {
                    $(Self::$kind(id) => id.as_str()),+
                }
            }

            /// Whether it belongs to this person, or to this zone.
            pub(crate) fn is_of(self, owner: &str) -> bool {
                match self {
                    $(Self::$kind(id) => id.is_of(owner)),+
                }
            }
        }
    };
}

things! {
    /// A request for help.
    Referral(ReferralId) = "referral" "協力依頼",
    /// A hospital stay, or a support with a beginning and an end.
    Episode(EpisodeId) = "episode" "入院・支援の開始",
    /// The end of a hospital stay.
    Discharge(EpisodeId) = "discharge" "退院",
    /// An application for services.
    Application(EntitlementId) = "application" "利用申請",
    /// What was granted on an application.
    Grant(EntitlementId) = "grant" "支給決定",
    /// A plan.
    Plan(PlanId) = "plan" "計画案",
    /// A meeting.
    Meeting(MeetingId) = "meeting" "会議",
    /// A fact.
    Fact(FactId) = "fact" "わかったこと",
    /// A reading of the situation.
    Formulation(FormulationId) = "formulation" "見立て・支援方針",
    /// A note of a contact.
    Note(NoteId) = "note" "記録",
    /// A support.
    Support(SupportId) = "support" "支援",
    /// What a zone lacks.
    Issue(IssueId) = "issue" "地域課題",
    /// A meeting of a council.
    CouncilMeeting(CouncilMeetingId) = "council meeting" "協議会の会議",
    /// Something that is known not to be known.
    Unknown(UnknownId) = "known unknown" "まだわからないこと",
    /// A consent to share information.
    Consent(ConsentId) = "consent" "情報共有の同意",
    /// An access in an emergency.
    Access(AccessId) = "emergency access" "緊急時の閲覧",
    /// Something that could not wait.
    Emergency(EmergencyId) = "emergency" "緊急の事態",
}
