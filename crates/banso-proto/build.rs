//! Compiles /proto: messages, clients, servers, and the descriptors that reflection answers from.

use prost::Message;
use std::path::PathBuf;

const PROTOS: [&str; 3] = ["banso/v1/cloudevent.proto", "banso/v1/query.proto", "banso/v1/record.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Asked when it runs: two checkouts that share a target directory share this program.
    let package =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?);
    let root = package.join("../../proto");
    println!("cargo::rerun-if-changed={}", root.join("banso").display());
    let descriptors = protox::compile(PROTOS, [&root])?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    std::fs::write(out.join("banso.v1.bin"), descriptors.encode_to_vec())?;
    // A channel is the business of whoever calls; bytes are passed on without a copy.
    tonic_prost_build::configure().build_transport(false).bytes(".").compile_fds(descriptors)?;
    Ok(())
}
