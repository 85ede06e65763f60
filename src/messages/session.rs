use crate::error::{DecodeError, EncodeError};
use crate::messages::Message;
use crate::messages::wire::{self, SPACED};
use crate::sessions::Session;

/// Django's key. The value is a string that holds JSON.
pub(super) const KEY: &str = "_messages";

pub(super) fn read(session: &Session) -> Result<Option<Vec<Message>>, DecodeError> {
    let Some(text) = session.get::<String>(KEY)? else { return Ok(None) };
    match wire::read(&text)? {
        (messages, true) => Ok(Some(messages)),
        (_, false) => Err(DecodeError::Deserialize { reason: "list of messages is not finished" }),
    }
}

pub(super) fn write(session: &mut Session, messages: &[&Message]) -> Result<(), EncodeError> {
    let spelled: Vec<String> = messages.iter().map(|message| wire::spell(message, SPACED)).collect();
    session.insert(KEY, wire::list(&spelled, SPACED))
}
