//! The way to the server, encrypted.

use super::connect::refused;
use super::unavailable;
use crate::port::LogError;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Settles whether a connection is encrypted: to another machine it is, unless the URL says that it need not
/// be. What libpq calls `prefer` would give way to anybody in between.
pub(super) fn settle(server: &mut Config) {
    if server.get_ssl_mode() == SslMode::Prefer {
        server.ssl_mode(if is_this_machine(server) { SslMode::Disable } else { SslMode::Require });
    }
}

fn is_this_machine(server: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    server.get_hosts().iter().all(here) && server.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

/// Believes the authorities of this machine, or those of a PEM file instead.
pub(super) fn connector(server: &Config, authorities: Option<&Path>) -> Result<MakeRustlsConnect, LogError> {
    let attempt = "read whose certificates are believed";
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(file) => {
            for certificate in CertificateDer::pem_file_iter(file).map_err(unavailable(attempt))? {
                roots.add(certificate.map_err(unavailable(attempt))?).map_err(unavailable(attempt))?;
            }
            if roots.is_empty() {
                return Err(refused(attempt, format!("there is none in {}", file.display())));
            }
        }
        None if server.get_ssl_mode() == SslMode::Require => {
            // Those that cannot be read are not believed; without any, no server is.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        None => {}
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unavailable(attempt))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_reached_encrypted_unless_the_url_says_otherwise() {
        for (url, expected) in [
            ("postgresql://banso@localhost/banso", SslMode::Disable),
            ("postgresql://banso@127.0.0.1/banso", SslMode::Disable),
            ("postgresql://banso@[::1]/banso", SslMode::Disable),
            ("postgresql://banso@%2Frun%2Fpostgresql/banso", SslMode::Disable),
            ("postgresql://banso@127.0.0.1/banso?sslmode=require", SslMode::Require),
            ("postgresql://banso@db.example/banso", SslMode::Require),
            ("postgresql://banso@db.example/banso?sslmode=prefer", SslMode::Require),
            ("postgresql://banso@localhost,db.example/banso", SslMode::Require),
            ("postgresql://banso@localhost/banso?hostaddr=192.0.2.1", SslMode::Require),
            ("postgresql://banso@db.example/banso?sslmode=disable", SslMode::Disable),
        ] {
            let mut server: Config = url.parse().unwrap();
            settle(&mut server);
            assert_eq!(server.get_ssl_mode(), expected, "{url}");
        }
    }
}
