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
use std::{
    collections::HashMap,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
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
    /// How long nothing of a body may come, and how long all of it may take.
    pub body: Duration,
    pub whole_body: Duration,
    /// Connections of one address; none where a proxy stands in front, whose address all have.
    pub of_one: Option<usize>,
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
            whole_body: Duration::from_secs(240),
            of_one: Some(200),
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
    let guests = Guests::default();
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
        let Some(guest) = guests.admit(peer.ip(), limits.of_one) else {
            tracing::warn!("too many connections of one address");
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, tls, watcher) = (router.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let (_place, _guest) = (place, guest);
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
        let mut request = request.map(|body| {
            let deadline = Box::pin(tokio::time::sleep(limits.whole_body));
            Body::new(Whole { body: Body::new(TimeoutBody::new(limits.body, body)), deadline })
        });
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

/// A body that must have come whole by a moment.
struct Whole {
    body: Body,
    deadline: Pin<Box<tokio::time::Sleep>>,
}

impl hyper::body::Body for Whole {
    type Data = axum::body::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_pending() && self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("the body came too slowly"))));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of an address; dropping it makes room for another.
struct Guest(Guests, IpAddr);

impl Guests {
    fn admit(&self, ip: IpAddr, most: Option<usize>) -> Option<Guest> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(ip).or_default();
        if most.is_some_and(|most| *count >= most) {
            return None;
        }
        *count += 1;
        Some(Guest(self.clone(), ip))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut all = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests;
