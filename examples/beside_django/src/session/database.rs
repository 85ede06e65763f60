//! The table `django_session`, for the engines `db` and `cached_db`.

use axum::BoxError;
use django_session::{SessionKey, StoredRow};
use sqlx::{AnyPool, Row as _};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::session::engine::Storage;

/// The format in which `expire_date` is written, in UTC: the one that Django uses in SQLite. PostgreSQL reads it too.
const WRITE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6]");
/// The format in which both databases return `expire_date`.
const READ: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]]");

pub struct Database {
    pool: AnyPool,
    select: &'static str,
    insert: &'static str,
    update: &'static str,
    replace: &'static str,
}

impl Database {
    /// Chooses the SQL of the database at `url`. SQLite stores dates as text; PostgreSQL converts them.
    pub fn new(pool: AnyPool, url: &str) -> Self {
        if url.starts_with("sqlite:") {
            Self {
                pool,
                select: "SELECT session_data, CAST(expire_date AS TEXT) FROM django_session WHERE session_key = $1",
                insert: "INSERT INTO django_session (session_key, session_data, expire_date) VALUES ($1, $2, $3)",
                update: "UPDATE django_session SET session_data = $2, expire_date = $3 WHERE session_key = $1",
                replace: "UPDATE django_session SET session_key = $1, session_data = $2, expire_date = $3
                          WHERE session_key = $4",
            }
        } else {
            Self {
                pool,
                select: "SELECT session_data, CAST(expire_date AT TIME ZONE 'UTC' AS TEXT) FROM django_session
                         WHERE session_key = $1",
                insert: "INSERT INTO django_session (session_key, session_data, expire_date)
                         VALUES ($1, $2, CAST($3 AS timestamp) AT TIME ZONE 'UTC')",
                update: "UPDATE django_session SET session_data = $2,
                         expire_date = CAST($3 AS timestamp) AT TIME ZONE 'UTC' WHERE session_key = $1",
                replace: "UPDATE django_session SET session_key = $1, session_data = $2,
                          expire_date = CAST($3 AS timestamp) AT TIME ZONE 'UTC' WHERE session_key = $4",
            }
        }
    }

    pub async fn read(&self, key: Option<&SessionKey>) -> Result<Option<(String, OffsetDateTime)>, BoxError> {
        let Some(key) = key else { return Ok(None) };
        let row = sqlx::query(self.select).bind(key.as_str()).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let date = PrimitiveDateTime::parse(row.try_get(1)?, READ)?;
        Ok(Some((row.try_get(0)?, date.assume_utc())))
    }

    async fn write(&self, sql: &str, row: &StoredRow, old: Option<&SessionKey>) -> Result<bool, BoxError> {
        let date = row.expire_date.format(WRITE)?;
        let mut query = sqlx::query(sql).bind(row.key.as_str()).bind(&row.data).bind(date);
        if let Some(old) = old {
            query = query.bind(old.as_str());
        }
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }
}

impl Storage for Database {
    async fn insert(&self, row: &StoredRow) -> Result<(), BoxError> {
        self.write(self.insert, row, None).await.map(drop)
    }

    async fn update(&self, row: &StoredRow) -> Result<bool, BoxError> {
        self.write(self.update, row, None).await
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, BoxError> {
        let sql = "DELETE FROM django_session WHERE session_key = $1";
        Ok(sqlx::query(sql).bind(key.as_str()).execute(&self.pool).await?.rows_affected() == 1)
    }

    /// One statement, so that no other one sees the session under both keys or under none.
    async fn replace(&self, old: &SessionKey, row: &StoredRow) -> Result<bool, BoxError> {
        self.write(self.replace, row, Some(old)).await
    }
}
