//! Entries of Django's `RedisCache`: engines `cache` and `cached_db`.

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

    /// Keeps a copy of a session that is in the database.
    pub async fn set_copy(&self, key: &SessionKey, session: &Session, ttl: Duration) -> Result<(), BoxError> {
        let bytes = self.sessions.encode(session)?;
        self.set(key, &bytes, ttl, None).await.map(drop)
    }

    /// Returns whether the `condition` was met: `NX`, if there was no such entry; `XX`, if there was.
    async fn set(
        &self,
        key: &SessionKey,
        bytes: &[u8],
        ttl: Duration,
        condition: Option<&str>,
    ) -> Result<bool, BoxError> {
        if ttl.is_zero() {
            // The session has ended. Redis has no entry that lives for no time.
            return self.delete(key).await.map(|()| true);
        }
        let mut set = cmd("SET");
        set.arg(self.cache_key(key)).arg(bytes).arg("EX").arg(ttl.as_secs()).arg(condition);
        let written: Option<String> = set.query_async(&mut self.redis.clone()).await?;
        Ok(written.is_some())
    }

    /// With Django's `KEY_PREFIX` and `VERSION`, as they are unless set.
    fn cache_key(&self, key: &SessionKey) -> String {
        self.sessions.cache_key("", 1, key)
    }
}

impl Storage<Vec<u8>> for Cache {
    async fn insert(&self, row: &StoredRow<Vec<u8>>) -> Result<(), BoxError> {
        self.set(&row.key, &row.data, row.time_to_live, Some("NX")).await.map(drop)
    }

    async fn update(&self, row: &StoredRow<Vec<u8>>) -> Result<bool, BoxError> {
        self.set(&row.key, &row.data, row.time_to_live, Some("XX")).await
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), BoxError> {
        Ok(cmd("DEL").arg(self.cache_key(key)).query_async(&mut self.redis.clone()).await?)
    }
}
