//! The binary `banso`, for the tests.

fn main() -> std::process::ExitCode {
    banso::main()
}
