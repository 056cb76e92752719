//! The binary `banso`.

/// A third of what a proposal costs was allocating (ARCHITECTURE.md, "Where time goes").
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    banso::main()
}
