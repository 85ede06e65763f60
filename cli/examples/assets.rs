//! Writes the man pages and the shell completions to `assets/`: `cargo run --example assets`.

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

/// Shows all options of the command, including those that `-h` hides.
fn shown(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| arg.hide_short_help(false)).mut_subcommands(shown)
}
