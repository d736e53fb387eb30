//! One HTTP/1.1 keep-alive connection, as little of the protocol as a load generator needs.

use crate::command::Outcome;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// More than any page of the product, so that a broken answer ends.
const LARGEST: usize = 64 * 1024 * 1024;

pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A complete answer.
pub struct Answer {
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of the first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Where the parts of an answer lie in the buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    pub status: u16,
    head: usize,
    end: usize,
    chunked: bool,
}

impl Wire {
    pub async fn open(address: SocketAddr) -> Outcome<Wire> {
        let stream =
            TcpStream::connect(address).await.map_err(|error| format!("No connection to {address}: {error}."))?;
        stream.set_nodelay(true).map_err(|error| format!("No TCP_NODELAY: {error}."))?;
        Ok(Wire { stream, buffer: Vec::with_capacity(128 * 1024) })
    }

    /// Sends a request and reads its answer to the end; what was read stays in the buffer until the next request.
    pub async fn exchange(&mut self, request: &[u8]) -> Outcome<Parts> {
        self.buffer.clear();
        self.stream.write_all(request).await.map_err(|error| format!("The request could not be sent: {error}."))?;
        loop {
            if let Some(parts) = parts(&self.buffer)? {
                return Ok(parts);
            }
            let read = self.stream.read_buf(&mut self.buffer).await;
            let read = read.map_err(|error| format!("The answer could not be read: {error}."))?;
            if read == 0 || self.buffer.len() > LARGEST {
                return Err("The server closed the connection, or sent no end, in the middle of an answer.".to_owned());
            }
        }
    }

    /// The answer of the last exchange.
    pub fn answer(&self, parts: &Parts) -> Answer {
        let head = String::from_utf8_lossy(self.buffer.get(..parts.head).unwrap_or_default()).into_owned();
        let body = self.buffer.get(parts.head..parts.end).unwrap_or_default();
        let body = if parts.chunked { joined(body) } else { body.to_vec() };
        Answer { status: parts.status, head, body }
    }

    pub async fn get(&mut self, path: &str, cookie: &str) -> Outcome<Answer> {
        let parts = self.exchange(&get(path, cookie)).await?;
        Ok(self.answer(&parts))
    }
}

/// The bytes of a GET request.
pub fn get(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\ncookie: {cookie}\r\n\r\n").into_bytes()
}

/// The bytes of a posted form.
pub fn post(path: &str, cookie: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::with_capacity(1024);
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(name);
        body.push('=');
        body.push_str(&encoded(value));
    }
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Percent-encoding for queries and forms.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The parts of a complete answer; `None` while bytes are missing.
fn parts(buffer: &[u8]) -> Outcome<Option<Parts>> {
    let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
    let broken = || "The server's answer is not HTTP/1.1.".to_owned();
    let text = std::str::from_utf8(buffer.get(..head).unwrap_or_default()).map_err(|_| broken())?;
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(broken)?;
    if header(text, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        let rest = buffer.get(head..).unwrap_or_default();
        return Ok(chunks(rest).map(|(_, length)| Parts { status, head, end: head + length, chunked: true }));
    }
    let length: usize = match header(text, "content-length") {
        Some(value) => value.parse().map_err(|_| broken())?,
        None => 0,
    };
    let end = head + length;
    Ok((buffer.len() >= end).then_some(Parts { status, head, end, chunked: false }))
}

/// The pieces of a chunked body and the number of bytes that it took; `None` while bytes are missing.
fn chunks(bytes: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..line)?).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        let begin = line + 2;
        // The closing line end must be there as well, also after the last, empty piece.
        rest.get(begin..begin + size + 2)?;
        at += begin + size + 2;
        if size == 0 {
            return Some((pieces, at));
        }
        pieces.push(rest.get(begin..begin + size)?);
    }
}

fn joined(bytes: &[u8]) -> Vec<u8> {
    chunks(bytes).map_or_else(Vec::new, |(pieces, _)| pieces.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_when_its_last_byte_is_there() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(parts(&whole[..whole.len() - 1]), Ok(None));
        let found = parts(whole).unwrap().unwrap();
        assert_eq!((found.status, found.end), (200, whole.len()));
        assert_eq!(parts(b"HTTP/1.1 303 See Other\r\nlocation: /\r\n\r\n").unwrap().unwrap().status, 303);
        assert!(parts(b"nonsense\r\n\r\n").is_err());
    }

    #[test]
    fn a_chunked_body_is_joined() {
        let whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n";
        let found = parts(whole).unwrap().unwrap();
        assert_eq!(found.end, whole.len());
        assert_eq!(joined(&whole[found.head..]), b"abcde");
        assert_eq!(parts(&whole[..whole.len() - 2]), Ok(None));
    }

    #[test]
    fn a_form_is_encoded() {
        let bytes = post("/x", "a=b", &[("title", "訪 問&"), ("once", "1")]);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.ends_with("\r\n\r\ntitle=%E8%A8%AA%20%E5%95%8F%26&once=1"), "{text}");
        assert!(text.contains("content-length: 37\r\n"), "{text}");
    }
}
