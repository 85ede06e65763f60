//! Messages for the next page, as in Django's `messages`. Either server can show them.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use django_session::{MessageLevel, Messages};
use minijinja::Value;
use serde::Serialize;

use crate::Site;
use crate::error::AppError;
use crate::session::WebSession;

/// An extractor for the visitor's messages.
pub struct Flash {
    site: Arc<Site>,
    session: WebSession,
    messages: Messages,
}

impl FromRequestParts<Arc<Site>> for Flash {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, AppError> {
        let session = WebSession::from_request_parts(parts, site).await?;
        let cookies = parts.headers.get_all(COOKIE);
        let messages = session.with(|session| site.messages.load_headers(cookies, &*session));
        Ok(Self { site: Arc::clone(site), session, messages })
    }
}

/// A message as the templates see it.
#[derive(Serialize)]
pub struct Shown {
    /// CSS classes.
    tags: String,
    /// The text, already escaped as HTML.
    message: Value,
}

impl Flash {
    /// Redirects to a page that shows this message.
    pub fn success(mut self, text: impl Into<String>, to: &str) -> Result<Response, AppError> {
        self.messages.add(MessageLevel::SUCCESS, text);
        self.answer(Redirect::to(to))
    }

    /// Takes the messages, to show them in a page.
    pub fn take(&mut self) -> Vec<Shown> {
        let shown = |message: django_session::Message| Shown {
            tags: message.tags(),
            message: Value::from_safe_string(message.html().into_owned()),
        };
        self.messages.drain().map(shown).collect()
    }

    /// Stores the messages that were not taken for the next page: in a cookie or in the session, depending on
    /// `Settings::message_storage`.
    pub fn answer(self, response: impl IntoResponse) -> Result<Response, AppError> {
        let commit = self.session.with(|session| self.site.messages.commit(&self.messages, session))?;
        let cookie = commit.set_cookie.map(|cookie| AppendHeaders([(SET_COOKIE, cookie.into_string())]));
        Ok((cookie, response).into_response())
    }
}
