//! Messages ⇄ Django's JSON: a list of `["__json_message", safe, level, text, extra tags]`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

use crate::error::DecodeError;
use crate::json;
use crate::messages::{Message, MessageLevel};

/// The first item of each message.
const MESSAGE: &str = "__json_message";

/// The last item of a list that continues in the session.
const NOT_FINISHED: &str = "__messagesnotfinished__";

/// The separator of items: `COMPACT` in the cookie, `SPACED` in the session.
pub(super) const COMPACT: &str = ",";
pub(super) const SPACED: &str = ", ";

/// Returns the JSON text of a message.
pub(super) fn spell(message: &Message, comma: &str) -> String {
    let Message { level, text, extra_tags, safe } = message;
    let (safe, text) = (u8::from(*safe), json::escape(text));
    let tags = extra_tags.as_deref().map(|tags| format!("{comma}\"{}\"", json::escape(tags))).unwrap_or_default();
    format!("[\"{MESSAGE}\"{comma}{safe}{comma}{level}{comma}\"{text}\"{tags}]")
}

/// Returns the JSON text of a list.
pub(super) fn list(messages: &[String], comma: &str) -> String {
    format!("[{}]", messages.join(comma))
}

/// Returns the JSON text of a part of a list, which ends with the mark that the list is not finished.
pub(super) fn part(messages: &[String], comma: &str) -> String {
    let comma_before = if messages.is_empty() { "" } else { comma };
    format!("[{}{comma_before}\"{NOT_FINISHED}\"]", messages.join(comma))
}

/// Reads the messages of a list, and whether the list is finished.
///
/// # Errors
/// [`DecodeError::Deserialize`] if the text is not a list of messages.
pub(super) fn read(json: &str) -> Result<(Vec<Message>, bool), DecodeError> {
    let mut items: Vec<Item> = json::read(json)?;
    let is_finished = items.pop_if(|item| matches!(item, Item::NotFinished)).is_none();
    let messages = items.into_iter().map(|item| match item {
        Item::Message(message) => Ok(message),
        Item::NotFinished => Err(DecodeError::Deserialize { reason: "items after the end of the list of messages" }),
    });
    Ok((messages.collect::<Result<_, _>>()?, is_finished))
}

enum Item {
    Message(Message),
    NotFinished,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneItem;

        impl<'de> Visitor<'de> for OneItem {
            type Value = Item;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Item, E> {
                if text == NOT_FINISHED {
                    Ok(Item::NotFinished)
                } else {
                    Err(E::invalid_value(Unexpected::Other("text"), &self))
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Item, A::Error> {
                let missing = || A::Error::invalid_length(0, &self);
                let Text(mark) = seq.next_element()?.ok_or_else(missing)?;
                if mark != MESSAGE {
                    return Err(A::Error::invalid_value(Unexpected::Other("list"), &self));
                }
                let Flag(safe) = seq.next_element()?.ok_or_else(missing)?;
                let level = seq.next_element().map(|level| level.map(MessageLevel::new))?.ok_or_else(missing)?;
                let Text(text) = seq.next_element()?.ok_or_else(missing)?;
                let extra_tags = seq.next_element::<Option<Text>>()?.flatten().map(|Text(tags)| tags);
                // serde_json rejects further elements.
                Ok(Item::Message(Message { level, text, extra_tags, safe }))
            }
        }

        deserializer.deserialize_any(OneItem)
    }
}

/// A flag, which Django writes as 0 or 1.
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneFlag;

        impl Visitor<'_> for OneFlag {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("0 or 1")
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Flag, E> {
                match number {
                    0 | 1 => Ok(Flag(number == 1)),
                    _ => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
                }
            }
        }

        deserializer.deserialize_any(OneFlag)
    }
}

/// Text with U+FFFD for each lone surrogate, which Python can write and a Rust string cannot hold.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneText;

        impl Visitor<'_> for OneText {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
                /// The first of the three bytes that `serde_json` writes for a surrogate.
                const FIRST_OF_SURROGATE: u8 = 0xed;
                let mut text = String::with_capacity(bytes.len());
                for chunk in bytes.utf8_chunks() {
                    text.push_str(chunk.valid());
                    if chunk.invalid().first() == Some(&FIRST_OF_SURROGATE) {
                        text.push(char::REPLACEMENT_CHARACTER);
                    }
                }
                Ok(Text(text))
            }
        }

        // serde_json rejects lone surrogates in text, but not in bytes.
        deserializer.deserialize_bytes(OneText)
    }
}
