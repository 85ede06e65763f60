use std::borrow::Cow;
use std::fmt;

use crate::html;
use crate::messages::MessageLevel;

/// A message: a level, a text, and tags for the page that shows it.
///
/// The text is not HTML, unless it was marked [safe](Self::mark_safe). Use [`html`](Self::html) in a page: it escapes
/// the text if necessary.
///
/// Django: `django.contrib.messages.storage.base.Message`.
///
/// ```
/// use django_session::{Message, MessageLevel};
///
/// let message = Message::new(MessageLevel::ERROR, "No such user: <script>");
/// assert_eq!(
///     format!(r#"<li class="{}">{}</li>"#, message.level().tag(), message.html()),
///     r#"<li class="error">No such user: &lt;script&gt;</li>"#,
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub(super) level: MessageLevel,
    pub(super) text: String,
    /// Django writes `None` and empty tags differently.
    pub(super) extra_tags: Option<String>,
    pub(super) safe: bool,
}

impl Message {
    /// Creates a message without extra tags. Its text is not HTML.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// let message = Message::new(MessageLevel::SUCCESS, "Saved.");
    /// assert_eq!((message.text(), message.is_safe()), ("Saved.", false));
    /// ```
    #[must_use]
    pub fn new(level: MessageLevel, text: impl Into<String>) -> Self {
        Self { level, text: text.into(), extra_tags: Some(String::new()), safe: false }
    }

    /// Sets the extra tags: CSS classes, separated by spaces.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// let message = Message::new(MessageLevel::SUCCESS, "Saved.").with_extra_tags("fade");
    /// assert_eq!(message.tags(), "fade success");
    /// ```
    #[must_use]
    pub fn with_extra_tags(mut self, tags: impl Into<String>) -> Self {
        self.extra_tags = Some(tags.into());
        self
    }

    /// Marks the text as HTML, which pages do not escape.
    ///
    /// Escape input of a visitor before it becomes part of the text.
    ///
    /// Django: `mark_safe`.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// let message = Message::new(MessageLevel::INFO, r#"<a href="/cart">Your cart</a>"#).mark_safe();
    /// assert_eq!(message.html(), r#"<a href="/cart">Your cart</a>"#);
    /// ```
    #[must_use]
    #[doc(alias = "SafeString")]
    pub fn mark_safe(mut self) -> Self {
        self.safe = true;
        self
    }

    /// Returns the level.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// assert_eq!(Message::new(MessageLevel::INFO, "x").level(), MessageLevel::INFO);
    /// ```
    #[must_use]
    pub fn level(&self) -> MessageLevel {
        self.level
    }

    /// Returns the text, which is HTML only if it [is safe](Self::is_safe).
    ///
    /// A lone surrogate, which a Python string can hold, is read as U+FFFD.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// assert_eq!(Message::new(MessageLevel::INFO, "1 < 2").text(), "1 < 2");
    /// ```
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text as HTML for the content of an element, escaped unless it is safe.
    ///
    /// Django: `conditional_escape`, which its templates call.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// let message = Message::new(MessageLevel::INFO, "1 < 2");
    /// assert_eq!(message.html(), "1 &lt; 2");
    /// assert_eq!(message.mark_safe().html(), "1 < 2");
    /// ```
    #[must_use]
    #[doc(alias = "conditional_escape")]
    pub fn html(&self) -> Cow<'_, str> {
        if self.safe { Cow::Borrowed(&self.text) } else { html::escape(&self.text) }
    }

    /// Returns the extra tags, or an empty string. They are not HTML: escape them in a page.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// assert_eq!(Message::new(MessageLevel::INFO, "x").with_extra_tags("fade").extra_tags(), "fade");
    /// ```
    #[must_use]
    pub fn extra_tags(&self) -> &str {
        self.extra_tags.as_deref().unwrap_or_default()
    }

    /// Returns the extra tags and the level's tag, separated by a space. They are not HTML: escape them in a page.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// assert_eq!(Message::new(MessageLevel::INFO, "x").tags(), "info");
    /// assert_eq!(Message::new(MessageLevel::new(50), "x").with_extra_tags("fade").tags(), "fade");
    /// ```
    #[must_use]
    pub fn tags(&self) -> String {
        let tags = [self.extra_tags(), self.level.tag()];
        tags.into_iter().filter(|tag| !tag.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Returns whether the text is HTML.
    ///
    /// ```
    /// use django_session::{Message, MessageLevel};
    ///
    /// assert!(Message::new(MessageLevel::INFO, "<b>x</b>").mark_safe().is_safe());
    /// ```
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.safe
    }
}

/// Shows the level, but not the text.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("level", &self.level).field("safe", &self.safe).finish_non_exhaustive()
    }
}
