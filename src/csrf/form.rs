//! The token in a form's body.

use std::borrow::Cow;

use crate::csrf::Csrf;

impl Csrf {
    /// The name of the form field that carries the token: `{% csrf_token %}` renders it.
    ///
    /// ```
    /// # use django_session::Csrf;
    /// assert_eq!(Csrf::FORM_FIELD, "csrfmiddlewaretoken");
    /// ```
    pub const FORM_FIELD: &str = "csrfmiddlewaretoken";

    /// Returns the token in a body of type `application/x-www-form-urlencoded`, if it holds one.
    ///
    /// If several fields have that name, the last one is used, as in Django. The form is not otherwise validated. Of
    /// the values, only the token is decoded.
    ///
    /// Django: `request.POST.get("csrfmiddlewaretoken")`.
    ///
    /// ```
    /// # use django_session::Csrf;
    /// assert_eq!(Csrf::form_token(b"name=Ada&csrfmiddlewaretoken=abc%31").as_deref(), Some("abc1"));
    /// assert_eq!(Csrf::form_token(b"name=Ada"), None);
    /// ```
    #[must_use]
    pub fn form_token(body: &[u8]) -> Option<Cow<'_, str>> {
        body.rsplit(|byte| *byte == b'&').find_map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next()?, halves.next().unwrap_or_default());
            (*decode(name) == *Self::FORM_FIELD.as_bytes()).then(|| text(decode(value)))
        })
    }
}

fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Decodes `application/x-www-form-urlencoded`. A "%" without two hexadecimal digits after it is kept.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        let (byte, behind) = match (first, escaped(behind)) {
            (b'%', Some(escaped)) => escaped,
            (b'+', _) => (b' ', behind),
            _ => (first, behind),
        };
        decoded.push(byte);
        rest = behind;
    }
    Cow::Owned(decoded)
}

/// Returns the byte that two hexadecimal digits encode, and the text after them.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<2>()?;
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    let byte = high?.checked_mul(16)?.checked_add(low?)?;
    Some((u8::try_from(byte).ok()?, rest))
}
