//! A minimal HTTP/1.1 client, so that the server is busier than the client.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Returns a GET request for `path`, with a cookie unless it is empty.
pub fn request(path: &str, cookie: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}\r\n").into_bytes()
}

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    /// The last response.
    response: Vec<u8>,
    head_len: usize,
}

impl Connection {
    pub fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, response: Vec::new(), head_len: 0 }
    }

    pub fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("the server reads");
    }

    /// Waits for the response. It must have the status 200 and a `Content-Length`.
    pub fn receive(&mut self) {
        const ROOM: usize = 16_384;
        let mut len = 0;
        self.response.resize(ROOM, 0);
        loop {
            let read = self.stream.read(&mut self.response[len..]).expect("the server answers");
            assert!(read > 0, "the connection is kept alive, and the response fits");
            len += read;
            let Some(end) = find(&self.response[..len], b"\r\n\r\n") else { continue };
            self.head_len = end + 4;
            let body_len = field(&self.response[..end], "content-length").expect("a length").parse::<usize>();
            if len == self.head_len + body_len.expect("a number") {
                break;
            }
        }
        self.response.truncate(len);
        assert!(self.response.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&self.response));
    }

    pub fn exchange(&mut self, request: &[u8]) {
        self.send(request);
        self.receive();
    }

    /// Returns the head of the last response, including the empty line.
    pub fn head(&self) -> &[u8] {
        &self.response[..self.head_len]
    }

    pub fn body(&self) -> &str {
        str::from_utf8(&self.response[self.head_len..]).expect("text")
    }

    /// Returns the cookie that the last response sets, as `name=value`.
    pub fn set_cookie(&self) -> Option<String> {
        let cookie = field(self.head(), "set-cookie")?;
        cookie.split(';').next().map(str::to_owned)
    }
}

/// Returns the value of the first header field with this name.
fn field<'h>(head: &'h [u8], name: &str) -> Option<&'h str> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (found, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":").filter(|_| found.eq_ignore_ascii_case(name.as_bytes()))?;
        str::from_utf8(value.trim_ascii()).ok()
    })
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}
