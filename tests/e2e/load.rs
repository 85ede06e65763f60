//! What `tests/e2e/load` puts under load: a number of visits, inside and outside of a `SessionLayer`.
//!
//! The first argument is the port on loopback.

use std::env;
use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Form;
use axum::http::StatusCode;
use axum::routing::{get, post};
use django_session::middleware::tower::SessionLayer;
use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
use serde::Deserialize;
use tokio::net::TcpListener;

static BARE: AtomicU64 = AtomicU64::new(0);

async fn bare() -> String {
    (BARE.fetch_add(1, Ordering::Relaxed) + 1).to_string()
}

async fn count(session: SessionHandle) -> Result<String, StatusCode> {
    session.with(|session| {
        let visits = session.get::<u64>("visits").map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.unwrap_or(0) + 1;
        session.insert("visits", visits).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok(visits.to_string())
    })
}

#[derive(Deserialize)]
struct Item {
    item: String,
}

async fn add(session: SessionHandle, Form(Item { item }): Form<Item>) -> Result<(), StatusCode> {
    session.with(|session| session.insert("cart", [item])).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::args().nth(1).ok_or("which port?")?.parse()?;
    let keys = KeyRing::new(SecretKey::new("of no use")?);
    let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    let app = Router::new()
        .route("/session", get(count))
        .route("/cart", post(add))
        .route("/plain", get(async || "ok"))
        .layer(SessionLayer::new(sessions))
        .route("/bare", get(bare));
    axum::serve(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?, app).await?;
    Ok(())
}
