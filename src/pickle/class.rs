//! Why JSON cannot hold a value, in a word: the name of its class.

use crate::python_type::PythonType;

/// The class of a value, which nobody imports.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class<'p> {
    /// Of a value with opcodes of its own; or what else is the matter with it.
    Known(&'static str),
    /// What a pickle imports, by the names in it: a class, or a function that makes the value.
    Global { module: &'p [u8], name: &'p [u8] },
}

pub(super) const TUPLE: Class<'_> = Class::Known("tuple");
pub(super) const SET: Class<'_> = Class::Known("set");
pub(super) const FROZENSET: Class<'_> = Class::Known("frozenset");
pub(super) const BYTES: Class<'_> = Class::Known("bytes");
pub(super) const BYTEARRAY: Class<'_> = Class::Known("bytearray");
pub(super) const NON_TEXT_KEYS: Class<'_> = Class::Known("dict with non-text keys");
pub(super) const SEPARATE_SURROGATES: Class<'_> = Class::Known("str with separate surrogates");
pub(super) const TOO_MANY_DIGITS: Class<'_> = Class::Known("int of more than 4300 digits");
pub(super) const TOO_DEEP: Class<'_> = Class::Known("nested more than 1024 levels deep");

impl Class<'_> {
    /// The class of what calling this makes. Protocol 2 has no other form for `bytes` than a call of `_codecs.encode`.
    pub(super) fn called(self) -> Self {
        match self {
            Self::Global { module: b"_codecs", name: b"encode" } => BYTES,
            class => class,
        }
    }

    /// As Python 3 spells it; what is built in, without a module.
    pub(super) fn python_type(self) -> PythonType {
        match self {
            Self::Known(name) => PythonType::new(name.as_bytes()),
            Self::Global { module: b"builtins" | b"__builtin__" | b"exceptions", name } => {
                PythonType::new(match name {
                    // Protocol 2 has Python 2's names.
                    b"long" => b"int",
                    b"unicode" => b"str",
                    b"xrange" => b"range",
                    name => name,
                })
            }
            Self::Global { module: b"copy_reg", name } => PythonType::new(&[b"copyreg.", name].concat()),
            Self::Global { module, name } => PythonType::new(&[module, b".", name].concat()),
        }
    }
}
