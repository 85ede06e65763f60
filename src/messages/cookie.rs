use crate::clock::{Clock, MaxAge};
use crate::codec::Codec;
use crate::compression::Compression;
use crate::cookie::{CookieOptions, SetCookie};
use crate::error::{ConfigError, DecodeError, EncodeError};
use crate::key::KeyRing;
use crate::messages::Message;
use crate::messages::wire::{self, COMPACT};
use crate::signing::{Signer, TimestampSigner};

pub(super) const NAME: &str = "messages";

/// Django's salt for the cookie.
const SALT: &[u8] = b"django.contrib.messages";

/// The longest value that is written, in bytes. Django leaves room for other cookies, because servers limit the sum of
/// all headers.
const MAX_LEN: usize = 2048;

/// The longest cookie that is verified, in bytes.
const MAX_TOKEN_LEN: usize = 8192;

/// The most that a cookie may inflate to, in bytes.
const INFLATE_LIMIT: usize = 1 << 18;

/// The signed cookie `messages`, which has no maximum age.
#[derive(Debug)]
pub(super) struct MessagesCookie {
    signer: TimestampSigner,
    codec: Codec,
    options: CookieOptions,
}

/// Which messages stay in the cookie if not all fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Oldest,
    Newest,
}

impl MessagesCookie {
    /// Creates the cookie with the attributes of the session's cookie, as in Django.
    pub(super) fn new(keys: &KeyRing, session_cookie: &CookieOptions) -> Result<Self, ConfigError> {
        let mut options = CookieOptions::builder(NAME)
            .secure(session_cookie.secure())
            .http_only(session_cookie.http_only())
            .same_site(session_cookie.same_site())
            .partitioned(session_cookie.partitioned())
            .expire_at_browser_close(true);
        if let Some(domain) = session_cookie.domain() {
            options = options.domain(domain);
        }
        Ok(Self {
            signer: Signer::for_cookies(keys, SALT).with_max_token_len(MAX_TOKEN_LEN).into(),
            codec: Codec::default().with_compression(Compression::IfSmaller).with_inflate_limit(INFLATE_LIMIT),
            options: options.build()?,
        })
    }

    pub(super) fn with_clock(mut self, clock: Clock) -> Self {
        self.signer = self.signer.with_clock(clock);
        self
    }

    /// Returns the messages of a cookie, and whether the list is complete.
    pub(super) fn read(&self, value: &str) -> Result<(Vec<Message>, bool), DecodeError> {
        let verified = self.signer.unsign(value, MaxAge::Unlimited)?;
        wire::read(&self.codec.decode_json(verified)?)
    }

    /// Returns the cookie with as many messages as fit, and the messages that do not fit.
    pub(super) fn write<'a, 'm>(
        &self,
        messages: &'a [&'m Message],
        keep: Keep,
    ) -> Result<(SetCookie, &'a [&'m Message]), EncodeError> {
        let spelled: Vec<String> = messages.iter().map(|message| wire::spell(message, COMPACT)).collect();
        let all = self.sign(&wire::list(&spelled, COMPACT))?;
        let (token, left) = if all.len() <= MAX_LEN {
            (all, Default::default())
        } else {
            let (token, kept) = self.sign_some(&spelled, keep)?;
            let (oldest, newest) = match keep {
                Keep::Oldest => messages.split_at(kept),
                Keep::Newest => messages.split_at(messages.len().saturating_sub(kept)),
            };
            (token, if keep == Keep::Oldest { newest } else { oldest })
        };
        Ok((self.options.set_cookie(&token, self.signer.now())?, left))
    }

    /// Signs as many messages as fit, which Django's binary search finds. Returns the token and their number.
    fn sign_some(&self, spelled: &[String], keep: Keep) -> Result<(String, usize), EncodeError> {
        let sign = |count: usize| {
            let some = match keep {
                Keep::Oldest => spelled.get(..count),
                Keep::Newest => spelled.get(spelled.len().saturating_sub(count)..),
            };
            self.sign(&wire::part(some.unwrap_or_default(), COMPACT))
        };
        let (mut token, mut kept, mut end) = (sign(0)?, 0, spelled.len());
        while kept < end {
            let count = usize::midpoint(kept, end).saturating_add(1);
            let longer = sign(count)?;
            if longer.len() <= MAX_LEN {
                (token, kept) = (longer, count);
            } else {
                end = count.saturating_sub(1);
            }
        }
        Ok((token, kept))
    }

    fn sign(&self, json: &str) -> Result<String, EncodeError> {
        let payload = self.codec.encode_json_with_room(json, self.signer.overhead())?;
        Ok(self.signer.seal(payload))
    }

    pub(super) fn removal(&self) -> SetCookie {
        self.options.removal()
    }
}
