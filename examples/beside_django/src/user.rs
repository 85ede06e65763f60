//! The user of a request, as Django's `request.user`: named by the session and read from Django's tables.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use django_session::Session;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

use crate::Site;
use crate::error::AppError;
use crate::session::WebSession;

/// Django's default authentication backend, and the only one of this site. Login stores its name in the session.
pub const BACKEND: &str = "django.contrib.auth.backends.ModelBackend";

/// A logged-in user. As an extractor, `User` redirects to the login page if nobody is logged in; `Option<User>` does
/// not.
#[derive(Clone, Serialize)]
pub struct User {
    pub id: i64,
    pub username: String,
    pub first_name: String,
    /// The attribute that Django's templates read.
    pub is_authenticated: bool,
    /// The Redis key of the list of this user's sessions: see `revocation.rs`. It changes when all sessions are ended.
    #[serde(skip)]
    pub sessions: String,
}

/// The columns of `auth_user` that this service reads.
pub struct Row {
    pub user: User,
    /// The `password` column: algorithm, iterations, salt and hash.
    pub password: String,
    /// The value that is hashed into the session: the password and a number, as in `_get_session_auth_hash` of the
    /// `User` in `site/shop/models.py`.
    pub hashed: String,
}

impl Row {
    /// Selects only users who may log in.
    const SELECT: &str = "SELECT id, username, first_name, password, session_epoch FROM auth_user WHERE is_active AND ";

    pub async fn by_name(database: &AnyPool, name: &str) -> Result<Option<Self>, sqlx::Error> {
        let sql = format!("{} username = $1", Self::SELECT);
        sqlx::query(&sql).bind(name).fetch_optional(database).await?.as_ref().map(Self::from_row).transpose()
    }

    async fn by_id(database: &AnyPool, id: i64) -> Result<Option<Self>, sqlx::Error> {
        let sql = format!("{} id = $1", Self::SELECT);
        sqlx::query(&sql).bind(id).fetch_optional(database).await?.as_ref().map(Self::from_row).transpose()
    }

    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let (id, password, epoch): (i64, String, i64) = (row.try_get(0)?, row.try_get(3)?, row.try_get(4)?);
        let hashed = format!("{password}|{epoch}");
        let user = User {
            id,
            username: row.try_get(1)?,
            first_name: row.try_get(2)?,
            is_authenticated: true,
            sessions: format!("session:of:{id}:{}", BASE64_STANDARD.encode(Sha256::digest(&hashed))),
        };
        Ok(Self { user, password, hashed })
    }
}

impl User {
    /// Returns the name that pages show.
    pub fn name(&self) -> &str {
        if self.first_name.is_empty() { &self.username } else { &self.first_name }
    }

    /// Returns the user of the session, like Django's `get_user`: the user must be allowed to log in, and the password
    /// must not have changed since the login. If it has changed, or if the session is revoked, flushes the session.
    async fn of(site: &Site, session: &WebSession) -> Result<Option<Self>, AppError> {
        let claim = session.with(|session| session.auth_user_backend().zip(session.auth_user_id()));
        let Some((_, id)) = claim.filter(|(backend, _)| backend == BACKEND) else { return Ok(None) };
        let Ok(id) = id.parse() else { return Ok(None) };
        let Some(Row { user, hashed, .. }) = Row::by_id(&site.database, id).await? else { return Ok(None) };
        if !session.with(|session| site.auth.authenticate(session, &hashed)) {
            return Ok(None);
        }
        if let Some(revocation) = &site.revocation
            && revocation.is_revoked(session, &user).await?
        {
            session.with(Session::flush);
            return Ok(None);
        }
        Ok(Some(user))
    }

    /// Ends all sessions of this user on both servers, by invalidating the hashes in them.
    pub async fn log_out_everywhere(&self, database: &AnyPool) -> Result<(), sqlx::Error> {
        let sql = "UPDATE auth_user SET session_epoch = session_epoch + 1 WHERE id = $1";
        sqlx::query(sql).bind(self.id).execute(database).await.map(drop)
    }

    /// Returns whether this user has a permission such as `shop.change_product`: directly, through a group, or as a
    /// superuser.
    pub async fn has_perm(&self, database: &AnyPool, permission: &str) -> Result<bool, sqlx::Error> {
        const SQL: &str = "
            SELECT 1 FROM auth_user u WHERE u.id = $1 AND u.is_active AND (u.is_superuser OR EXISTS (
                SELECT 1 FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
                WHERE t.app_label = $2 AND p.codename = $3 AND (
                    p.id IN (SELECT permission_id FROM auth_user_user_permissions WHERE user_id = u.id)
                    OR p.id IN (
                        SELECT gp.permission_id FROM auth_group_permissions gp
                        JOIN auth_user_groups ug ON ug.group_id = gp.group_id WHERE ug.user_id = u.id))))";
        let (app, codename) = permission.split_once('.').unwrap_or_default();
        let row = sqlx::query(SQL).bind(self.id).bind(app).bind(codename).fetch_optional(database).await?;
        Ok(row.is_some())
    }

    /// Django's `permission_required(…, raise_exception=True)`.
    pub async fn require(&self, database: &AnyPool, permission: &str) -> Result<(), AppError> {
        if self.has_perm(database, permission).await? { Ok(()) } else { Err(AppError::Forbidden) }
    }
}

/// The result for this request, so that a handler and its page read the user from the database only once.
#[derive(Clone)]
struct Answer(Option<User>);

impl OptionalFromRequestParts<Arc<Site>> for User {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Option<Self>, AppError> {
        if let Some(Answer(user)) = parts.extensions.get() {
            return Ok(user.clone());
        }
        let session = <WebSession as FromRequestParts<_>>::from_request_parts(parts, site).await?;
        let user = Self::of(site, &session).await?;
        parts.extensions.insert(Answer(user.clone()));
        Ok(user)
    }
}

impl FromRequestParts<Arc<Site>> for User {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, AppError> {
        let user = <Self as OptionalFromRequestParts<_>>::from_request_parts(parts, site).await?;
        user.ok_or_else(|| AppError::LoginRequired(LoginRequired::to_return_to(parts)))
    }
}

/// A redirect to the login page, which redirects back after the login.
pub struct LoginRequired {
    next: String,
}

impl LoginRequired {
    fn to_return_to(parts: &Parts) -> Self {
        Self { next: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned() }
    }
}

/// The characters to percent-encode in the query string, as in Django's `redirect_to_login`.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl IntoResponse for LoginRequired {
    fn into_response(self) -> Response {
        let next = utf8_percent_encode(&self.next, QUERY);
        (StatusCode::FOUND, [(LOCATION, format!("/accounts/login/?next={next}"))]).into_response()
    }
}
