//! Reads the input and finds the token in it: in a header, a row or a curl command.

mod headers;
mod read;
mod rows;
mod shape;

use std::fmt;

use zeroize::Zeroizing;

pub(crate) use read::{bytes, text, utf8};
pub(crate) use shape::{Shape, is_row_key, shape};

/// A token to inspect, and where it was found.
pub(crate) struct Input {
    pub(crate) token: Zeroizing<String>,
    pub(crate) source: Source,
    /// Earlier cookies with the same name.
    pub(crate) earlier: Vec<Zeroizing<String>>,
    /// Names and values of other cookies that may be sessions.
    pub(crate) others: Vec<(String, Zeroizing<String>)>,
    /// Whether a response deletes this cookie. Its value may be empty.
    pub(crate) deleted: bool,
    /// Names of all cookies in the input.
    pub(crate) names: Vec<String>,
}

/// Where the token was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Token,
    /// A cookie. `count` is the number of cookies, including this one.
    Cookie {
        header: Header,
        name: String,
        count: usize,
    },
    Row {
        expire_date: Option<String>,
    },
    Bytes,
}

/// Where the cookies were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    Cookie,
    SetCookie,
    Curl,
    Jar,
    Pair,
}

impl Source {
    /// The name of the cookie, if it is one.
    pub(crate) fn cookie_name(&self) -> Option<&str> {
        match self {
            Self::Cookie { name, .. } => Some(name),
            Self::Token | Self::Row { .. } | Self::Bytes => None,
        }
    }

    /// Returns the value of `"input"` in JSON.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Row { .. } => "row",
            Self::Bytes => "bytes",
            Self::Cookie { header, .. } => match header {
                Header::Cookie => "cookie_header",
                Header::SetCookie => "set_cookie_header",
                Header::Curl => "curl",
                Header::Jar => "cookie_jar",
                Header::Pair => "cookie",
            },
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("a token"),
            Self::Row { .. } => f.write_str("a row of django_session"),
            Self::Bytes => f.write_str("the bytes of a cache entry"),
            Self::Cookie { header, name, count } => {
                f.write_str(match header {
                    Header::Cookie => "a Cookie header",
                    Header::SetCookie => "a Set-Cookie header",
                    Header::Curl => "a curl command",
                    Header::Jar => "a cookie jar",
                    Header::Pair => "a cookie",
                })?;
                write!(f, ", {name:?}")?;
                if *count > 1 { write!(f, " of {count}") } else { Ok(()) }
            }
        }
    }
}

/// Longer texts are not searched, but treated as a token.
const SEARCHED: usize = 2 << 20;

/// Finds the token in a text. `wanted` is the name of the preferred cookie.
pub(crate) fn find(text: &str, wanted: Option<&str>) -> Input {
    let text = text.trim();
    if text.len() <= SEARCHED {
        if let Some(found) = headers::choose(&headers::cookies(text), wanted) {
            return found;
        }
        if let Some((token, expire_date)) = rows::find(text) {
            return alone(token, Source::Row { expire_date });
        }
    }
    alone(text.to_owned(), Source::Token)
}

fn alone(token: String, source: Source) -> Input {
    Input {
        token: Zeroizing::new(token),
        source,
        earlier: Vec::new(),
        others: Vec::new(),
        deleted: false,
        names: Vec::new(),
    }
}
