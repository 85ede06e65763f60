use crate::codec::{JsonSerializer, Serializer as _};
use crate::error::{DecodeError, EncodeError};
use crate::pickle;
use crate::sessions::Session;
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;

/// What Django's cache engine keeps in Redis or Memcached.
#[derive(Debug, Clone, Copy)]
pub struct CachedSessions {
    json: bool,
    terms: Terms,
}

impl CachedSessions {
    /// new
    #[must_use]
    pub fn new() -> Self {
        Self { json: false, terms: Terms::default() }
    }

    /// create
    #[must_use]
    pub fn create(&self) -> Session {
        Session::empty(Provenance::default(), self.terms)
    }

    /// json
    #[must_use]
    pub fn with_json(mut self) -> Self {
        self.json = true;
        self
    }

    /// # Errors
    /// decode
    pub fn decode(&self, bytes: &[u8]) -> Result<Session, DecodeError> {
        if bytes.first() == Some(&pickle::PROTO) {
            return Session::unpickle(bytes, Provenance::default(), self.terms);
        }
        let mut json = String::new();
        JsonSerializer.loads_json(bytes, &mut json)?;
        Session::parse(json, Provenance::default(), self.terms)
    }

    /// # Errors
    /// encode
    pub fn encode(&self, session: &Session) -> Result<Vec<u8>, EncodeError> {
        if self.json {
            let mut out = Vec::new();
            JsonSerializer.dumps_json(&session.data().to_json()?, &mut out)?;
            return Ok(out);
        }
        pickle::write_dict(session.data().whole()?).map_err(|reason| EncodeError::Serialize(reason.into()))
    }
}
