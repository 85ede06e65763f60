//! Sessions and the CSRF check without a framework: read the request's headers, handle the request, and write the
//! headers that the response needs. This example uses the standard library's sockets; in a real server, its HTTP parser
//! replaces `read`.
//!
//! ```sh
//! cargo run --example no_framework --features csrf   # then open http://127.0.0.1:8003
//! ```
//!
//! `PORT` is 8003 unless set. The cookies are Secure: Chromium and Firefox accept them from `http://127.0.0.1` too,
//! Safari does not.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use django_session::{CookieOptions, CookieSessions, Csrf, CsrfCookie, CsrfRequest, KeyRing, SecretKey, Session};

fn main() -> Result<(), Box<dyn Error>> {
    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| "django-insecure-for-this-example-only".to_owned());
    let keys = KeyRing::new(SecretKey::new(secret_key)?);
    let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    let csrf = Csrf::builder().build()?;

    let port = env::var("PORT").unwrap_or_else(|_| "8003".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    // Each thread serves one connection at a time. Slow clients block the others, unless a reverse proxy buffers
    // requests.
    let serve_all = || {
        for stream in listener.incoming() {
            if let Err(error) = stream.map_err(Into::into).and_then(|stream| serve(&sessions, &csrf, stream)) {
                eprintln!("a connection failed: {error}");
            }
        }
    };
    thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(serve_all))));
    Ok(())
}

/// Returns the method and path, the headers by lower-case name, and the body.
fn read(stream: &TcpStream) -> io::Result<(String, HashMap<String, String>, String)> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream.take(16 * 1024));
    let mut lines = reader.by_ref().lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut headers = HashMap::new();
    while let Some((name, value)) = lines.next().transpose()?.unwrap_or_default().split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let body = io::read_to_string(reader.take(length))?;
    Ok((first.trim_end_matches(" HTTP/1.1").to_owned(), headers, body))
}

fn serve(sessions: &CookieSessions, csrf: &Csrf, mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let (line, headers, body) = read(&stream)?;
    let header = |name: &str| headers.get(name).map(String::as_str);
    // 1. Load the session and the CSRF cookie, and run the CSRF check.
    let cookies = header("cookie").unwrap_or_default();
    let (mut session, mut token) = (sessions.load_header(cookies), csrf.load_header(cookies));
    let checked = csrf.check(&CsrfRequest {
        method: line.split(' ').next().unwrap_or_default(),
        secure: false, // true for a site that is served over HTTPS
        host: header("host"),
        origin: header("origin"),
        referer: header("referer"),
        cookie: token.value(),
        form_token: Csrf::form_token(body.as_bytes()).as_deref(),
        header_token: header("x-csrftoken"),
    });
    // 2. Create the response. This reads and changes the session.
    let (mut status, mut headers, mut body) = match checked {
        Ok(()) => respond(&line, &mut session, &mut token).unwrap_or_else(|error| failed(&*error)),
        Err(rejection) => (403, String::new(), rejection.to_html()),
    };
    // 3. Create the Set-Cookie headers of both. With a status of 500 or more, the session is not written.
    // If one of them cannot be created, an error page replaces a page that claims that everything was saved.
    let token_cookie = csrf.commit(&token).unwrap_or_else(|error| {
        (status, headers, body) = failed(&error);
        None
    });
    let commit = sessions.commit(&session, status).or_else(|error| {
        (status, headers, body) = failed(&error);
        sessions.commit(&session, status) // a session that was flushed is removed with an error too
    })?;
    let set_cookies = commit.into_set_cookies().chain(token_cookie);
    headers.extend(set_cookies.map(|cookie| format!("Set-Cookie: {cookie}\r\n")));
    let fixed = "Content-Type: text/html; charset=utf-8\r\nVary: Cookie\r\nConnection: close\r\n";
    write!(stream, "HTTP/1.1 {status} \r\n{fixed}{headers}Content-Length: {}\r\n\r\n{body}", body.len())?;
    Ok(())
}

/// The status, headers and body of a response.
type Response = (u16, String, String);

fn respond(line: &str, session: &mut Session, token: &mut CsrfCookie) -> Result<Response, Box<dyn Error>> {
    match line {
        "GET /" => {
            let visits = session.get::<u64>("visits")?.unwrap_or(0) + 1;
            session.insert("visits", visits)?;
            Ok((200, String::new(), page(visits, &token.token()?)))
        }
        "POST /forget" => {
            session.flush();
            Ok((303, "Location: /\r\n".to_owned(), String::new()))
        }
        _ => Ok((404, String::new(), "There is no such page.".to_owned())),
    }
}

fn failed(error: &dyn Error) -> Response {
    eprintln!("a request failed: {error}");
    (500, String::new(), "Something went wrong here. Please try again.".to_owned())
}

fn page(visits: u64, token: &str) -> String {
    let body = format!(
        r#"<p>This is visit number <b id="visits">{visits}</b> of this session.</p>
<form id="forget" method="post" action="/forget"><button>Forget me</button>
  <input type="hidden" name="csrfmiddlewaretoken" value="{token}"></form>"#
    );
    format!(include_str!("page.html"), title = "Welcome", body = body)
}
