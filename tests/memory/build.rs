//! Lets `tests/no_random.rs` put its own `getrandom` before that of the C library.

fn main() {
    println!("cargo::rustc-link-arg-tests=-rdynamic");
}
