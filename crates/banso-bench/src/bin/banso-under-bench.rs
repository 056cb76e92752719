//! The very same `main` as the binary `banso`, built with the benchmark so that it is never stale.

fn main() -> std::process::ExitCode {
    banso::main()
}
