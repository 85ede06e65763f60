//! Allows `tests/no_random.rs` to replace `getrandom` of the C library with its own.

fn main() {
    println!("cargo::rustc-link-arg-tests=-rdynamic");
}
