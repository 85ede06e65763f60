//! The guide: what to do, step by step. It is part of the documentation and has no code.
//!
//! | page | question |
//! |---|---|
//! | [concepts] | What are tokens, sessions and commits? |
//! | [moving] | How do I move one endpoint of a Django site to Rust? |
//! | [stateless] | How do I build a service that has no Django beside it? |
//! | [settings] | Which settings and calls correspond to Django's? |
//! | [users] | Who is logged in, and what may they do? |
//! | [forms] | How do I protect forms, and show Django's messages? |
//! | [engines] | How do I use sessions in a database, a cache or files? |
//! | [encryption] | How do I encrypt sessions on both servers? |
//! | [lifetimes] | How long does a session live, and how do I end it? |
//! | [keys] | How do I replace the secret key? |
//! | [sizes] | How much fits in a cookie? |
//! | [testing] | How do I test handlers? Why is a cookie rejected? |
//! | [differences] | Where does this crate differ from Django? |
//! | [performance] | What does it cost? |
//! | [security] | What is promised, and what is not? |

#[doc = include_str!("../docs/concepts.md")]
pub mod concepts {}
#[doc = include_str!("../docs/moving.md")]
pub mod moving {}
#[doc = include_str!("../docs/stateless.md")]
pub mod stateless {}
#[doc = include_str!("../docs/settings.md")]
pub mod settings {}
#[doc = include_str!("../docs/users.md")]
pub mod users {}
#[doc = include_str!("../docs/forms.md")]
pub mod forms {}
#[doc = include_str!("../docs/engines.md")]
pub mod engines {}
#[doc = include_str!("../docs/encryption.md")]
pub mod encryption {}
#[doc = include_str!("../docs/lifetimes.md")]
pub mod lifetimes {}
#[doc = include_str!("../docs/keys.md")]
pub mod keys {}
#[doc = include_str!("../docs/sizes.md")]
pub mod sizes {}
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
#[doc = include_str!("../docs/differences.md")]
pub mod differences {}
#[doc = include_str!("../docs/performance.md")]
pub mod performance {}
#[doc = include_str!("../docs/security.md")]
pub mod security {}
