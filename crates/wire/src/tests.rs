use super::*;
use axum::{extract::Request as AxumRequest, routing};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
};
use tokio_rustls::TlsConnector;

const QUICK: Limits = Limits {
    connections: 8,
    handshake: Duration::from_millis(300),
    head: Duration::from_millis(300),
    head_lines: 64,
    head_bytes: 32 * 1024,
    body: Duration::from_millis(300),
    whole_body: Duration::from_millis(900),
    of_one: Some(4),
    farewell: Duration::from_millis(300),
};

struct Folder(PathBuf);
impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("tsumugi-wire-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }
    /// A new certificate for localhost in the folder, as its client must know it.
    fn certificate(&self) -> CertificateDer {
        use std::os::unix::fs::PermissionsExt as _;
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        std::fs::write(self.chain(), made.cert.pem()).expect("written");
        std::fs::write(self.key(), made.signing_key.serialize_pem()).expect("written");
        std::fs::set_permissions(self.key(), std::fs::Permissions::from_mode(0o600)).expect("set");
        made.cert.der().clone()
    }
    fn chain(&self) -> PathBuf {
        self.0.join("chain.pem")
    }
    fn key(&self) -> PathBuf {
        self.0.join("key.pem")
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
type CertificateDer = rustls::pki_types::CertificateDer<'static>;

fn router() -> Router {
    let who = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
    let read = |request: AxumRequest| async move {
        match axum::body::to_bytes(request.into_body(), 1 << 20).await {
            Ok(bytes) => format!("{} bytes", bytes.len()),
            Err(_) => "broken".to_owned(),
        }
    };
    Router::new().route("/", routing::get(who)).route("/read", routing::post(read))
}

/// A server on a port of its own; dropping the sender stops it.
async fn start(
    tls: Option<Arc<Certificate>>,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    (address, stop, tokio::spawn(serve(listener, router(), tls, QUICK, stopped)))
}

/// Sends bytes and reads until the other side ends the connection, which it must.
async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // Who is not let in may find the door shut while still speaking.
    let _ = stream.write_all(bytes).await;
    let mut out = Vec::new();
    let ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut out)).await;
    assert!(ended.is_ok(), "the connection is held");
    String::from_utf8_lossy(&out).into_owned()
}

async fn hello(
    address: SocketAddr,
    known: &CertificateDer,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(known.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).expect("versions");
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut out = Vec::new();
    let _ = stream.read_to_end(&mut out).await;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[tokio::test]
async fn a_request_is_answered_and_knows_where_it_came_from() {
    let (address, _stop, _) = start(None).await;
    let answer = say(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_come_or_is_too_large_ends_the_connection() {
    let (address, _stop, _) = start(None).await;
    for slow in [&b"GET / HTTP/1.1\r\nhost:"[..], b""] {
        let answer = say(address, slow).await;
        assert!(!answer.contains("200"), "{answer}");
    }
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(200_000));
    // The answer may be lost where the rest of the head is still on its way.
    let answer = say(address, long.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let many: String = (0..100).map(|n| format!("x{n}: 1\r\n")).collect();
    assert!(say(address, format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_body_that_stops_coming_is_broken_off() {
    let (address, _stop, _) = start(None).await;
    let answer =
        say(address, b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nconnection: close\r\n\r\nhalf").await;
    assert!(answer.ends_with("broken"), "{answer}");
    let whole =
        say(address, b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhalf").await;
    assert!(whole.ends_with("4 bytes"), "{whole}");
}

#[tokio::test]
async fn abuse_16_a_body_that_comes_drop_by_drop_is_broken_off() {
    let (address, _stop, _) = start(None).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n")
        .await
        .expect("sent");
    let mut sent = 0;
    while sent < 900 && stream.write_all(b"x").await.is_ok() {
        sent += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(sent < 900, "it could have gone on");
}

#[tokio::test]
async fn one_address_has_only_so_many_connections() {
    let (address, _stop, _) = start(None).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n").await.expect("sent");
        held.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(say(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await, "", "a fifth");
    drop(held);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(
        say(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.contains("200"),
        "there is room again"
    );
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken_and_plain_text_is_not() {
    let folder = Folder::new();
    let known = folder.certificate();
    let certificate = Certificate::read(&folder.chain(), &folder.key()).expect("a certificate");
    let (address, _stop, _) = start(Some(certificate)).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let answer = hello(address, &known, &[version]).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let plain = say(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(!plain.contains("200"), "{plain}");
    say(address, b"").await;
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_and_a_broken_one_is_not() {
    let folder = Folder::new();
    let first = folder.certificate();
    let certificate = Certificate::read(&folder.chain(), &folder.key()).expect("a certificate");
    let (address, _stop, _) = start(Some(Arc::clone(&certificate))).await;
    let speaks = async |known: &CertificateDer| hello(address, known, &[&rustls::version::TLS13]).await.is_ok();
    assert!(!certificate.look().expect("looked"), "nothing has changed");
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = folder.certificate();
    assert!(speaks(&first).await && !speaks(&second).await);
    assert!(certificate.look().expect("renewed"));
    assert!(!speaks(&first).await && speaks(&second).await);
    tokio::time::sleep(Duration::from_millis(20)).await;
    std::fs::write(folder.chain(), "broken").expect("written");
    assert!(certificate.look().is_err());
    assert!(speaks(&second).await, "the old one stays in use");
}

#[test]
fn a_key_that_others_can_read_or_that_does_not_fit_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (one, other) = (Folder::new(), Folder::new());
    one.certificate();
    other.certificate();
    let why =
        |chain: PathBuf, key: PathBuf| Certificate::read(&chain, &key).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(why(one.chain(), other.key()).contains("合いません"));
    assert!(why(one.chain(), one.0.join("none")).contains("読めません"));
    assert_eq!(why(one.chain(), one.key()), "");
    std::fs::set_permissions(one.key(), std::fs::Permissions::from_mode(0o644)).expect("set");
    assert!(why(one.chain(), one.key()).contains("chmod 600"));
}

#[tokio::test]
async fn a_stop_ends_the_server_even_where_somebody_listens_for_ever() {
    let (address, stop, server) = start(None).await;
    let mut idle = TcpStream::connect(address).await.expect("a connection");
    idle.write_all(b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n").await.expect("sent");
    drop(stop);
    let ended = timeout(Duration::from_secs(3), server).await;
    ended.expect("in time").expect("no panic").expect("no error");
    assert!(TcpStream::connect(address).await.is_err(), "nobody is let in any more");
}
