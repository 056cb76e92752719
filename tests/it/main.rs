//! What holds for the whole of banso. One integration binary; servers and stores are real.

mod support;

mod architecture;
mod scenario_file;

// Through the HTTP door.
mod case_asan;
mod case_haru;
mod case_sato;
mod case_woman65;
mod findings;
mod following;
mod intake_door;
mod operation;
mod publishing;
mod worklist;
mod zone;

// The binary as a process.
mod bus;
mod command_line;
mod examples;
mod faults;
mod grpc;
mod production;
mod read_models;
