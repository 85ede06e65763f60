//! Django's session engines: what each of them reads and writes.

use axum::BoxError;
use axum::http::StatusCode;
use axum::http::header::{GetAll, HeaderValue};
use axum::response::{IntoResponse, Response};
use django_session::{Commit, SentCookie, Session, SessionKey, StoredChange, StoredCommit, StoredRow, StoredSessions};
use sqlx::AnyPool;

use crate::error::AppError;
use crate::page;
use crate::session::cache::Cache;
use crate::session::database::Database;
use crate::session::files::Files;
use crate::settings::Settings;

/// A session engine with its storage.
#[expect(clippy::large_enum_variant, reason = "there is only one value")]
pub enum Engine {
    Database(StoredSessions, Database),
    /// The database stores all sessions, and the cache stores copies of some.
    CachedDatabase(StoredSessions, Database, Cache),
    Cache(Cache),
    File(StoredSessions, Files),
}

/// A storage for sessions.
pub trait Storage<Data = String> {
    async fn insert(&self, row: &StoredRow<Data>) -> Result<(), BoxError>;
    /// Returns whether there was a row with this key.
    async fn update(&self, row: &StoredRow<Data>) -> Result<bool, BoxError>;
    /// Returns whether there was a row with this key.
    async fn delete(&self, key: &SessionKey) -> Result<bool, BoxError>;

    /// Moves a session to the row's key. Returns whether there was a row with the old key.
    ///
    /// Inserts first, so that the session is not lost if the storage fails in between.
    async fn replace(&self, old: &SessionKey, row: &StoredRow<Data>) -> Result<bool, BoxError> {
        self.insert(row).await?;
        let was_there = self.delete(old).await?;
        if !was_there {
            self.delete(&row.key).await?;
        }
        Ok(was_there)
    }
}

/// The reason why a session was not written.
pub enum CommitError {
    /// Another request deleted it in the meantime. Writing it would undo a logout.
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
                let text = "You have logged out in the meantime, perhaps in another tab. Nothing was saved.";
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
                Err("ENGINE=cache stores pickles, which ENCRYPTION cannot encrypt".into())
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
                let copy = cache.get(sent.key()).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "the cache cannot be read, so the session is read from the database");
                    None
                });
                if let Some(copy) = copy {
                    let session = cache.sessions.load(sent.clone(), Some(&copy));
                    if session.rejection().is_none() {
                        return Ok(session);
                    }
                }
                // No copy is added here, because another request may be ending the session.
                let (text, expire_date) = database.read(sent.key()).await?.unzip();
                Ok(sessions.load(sent, text.as_deref(), expire_date))
            }
            Self::Cache(cache) => {
                let bytes = cache.get(sent.key()).await?;
                Ok(cache.sessions.load(sent, bytes.as_deref()))
            }
            Self::File(sessions, files) => {
                let (text, modified) = files.read(sent.key()).await?.unzip();
                // A file has no expiry date. It follows from the session's expiry and the last change of the file.
                let end = text.as_deref().zip(modified).and_then(|(text, modified)| {
                    let session = sessions.decode(text).ok()?;
                    session.expiry_date(modified)
                });
                Ok(sessions.load(sent, text.as_deref(), end))
            }
        }
    }

    /// Writes the session for a response with this status.
    pub async fn commit(&self, session: &Session, status: u16) -> Result<Commit, CommitError> {
        match self {
            Self::Database(sessions, database) => write(sessions.commit(session, status)?, database, status).await,
            Self::CachedDatabase(sessions, database, cache) => {
                write(sessions.commit(session, status)?, &Both { database, cache, session }, status).await
            }
            Self::Cache(cache) => write(cache.sessions.commit(session, status)?, cache, status).await,
            Self::File(sessions, files) => write(sessions.commit(session, status)?, files, status).await,
        }
    }
}

async fn write<Data>(
    commit: StoredCommit<Data>,
    storage: &impl Storage<Data>,
    status: u16,
) -> Result<Commit, CommitError> {
    let is_there = match &commit.change {
        StoredChange::Update { row } => storage.update(row).await?,
        StoredChange::Replace { old, row } => storage.replace(old, row).await?,
        StoredChange::Insert { row, delete } => {
            if let Some(old) = delete {
                storage.delete(old).await?;
            }
            storage.insert(row).await.map(|()| true)?
        }
        StoredChange::Delete { key } => match storage.delete(key).await {
            // The response is already an error page, and must still remove the cookie.
            Err(error) if status >= 500 => {
                tracing::error!(%error, "a session was not deleted");
                true
            }
            deleted => deleted.map(|_| true)?,
        },
        _ => true,
    };
    if is_there { Ok(commit.response) } else { Err(CommitError::Interrupted) }
}

/// Writes to the database first, then to the cache.
struct Both<'a> {
    database: &'a Database,
    cache: &'a Cache,
    session: &'a Session,
}

impl Storage for Both<'_> {
    async fn insert(&self, row: &StoredRow) -> Result<(), BoxError> {
        self.database.insert(row).await?;
        self.add_copy(row).await;
        Ok(())
    }

    async fn update(&self, row: &StoredRow) -> Result<bool, BoxError> {
        let is_there = self.database.update(row).await?;
        if is_there {
            self.cache.update_copy(&row.key, self.session, row.time_to_live).await?;
        } else {
            self.cache.delete(&row.key).await?;
        }
        Ok(is_there)
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, BoxError> {
        let was_there = self.database.delete(key).await?;
        self.cache.delete(key).await?;
        Ok(was_there)
    }

    async fn replace(&self, old: &SessionKey, row: &StoredRow) -> Result<bool, BoxError> {
        // Deletes the old copy first: if that fails, the session is still where it was.
        self.cache.delete(old).await?;
        let was_there = self.database.replace(old, row).await?;
        // And again, because Django adds a copy when it reads a row.
        if let Err(error) = self.cache.delete(old).await {
            tracing::error!(%error, "the copy of a session under its old key was not deleted");
        }
        if was_there {
            self.add_copy(row).await;
        }
        Ok(was_there)
    }
}

impl Both<'_> {
    /// Without a copy, the session is read from the database.
    async fn add_copy(&self, row: &StoredRow) {
        if let Err(error) = self.cache.add_copy(&row.key, self.session, row.time_to_live).await {
            tracing::error!(%error, "the copy of a session was not added to the cache");
        }
    }
}
