//! The class of a value that JSON cannot represent.

use crate::python_type::PythonType;

/// The class of a value. It is never imported.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class<'p> {
    /// A class with its own opcodes, or another reason why JSON cannot represent the value.
    Known(&'static str),
    /// What the pickle imports, by its names there: a class, or a function that creates the value.
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
    /// Returns the class of the result if this is called. Protocol 2 represents `bytes` only as a call of
    /// `_codecs.encode`.
    pub(super) fn called(self) -> Self {
        match self {
            Self::Global { module: b"_codecs", name: b"encode" } => BYTES,
            class => class,
        }
    }

    /// Returns the name in Python 3, without a module for built-in classes.
    pub(super) fn python_type(self) -> PythonType {
        match self {
            Self::Known(name) => PythonType::new(name.as_bytes()),
            Self::Global { module: b"builtins" | b"__builtin__" | b"exceptions", name } => {
                PythonType::new(match name {
                    // Protocol 2 uses Python 2's names.
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
