//! The modules of the crate, and the resolution of paths in them.

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;

use crate::paths::{NamedPath, paths};

pub struct Module {
    /// The path below src/, with "/" between folders.
    pub file: String,
    pub code: TokenStream,
    pub paths: Vec<NamedPath>,
    place: Vec<String>,
}

pub struct Modules(Vec<Module>);

/// The target of a path.
pub struct Target<'m> {
    pub kind: Kind<'m>,
    /// Whether the path goes through a `pub use` of lib.rs.
    pub through_root: bool,
}

pub enum Kind<'m> {
    /// A file, or an item in it.
    File(&'m Module),
    /// lib.rs or a mod.rs itself.
    Index,
    /// The first segment of any other path: a dependency, the standard library, or a type of the file itself.
    Other(String),
}

impl Module {
    /// Returns whether this is lib.rs or a mod.rs.
    pub fn is_index(&self) -> bool {
        self.file == "lib.rs" || self.file.ends_with("mod.rs")
    }

    /// Returns the top-level module that the file belongs to.
    pub fn room(&self) -> &str {
        self.place.first().map_or("lib", String::as_str)
    }

    /// Returns the path that a `use` in this file binds to this name.
    fn bound(&self, name: &str) -> Option<&NamedPath> {
        self.paths.iter().find(|path| path.bound.as_deref() == Some(name) && path.segments[0] != name)
    }
}

impl Modules {
    /// Reads all files of src/.
    pub fn read() -> Self {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = Vec::new();
        let mut folders = vec![Vec::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(src.join(folder.join("/"))).unwrap() {
                let path = entry.unwrap().path();
                let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let inner = [folder.clone(), vec![stem.clone()]].concat();
                if path.is_dir() {
                    folders.push(inner);
                    continue;
                }
                let code: TokenStream = fs::read_to_string(&path).unwrap().parse().unwrap();
                let place = if ["lib", "mod"].contains(&&*stem) { folder.clone() } else { inner.clone() };
                modules.push(Module { file: inner.join("/") + ".rs", paths: paths(code.clone()), code, place });
            }
        }
        Self(modules)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Module> {
        self.0.iter()
    }

    fn at(&self, place: &[String]) -> Option<&Module> {
        self.0.iter().find(|module| module.place == place)
    }

    fn child(&self, of: &Module, name: &str) -> Option<&Module> {
        self.at(&[&of.place[..], &[name.to_owned()]].concat())
    }

    fn parent(&self, of: &Module) -> &Module {
        self.at(&of.place[..of.place.len() - 1]).unwrap()
    }

    /// Resolves a path in `module`, through the `use` lines of that file and of each index on the way.
    pub fn resolve<'m>(&'m self, module: &'m Module, path: &[String]) -> Target<'m> {
        let (first, mut rest) = path.split_first().unwrap();
        let mut here = match first.as_str() {
            "crate" => self.at(&[]).unwrap(),
            "self" => module,
            "super" => self.parent(module),
            name => {
                if let Some(target) = self.through(module, name, rest) {
                    return target;
                }
                let Some(child) = self.child(module, name) else {
                    return Target { kind: Kind::Other(name.to_owned()), through_root: false };
                };
                child
            }
        };
        while let Some((segment, after)) = rest.split_first() {
            here = if segment == "super" {
                self.parent(here)
            } else if let Some(child) = self.child(here, segment) {
                child
            } else if here.is_index() {
                let target = self.through(here, segment, after);
                let target =
                    target.unwrap_or_else(|| panic!("{}: {} is not in {}", module.file, path.join("::"), here.file));
                return Target { through_root: target.through_root || here.place.is_empty(), ..target };
            } else {
                break;
            };
            rest = after;
        }
        let kind = if here.is_index() { Kind::Index } else { Kind::File(here) };
        Target { kind, through_root: false }
    }

    /// Returns the target of `name::rest`, if a `use` in the module binds the name.
    fn through<'m>(&'m self, module: &'m Module, name: &str, rest: &[String]) -> Option<Target<'m>> {
        let bound = module.bound(name)?;
        Some(self.resolve(module, &[&bound.segments, rest].concat()))
    }
}
