//! The servers that are compared.

use actix_session::config::CookieContentSecurity;

use crate::settings::{encrypted_sessions, limited_sessions, sessions, stored_sessions};
use crate::workload::{Content, UNTOUCHED, Workload};
use crate::{actix, axum, sqlite};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    Axum,
    Actix,
}

impl Framework {
    pub const ALL: [Self; 2] = [Self::Axum, Self::Actix];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::Actix => "actix",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A handler without sessions.
    Bare,
    /// The same handler in a layer that does nothing.
    NoOp,
    Ours,
    /// Ours with settings beyond the defaults.
    OursWith,
    /// A peer that stores the session in a cookie.
    CookiePeer,
    /// A peer that stores the session elsewhere.
    StorePeer,
}

pub struct Variant {
    pub framework: Framework,
    pub role: Role,
    /// The name in lines for programs and on the command line.
    pub name: &'static str,
    /// The title in tables.
    pub title: &'static str,
    /// Whether it has no layer, so that a handler without the extractor is the same as the bare one.
    pub is_extractor: bool,
    /// Serves forever, and calls its argument with the port.
    pub serve: fn(&mut dyn FnMut(u16)),
}

impl Variant {
    pub fn has_sessions(&self) -> bool {
        !matches!(self.role, Role::Bare | Role::NoOp)
    }

    /// Returns whether this workload differs from the others for this variant. Without sessions, only the cookie's size
    /// matters.
    pub fn runs(&self, workload: Workload) -> bool {
        match self.role {
            Role::Bare => workload == without_sessions(workload.content),
            Role::NoOp => workload == UNTOUCHED,
            _ => !(self.is_extractor && workload == UNTOUCHED),
        }
    }
}

/// Returns the workload of a server without sessions, with a cookie of this content.
pub const fn without_sessions(content: Content) -> Workload {
    match content {
        Content::Login => UNTOUCHED,
        Content::Shop => crate::workload::SHOP_READ,
    }
}

pub const ALL: [Variant; 17] = [
    axum("bare", "bare handler", Role::Bare, |ready| axum::serve(axum::bare(), ready)),
    axum("no-op", "no-op layer", Role::NoOp, |ready| axum::serve(axum::no_op(), ready)),
    axum("ours", "**ours**", Role::Ours, |ready| axum::serve(axum::ours(sessions()), ready)),
    axum("ours-encrypted", "ours, encrypted", Role::OursWith, |ready| {
        axum::serve(axum::ours(encrypted_sessions()), ready);
    }),
    axum("ours-limited", "ours, with refresh, absolute age and ids", Role::OursWith, |ready| {
        axum::serve(axum::ours(limited_sessions()), ready);
    }),
    axum("ours-sqlite", "ours, in a table of SQLite", Role::OursWith, |ready| {
        axum::serve(sqlite::app(stored_sessions()), ready);
    }),
    Variant {
        is_extractor: true,
        ..axum("signed-jar", "axum-extra, signed jar", Role::CookiePeer, |ready| {
            axum::serve(axum::signed_jar(), ready);
        })
    },
    Variant {
        is_extractor: true,
        ..axum("private-jar", "axum-extra, private jar", Role::CookiePeer, |ready| {
            axum::serve(axum::private_jar(), ready);
        })
    },
    axum("tower-sessions-memory", "tower-sessions, memory store", Role::StorePeer, |ready| {
        axum::serve(axum::tower_sessions_memory(), ready);
    }),
    axum("tower-sessions-cookie", "tower-sessions, signed cookie store", Role::CookiePeer, |ready| {
        axum::serve(axum::tower_sessions_cookie(), ready);
    }),
    actix("bare", "bare handler", Role::Bare, |ready| actix::bare(ready)),
    actix("no-op", "no-op middleware", Role::NoOp, |ready| actix::no_op(ready)),
    actix("ours", "**ours**", Role::Ours, |ready| actix::ours(sessions(), ready)),
    actix("ours-encrypted", "ours, encrypted", Role::OursWith, |ready| actix::ours(encrypted_sessions(), ready)),
    actix("ours-limited", "ours, with refresh, absolute age and ids", Role::OursWith, |ready| {
        actix::ours(limited_sessions(), ready);
    }),
    actix("actix-session-signed", "actix-session, signed cookie", Role::CookiePeer, |ready| {
        actix::actix_session(|| CookieContentSecurity::Signed, ready);
    }),
    actix("actix-session-private", "actix-session, private cookie", Role::CookiePeer, |ready| {
        actix::actix_session(|| CookieContentSecurity::Private, ready);
    }),
];

const fn axum(name: &'static str, title: &'static str, role: Role, serve: fn(&mut dyn FnMut(u16))) -> Variant {
    Variant { framework: Framework::Axum, role, name, title, is_extractor: false, serve }
}

const fn actix(name: &'static str, title: &'static str, role: Role, serve: fn(&mut dyn FnMut(u16))) -> Variant {
    Variant { framework: Framework::Actix, role, name, title, is_extractor: false, serve }
}
