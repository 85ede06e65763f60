//! Entries of Django's `RedisCache`, for the engines `cache` and `cached_db`.

use std::time::Duration;

use axum::BoxError;
use django_session::{CachedSessions, Session, SessionKey, StoredRow};
use redis::aio::ConnectionManager;
use redis::{Client, cmd};

use crate::session::engine::Storage;

pub struct Cache {
    pub sessions: CachedSessions,
    redis: ConnectionManager,
}

impl Cache {
    pub async fn connect(url: &str, sessions: CachedSessions) -> Result<Self, BoxError> {
        Ok(Self { sessions, redis: Client::open(url)?.get_connection_manager().await? })
    }

    pub async fn get(&self, key: Option<&SessionKey>) -> Result<Option<Vec<u8>>, BoxError> {
        let Some(key) = key else { return Ok(None) };
        Ok(cmd("GET").arg(self.cache_key(key)).query_async(&mut self.redis.clone()).await?)
    }

    /// Adds the copy of a session that was just inserted into the database.
    pub async fn add_copy(&self, key: &SessionKey, session: &Session, ttl: Duration) -> Result<(), BoxError> {
        self.set(key, &self.sessions.encode(session)?, ttl, "NX").await.map(drop)
    }

    /// Replaces an existing copy. Does not add one, because another request may have ended the session.
    pub async fn update_copy(&self, key: &SessionKey, session: &Session, ttl: Duration) -> Result<(), BoxError> {
        self.set(key, &self.sessions.encode(session)?, ttl, "XX").await.map(drop)
    }

    /// Writes an entry if `condition` is met, and returns whether it is. `NX`: there is no entry with this key; `XX`:
    /// there is one.
    async fn set(&self, key: &SessionKey, bytes: &[u8], ttl: Duration, condition: &str) -> Result<bool, BoxError> {
        if ttl.as_secs() == 0 {
            // The session has expired. Redis rejects an expiry of 0.
            return self.delete(key).await.map(|_| true);
        }
        let mut set = cmd("SET");
        set.arg(self.cache_key(key)).arg(bytes).arg("EX").arg(ttl.as_secs()).arg(condition);
        let written: Option<String> = set.query_async(&mut self.redis.clone()).await?;
        Ok(written.is_some())
    }

    /// Returns the cache key, with the defaults of Django's `KEY_PREFIX` and `VERSION`.
    fn cache_key(&self, key: &SessionKey) -> String {
        self.sessions.cache_key("", 1, key)
    }
}

impl Storage<Vec<u8>> for Cache {
    async fn insert(&self, row: &StoredRow<Vec<u8>>) -> Result<(), BoxError> {
        self.set(&row.key, &row.data, row.time_to_live, "NX").await.map(drop)
    }

    async fn update(&self, row: &StoredRow<Vec<u8>>) -> Result<bool, BoxError> {
        self.set(&row.key, &row.data, row.time_to_live, "XX").await
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, BoxError> {
        let deleted: u64 = cmd("DEL").arg(self.cache_key(key)).query_async(&mut self.redis.clone()).await?;
        Ok(deleted == 1)
    }
}
