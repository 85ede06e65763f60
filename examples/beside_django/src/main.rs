//! A service in front of a Django site. It answers some of the site's paths and forwards every other request.
//!
//! `../run` starts both servers; `../README.md` describes the environment variables and the files.

mod account;
mod cart;
mod error;
mod flash;
mod headers;
mod hosts;
mod login;
mod page;
mod password;
mod product;
mod proxy;
mod revocation;
mod session;
mod settings;
mod stock;
mod user;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::http::uri::Scheme;
use axum::{BoxError, middleware};
use django_session::middleware::tower::CsrfLayer;
use django_session::{Csrf, CsrfGuard, MessageStorage, SessionAuth};
use sqlx::AnyPool;
use tokio::net::TcpListener;

use crate::proxy::Django;
use crate::revocation::Revocation;
use crate::settings::Settings;

/// The state that the handlers share.
struct Site {
    settings: Settings,
    database: AnyPool,
    auth: SessionAuth,
    messages: MessageStorage,
    revocation: Option<Revocation>,
    django: Django,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    sqlx::any::install_default_drivers();
    let settings = Settings::from_env()?;
    let revocation = match &settings.redis_url {
        Some(url) => Some(Revocation::connect(url, settings.absolute_age).await?),
        None => None,
    };
    let site = Arc::new(Site {
        database: AnyPool::connect(&settings.database_url).await?,
        auth: SessionAuth::new(&settings.keys),
        messages: settings.message_storage()?,
        revocation,
        django: Django::at(settings.django.clone()),
        settings,
    });

    // 1. The groups of paths that moved here. Django answers the others.
    let groups = [
        ("account", account::routes()),
        ("cart", cart::routes()),
        ("login", login::routes()),
        ("stock", stock::routes()),
    ];
    let mut moved = revocation::routes();
    for (name, routes) in groups {
        if site.settings.moved.contains(name) {
            moved = moved.merge(routes);
        }
    }
    // 2. The layers around these paths. A request passes through the last one first.
    let moved = session::layer(moved, &site.settings, &site.database).await?;
    let csrf = CsrfGuard::from(Csrf::builder().build()?).with_secure(site.settings.scheme == Scheme::HTTPS);
    let moved = moved
        .layer(CsrfLayer::new(csrf))
        .layer(middleware::map_response(error::explain))
        .layer(middleware::from_fn(hosts::only_ours))
        .layer(middleware::map_response(headers::secure));
    // 3. Forward everything else. The fallback is added after the layers, so they do not apply to it: Django loads the
    // session itself.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, site.settings.port)).await?;
    let app = moved.fallback(proxy::pass_on).with_state(site);
    tracing::info!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}
