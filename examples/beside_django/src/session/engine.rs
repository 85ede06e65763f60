//! Django's session engines: what is read and written where.

use axum::BoxError;
use axum::http::StatusCode;
use axum::http::header::{GetAll, HeaderValue};
use axum::response::{IntoResponse, Response};
use django_session::{
    CookieOptions, SentCookie, Session, SessionKey, SetCookie, StoredChange, StoredCommit, StoredRow, StoredSessions,
};
use sqlx::AnyPool;

use crate::error::AppError;
use crate::page;
use crate::session::database::Database;
use crate::session::files::Files;
use crate::settings::Settings;

pub enum Engine {
    Database(StoredSessions, Database),
    Files(StoredSessions, Files),
}

/// What a response has to say about the session.
#[derive(Default)]
pub struct Headers {
    pub set_cookies: Vec<SetCookie>,
    pub vary_on_cookie: bool,
}

/// Why a session is not written.
pub enum CommitError {
    /// Another request has deleted it meanwhile. Writing it would undo a log-out.
    Interrupted,
    Failed(BoxError),
}

impl<E: Into<BoxError>> From<E> for CommitError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for CommitError {
    fn into_response(self) -> Response {
        match self {
            Self::Interrupted => {
                let text = "You have logged out meanwhile, perhaps in another tab. Nothing was saved.";
                page::message(StatusCode::BAD_REQUEST, "This session has ended", text, "/")
            }
            Self::Failed(error) => AppError::Internal(error).into_response(),
        }
    }
}

/// Where rows are written.
pub trait Rows<Data> {
    async fn insert(&self, row: &StoredRow<Data>) -> Result<(), BoxError>;
    /// Whether the row was still there.
    async fn update(&self, row: &StoredRow<Data>) -> Result<bool, BoxError>;
    async fn delete(&self, key: &SessionKey) -> Result<(), BoxError>;
}

impl Engine {
    pub fn open(settings: &Settings, cookie: CookieOptions, database: &AnyPool) -> Result<Self, BoxError> {
        let stored = StoredSessions::new(&settings.keys, cookie);
        match settings.engine.as_str() {
            "db" => Ok(Self::Database(stored, Database::new(database.clone(), &settings.database_url))),
            "file" => {
                let folder = settings.session_file_path.clone().ok_or("SESSION_FILE_PATH is not set")?;
                Ok(Self::Files(stored, Files { folder }))
            }
            other => Err(format!("there is no session engine {other}").into()),
        }
    }

    pub fn sent_cookies(&self, headers: GetAll<'_, HeaderValue>) -> SentCookie {
        match self {
            Self::Database(sessions, _) | Self::Files(sessions, _) => sessions.sent_cookies(headers),
        }
    }

    pub async fn load(&self, sent: SentCookie) -> Result<Session, BoxError> {
        match self {
            Self::Database(sessions, rows) => {
                let row = match sent.key() {
                    Some(key) => rows.read(key).await?,
                    None => None,
                };
                let (text, expire_date) = row.unzip();
                Ok(sessions.load(sent, text.as_deref(), expire_date))
            }
            Self::Files(sessions, files) => {
                let file = match sent.key() {
                    Some(key) => files.read(key).await?,
                    None => None,
                };
                let Some((text, modified)) = file else { return Ok(sessions.load(sent, None, None)) };
                // A file has no date of its own: the session says how long it lives on from its last change.
                let expire_date = sessions.decode(&text).ok().and_then(|session| session.expiry_date(modified));
                Ok(sessions.load(sent, Some(&text), expire_date))
            }
        }
    }

    /// Writes the session for a response with this status.
    pub async fn commit(&self, session: &Session, status: u16) -> Result<Headers, CommitError> {
        match self {
            Self::Database(sessions, rows) => write(rows, sessions.commit(session, status)?).await,
            Self::Files(sessions, files) => write(files, sessions.commit(session, status)?).await,
        }
    }
}

async fn write<Data>(rows: &impl Rows<Data>, commit: StoredCommit<Data>) -> Result<Headers, CommitError> {
    let written = match &commit.change {
        StoredChange::Update { row } => rows.update(row).await?,
        StoredChange::Insert { row, delete } => {
            rows.insert(row).await?;
            if let Some(old) = delete {
                rows.delete(old).await?;
            }
            true
        }
        StoredChange::Delete { key } => rows.delete(key).await.map(|()| true)?,
        _ => true,
    };
    if !written {
        return Err(CommitError::Interrupted);
    }
    let vary_on_cookie = commit.vary_on_cookie;
    Ok(Headers { set_cookies: commit.into_set_cookies().collect(), vary_on_cookie })
}
