//! Other Rust crates for signed values in cookies. None of them writes the time or compresses.

use axum_extra::extract::cookie::SignedCookieJar;
use cookie::{Cookie, CookieJar, Key};
use http::HeaderMap;
use http::header::COOKIE;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};

use crate::scheme::{Objects, Texts, Value};

const NAME: &str = "sessionid";

/// cookie-rs' `SignedJar`, without the encoding of the header. It signs the JSON itself, which cannot be sent in this
/// form.
pub struct CookieValue(Key);

impl CookieValue {
    fn signed<R>(&self, text: &str, read: impl FnOnce(&Cookie<'static>) -> R) -> R {
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.0).add(Cookie::new(NAME, text.to_owned()));
        read(jar.get(NAME).expect("just added"))
    }
}

impl Objects for CookieValue {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self(Key::derive_from(key))
    }

    fn dumps<T: Value>(&self, value: &T, _: bool) -> String {
        self.sign(&json(value))
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        self.unsign(token, |json| serde_json::from_str(json).ok()).flatten()
    }
}

impl Texts for CookieValue {
    fn sign(&self, text: &str) -> String {
        self.signed(text, |cookie| cookie.value().to_owned())
    }

    fn unsign<R>(&self, token: &str, read: impl FnOnce(&str) -> R) -> Option<R> {
        let cookie = Cookie::new(NAME, token.to_owned());
        CookieJar::new().signed(&self.0).verify(cookie).map(|cookie| read(cookie.value()))
    }
}

/// cookie-rs' `SignedJar`, with the cookie as it is sent: `name=value`, percent-encoded.
pub struct CookieSent(CookieValue);

impl Objects for CookieSent {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self(CookieValue::with_key(key))
    }

    fn dumps<T: Value>(&self, value: &T, _: bool) -> String {
        self.0.signed(&json(value), |cookie| cookie.encoded().to_string())
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        let cookie = Cookie::parse_encoded(token.to_owned()).ok()?;
        let cookie = CookieJar::new().signed(&self.0.0).verify(cookie)?;
        serde_json::from_str(cookie.value()).ok()
    }
}

/// cookie-rs' `PrivateJar`: AES-256-GCM, in base64, without a time.
pub struct CookiePrivate(Key);

impl Objects for CookiePrivate {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self(Key::derive_from(key))
    }

    fn dumps<T: Value>(&self, value: &T, _: bool) -> String {
        let mut jar = CookieJar::new();
        jar.private_mut(&self.0).add(Cookie::new(NAME, json(value)));
        jar.get(NAME).expect("just added").value().to_owned()
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        let cookie = CookieJar::new().private(&self.0).decrypt(Cookie::new(NAME, token.clone()))?;
        serde_json::from_str(cookie.value()).ok()
    }
}

/// axum-extra's `SignedCookieJar`, from the headers of a request.
pub struct Axum(CookieSent);

impl Objects for Axum {
    type Token = HeaderMap;

    fn with_key(key: &[u8]) -> Self {
        Self(CookieSent::with_key(key))
    }

    fn dumps<T: Value>(&self, value: &T, _: bool) -> HeaderMap {
        let header = self.0.dumps(value, false).parse().expect("percent-encoded");
        HeaderMap::from_iter([(COOKIE, header)])
    }

    fn loads<T: Value>(&self, headers: &HeaderMap) -> Option<T> {
        let cookie = SignedCookieJar::from_headers(headers, self.0.0.0.clone()).get(NAME)?;
        serde_json::from_str(cookie.value()).ok()
    }
}

/// jsonwebtoken's HS256, without the checks of registered claims.
pub struct Jwt {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    validation: Validation,
}

impl Objects for Jwt {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
            header: Header::new(Algorithm::HS256),
            validation,
        }
    }

    fn dumps<T: Value>(&self, value: &T, _: bool) -> String {
        encode(&self.header, value, &self.encoding).expect("JSON")
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        decode(token, &self.decoding, &self.validation).ok().map(|data| data.claims)
    }
}

fn json(value: &impl Value) -> String {
    serde_json::to_string(value).expect("JSON")
}
