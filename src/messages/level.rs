use std::fmt;

/// The level of a message: one of Django's five levels, or any other number.
///
/// Django: `django.contrib.messages.constants`.
///
/// ```
/// use django_session::MessageLevel;
///
/// assert!(MessageLevel::INFO < MessageLevel::SUCCESS);
/// assert_eq!(MessageLevel::new(25), MessageLevel::SUCCESS);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageLevel(i64);

impl MessageLevel {
    /// Level 10: for development, and dropped unless [enabled](crate::MessageStorage::with_level).
    pub const DEBUG: Self = Self(10);
    /// Level 20: information.
    pub const INFO: Self = Self(20);
    /// Level 25: something was done.
    pub const SUCCESS: Self = Self(25);
    /// Level 30: a warning.
    pub const WARNING: Self = Self(30);
    /// Level 40: something was not done.
    pub const ERROR: Self = Self(40);

    /// Creates a level from its number. A site may have its own levels.
    ///
    /// ```
    /// use django_session::MessageLevel;
    ///
    /// assert!(MessageLevel::new(50) > MessageLevel::ERROR);
    /// ```
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Returns the number.
    ///
    /// ```
    /// assert_eq!(django_session::MessageLevel::WARNING.get(), 30);
    /// ```
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Returns the name in lower case, which pages use as a CSS class. Django: `level_tag`.
    ///
    /// The name of a site's own level is empty.
    ///
    /// ```
    /// use django_session::MessageLevel;
    ///
    /// assert_eq!(MessageLevel::ERROR.tag(), "error");
    /// assert_eq!(MessageLevel::new(50).tag(), "");
    /// ```
    #[must_use]
    #[doc(alias = "level_tag")]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::DEBUG => "debug",
            Self::INFO => "info",
            Self::SUCCESS => "success",
            Self::WARNING => "warning",
            Self::ERROR => "error",
            _ => "",
        }
    }
}

/// Writes the number.
///
/// ```
/// assert_eq!(django_session::MessageLevel::INFO.to_string(), "20");
/// ```
impl fmt::Display for MessageLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
