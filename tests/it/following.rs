//! `GET /v1/events`: what subscribers and auditors read.

mod extremes;
mod pages;
mod stream;
