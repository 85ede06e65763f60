//! A `Cookie` header in, a `Set-Cookie` header out, by hand: HTTP/1.1 over the standard library's sockets.
//!
//! ```sh
//! cargo run --example no_framework   # then open http://127.0.0.1:8003
//! ```
//!
//! `SECRET_KEY` is Django's; `PORT` is 8003 unless set. The cookie is Secure. Browsers take such from `http://127.0.0.1`
//! and `http://localhost` too (Safari does not); anywhere else there has to be TLS in front of this.

use std::error::Error;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{env, thread};

use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, Session};

const THREADS: usize = 8;
const MAX_HEAD: usize = 16 * 1024;
/// So long a request may take to come in, and each piece of a response to be taken.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| {
        eprintln!("SECRET_KEY is not set: taking one that everybody knows");
        "django-insecure-everybody-knows-this-one".to_owned()
    });
    let keys = KeyRing::new(SecretKey::new(secret_key)?);
    let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    let port = env::var("PORT").map_or(Ok(8003), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    // Each thread has one visitor at a time: as many who send nothing hold the others up for all of PATIENCE. What is
    // to face the internet has a server in front of it that waits for whole requests.
    let serve_all = || {
        for stream in listener.incoming() {
            if let Err(error) = stream.and_then(|stream| serve(&sessions, stream)) {
                eprintln!("a connection failed: {error}");
            }
        }
    };
    thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(serve_all))));
    Ok(())
}

/// What of a request matters here. (Its body does not: the forms have no fields.)
struct Request<'h> {
    line: [&'h str; 2],
    cookies: Vec<&'h [u8]>,
    /// Sent by a page of ours, as all browsers say to HTTPS and to localhost.
    own: bool,
}

#[derive(Default)]
struct Response {
    status: u16,
    headers: String,
    body: String,
}

impl From<u16> for Response {
    fn from(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

fn serve(sessions: &CookieSessions, mut stream: TcpStream) -> io::Result<()> {
    let Response { status, headers, body } = match read_head(&mut stream)? {
        Ok(head) => parse(&head).map_or_else(|| Response::from(400), |request| answer(sessions, &request)),
        Err(status) => Response::from(status),
    };
    let length = body.len();
    let fixed = "Connection: close\r\nContent-Type: text/html; charset=utf-8";
    let text = format!("HTTP/1.1 {status} \r\nContent-Length: {length}\r\n{fixed}\r\n{headers}\r\n{body}");
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(text.as_bytes())
}

/// What a middleware does: loads the session, has the request answered, and says in the headers what came of it.
fn answer(sessions: &CookieSessions, request: &Request<'_>) -> Response {
    // In place of Django's CSRF token: another site's form is sent without the session, but what answers it would replace
    // that.
    if request.line[0] == "POST" && !request.own {
        return Response::from(403);
    }
    let mut session = sessions.load_headers(request.cookies.iter().copied());
    let mut response = route(request.line, &mut session).unwrap_or_else(|error| {
        eprintln!("a request failed: {error}");
        Response::from(500)
    });
    // The status counts: with 500 or more, a changed session is not written.
    match sessions.commit(&session, response.status) {
        Ok(commit) => {
            if let Some(cookie) = commit.set_cookie {
                response.headers.extend(["Set-Cookie: ", cookie.as_str(), "\r\n"]);
            }
            if commit.vary_on_cookie {
                response.headers += "Vary: Cookie\r\n";
            }
            response
        }
        // To send the page all the same would be to tell the visitor that everything was saved.
        Err(error) => {
            eprintln!("the session could not be written: {error}");
            Response::from(500)
        }
    }
}

fn route(line: [&str; 2], session: &mut Session) -> Result<Response, Box<dyn Error>> {
    match line {
        ["GET", "/"] => {
            let visits = session.get::<u64>("visits")?.unwrap_or(0).saturating_add(1);
            session.insert("visits", visits)?;
            let cookies_work = session.test_cookie_worked() && session.delete_test_cookie();
            return Ok(Response { body: page(visits, cookies_work), ..Response::from(200) });
        }
        ["POST", "/logout"] => session.flush(),
        ["POST", "/test-cookie"] => session.set_test_cookie(),
        [_, "/" | "/logout" | "/test-cookie"] => return Ok(Response::from(405)),
        _ => return Ok(Response::from(404)),
    }
    Ok(Response { headers: "Location: /\r\n".to_owned(), ..Response::from(303) })
}

/// Everything before the empty line; or the status that refuses it.
fn read_head(stream: &mut TcpStream) -> io::Result<Result<Vec<u8>, u16>> {
    let deadline = Instant::now() + PATIENCE;
    let (mut head, mut chunk) = (Vec::new(), [0; 2048]);
    loop {
        // A timeout of zero would mean none at all.
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk) {
            Ok(0) => return Ok(Err(400)),
            Ok(read) => head.extend_from_slice(&chunk[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => return Ok(Err(408)),
            Err(error) => return Err(error),
        }
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            head.truncate(end);
            return Ok(Ok(head));
        }
        if head.len() > MAX_HEAD {
            return Ok(Err(431));
        }
    }
}

fn parse(head: &[u8]) -> Option<Request<'_>> {
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let line = str::from_utf8(lines.next()?).ok()?.split(' ').collect::<Vec<_>>();
    let [method, path, "HTTP/1.0" | "HTTP/1.1"] = line[..] else { return None };
    let (mut cookies, mut own) = (Vec::new(), false);
    for line in lines {
        let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
        if name.eq_ignore_ascii_case(b"cookie") {
            cookies.push(&value[1..]);
        }
        if name.eq_ignore_ascii_case(b"sec-fetch-site") {
            own = value[1..].trim_ascii() == b"same-origin";
        }
    }
    Some(Request { line: [method, path], cookies, own })
}

fn page(visits: u64, cookies_work: bool) -> String {
    let flash = if cookies_work { r#"<p id="flash">cookies work</p>"# } else { "" };
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>No framework</title>
<h1>No framework</h1>
{flash}
<p>Visits: <span id="visits">{visits}</span></p>
<form id="logout" method="post" action="/logout"><button>Log out</button></form>
<form id="test-cookie" method="post" action="/test-cookie"><button>Do cookies work?</button></form>
</html>
"#
    )
}
