//! The kinds of signed text that a Django site creates, and the signer of each.

use django_session::{Algorithm, Clock, KeyRing, Signer, TimestampSigner};

use crate::keys::Prefix;

/// What a text was signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A session in a cookie. `None` is Django's salt.
    Session { salt: Option<String> },
    /// A session in a database or a file.
    Stored,
    /// A session in a database, as written before Django 3.1.
    Legacy,
    /// A session in a cache, which is not signed.
    Cached,
    /// The cookie of `django.contrib.messages`.
    Messages,
    /// A cookie of `set_signed_cookie`.
    Cookie { name: String, salt: String },
    /// A cookie of `set_signed_cookie` before Django 5.2.15 and 6.0.6.
    OldCookie { name: String, salt: String },
    /// A token of `signing.dumps` or of a signer.
    Object { salt: String },
}

/// Django's own salts for objects, which are tried if a token does not verify as the expected kind.
const OBJECT_SALTS: [&str; 3] =
    ["django.core.signing", "django.core.signing.TimestampSigner", "django.core.signing.Signer"];

impl Kind {
    /// Returns the value of `--kind`, and of `"kind"` in JSON.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Session { .. } => "session",
            Self::Stored => "stored",
            Self::Legacy => "legacy",
            Self::Cached => "cached",
            Self::Messages => "messages",
            Self::Cookie { .. } | Self::OldCookie { .. } => "cookie",
            Self::Object { .. } => "object",
        }
    }

    /// Returns the phrase at the start of a report.
    pub(crate) fn phrase(&self) -> String {
        match self {
            Self::Session { .. } => "session cookie".to_owned(),
            Self::Stored => "stored session".to_owned(),
            Self::Legacy => "stored session of Django before 3.1".to_owned(),
            Self::Cached => "cached session".to_owned(),
            Self::Messages => "messages cookie".to_owned(),
            Self::Cookie { name, .. } => format!("signed cookie {name:?}"),
            Self::OldCookie { name, .. } => format!("signed cookie {name:?} of Django before 5.2.15"),
            Self::Object { salt } => format!("signed object, salt {salt:?}"),
        }
    }

    /// Returns the noun for it in a sentence.
    pub(crate) const fn noun(&self) -> &'static str {
        match self {
            Self::Stored | Self::Legacy | Self::Cached => "session",
            Self::Object { .. } => "object",
            Self::Session { .. } | Self::Messages | Self::Cookie { .. } | Self::OldCookie { .. } => "cookie",
        }
    }

    /// Returns whether the contents are a session.
    pub(crate) const fn is_session(&self) -> bool {
        matches!(self, Self::Session { .. } | Self::Stored | Self::Legacy | Self::Cached)
    }

    fn salt(&self) -> Option<(Prefix, &str)> {
        match self {
            Self::Session { salt } => {
                let django = "django.contrib.sessions.backends.signed_cookies";
                Some((Prefix::None, salt.as_deref().unwrap_or(django)))
            }
            Self::Stored => Some((Prefix::None, "django.contrib.sessions.SessionStore")),
            Self::Messages => Some((Prefix::Cookies, "django.contrib.messages")),
            Self::Object { salt } => Some((Prefix::None, salt)),
            Self::Legacy | Self::Cached | Self::Cookie { .. } | Self::OldCookie { .. } => None,
        }
    }

    /// Returns the prefix of the keys for [`signer`](Self::signer).
    pub(crate) fn prefix(&self) -> Prefix {
        match self {
            Self::OldCookie { .. } => Prefix::Cookies,
            _ => self.salt().map_or(Prefix::None, |(prefix, _)| prefix),
        }
    }

    /// Returns the signer of this kind. `keys` must have the [prefix](Self::prefix). Returns `None` for kinds without a
    /// timestamp.
    pub(crate) fn signer(&self, keys: &KeyRing, algorithm: Algorithm, clock: &Clock) -> Option<TimestampSigner> {
        let signer = match self {
            Self::Cookie { name, salt } => TimestampSigner::for_cookie(keys, name, salt),
            Self::OldCookie { name, salt } => TimestampSigner::new(keys, format!("{name}{salt}")).ok()?,
            _ => TimestampSigner::new(keys, self.salt()?.1).ok()?,
        };
        let signer = signer.map_signer(|signer| signer.with_algorithm(algorithm).with_max_token_len(usize::MAX));
        Some(signer.with_clock(clock.clone()))
    }

    /// Returns the signer of an object without a timestamp.
    pub(crate) fn undated_signer(&self, keys: &KeyRing, algorithm: Algorithm) -> Option<Signer> {
        let Self::Object { salt } = self else { return None };
        Some(Signer::new(keys, salt).ok()?.with_algorithm(algorithm).with_max_token_len(usize::MAX))
    }

    /// Returns the other kinds as which a text may have been signed. `name` is the name of its cookie.
    pub(crate) fn others(&self, name: &str) -> Vec<Self> {
        let (name, salt) = match self {
            Self::Cookie { name, salt } => (name.clone(), salt.clone()),
            _ => (name.to_owned(), String::new()),
        };
        let mut others = vec![
            Self::Session { salt: None },
            Self::Stored,
            Self::Messages,
            Self::Cookie { name: name.clone(), salt: salt.clone() },
            Self::OldCookie { name, salt },
        ];
        others.extend(OBJECT_SALTS.map(|salt| Self::Object { salt: salt.to_owned() }));
        others.retain(|other| other != self);
        others
    }
}
