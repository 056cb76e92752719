//! `/v1/zones/{id}/…`: what a zone works on.

pub(crate) mod issues;
