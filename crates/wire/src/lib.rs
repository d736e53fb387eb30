//! Connections of the server: how many, how long a head, a handshake and a body may take, and TLS by rustls.
//!
//! Behind a proxy the same limits hold; TLS is then the proxy's.

mod tls;

pub use tls::{Certificate, TlsError};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    time::timeout,
};
use tower::ServiceExt as _;
use tower_http::timeout::TimeoutBody;

/// What one connection may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at one time; more wait in the system's queue.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long a head may take to come, and how long a kept connection may be silent.
    pub head: Duration,
    /// Lines of a head, and about how many bytes: the buffer may hold up to twice as much in one reading.
    pub head_lines: usize,
    pub head_bytes: usize,
    /// How long nothing of a body may come.
    pub body: Duration,
    /// How long open connections are waited for when the server stops.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 2_000,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            head_lines: 64,
            head_bytes: 32 * 1024,
            body: Duration::from_secs(30),
            farewell: Duration::from_secs(5),
        }
    }
}

/// Serves until `stop`; then answers what is open, as long as the farewell lasts.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<Certificate>>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async {
            let place = place.await.map_err(io::Error::other)?;
            listener.accept().await.map(|(stream, peer)| (place, stream, peer))
        };
        let (place, stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => match accepted {
                Ok(accepted) => accepted,
                Err(e) => {
                    // Out of file descriptors, or the other side has gone already: neither must stop the server.
                    tracing::warn!("a connection was not accepted: {e}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let (router, tls, watcher) = (router.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            match tls {
                None => talk(stream, peer, router, limits, watcher).await,
                Some(certificate) => match timeout(limits.handshake, certificate.accept(stream)).await {
                    Ok(Ok(stream)) => talk(stream, peer, router, limits, watcher).await,
                    Ok(Err(e)) => tracing::debug!("TLS with {peer}: {e}"),
                    Err(_) => tracing::debug!("TLS with {peer}: too slow"),
                },
            }
        });
    }
    drop(listener);
    // Streams of live changes have no end of their own.
    let _ = timeout(limits.farewell, graceful.shutdown()).await;
    Ok(())
}

async fn talk<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(TimeoutBody::new(limits.body, body)));
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(limits.head_lines)
        .max_buf_size(limits.head_bytes)
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks off is everyday life.
    if let Err(e) = watcher.watch(connection).await {
        tracing::debug!("connection of {peer}: {e}");
    }
}

#[cfg(test)]
mod tests;
