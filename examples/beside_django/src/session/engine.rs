//! Django's session engines: what is read and written where.

use axum::BoxError;
use axum::http::StatusCode;
use axum::http::header::{GetAll, HeaderValue};
use axum::response::{IntoResponse, Response};
use django_session::{
    SentCookie, Session, SessionKey, SetCookie, StoredChange, StoredCommit, StoredRow, StoredSessions,
};
use sqlx::AnyPool;
use time::OffsetDateTime;

use crate::error::AppError;
use crate::page;
use crate::session::cache::Cache;
use crate::session::database::Database;
use crate::session::files::Files;
use crate::settings::Settings;

/// An engine, and where it keeps sessions.
#[expect(clippy::large_enum_variant, reason = "the service has one")]
pub enum Engine {
    Database(StoredSessions, Database),
    /// The database has all sessions, and the cache copies of some.
    CachedDatabase(StoredSessions, Database, Cache),
    Cache(Cache),
    File(StoredSessions, Files),
}

/// Where rows are written.
pub trait Storage<Data = String> {
    async fn insert(&self, row: &StoredRow<Data>) -> Result<(), BoxError>;
    /// Returns whether there was a row with this key.
    async fn update(&self, row: &StoredRow<Data>) -> Result<bool, BoxError>;
    async fn delete(&self, key: &SessionKey) -> Result<(), BoxError>;
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

impl Engine {
    pub async fn open(settings: &Settings, pool: &AnyPool) -> Result<Self, BoxError> {
        let redis = || settings.redis_url.as_deref().ok_or("REDIS_URL is not set");
        let cached = settings.cached_sessions()?;
        let stored = settings.stored_sessions()?;
        let database = Database::new(pool.clone(), &settings.database_url);
        match settings.engine.as_str() {
            "db" => Ok(Self::Database(stored, database)),
            "cached_db" => {
                let cache = Cache::connect(redis()?, cached.with_cached_db()).await?;
                Ok(Self::CachedDatabase(stored, database, cache))
            }
            "cache" if settings.encryption.is_some() => {
                Err("ENGINE=cache keeps pickles, which ENCRYPTION does not encrypt".into())
            }
            "cache" => Ok(Self::Cache(Cache::connect(redis()?, cached).await?)),
            "file" => {
                let folder = settings.session_file_path.clone().ok_or("SESSION_FILE_PATH is not set")?;
                Ok(Self::File(stored, Files { folder }))
            }
            other => Err(format!("there is no session engine {other}").into()),
        }
    }

    pub fn sent_cookies(&self, headers: GetAll<'_, HeaderValue>) -> SentCookie {
        match self {
            Self::Database(sessions, ..) | Self::CachedDatabase(sessions, ..) | Self::File(sessions, ..) => {
                sessions.sent_cookies(headers)
            }
            Self::Cache(cache) => cache.sessions.sent_cookies(headers),
        }
    }

    pub async fn load(&self, sent: SentCookie) -> Result<Session, BoxError> {
        match self {
            Self::Database(sessions, database) => {
                let (text, expire_date) = database.read(sent.key()).await?.unzip();
                Ok(sessions.load(sent, text.as_deref(), expire_date))
            }
            Self::CachedDatabase(sessions, database, cache) => {
                if let Some(copy) = cache.get(sent.key()).await? {
                    let session = cache.sessions.load(sent.clone(), Some(&copy));
                    if session.rejection().is_none() {
                        return Ok(session);
                    }
                }
                let (text, expire_date) = database.read(sent.key()).await?.unzip();
                let session = sessions.load(sent.clone(), text.as_deref(), expire_date);
                if let (Some(key), Some(end), None) = (sent.key(), expire_date, session.rejection()) {
                    let left = end - OffsetDateTime::now_utc();
                    cache.set_copy(key, &session, left.try_into().unwrap_or_default()).await?;
                }
                Ok(session)
            }
            Self::Cache(cache) => {
                let bytes = cache.get(sent.key()).await?;
                Ok(cache.sessions.load(sent, bytes.as_deref()))
            }
            Self::File(sessions, files) => {
                let (text, modified) = files.read(sent.key()).await?.unzip();
                // A file has no date of its own: the session says how long it lives on from its last change.
                let end = text.as_deref().zip(modified).and_then(|(text, modified)| {
                    let session = sessions.decode(text).ok()?;
                    session.expiry_date(modified)
                });
                Ok(sessions.load(sent, text.as_deref(), end))
            }
        }
    }

    /// Writes the session for a response with this status.
    pub async fn commit(&self, session: &Session, status: u16) -> Result<Headers, CommitError> {
        match self {
            Self::Database(sessions, database) => write(sessions.commit(session, status)?, database).await,
            Self::CachedDatabase(sessions, database, cache) => {
                write(sessions.commit(session, status)?, &Both { database, cache, session }).await
            }
            Self::Cache(cache) => write(cache.sessions.commit(session, status)?, cache).await,
            Self::File(sessions, files) => write(sessions.commit(session, status)?, files).await,
        }
    }
}

async fn write<Data>(commit: StoredCommit<Data>, storage: &impl Storage<Data>) -> Result<Headers, CommitError> {
    match &commit.change {
        StoredChange::Update { row } if !storage.update(row).await? => return Err(CommitError::Interrupted),
        StoredChange::Insert { row, delete } => {
            storage.insert(row).await?;
            if let Some(old) = delete {
                storage.delete(old).await?;
            }
        }
        StoredChange::Delete { key } => storage.delete(key).await?,
        _ => {}
    }
    let vary_on_cookie = commit.vary_on_cookie;
    Ok(Headers { set_cookies: commit.into_set_cookies().collect(), vary_on_cookie })
}

/// The database, and then the copy of the session in the cache.
struct Both<'a> {
    database: &'a Database,
    cache: &'a Cache,
    session: &'a Session,
}

impl Storage for Both<'_> {
    async fn insert(&self, row: &StoredRow) -> Result<(), BoxError> {
        self.database.insert(row).await?;
        self.cache.set_copy(&row.key, self.session, row.time_to_live).await
    }

    async fn update(&self, row: &StoredRow) -> Result<bool, BoxError> {
        let written = self.database.update(row).await?;
        if written {
            self.cache.set_copy(&row.key, self.session, row.time_to_live).await?;
        }
        Ok(written)
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), BoxError> {
        self.database.delete(key).await?;
        self.cache.delete(key).await
    }
}
