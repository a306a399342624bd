//! How TLS connections are made: ring, the wanted roots, a client certificate.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use crate::config::{Roots, TlsConfig};
use crate::error::SetupError;

/// The two ways to look at a server's certificate.
pub(crate) struct TlsSetup {
    /// Checks it.
    pub(crate) checked: ClientConfig,
    /// Takes any; only for hosts that the user called insecure. Absent if there are none.
    pub(crate) unchecked: Option<ClientConfig>,
}

/// Builds the TLS set-up. Reads certificate files, except for [`Roots::Auto`] and
/// [`Roots::BuiltIn`], which cost nothing noticeable.
///
/// # Errors
/// When a certificate or key cannot be read.
pub(crate) fn set_up(config: &TlsConfig) -> Result<TlsSetup, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let checked = match &config.roots {
        Roots::Auto => {
            let verifier = Arc::new(Judge::built_in_then_system(&provider)?);
            builder(&provider)?
                .dangerous()
                .with_custom_certificate_verifier(verifier)
        }
        other => builder(&provider)?.with_root_certificates(roots(other)?),
    };
    let checked = with_client_cert(checked, config.client_cert.as_deref())?;
    let unchecked = if config.insecure_hosts.is_empty() {
        None
    } else {
        let anyone = Arc::new(Judge::credulous(&provider));
        let builder = builder(&provider)?
            .dangerous()
            .with_custom_certificate_verifier(anyone);
        Some(with_client_cert(builder, config.client_cert.as_deref())?)
    };
    Ok(TlsSetup { checked, unchecked })
}

fn builder(
    provider: &Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, SetupError> {
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::System(error.to_string()))
}

fn roots(wanted: &Roots) -> Result<RootCertStore, SetupError> {
    let mut store = RootCertStore::empty();
    match wanted {
        Roots::Auto | Roots::BuiltIn => {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Roots::System => {
            let loaded = rustls_native_certs::load_native_certs();
            add_all(&mut store, loaded.certs, || {
                let reason = loaded.errors.first().map(ToString::to_string);
                SetupError::SystemCertificates(reason.unwrap_or_else(|| "none found".to_owned()))
            })?;
        }
        Roots::Files { file, dir } => {
            let loaded =
                rustls_native_certs::load_certs_from_paths(file.as_deref(), dir.as_deref());
            let path = file.clone().or_else(|| dir.clone()).unwrap_or_default();
            add_all(&mut store, loaded.certs, || {
                let reason = loaded.errors.first().map(ToString::to_string);
                certificates(path, reason.unwrap_or_else(|| "none found".to_owned()))
            })?;
        }
    }
    Ok(store)
}

/// Adds certificates; those that cannot be used are left out as long as one can.
fn add_all(
    store: &mut RootCertStore,
    certs: Vec<CertificateDer<'static>>,
    none: impl FnOnce() -> SetupError,
) -> Result<(), SetupError> {
    let (added, _) = store.add_parsable_certificates(certs);
    if added == 0 { Err(none()) } else { Ok(()) }
}

fn with_client_cert(
    builder: rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>,
    path: Option<&Path>,
) -> Result<ClientConfig, SetupError> {
    let Some(path) = path else {
        return Ok(builder.with_no_client_auth());
    };
    let fail = |reason: String| certificates(path.to_owned(), reason);
    let pem = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    let chain = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fail(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| fail(error.to_string()))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| fail(error.to_string()))
}

fn certificates(path: PathBuf, reason: String) -> SetupError {
    SetupError::Certificates { path, reason }
}

/// Decides about a server's certificate.
#[derive(Debug)]
struct Judge {
    provider: Arc<CryptoProvider>,
    belief: Belief,
}

/// What is believed of certificates.
#[derive(Debug)]
enum Belief {
    /// What the compiled-in authorities say, and the system's about servers that those do not
    /// know.
    BuiltInThenSystem {
        built_in: Arc<WebPkiServerVerifier>,
        /// Loaded when first needed; `None` if the system has none.
        system: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    },
    /// Everything.
    Everything,
}

impl Judge {
    fn built_in_then_system(provider: &Arc<CryptoProvider>) -> Result<Self, SetupError> {
        Ok(Self {
            provider: Arc::clone(provider),
            belief: Belief::BuiltInThenSystem {
                built_in: verifier(provider, &Roots::BuiltIn)?,
                system: OnceLock::new(),
            },
        })
    }

    fn credulous(provider: &Arc<CryptoProvider>) -> Self {
        Self {
            provider: Arc::clone(provider),
            belief: Belief::Everything,
        }
    }
}

fn verifier(
    provider: &Arc<CryptoProvider>,
    wanted: &Roots,
) -> Result<Arc<WebPkiServerVerifier>, SetupError> {
    let roots = Arc::new(roots(wanted)?);
    WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
        .build()
        .map_err(|error| SetupError::System(error.to_string()))
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        cert: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Belief::BuiltInThenSystem { built_in, system } = &self.belief else {
            return Ok(ServerCertVerified::assertion());
        };
        let verdict = built_in.verify_server_cert(cert, chain, name, ocsp, now);
        let Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) = verdict
        else {
            return verdict;
        };
        let system = system.get_or_init(|| verifier(&self.provider, &Roots::System).ok());
        match system {
            Some(system) => system.verify_server_cert(cert, chain, name, ocsp, now),
            None => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
