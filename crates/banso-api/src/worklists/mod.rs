//! `/v1/worklists/…`: lists across persons.

pub(crate) mod unanswered_referrals;
