//! Sessions in the table `django_session` of an SQLite database, for axum.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use django_session::{Commit, SentCookie, Session, StoredChange, StoredRow, StoredSessions};
use rusqlite::{Connection, OptionalExtension as _, params};
use time::OffsetDateTime;

use crate::axum::{Handle, with_sessions};

/// The table as Django creates it.
const TABLE: &str = "
    CREATE TABLE django_session (
        session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date datetime NOT NULL);
    CREATE INDEX django_session_expire_date ON django_session (expire_date);";

/// The session of a request. It is read when the handler uses it.
#[derive(Clone)]
pub struct Stored(Arc<Visit>);

struct Visit {
    table: Arc<Table>,
    sent: SentCookie,
    session: OnceLock<Mutex<Session>>,
}

impl Handle for Stored {
    fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        let session = self.0.session.get_or_init(|| Mutex::new(self.0.table.load(self.0.sent.clone())));
        work(&mut session.lock().expect("no handler panics"))
    }
}

impl FromRequestParts<()> for Stored {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, (): &()) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().expect("the layer is there").clone())
    }
}

struct Table {
    sessions: StoredSessions,
    database: Mutex<Connection>,
}

impl Table {
    fn load(&self, sent: SentCookie) -> Session {
        let row: Option<(String, OffsetDateTime)> = sent.key().and_then(|key| {
            let database = self.database.lock().expect("no statement panics");
            let sql = "SELECT session_data, expire_date FROM django_session WHERE session_key = ?1";
            let mut select = database.prepare_cached(sql).expect("SQL");
            select.query_row([key.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional().expect("a row of ours")
        });
        let (text, expire_date) = row.unzip();
        self.sessions.load(sent, text.as_deref(), expire_date)
    }

    fn commit(&self, session: &Session, status: u16) -> Commit {
        let commit = self.sessions.commit(session, status).expect("JSON");
        match &commit.change {
            StoredChange::Nothing => {}
            StoredChange::Update { row } => {
                let sql = "UPDATE django_session SET session_data = ?2, expire_date = ?3 WHERE session_key = ?1";
                assert_eq!(self.write(sql, row), 1, "no session is deleted");
            }
            StoredChange::Insert { row, delete: None } => {
                self.write("INSERT INTO django_session VALUES (?1, ?2, ?3)", row);
            }
            change => unreachable!("nobody logs in or out: {change:?}"),
        }
        commit.response
    }

    fn write(&self, sql: &str, StoredRow { key, data, expire_date, .. }: &StoredRow) -> usize {
        let database = self.database.lock().expect("no statement panics");
        let mut write = database.prepare_cached(sql).expect("SQL");
        write.execute(params![key.as_str(), data, expire_date]).expect("a row of ours")
    }
}

/// Returns the server. The table is in memory, so that the disk is not measured.
pub fn app(sessions: StoredSessions) -> Router {
    let database = Connection::open_in_memory().expect("memory");
    database.execute_batch(TABLE).expect("SQL");
    let table = Arc::new(Table { sessions, database: Mutex::new(database) });
    with_sessions::<Stored>()
        .layer(from_fn(move |request: Request, next: Next| visit(Arc::clone(&table), request, next)))
}

async fn visit(table: Arc<Table>, mut request: Request, next: Next) -> Response {
    let sent = table.sessions.sent_cookies(request.headers().get_all(COOKIE));
    let stored = Stored(Arc::new(Visit { table, sent, session: OnceLock::new() }));
    request.extensions_mut().insert(stored.clone());
    let mut response = next.run(request).await;
    if let Some(session) = stored.0.session.get() {
        let session = session.lock().expect("no handler panics");
        let commit = stored.0.table.commit(&session, response.status().as_u16());
        write_headers(commit, response.headers_mut());
    }
    response
}

fn write_headers(commit: Commit, headers: &mut HeaderMap) {
    if let Some(vary) = commit.vary(headers.get_all(VARY)) {
        headers.insert(VARY, HeaderValue::try_from(vary).expect("a header"));
    }
    for cookie in commit.into_set_cookies() {
        headers.append(SET_COOKIE, HeaderValue::try_from(cookie.into_string()).expect("a header"));
    }
}
