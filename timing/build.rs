//! Compiles what only valgrind's C header can say.

fn main() {
    cc::Build::new().file("src/valgrind.c").compile("valgrind_requests");
    println!("cargo::rerun-if-changed=src/valgrind.c");
}
