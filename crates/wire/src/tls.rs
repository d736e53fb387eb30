//! The certificate of the server, read from files and read again when they change.

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    fmt, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Why a certificate cannot be used, in a sentence for whoever runs the server.
#[derive(Debug)]
pub struct TlsError(String);

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for TlsError {}

/// The certificate chain and its key. TLS 1.2 and 1.3, HTTP/1.1.
pub struct Certificate {
    acceptor: TlsAcceptor,
    kept: Arc<Kept>,
}

#[derive(Debug)]
struct Kept {
    chain: PathBuf,
    key: PathBuf,
    now: RwLock<(Arc<CertifiedKey>, Option<SystemTime>)>,
}

impl ResolvesServerCert for Kept {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).0))
    }
}

impl Certificate {
    /// Reads a chain and its key in PEM form. The key must be its owner's alone.
    pub fn read(chain: &Path, key: &Path) -> Result<Arc<Certificate>, TlsError> {
        let changed = changed(chain);
        let now = RwLock::new((Arc::new(load(chain, key)?), changed));
        let kept = Arc::new(Kept { chain: chain.to_owned(), key: key.to_owned(), now });
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| TlsError(e.to_string()))?;
        let mut config =
            builder.with_no_client_auth().with_cert_resolver(Arc::clone(&kept) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // The server's order of ciphers counts, strongest first.
        config.ignore_client_order = true;
        Ok(Arc::new(Certificate { acceptor: TlsAcceptor::from(Arc::new(config)), kept }))
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Looks every so often whether the files were renewed; one that cannot be read leaves the old one in use.
    pub async fn renew(self: Arc<Self>, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            match self.look() {
                Ok(true) => tracing::info!("the certificate was renewed"),
                Ok(false) => {}
                Err(e) => tracing::error!("the renewed certificate cannot be used: {e}"),
            }
        }
    }

    /// Takes a renewed certificate into use; whether there was one.
    pub fn look(&self) -> Result<bool, TlsError> {
        let at = changed(&self.kept.chain);
        if self.kept.now.read().unwrap_or_else(PoisonError::into_inner).1 == at {
            return Ok(false);
        }
        let fresh = Arc::new(load(&self.kept.chain, &self.kept.key)?);
        *self.kept.now.write().unwrap_or_else(PoisonError::into_inner) = (fresh, at);
        Ok(true)
    }
}

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|m| m.modified()).ok()
}

fn load(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let unread = |file: &Path, e: &dyn fmt::Display| TlsError(format!("{} を読めません：{e}", file.display()));
    let mode = std::fs::metadata(key).map_err(|e| unread(key, &e))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(TlsError(format!("{} を、持ち主だけが読めるようにしてください（chmod 600）", key.display())));
    }
    let certificates: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(chain).map_err(|e| unread(chain, &e))?.collect();
    let certificates = certificates.map_err(|e| unread(chain, &e))?;
    if certificates.is_empty() {
        return Err(TlsError(format!("{} に証明書がありません", chain.display())));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| unread(key, &e))?;
    let pair = CertifiedKey::from_der(certificates, private, &ring::default_provider());
    pair.map_err(|e| TlsError(format!("証明書 {} と鍵 {} が合いません：{e}", chain.display(), key.display())))
}
