//! `GET /v1/events`: what subscribers and auditors read.

mod pages;
mod stream;
