//! The binary `banso`: its commands, its configuration, and how plans, teams and timelines are printed.
//! A library only so that tests run the very same `main`.

mod bus;
mod cli;
mod commands;
mod config;
mod output;
mod store;
mod text;

pub use bus::IntakeDoor;

use clap::Parser;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Runs the command line. Exit codes: 0 = done; 1 = it failed, or a check found something; 2 = wrong usage.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let settings = match config::Settings::load(cli.config.as_deref(), cli.data.as_deref()) {
        Ok(settings) => settings,
        Err(error) => return failed(&error),
    };
    log_to_stderr(&settings);
    match commands::run(cli.command, settings) {
        Ok(code) => code,
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("banso: {error:#}");
    ExitCode::FAILURE
}

fn log_to_stderr(settings: &config::Settings) {
    let filter =
        EnvFilter::try_from_env("BANSO_LOG").unwrap_or_else(|_| EnvFilter::new(settings.log.filter.clone()));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log.format {
        config::LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        config::LogFormat::Json => log.json().init(),
    }
}
