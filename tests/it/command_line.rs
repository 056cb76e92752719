//! Every command of the binary, as a newcomer uses it.

mod demo;
mod events;
mod publish;
mod serve;
mod show;
mod store;
