//! The binary `banso`.

fn main() -> std::process::ExitCode {
    banso::main()
}
