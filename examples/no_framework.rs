//! The three steps of a session without a framework: `load_headers` from the `Cookie` headers, work, `commit` to a
//! `Set-Cookie` header. Here over the standard library's sockets; a real server's HTTP parser takes the place of `read`.
//!
//! ```sh
//! cargo run --example no_framework   # then open http://127.0.0.1:8003
//! ```
//!
//! `PORT` is 8003 unless set. The cookie is Secure: Chromium and Firefox accept it from `http://127.0.0.1` too, Safari does
//! not.

use std::env;
use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, Session};

fn main() -> Result<(), Box<dyn Error>> {
    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| "django-insecure-for-this-example-only".to_owned());
    let keys = KeyRing::new(SecretKey::new(secret_key)?);
    let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);

    let port = env::var("PORT").unwrap_or_else(|_| "8003".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    // One connection at a time for each thread: slow visitors hold up the others, unless a server in front waits for them.
    let serve_all = || {
        for stream in listener.incoming() {
            if let Err(error) = stream.and_then(|stream| serve(&sessions, stream)) {
                eprintln!("a connection failed: {error}");
            }
        }
    };
    thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(serve_all))));
    Ok(())
}

/// What of a request matters here. (Its body does not: the form has no fields.)
#[derive(Default)]
struct Request {
    /// Method and path.
    line: String,
    cookies: Vec<String>,
    /// Whether a page of ours sent it, as browsers say to HTTPS and to localhost: in place of Django's CSRF token.
    own: bool,
}

fn read(stream: &TcpStream) -> io::Result<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.take(16 * 1024)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut request = Request { line: first.trim_end_matches(" HTTP/1.1").to_owned(), ..Request::default() };
    loop {
        let line = lines.next().transpose()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
            Some((name, value)) if name == "cookie" => request.cookies.push(value.to_owned()),
            Some((name, value)) if name == "sec-fetch-site" => request.own = value == "same-origin",
            None if line.is_empty() => return Ok(request),
            _ => {}
        }
    }
}

fn serve(sessions: &CookieSessions, mut stream: TcpStream) -> io::Result<()> {
    let request = read(&stream)?;
    // 1. The session of the request.
    let mut session = sessions.load_headers(&request.cookies);
    // 2. The response, which reads and changes it.
    let (mut status, mut headers, mut body) = respond(&request, &mut session).unwrap_or_else(|error| failed(&*error));
    // 3. What the response has to say about the session. With a status of 500 or more, it is not written.
    match sessions.commit(&session, status) {
        Ok(commit) => {
            if let Some(cookie) = commit.set_cookie {
                headers.extend(["Set-Cookie: ", cookie.as_str(), "\r\n"]);
            }
            if commit.vary_on_cookie {
                headers += "Vary: Cookie\r\n";
            }
        }
        // The page says that all was saved, so another one takes its place.
        Err(error) => (status, headers, body) = failed(&error),
    }
    let fixed = "Content-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} \r\n{fixed}{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// Status, headers and body.
type Response = (u16, String, String);

fn respond(request: &Request, session: &mut Session) -> Result<Response, Box<dyn Error>> {
    match request.line.as_str() {
        "GET /" => {
            let visits = session.get::<u64>("visits")?.unwrap_or(0) + 1;
            session.insert("visits", visits)?;
            Ok((200, String::new(), page(visits)))
        }
        "POST /forget" if request.own => {
            session.flush();
            Ok((303, "Location: /\r\n".to_owned(), String::new()))
        }
        "POST /forget" => Ok((403, String::new(), "This form was sent from another site.".to_owned())),
        _ => Ok((404, String::new(), "There is no such page.".to_owned())),
    }
}

fn failed(error: &dyn Error) -> Response {
    eprintln!("a request failed: {error}");
    (500, String::new(), "Something went wrong here. Please try again.".to_owned())
}

fn page(visits: u64) -> String {
    let body = format!(
        r#"<p>This is visit number <b id="visits">{visits}</b> of this session.</p>
<form id="forget" method="post" action="/forget"><button>Forget me</button></form>"#
    );
    format!(include_str!("page.html"), title = "Welcome", body = body)
}
