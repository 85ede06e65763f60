//! Django's session engines: what is read and written where.

use axum::BoxError;
use axum::http::StatusCode;
use axum::http::header::{GetAll, HeaderValue};
use axum::response::{IntoResponse, Response};
use django_session::{
    CachedSessions, CookieOptions, SentCookie, Session, SessionKey, SetCookie, StoredChange, StoredRow, StoredSessions,
};
use sqlx::AnyPool;
use time::OffsetDateTime;

use crate::error::AppError;
use crate::page;
use crate::session::cache::Cache;
use crate::session::database::Database;
use crate::session::files::Files;
use crate::settings::Settings;

/// What is common to these engines, and where the sessions are.
pub struct Engine {
    sessions: StoredSessions,
    storage: Storage,
}

enum Storage {
    Database(Database),
    /// The database has it all, and the cache some of it.
    CachedDatabase(Database, Cache),
    Cache(Cache),
    Files(Files),
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
    pub async fn open(settings: &Settings, cookie: CookieOptions, pool: &AnyPool) -> Result<Self, BoxError> {
        let database = || Database::new(pool.clone(), &settings.database_url);
        let redis = || settings.redis_url.as_deref().ok_or("REDIS_URL is not set");
        let storage = match settings.engine.as_str() {
            "db" => Storage::Database(database()),
            "cached_db" => {
                let cache = Cache::connect(redis()?, CachedSessions::new().with_cached_db()).await?;
                Storage::CachedDatabase(database(), cache)
            }
            "cache" => Storage::Cache(Cache::connect(redis()?, CachedSessions::new()).await?),
            "file" => {
                let folder = settings.session_file_path.clone().ok_or("SESSION_FILE_PATH is not set")?;
                Storage::Files(Files { folder })
            }
            other => return Err(format!("there is no session engine {other}").into()),
        };
        Ok(Self { sessions: StoredSessions::new(&settings.keys, cookie), storage })
    }

    pub fn sent_cookies(&self, headers: GetAll<'_, HeaderValue>) -> SentCookie {
        self.sessions.sent_cookies(headers)
    }

    pub async fn load(&self, sent: SentCookie) -> Result<Session, BoxError> {
        let row = match sent.key() {
            Some(key) => self.read(key).await?,
            None => None,
        };
        let (text, expire_date) = row.unzip();
        Ok(self.sessions.load(sent, text.as_deref(), expire_date.flatten()))
    }

    /// The text of the session, and when it ends if nothing else sees to that.
    async fn read(&self, key: &SessionKey) -> Result<Option<(String, Option<OffsetDateTime>)>, BoxError> {
        match &self.storage {
            Storage::Database(database) => {
                Ok(database.read(key).await?.map(|(text, expire_date)| (text, Some(expire_date))))
            }
            Storage::CachedDatabase(database, cache) => {
                if let Some(session) = cache.read(key).await? {
                    return Ok(Some((self.sessions.encode(&session)?, None)));
                }
                let row = database.read(key).await?;
                if let Some((text, expire_date)) = &row
                    && let Ok(session) = self.sessions.decode(text)
                {
                    cache.set(key, &session, *expire_date).await?;
                }
                Ok(row.map(|(text, expire_date)| (text, Some(expire_date))))
            }
            Storage::Cache(cache) => {
                let session = cache.read(key).await?;
                Ok(session.map(|session| self.sessions.encode(&session)).transpose()?.map(|text| (text, None)))
            }
            Storage::Files(files) => {
                let Some((text, modified)) = files.read(key).await? else { return Ok(None) };
                // A file has no date of its own: the session says how long it lives on from its last change.
                let expire_date = self.sessions.decode(&text).ok().and_then(|session| session.expiry_date(modified));
                Ok(Some((text, expire_date)))
            }
        }
    }

    /// Writes the session for a response with this status.
    pub async fn commit(&self, session: &Session, status: u16) -> Result<Headers, CommitError> {
        let commit = self.sessions.commit(session, status)?;
        let written = match &commit.change {
            StoredChange::Update { row } => self.update(row, session).await?,
            StoredChange::Insert { row, delete } => {
                self.insert(row, session).await?;
                if let Some(old) = delete {
                    self.delete(old).await?;
                }
                true
            }
            StoredChange::Delete { key } => self.delete(key).await.map(|()| true)?,
            _ => true,
        };
        if !written {
            return Err(CommitError::Interrupted);
        }
        let vary_on_cookie = commit.vary_on_cookie;
        Ok(Headers { set_cookies: commit.into_set_cookies().collect(), vary_on_cookie })
    }

    async fn insert(&self, row: &StoredRow, session: &Session) -> Result<(), BoxError> {
        match &self.storage {
            Storage::Database(database) => database.insert(row).await,
            Storage::CachedDatabase(database, cache) => {
                database.insert(row).await?;
                cache.set(&row.key, session, row.expire_date).await
            }
            Storage::Cache(cache) => cache.set(&row.key, session, row.expire_date).await,
            Storage::Files(files) => files.insert(row).await,
        }
    }

    /// Whether the session was still there.
    async fn update(&self, row: &StoredRow, session: &Session) -> Result<bool, BoxError> {
        match &self.storage {
            Storage::Database(database) => database.update(row).await,
            Storage::CachedDatabase(database, cache) => {
                let written = database.update(row).await?;
                if written {
                    cache.set(&row.key, session, row.expire_date).await?;
                }
                Ok(written)
            }
            Storage::Cache(cache) => cache.update(&row.key, session, row.expire_date).await,
            Storage::Files(files) => files.update(row).await,
        }
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), BoxError> {
        match &self.storage {
            Storage::Database(database) => database.delete(key).await,
            Storage::CachedDatabase(database, cache) => {
                database.delete(key).await?;
                cache.delete(key).await
            }
            Storage::Cache(cache) => cache.delete(key).await,
            Storage::Files(files) => files.delete(key).await,
        }
    }
}
