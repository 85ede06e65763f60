//! Entries of Django's `RedisCache`: engines `cache` and `cached_db`.

use axum::BoxError;
use django_session::{CachedSessions, Session, SessionKey};
use redis::aio::ConnectionManager;
use redis::{Client, cmd};
use time::OffsetDateTime;

pub struct Cache {
    sessions: CachedSessions,
    redis: ConnectionManager,
}

impl Cache {
    pub async fn connect(url: &str, sessions: CachedSessions) -> Result<Self, BoxError> {
        Ok(Self { sessions, redis: Client::open(url)?.get_connection_manager().await? })
    }

    pub async fn read(&self, key: &SessionKey) -> Result<Option<Session>, BoxError> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        let bytes: Option<Vec<u8>> = cmd("GET").arg(entry).query_async(&mut self.redis.clone()).await?;
        Ok(bytes.map(|bytes| self.sessions.decode(&bytes)).transpose()?)
    }

    /// Writes the entry, whether it is there or not.
    pub async fn set(&self, key: &SessionKey, session: &Session, end: OffsetDateTime) -> Result<(), BoxError> {
        self.write(key, session, end, None).await.map(drop)
    }

    /// Writes the entry if it is there, and says whether it was.
    pub async fn update(&self, key: &SessionKey, session: &Session, end: OffsetDateTime) -> Result<bool, BoxError> {
        self.write(key, session, end, Some("XX")).await
    }

    pub async fn delete(&self, key: &SessionKey) -> Result<(), BoxError> {
        let Some(entry) = self.entry(key) else { return Ok(()) };
        Ok(cmd("DEL").arg(entry).query_async(&mut self.redis.clone()).await?)
    }

    async fn write(
        &self,
        key: &SessionKey,
        session: &Session,
        end: OffsetDateTime,
        condition: Option<&str>,
    ) -> Result<bool, BoxError> {
        let Some(entry) = self.entry(key) else { return Ok(false) };
        let bytes = self.sessions.encode(session)?;
        let millis = end.unix_timestamp_nanos() / 1_000_000;
        let mut set = cmd("SET");
        set.arg(entry).arg(bytes).arg("PXAT").arg(i64::try_from(millis)?).arg(condition);
        let written: Option<String> = set.query_async(&mut self.redis.clone()).await?;
        Ok(written.is_some())
    }

    /// With Django's `KEY_PREFIX` and `VERSION`, as they are unless set.
    fn entry(&self, key: &SessionKey) -> Option<String> {
        self.sessions.key("", 1, key.as_str())
    }
}
