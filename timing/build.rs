//! Compiles the C functions that call the macros of valgrind's header.

fn main() {
    cc::Build::new().file("src/valgrind.c").compile("valgrind_requests");
    println!("cargo::rerun-if-changed=src/valgrind.c");
}
