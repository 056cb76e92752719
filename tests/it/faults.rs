//! What goes wrong, and what holds all the same: the binary as a process, killed, out of disk, interrupted,
//! doubled; and stores that somebody changed behind its back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod disk_full;
mod killed;
mod production;
mod signals;
mod two_processes;
