//! Stretches of a life with a beginning and an end: hospital stays (入院), 地域移行支援, 地域定着支援.

mod admission_form_changed;
mod community_settlement_support_started;
mod community_transition_support_started;
mod crisis_plan_agreed;
mod discharge_date_decided;
mod emergency_occurred;
mod emergency_responded;
mod episode_ended;
mod episode_extended;
mod follow_up_schedule_set;
mod follow_up_stopped;
mod hospital_admitted;
mod hospital_discharged;
mod housing_secured;
mod treating_hospital_changed;
mod trial_stay_held;

pub use admission_form_changed::AdmissionFormChanged;
pub use community_settlement_support_started::CommunitySettlementSupportStarted;
pub use community_transition_support_started::CommunityTransitionSupportStarted;
pub use crisis_plan_agreed::CrisisPlanAgreed;
pub use discharge_date_decided::DischargeDateDecided;
pub use emergency_occurred::{EmergencyKind, EmergencyOccurred};
pub use emergency_responded::{EmergencyResponded, ResponseKind};
pub use episode_ended::EpisodeEnded;
pub use episode_extended::EpisodeExtended;
pub use follow_up_schedule_set::{FollowUpMeans, FollowUpPoint, FollowUpScheduleSet};
pub use follow_up_stopped::{FollowUpStopped, StoppedPoints};
pub use hospital_admitted::{AdmissionForm, HospitalAdmitted};
pub use hospital_discharged::{Destination, HospitalDischarged};
pub use housing_secured::{HousingKind, HousingSecured};
pub use treating_hospital_changed::TreatingHospitalChanged;
pub use trial_stay_held::{TrialKind, TrialStayHeld};

use crate::case::{Case, CaseEvent};
use crate::payload::entity_events;

// ADDING AN EVENT (part 2 of 2): its `mod` and `use`, its variant here.
entity_events! {
    /// Events of hospital stays and of supports under the law.
    EpisodeEvent of CaseEvent::Episode admitted by Case {
        /// A hospital stay begins.
        HospitalAdmitted(HospitalAdmitted),
        /// 地域移行支援 begins.
        TransitionSupportStarted(CommunityTransitionSupportStarted),
        /// The day of discharge is agreed.
        DischargeDateDecided(DischargeDateDecided),
        /// A hospital stay ends.
        HospitalDischarged(HospitalDischarged),
        /// 地域定着支援 begins.
        SettlementSupportStarted(CommunitySettlementSupportStarted),
        /// Another hospital treats.
        TreatingHospitalChanged(TreatingHospitalChanged),
        /// Something happens that cannot wait.
        EmergencyOccurred(EmergencyOccurred),
        /// Somebody answers an emergency.
        EmergencyResponded(EmergencyResponded),
        /// It is agreed when somebody looks in on the person.
        FollowUpScheduleSet(FollowUpScheduleSet),
        /// A follow-up point or a schedule is given up.
        FollowUpStopped(FollowUpStopped),
        /// A support goes on beyond its term.
        Extended(EpisodeExtended),
        /// A support ends.
        Ended(EpisodeEnded),
        /// The person tries out the life to come.
        TrialStayHeld(TrialStayHeld),
        /// The person has a place to live.
        HousingSecured(HousingSecured),
        /// What to do when things get hard.
        CrisisPlanAgreed(CrisisPlanAgreed),
        /// The legal form of a stay changes.
        AdmissionFormChanged(AdmissionFormChanged),
    }
}
