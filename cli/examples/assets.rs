//! Writes the man pages and the completions for shells into `assets/`: `cargo run --example assets`.

use std::fs;
use std::path::Path;

use clap_complete::Shell;

#[path = "../src/arguments.rs"]
mod arguments;

fn main() -> std::io::Result<()> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    fs::create_dir_all(assets.join("completions"))?;
    fs::create_dir_all(assets.join("man"))?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        let mut command = arguments::command();
        clap_complete::generate_to(shell, &mut command, "django-session", assets.join("completions"))?;
    }
    clap_mangen::generate_to(shown(arguments::command()), assets.join("man"))
}

/// With all options described, those too that `-h` leaves out.
fn shown(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| arg.hide_short_help(false)).mut_subcommands(shown)
}
